#include "swarmsim/checks/innocents_are_kept.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

// A connection on which nothing moved for so long may be closed by anybody (BEP 3: keep-alives every two minutes).
constexpr Duration kSilence = 100s;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that must not drop honest ones"},
};

struct Link {
  HostId dialler;
  HostId acceptor;
  Time opened{};
  Time last_message{};
  bool shaken[2] = {false, false};   // the handshake arrived, by direction
  bool is_usable() const { return shaken[0] && shaken[1]; }
};

class InnocentsAreKept final : public Check {
 public:
  explicit InnocentsAreKept(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")),
        is_who_(who_, facts_.peers.size()), bad_blocks_(facts_.peers.size(), 0), got_bad_(facts_.peers.size(), kNever),
        stops_(facts_.peers.size()), open_(facts_.peers.size(), 0) {}

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::opened)
        .add(WireEventKind::ended)
        .add(WireEventKind::stopped)
        .add(WireEventKind::joined)
        .received(MessageKind::handshake)
        .received(MessageKind::piece)
        .received(MessageKind::have)
        .received(MessageKind::keep_alive);
  }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::opened:
        if (is_peer(event.from) && is_peer(event.to))
          links_.insert_or_assign(event.connection, Link{event.from, event.to, event.at, event.at, {}});
        return;
      case WireEventKind::received: return on_message(event);
      case WireEventKind::ended: return on_ended(event);
      case WireEventKind::stopped: stops_[event.from.value()] = {event.at, true}; return;
      case WireEventKind::joined: stops_[event.from.value()].is_gone = false; return;   // perhaps started again
      case WireEventKind::sent:
      case WireEventKind::undecodable: return;
    }
  }

  Judgement conclude(const EndOfRun&, Disks& disks) override {
    Judgement judgement = first_;
    const auto tempted = std::ranges::count_if(who_, [&](HostId p) { return got_bad_[p.value()] != kNever; });
    const auto misled = std::ranges::count_if(who_, [&](HostId p) { return disks.storage_bites(p).value_or(0) > 0; });
    judgement.measured = fmt::format("{} honest connections dropped; {} peers got corrupt blocks", dropped_, tempted);
    if (misled > 0) judgement.measured += fmt::format(", the storage of {} failed or lied", misled);
    judgement.limit = std::string("0");
    if (judgement.verdict == Verdict::held && tempted == 0 && misled == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody received a corrupt block, so nobody had a reason to drop anyone";
    }
    return judgement;
  }

 private:
  struct Stop {
    Time at = kStart;   // the last one
    bool is_gone = false;
  };

  // Since the connection was opened; its end may be seen only when the peer is back.
  bool was_stopped(HostId peer, const Link& link) const {
    const Stop& stop = stops_[peer.value()];
    return stop.is_gone || stop.at > link.opened;
  }
  bool is_peer(HostId host) const { return host.value() < facts_.peers.size(); }

  void on_message(const WireEvent& event) {
    const auto link = links_.find(event.connection);
    if (link == links_.end()) return;
    link->second.last_message = event.at;
    if (event.message.kind == MessageKind::handshake) {
      link->second.shaken[static_cast<std::size_t>(event.direction)] = true;
      if (!link->second.is_usable()) return;
      ++open_[event.from.value()];
      ++open_[event.to.value()];
    } else if (event.message.kind == MessageKind::piece && event.message.authentic == Authentic::no) {
      ++bad_blocks_[event.from.value()];
      if (got_bad_[event.to.value()] == kNever) got_bad_[event.to.value()] = event.at;
    }
  }

  void on_ended(const WireEvent& event) {
    const auto link = links_.find(event.connection);
    if (link == links_.end()) return;
    const Link ended = link->second;
    links_.erase(link);   // the first to end it is who ended it
    if (!ended.is_usable()) return;
    const HostId dropper = event.from;
    const HostId other = event.to;
    const std::uint32_t dropper_had = open_[dropper.value()]--;
    --open_[other.value()];
    if (event.how == StreamEnd::cut) return;                               // nobody did it
    if (!is_who_.has(dropper) || was_stopped(dropper, ended) || was_stopped(other, ended)) return;
    if (arrivals_.is_complete(dropper)) return;                            // may well have no use for it
    if (bad_blocks_[other.value()] > 0) return;                            // no innocent
    if (dropper_had >= facts_.peers[dropper.value()].max_peers) return;    // no room
    if (event.at - ended.last_message > kSilence) return;
    if (facts_.peers[dropper.value()].refused_storage(event.at)) return;   // without its disk it has no use for anybody
    const bool has_another = std::ranges::any_of(links_, [&](const auto& entry) {
      const Link& l = entry.second;
      return (l.dialler == dropper && l.acceptor == other) || (l.dialler == other && l.acceptor == dropper);
    });
    if (has_another) return;
    ++dropped_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} hung up on {}, none of whose blocks was corrupt", facts_.name(dropper), facts_.name(other));
    if (got_bad_[dropper.value()] != kNever)
      first_.story.push_back(story_line(got_bad_[dropper.value()],
                                        fmt::format("the first corrupt block reaches {}", facts_.name(dropper))));
    first_.story.push_back(story_line(event.at, conversation(facts_, dropper, other,
                                                             event.how == StreamEnd::reset ? "connection reset" : "connection closed")));
    first_.story.push_back("look at whom the client blames for a false piece whose blocks came from several peers");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  std::vector<HostId> who_;
  PeerSet is_who_;
  std::map<ConnectionId, Link> links_;
  std::vector<std::uint32_t> bad_blocks_;   // sent, by peer
  std::vector<Time> got_bad_;               // the first one, by peer
  std::vector<Stop> stops_;                 // by peer
  std::vector<std::uint32_t> open_;         // usable connections, by peer
  std::uint64_t dropped_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kInnocentsAreKept{
    .name = "innocents_are_kept",
    .claim = "nobody hangs up on a peer that never sent a corrupt block",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B45",
    .parameters = kParameters,
    .text = R"(While a peer is incomplete it does not close a connection to one whose blocks, to anybody, were all true so far.
Excepted: a second connection to the same peer, no room (max_peers), a connection silent for 100 s, and peers that
the timeline stops, until they are started again.  A client
whose own storage refuses to work may let go of everybody, but not of single peers because of what
it reads falsely there.  Vacuous when none of the peers received a corrupt block, and the storage of none failed or lied: then
nothing could mislead them.)",
    .declared = "max_peers, storage",
};

std::unique_ptr<Check> make_innocents_are_kept(const CheckContext& context) {
  return std::make_unique<InnocentsAreKept>(context);
}

}  // namespace swarmlab::swarmsim
