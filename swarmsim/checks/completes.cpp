#include "swarmsim/checks/completes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that must complete"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time from each peer's joining (default: the limit of the scenario)"},
};

class Completes final : public Check {
 public:
  explicit Completes(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")),
        within_(context.arguments.duration("within", Duration::max())), stopped_at_(facts_.peers.size(), kNever),
        has_unread_(facts_.peers.size(), false) {}

  EventSet interest() const override {
    return EventSet{}.add(WireEventKind::stopped).add(WireEventKind::joined).add(WireEventKind::undecodable);
  }
  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::undecodable) {
      if (event.to.value() < has_unread_.size()) has_unread_[event.to.value()] = true;
      return;
    }
    stopped_at_[event.from.value()] = event.kind == WireEventKind::stopped ? event.at : kNever;   // or started again
  }

  bool is_ready(Time now, Disks& disks) override {
    return std::ranges::all_of(who_, [&](HostId peer) {
      return now > deadline(peer) || now >= stopped_at_[peer.value()] ||
             (arrivals_.is_complete(peer) && disks.is_whole(peer));
    });
  }

  Judgement conclude(const EndOfRun& end, Disks& disks) override {
    Judgement judgement;
    if (within_ != Duration::max()) judgement.limit = to_text(within_);
    else judgement.limit = "the scenario's limit";
    Duration slowest{-1};
    HostId last;
    std::uint32_t done = 0;
    Number slowest_of_all = Number::of(Duration{});   // in time or not
    for (const HostId peer : who_) {
      const std::optional<Duration> took = time_to_complete(peer, end, disks);
      const Number time = took ? Number::of(*took) : Number::never();
      if (is_less(slowest_of_all, time)) slowest_of_all = time;
      const Duration granted = facts_.hears_peers ? Duration{} : Disks::kBetweenLooks;
      if (took && *took - granted <= within_) {
        ++done;
        if (*took > slowest) { slowest = *took; last = peer; }
        continue;
      }
      if (judgement.verdict == Verdict::violated) continue;
      const bool is_still_open = end.was_cut_short && end.at <= deadline(peer) && stopped_at_[peer.value()] == kNever;
      if (is_still_open) {
        judgement.verdict = Verdict::undecided;
        judgement.summary = fmt::format("{} was not complete when the run was cut short", facts_.name(peer));
        continue;
      }
      // A client may understand more than whoever watches, and go on with a stream in which somebody wrote nonsense.
      if (took && !is_seen_complete(peer) && has_unread_[peer.value()]) {
        judgement.verdict = Verdict::undecided;
        judgement.summary = fmt::format("{} has everything, but not all that it was sent could be read: when it was complete is not known",
                                        facts_.name(peer));
        continue;
      }
      judgement.verdict = Verdict::violated;
      accuse(judgement, peer, took, end, disks);
    }
    judgement.measured = done == 0 ? fmt::format("none of {} completed", who_.size())
                                   : fmt::format("{} of {}, slowest {} after {}", done, who_.size(), facts_.name(last),
                                                 to_text(std::max(slowest, Duration{})));
    judgement.number = MeasuredNumber{"slowest", slowest_of_all, Unit::time};
    return judgement;
  }

 private:
  Time deadline(HostId peer) const {
    const Time joins = facts_.peers[peer.value()].joins;
    return within_ > kNever - joins ? kNever : joins + within_;
  }

  std::optional<Duration> time_to_complete(HostId peer, const EndOfRun& end, Disks& disks) const {
    const Time joins = facts_.peers[peer.value()].joins;
    if (end.at < joins || !disks.problem(peer).empty()) return std::nullopt;
    if (const Time at = arrivals_.completed_at(peer); at != kNever) return at - joins;
    if (!facts_.hears_peers) return disks.whole_since(peer).value_or(end.at) - joins;
    // A client may be ahead of the account that the wire gives: it was started again and had kept a part of a piece, say.  Its
    // files are whole, so it had everything when the last block came, unless something came that nobody could read.
    const auto last = arrivals_.last_block(peer);
    return (last && !has_unread_[peer.value()] ? last->at : end.at) - joins;
  }

  void accuse(Judgement& judgement, HostId peer, std::optional<Duration> took, const EndOfRun& end,
              Disks& disks) const {
    const std::string& name = facts_.name(peer);
    if (took && !is_seen_complete(peer)) {
      judgement.summary = fmt::format("{} was not seen complete before the run ended, {} after it joined (limit {})", name,
                                      to_text(*took), judgement.limit);
    } else if (took) {
      judgement.summary = fmt::format("{} was complete only after {} (limit {})", name, to_text(*took), judgement.limit);
    } else if (stopped_at_[peer.value()] != kNever) {
      judgement.summary = fmt::format("{} was stopped before it was complete", name);
    } else if (!facts_.hears_peers) {
      judgement.summary = fmt::format("{} does not have everything {} after it joined (limit {}): {}", name,
                                      to_text(end.at - facts_.peers[peer.value()].joins), judgement.limit, disks.problem(peer));
    } else if (arrivals_.is_complete(peer)) {
      judgement.summary = fmt::format("{} received everything, but its disk does not hold it: {}", name,
                                      disks.problem(peer));
    } else {
      judgement.summary = fmt::format("{} has {} of {} pieces after {} (limit {})", name, arrivals_.pieces(peer),
                                      facts_.geometry.piece_count(),
                                      to_text(end.at - facts_.peers[peer.value()].joins), judgement.limit);
    }
    judgement.story.push_back(story_line(facts_.peers[peer.value()].joins, name + " joins"));
    if (!facts_.hears_peers)
      judgement.story.push_back("what it asked for and got is not known: nobody hears what peers say without a network between them");
    else if (const auto block = arrivals_.last_block(peer))
      judgement.story.push_back(story_line(
          block->at, fmt::format("the last block that reached {} came from {}: {}", name, facts_.name(block->from),
                                 to_words(block->block))));
    else
      judgement.story.push_back(story_line(end.at, fmt::format("no block ever reached {}", name)));
    if (stopped_at_[peer.value()] != kNever)
      judgement.story.push_back(story_line(stopped_at_[peer.value()], name + " is stopped by the timeline"));
    judgement.story.push_back(fmt::format("look at whom {} could ask from then on, and why it did not; the other checks may say more",
                                          name));
  }

  // Else its files tell that it was, in the end.
  bool is_seen_complete(HostId peer) const { return arrivals_.is_complete(peer) || !facts_.hears_peers; }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  std::vector<HostId> who_;
  Duration within_;
  std::vector<Time> stopped_at_;
  std::vector<bool> has_unread_;   // streams to it that could not be read to their end
};

}  // namespace

constinit const CheckManual kCompletes{
    .name = "completes",
    .claim = "every one of the peers has the whole content in time",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B33 and many others",
    .parameters = kParameters,
    .text = R"(A peer completes when the last block it lacked has arrived true; the files on its disk must agree at the
end.  Time counts from its joining.  Violated when a peer needs longer, or never completes; undecided when its
files are whole in the end, and not all that it was sent could be read.  Who was started again may have kept parts of
pieces of which nobody knows: if its files are whole in the end, it was complete when its last block came.  Where nobody
hears what peers say (lab mode without a network) a peer is complete since its files are whole, a second granted.  It is a weak
judge: it finds late what other checks explain, so put it beside them.)",
};

std::unique_ptr<Check> make_completes(const CheckContext& context) { return std::make_unique<Completes>(context); }

}  // namespace swarmlab::swarmsim
