#include "swarmsim/checks/contents_match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose files are compared"},
};

class ContentsMatch final : public Check {
 public:
  explicit ContentsMatch(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")),
        stopped_(facts_.peers.size(), false) {}

  EventSet interest() const override { return EventSet{}.add(WireEventKind::stopped).add(WireEventKind::joined); }
  void on_event(const WireEvent& event) override {
    stopped_[event.from.value()] = event.kind == WireEventKind::stopped;   // or started again
  }

  // What has arrived may still be on its way to the disk.
  bool is_ready(Time, Disks& disks) override {
    return std::ranges::all_of(who_, [&](HostId peer) {
      return stopped_[peer.value()] || (arrivals_.is_complete(peer) && disks.is_whole(peer));
    });
  }

  Judgement conclude(const EndOfRun& end, Disks& disks) override {
    Judgement judgement;
    std::uint32_t equal = 0;
    for (const HostId peer : who_) {
      const std::string problem = disks.problem(peer);
      if (problem.empty()) {
        ++equal;
      } else if (judgement.verdict == Verdict::held) {
        const bool may_still_come = end.was_cut_short && !arrivals_.is_complete(peer);
        judgement.verdict = may_still_come ? Verdict::undecided : Verdict::violated;
        judgement.summary = fmt::format("at the end {} has not what the torrent holds: {}", facts_.name(peer), problem);
        if (!may_still_come)
          judgement.story.push_back(story_line(end.at, fmt::format("{} has {} of {} pieces by what it received",
                                                                   facts_.name(peer), arrivals_.pieces(peer),
                                                                   facts_.geometry.piece_count())));
        if (!may_still_come)
          judgement.story.push_back("look at what the client does between the last block of a piece and its bytes on the disk: "
                                    "hash, then write");
      }
    }
    judgement.measured = fmt::format("{} of {} equal", equal, who_.size());
    judgement.limit = fmt::format("all, {} each", to_text(facts_.geometry.total()));
    return judgement;
  }

 private:
  const RunFacts& facts_;
  const Arrivals& arrivals_;
  std::vector<HostId> who_;
  std::vector<bool> stopped_;
};

}  // namespace

constinit const CheckManual kContentsMatch{
    .name = "contents_match",
    .claim = "the files on disk are byte for byte what the torrent describes",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B42, B43, B47",
    .parameters = kParameters,
    .text = R"(At the end of the run every file of the torrent exists on each peer's disk, has its length and its true
content.  Violated by a missing, short or different file, so also by a peer that did not complete.)",
};

std::unique_ptr<Check> make_contents_match(const CheckContext& context) {
  return std::make_unique<ContentsMatch>(context);
}

}  // namespace swarmlab::swarmsim
