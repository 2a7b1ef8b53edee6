#include "swarmsim/checks/one_connection_per_pair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that may meet another twice"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time to come down to one connection (default: 5 s, as the catalogue of bugs has it)"},
};

// Dials of one peer to who is connected to it already; more than this in a minute come from no timetable.
constexpr std::uint32_t kRedials = 3;
constexpr Duration kRedialWindow = 60s;
// Who has heard nothing for two minutes may give a connection up (BEP 3: "Keepalives are generally sent once every two minutes").
constexpr Duration kSilence = 120s;

// Two connections between the same two, at the same time.
struct Meeting {
  ConnectionId first;
  ConnectionId second;
  Time at{};                // when the second was opened
  bool is_excused = false;  // one of them was told to go, or something between them cut the line
};

struct Redials {
  Time since{};
  std::uint32_t count = 0;
};

class OneConnectionPerPair final : public Check {
 public:
  explicit OneConnectionPerPair(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), connections_(context.books.connections()),
        within_(context.arguments.duration("within", 5s)), is_who_(context.arguments.peers("who"), facts_.peers.size()) {}

  EventSet interest() const override {
    return EventSet{}.add(WireEventKind::opened).add(WireEventKind::ended).add(WireEventKind::stopped);
  }
  EventSet interest_before() const override { return interest(); }
  void before_event(const WireEvent& event) override { judge_until(event.at); }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::opened: return on_opened(event);
      case WireEventKind::ended:
        if (event.how == StreamEnd::cut)
          excuse([&](const Meeting& meeting) { return meeting.first == event.connection || meeting.second == event.connection; });
        return;
      case WireEventKind::stopped:
        return excuse([&](const Meeting& meeting) {
          const PeerConnection& connection = *connections_.find(meeting.first);
          return connection.dialler == event.from || connection.acceptor == event.from;
        });
      case WireEventKind::joined:
      case WireEventKind::sent:
      case WireEventKind::received:
      case WireEventKind::undecodable: return;
    }
  }

  bool is_ready(Time now, Disks&) override { return meetings_.empty() || now > meetings_.back().at + within_; }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    judge_until(end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} meetings, {} left two connections, {} left none", judged_, twice_, none_);
    judgement.limit = fmt::format("one connection after {}", to_text(within_));
    if (judgement.verdict == Verdict::held && judged_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "no two peers had two connections at a time; nothing had to be given up";
    }
    return judgement;
  }

 private:
  void on_opened(const WireEvent& event) {
    const PeerConnection* opened = connections_.find(event.connection);
    if (opened == nullptr || opened->dialler == opened->acceptor) return;
    if (!is_who_.has(opened->dialler) && !is_who_.has(opened->acceptor)) return;
    const PeerConnection* other = nullptr;
    connections_.for_each_between(opened->dialler, opened->acceptor, [&](const PeerConnection& connection) {
      if (connection.id != opened->id && other == nullptr) other = &connection;
    });
    if (other == nullptr) return;
    meetings_.push_back({other->id, opened->id, event.at, false});
    if (is_who_.has(opened->dialler) && other->shaken() != kNever && event.at - other->shaken() > within_)
      note_redial(*opened, *other, event.at);
  }

  // The dialler had known for long that it is connected to this peer.
  void note_redial(const PeerConnection& opened, const PeerConnection& other, Time at) {
    Redials& redials = redials_[{opened.dialler, opened.acceptor}];
    if (redials.count == 0 || at - redials.since > kRedialWindow) redials = {at, 0};
    if (++redials.count <= kRedials) return;
    accuse(fmt::format("{} dials {} for the {}th time within {}, though the two are connected", facts_.name(opened.dialler),
                       facts_.name(opened.acceptor), redials.count, to_text(at - redials.since)),
           {story_line(other.opened, fmt::format("{} and {} are connected", facts_.name(opened.dialler), facts_.name(opened.acceptor))),
            story_line(at, fmt::format("{} dials {} once more", facts_.name(opened.dialler), facts_.name(opened.acceptor)))},
           "what a client does with an address that turned out to be connected already");
  }

  template <class Concerned>
  void excuse(Concerned concerned) {
    for (Meeting& meeting : meetings_)
      if (concerned(meeting)) meeting.is_excused = true;
  }

  void judge_until(Time now) {
    std::size_t done = 0;
    while (done < meetings_.size() && meetings_[done].at + within_ < now) judge(meetings_[done++]);
    meetings_.erase(meetings_.begin(), meetings_.begin() + static_cast<std::ptrdiff_t>(done));
  }

  void judge(const Meeting& meeting) {
    const PeerConnection& one = *connections_.find(meeting.first);
    const PeerConnection& two = *connections_.find(meeting.second);
    if (meeting.is_excused) return;
    if (one.is_open && two.is_open) {
      if (!can_be_told_to_be_one(one, two)) return;
      ++judged_;
      ++twice_;
      return accuse(fmt::format("{} and {} still have two connections {} after the second was opened", facts_.name(one.dialler),
                                facts_.name(one.acceptor), to_text(within_)),
                    lines_of(one, two), kTieBreak);
    }
    ++judged_;
    bool is_connected = false;
    connections_.for_each_between(one.dialler, one.acceptor, [&](const PeerConnection&) { is_connected = true; });
    if (is_connected || may_part(one, two)) return;
    ++none_;
    accuse(fmt::format("{} and {} had two connections, and {} later none", facts_.name(one.dialler), facts_.name(one.acceptor),
                       to_text(within_)),
           lines_of(one, two), kTieBreak);
  }

  // Both sides presented the same ids on both, so both can know.
  static bool can_be_told_to_be_one(const PeerConnection& one, const PeerConnection& two) {
    if (one.shaken() == kNever || two.shaken() == kNever) return false;
    const auto same = [&](HostId end) {
      return one.presented_by(one.direction_of(end)) == two.presented_by(two.direction_of(end));
    };
    return same(one.dialler) && same(one.acceptor);
  }

  // Reasons to give up both that have nothing to do with there being two.
  bool may_part(const PeerConnection& one, const PeerConnection& two) const {
    const bool nobody_was_heard = one.heard_at[0] == kNever && one.heard_at[1] == kNever && two.heard_at[0] == kNever &&
                                  two.heard_at[1] == kNever;
    const bool neither_lacks_anything = arrivals_.is_complete(one.dialler) && arrivals_.is_complete(one.acceptor);
    const auto may_be_idle = [](const PeerConnection& connection) {
      return connection.shaken() != kNever && connection.ended - connection.shaken() >= kSilence;
    };
    const auto is_full = [&](HostId peer) { return connections_.open_of(peer).size() >= facts_.peers[peer.value()].max_peers; };
    return nobody_was_heard || neither_lacks_anything || may_be_idle(one) || may_be_idle(two) ||
           is_full(one.dialler) || is_full(one.acceptor) || !is_who_.has(one.ended_by) || !is_who_.has(two.ended_by);
  }

  std::vector<std::string> lines_of(const PeerConnection& one, const PeerConnection& two) const {
    std::vector<std::string> lines;
    for (const PeerConnection* connection : {&one, &two})
      lines.push_back(story_line(connection->opened, fmt::format("{} dialled {}; the connection is open",
                                                                 facts_.name(connection->dialler), facts_.name(connection->acceptor))));
    for (const PeerConnection* connection : {&one, &two})
      if (!connection->is_open)
        lines.push_back(story_line(connection->ended, fmt::format("{} ends the one that {} had dialled",
                                                                  facts_.name(connection->ended_by), facts_.name(connection->dialler))));
    return lines;
  }

  static constexpr std::string_view kTieBreak =
      "how a client chooses between two connections to one peer id: both ends must come to the same choice";

  void accuse(std::string what, std::vector<std::string> story, std::string_view look_at) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = std::move(what);
    first_.story = std::move(story);
    first_.story.push_back(fmt::format("look at {}", look_at));
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  const Connections& connections_;
  Duration within_;
  PeerSet is_who_;
  std::vector<Meeting> meetings_;                       // to be judged, in the order of time
  std::map<std::pair<HostId, HostId>, Redials> redials_;   // by who dials whom
  std::uint32_t judged_ = 0;
  std::uint32_t twice_ = 0;
  std::uint32_t none_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kOneConnectionPerPair{
    .name = "one_connection_per_pair",
    .claim = "two peers that dial each other at once are left with exactly one connection",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B60",
    .parameters = kParameters,
    .text = R"(Whenever two peers have two connections at a time, mostly because their dials crossed, then after the given time one of
them is left: not two (where both presented the same peer ids on both, so that both could tell), and not none.
None is right only if both have everything, one of the two is full, was told to go, or lost the line, a peer that is
not judged hung up, or one of the connections had lasted for two minutes and may have been given up for silence.
Besides, nobody dials a peer to which it has long been connected more than three times within a minute.  Vacuous when no
two peers ever had two connections.  Provoke it with long delays and a reset of the connection between two peers that know
each other's address, so that both dial again in the same moment.)",
    .declared = "max_peers",
};

std::unique_ptr<Check> make_one_connection_per_pair(const CheckContext& context) {
  return std::make_unique<OneConnectionPerPair>(context);
}

}  // namespace swarmlab::swarmsim
