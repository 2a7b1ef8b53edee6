#include "swarmsim/checks/survives_fd_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that had more company than they had room for"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time to answer who dials once half of the crowd has gone (default: 1 min)"},
};

constexpr std::size_t kCrowd = 4;      // connections; who has fewer turns nobody away for want of room
constexpr std::uint32_t kDials = 2;    // that came to nothing before anybody is blamed: one may be under way
constexpr Duration kLong = 10s;        // a dial that nobody answered in that time was turned away, whoever ends it

// A peer that turned somebody away.
struct Host {
  HostId id;
  std::size_t crowd = 0;               // connections that had shaken hands, when it did; the most
  Time turned_away = kNever;           // for the first time
  Time room_since = kNever;            // half of them have gone
  std::uint32_t refused = 0;
};

// Who dials it since there is room.
struct Guest {
  std::size_t host = 0;
  HostId id;
  Time first_dial{};
  std::uint32_t dials = 0;
  bool is_over = false;
};

class SurvivesFdLimit final : public Check {
 public:
  explicit SurvivesFdLimit(const CheckContext& context)
      : facts_(context.facts), connections_(context.books.connections()), within_(context.arguments.duration("within", 60s)) {
    for (const HostId host : context.arguments.peers("who")) hosts_.push_back({.id = host});
  }

  EventSet interest() const override {
    return Connections::interest().add(WireEventKind::stopped);
  }

  void on_event(const WireEvent& event) override {
    judge_until(event.at);
    if (event.kind == WireEventKind::stopped) {
      for (Host& host : hosts_)
        if (host.id == event.from) host = {.id = host.id};   // another life
      for (Guest& guest : guests_)
        if (guest.id == event.from || hosts_[guest.host].id == event.from) guest.is_over = true;
      return;
    }
    const PeerConnection* const connection = connections_.find(event.connection);
    if (connection == nullptr || connection->dialler == connection->acceptor) return;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (connection->acceptor != hosts_[i].id) continue;
      if (event.kind == WireEventKind::ended && connection->ended == event.at) note_end(hosts_[i], *connection);
      look_for_room(i, event.at);
      if (event.kind == WireEventKind::opened && hosts_[i].room_since != kNever) note_dial(i, connection->dialler, event.at);
    }
  }

  bool is_ready(Time now, Disks&) override {
    return let_in_ > 0 && std::ranges::all_of(guests_, [&](const Guest& guest) {
      return guest.is_over || now > guest.first_dial + within_;
    });
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    judge_until(end.at);
    std::uint32_t refused = 0;
    for (const Host& host : hosts_) refused += host.refused;
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} dials turned away, {} answered once there was room", refused, let_in_);
    judgement.limit = to_text(within_);
    if (judgement.verdict == Verdict::held && let_in_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = refused == 0 ? "nobody was turned away for want of room" : "nobody came once there was room again";
    }
    return judgement;
  }

 private:
  static bool is_answered(const PeerConnection& connection) {
    return connection.heard_from(connection.direction_of(connection.acceptor)) != kNever;
  }

  std::size_t company_of(HostId host) const {
    return static_cast<std::size_t>(std::ranges::count_if(connections_.open_of(host), [&](ConnectionId open) {
      return connections_.find(open)->shaken() != kNever;
    }));
  }

  void note_end(Host& host, const PeerConnection& connection) {
    if (is_answered(connection) || (connection.ended_by != host.id && connection.ended - connection.opened < kLong)) return;
    const std::size_t company = company_of(host.id);
    if (company < kCrowd) return;
    ++host.refused;
    host.crowd = std::max(host.crowd, company);
    if (host.turned_away == kNever) host.turned_away = connection.ended;
  }

  void look_for_room(std::size_t number, Time now) {
    Host& host = hosts_[number];
    if (host.turned_away == kNever) return;
    const bool has_room = company_of(host.id) <= host.crowd / 2;
    if (has_room && host.room_since == kNever) host.room_since = now;
    if (has_room || host.room_since == kNever) return;
    host.room_since = kNever;   // a crowd again: who waits now has a reason to
    std::erase_if(guests_, [&](const Guest& guest) { return guest.host == number; });
  }

  bool is_in(HostId host, HostId guest) const {
    bool is = false;
    connections_.for_each_between(host, guest, [&](const PeerConnection& connection) { is = is || is_answered(connection); });
    return is;
  }

  // Who is there already proves nothing by dialling once more.
  void note_dial(std::size_t host, HostId guest, Time at) {
    if (is_in(hosts_[host].id, guest)) return;
    const auto found = std::ranges::find_if(guests_, [&](const Guest& one) { return one.host == host && one.id == guest; });
    if (found == guests_.end()) guests_.push_back({host, guest, at, 1, false});
    else ++found->dials;
  }

  void judge_until(Time now) {
    for (Guest& guest : guests_) {
      if (guest.is_over) continue;
      if (is_in(hosts_[guest.host].id, guest.id)) {
        guest.is_over = true;
        ++let_in_;
      } else if (now > guest.first_dial + within_) {
        guest.is_over = true;
        if (guest.dials >= kDials) accuse(hosts_[guest.host], guest);
      }
    }
  }

  void accuse(const Host& host, const Guest& guest) {
    if (first_.verdict == Verdict::violated) return;
    const std::string& name = facts_.name(host.id);
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} lets nobody in any more: {} dialled it {} times within {} and was not answered once", name,
                                 facts_.name(guest.id), guest.dials, to_text(within_));
    first_.story = {
        story_line(host.turned_away, fmt::format("{} turns the first one away; it has up to {} connections then", name, host.crowd)),
        story_line(host.room_since, "half of them have gone"),
        story_line(guest.first_dial, fmt::format("{} dials {}", facts_.name(guest.id), name)),
        "look at what a refused connection still counts for, at descriptors that are not closed, and at a listener that met EMFILE"};
  }

  const RunFacts& facts_;
  const Connections& connections_;
  Duration within_;
  std::vector<Host> hosts_;
  std::vector<Guest> guests_;
  std::uint32_t let_in_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kSurvivesFdLimit{
    .name = "survives_fd_limit",
    .claim = "who turned peers away in a crowd lets others in once the crowd has gone",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B55",
    .parameters = kParameters,
    .text = R"(More peers dial a client than it has connections or descriptors for, and it turns some away: it hangs up on them, or leaves
their handshakes without an answer for ten seconds, while four others at least are connected to it.  When no more than
half of the company is left that it had then, whoever dials it is answered within the given time, if it dials at least
twice.  Why peers are turned away is the client's business: a limit of its own, or the system's (`limits` of a group, in
lab mode).  Vacuous when nobody was turned away, or nobody came afterwards.  Known limit: a client that refuses one
newcomer for a reason of its own, a ban say, is blamed if that one dials on.)",
};

std::unique_ptr<Check> make_survives_fd_limit(const CheckContext& context) {
  return std::make_unique<SurvivesFdLimit>(context);
}

}  // namespace swarmlab::swarmsim
