#include "swarmsim/checks/reconnect_possible.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that refuse a second peer of one id"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time to take in who was refused, after the first of that id has gone (default: 1 min)"},
};

// Dials in that time that must have come to nothing before anybody is blamed: one may have met a moment of full slots.
constexpr std::uint32_t kDials = 2;
constexpr Duration kLasting = 5s;      // a connection that lived so long was taken

// `guest` was refused at `host`, because somebody else with its id was there.
struct Refusal {
  HostId host;
  HostId guest;
  PeerId id;
  Time at{};
  Time freed = kNever;                 // nobody else of that id is connected to the host any more
  std::uint32_t dials = 0;             // of the guest since then
  bool was_taken = false;
  bool is_over = false;                // judged, or void
};

class ReconnectPossible final : public Check {
 public:
  explicit ReconnectPossible(const CheckContext& context)
      : facts_(context.facts), connections_(context.books.connections()), within_(context.arguments.duration("within", 60s)),
        is_who_(context.arguments.peers("who"), facts_.peers.size()) {}

  EventSet interest() const override {
    return EventSet{}.add(WireEventKind::opened).add(WireEventKind::ended).add(WireEventKind::stopped);
  }

  void on_event(const WireEvent& event) override {
    judge_until(event.at);
    switch (event.kind) {
      case WireEventKind::opened: return on_opened(event);
      case WireEventKind::ended: return on_ended(event);
      case WireEventKind::stopped:
        for (Refusal& refusal : refusals_)
          if (refusal.host == event.from || refusal.guest == event.from) refusal.is_over = true;
        return;
      case WireEventKind::joined:
      case WireEventKind::sent:
      case WireEventKind::received:
      case WireEventKind::undecodable: return;
    }
  }

  bool is_ready(Time now, Disks&) override {
    return std::ranges::all_of(refusals_, [&](const Refusal& refusal) {
      return refusal.is_over || refusal.was_taken || refusal.freed == kNever || now > refusal.freed + within_;
    });
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    for (Refusal& refusal : refusals_) note_lasting(refusal, end.at);
    judge_until(end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} refused for an id that was taken, {} let in once it was free", refusals_.size(), taken_);
    judgement.limit = to_text(within_);
    if (judgement.verdict == Verdict::held && taken_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = refusals_.empty() ? "nobody was refused because of a peer id that was connected already"
                                            : "nobody who was refused tried again after the first of that id had gone";
    }
    return judgement;
  }

 private:
  void on_opened(const WireEvent& event) {
    for (Refusal& refusal : refusals_)
      if (!refusal.is_over && refusal.freed != kNever && refusal.guest == event.from && refusal.host == event.to) ++refusal.dials;
  }

  void on_ended(const WireEvent& event) {
    const PeerConnection* connection = connections_.find(event.connection);
    if (connection == nullptr || connection->ended != event.at || connection->dialler == connection->acceptor) return;
    for (Refusal& refusal : refusals_) {
      if (refusal.is_over) continue;
      if (refusal.freed == kNever && !holder_of(refusal.id, refusal.host, refusal.guest)) refusal.freed = event.at;
      else if (connection->joins(refusal.host, refusal.guest) && was_taken(*connection, refusal, event.at)) refusal.was_taken = true;
    }
    const HostId host = connection->ended_by;
    if (!is_who_.has(host)) return;
    const HostId guest = connection->other(host);
    const Direction from_guest = connection->direction_of(guest);
    if (connection->heard_from(from_guest) == kNever) return;
    const PeerId& id = connection->presented_by(from_guest);
    if (!holder_of(id, host, guest)) return;
    const bool is_known = std::ranges::any_of(refusals_, [&](const Refusal& refusal) {
      return refusal.host == host && refusal.guest == guest && refusal.id == id && !refusal.is_over;
    });
    if (!is_known) refusals_.push_back({host, guest, id, event.at, kNever, 0, false, false});
  }

  // Somebody but the guest who is connected to the host under that id.
  bool holder_of(const PeerId& id, HostId host, HostId guest) const {
    return std::ranges::any_of(connections_.open_of(host), [&](ConnectionId open) {
      const PeerConnection& connection = *connections_.find(open);
      const HostId other = connection.other(host);
      return other != guest && other != host && connection.heard_from(connection.direction_of(other)) != kNever &&
             connection.presented_by(connection.direction_of(other)) == id;
    });
  }

  // The host shook hands, and did not hang up at once.
  bool was_taken(const PeerConnection& connection, const Refusal& refusal, Time at) const {
    const Time answered = connection.heard_from(connection.direction_of(refusal.host));
    if (refusal.freed == kNever || answered == kNever || answered < refusal.freed) return false;
    return at - answered >= kLasting || (!connection.is_open && connection.ended_by == refusal.guest);
  }

  void note_lasting(Refusal& refusal, Time at) const {
    if (refusal.is_over || refusal.freed == kNever) return;
    connections_.for_each_between(refusal.host, refusal.guest, [&](const PeerConnection& connection) {
      if (was_taken(connection, refusal, at)) refusal.was_taken = true;
    });
  }

  void judge_until(Time now) {
    for (Refusal& refusal : refusals_) {
      if (refusal.is_over || refusal.freed == kNever) continue;
      if (!refusal.was_taken) note_lasting(refusal, now);
      if (refusal.was_taken) {
        refusal.is_over = true;
        ++taken_;
      } else if (now > refusal.freed + within_) {
        refusal.is_over = true;
        if (refusal.dials >= kDials) accuse(refusal);
      }
    }
  }

  void accuse(const Refusal& refusal) {
    if (first_.verdict == Verdict::violated) return;
    const std::string& host = facts_.name(refusal.host);
    const std::string& guest = facts_.name(refusal.guest);
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} lets {} in no more: {} dials within {} after the peer of the same id had gone came to nothing",
                                 host, guest, refusal.dials, to_text(within_));
    first_.story = {
        story_line(refusal.at, fmt::format("{} hangs up on {}, whose peer id is connected already", host, guest)),
        story_line(refusal.freed, fmt::format("nobody else of that id is connected to {} any more", host)),
        "look at what a client remembers of an address whose peer id it refused, and when it forgets it"};
  }

  const RunFacts& facts_;
  const Connections& connections_;
  Duration within_;
  PeerSet is_who_;
  std::vector<Refusal> refusals_;
  std::uint32_t taken_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kReconnectPossible{
    .name = "reconnect_possible",
    .claim = "who was refused for a peer id that was connected already is let in once that one has gone",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B61",
    .parameters = kParameters,
    .text = R"(Two peers at two addresses present the same id; a client keeps one and hangs up on the other.  When the first has
gone, the other gets a connection within the given time, if it dials at least twice: the client answers its handshake
and keeps it for five seconds at least.  Vacuous when nobody was refused for its id, or did not come back.  Provoke it
with the behaviour `shared_peer_id` on two groups, the first of which leaves.)",
};

std::unique_ptr<Check> make_reconnect_possible(const CheckContext& context) {
  return std::make_unique<ReconnectPossible>(context);
}

}  // namespace swarmlab::swarmsim
