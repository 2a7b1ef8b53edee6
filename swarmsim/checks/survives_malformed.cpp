#include "swarmsim/checks/survives_malformed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/bitfield.hpp"
#include "protocol/quantities.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that must survive it"},
    ParameterManual{"whom", ParameterKind::peers, Need::required, "the peers that send it"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "how long an honest peer may wait for the next block of those it asked for (default: 30 s)"},
};

// What one side of a connection, the writer's, owes the other.
struct Server {
  std::vector<protocol::BlockRange> open;   // asked for by an honest peer and not answered
  Time last_sign{};                         // of life: when the first of them came, or something was sent last
  bool is_choking = true;
  bool is_listed = false;                   // in served_
};

class SurvivesMalformed final : public Check {
 public:
  explicit SurvivesMalformed(const CheckContext& context)
      : facts_(context.facts), connections_(context.books.connections()), who_(context.arguments.peers("who"), facts_.peers.size()),
        whom_(context.arguments.peers("whom"), facts_.peers.size()), within_(context.arguments.duration("within", 30s)),
        hit_(facts_.peers.size()), is_stopped_(facts_.peers.size(), false) {}

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::undecodable)
        .add(WireEventKind::ended)
        .add(WireEventKind::stopped)
        .add(WireEventKind::joined)
        .sent(MessageKind::choke)
        .sent(MessageKind::unchoke)
        .sent(MessageKind::piece)
        .sent(MessageKind::reject)
        .received(MessageKind::have)
        .received(MessageKind::bitfield)
        .received(MessageKind::request)
        .received(MessageKind::cancel)
        .received(MessageKind::piece)
        .received(MessageKind::suggest)
        .received(MessageKind::allowed_fast);
  }

  std::vector<const SideTable*> tables() const override { return {&servers_}; }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::undecodable: return on_undecodable(event);
      case WireEventKind::ended: return on_ended(event);
      case WireEventKind::stopped: is_stopped_[event.from.value()] = true; return;
      case WireEventKind::joined: is_stopped_[event.from.value()] = false; return;
      case WireEventKind::sent:
        if (!is_who(event.from)) return;
        judge_block(event);
        if (!is_whom(event.to)) on_sent(event, servers_.writer(event));
        return;
      case WireEventKind::received:
        if (!is_who(event.to)) return;
        if (is_whom(event.from)) {
          if (is_nonsense(event)) hit(event.to, event.from, event.at, to_string(event.message));
        } else {
          on_wish(event, servers_.reader(event));
        }
        return;
      case WireEventKind::opened: return;
    }
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    for (const Place& place : served_) {
      Server& server = servers_.at(place.connection, place.writes);
      judge_silence(place.who, place.whom, server, end.at);
    }
    Judgement judgement = first_;
    std::uint64_t hits = 0;
    for (const Hit& hit : hit_) hits += hit.count;
    judgement.measured = fmt::format("{}; after the first {} answered, longest silence {}", counted(hits, "malformed message"),
                                     counted(answered_, "honest request"), to_text(longest_));
    judgement.limit = to_text(within_);
    if (judgement.verdict == Verdict::violated || answered_ > 0) return judgement;
    judgement.verdict = Verdict::vacuous;
    judgement.summary = hits == 0 ? "nothing malformed reached anybody; there was nothing to survive"
                                  : "nobody honest asked for anything after it, so nobody can tell who survived";
    return judgement;
  }

 private:
  struct Hit {
    Time first = kNever;
    Time last{};
    HostId by;
    std::string what;         // the last
    std::uint64_t count = 0;
  };
  struct Place { ConnectionId connection; Direction writes; HostId who; HostId whom; };

  bool is_who(HostId host) const { return who_.has(host); }
  bool is_whom(HostId host) const { return whom_.has(host); }
  bool was_hit(HostId who) const { return hit_[who.value()].first != kNever; }

  void hit(HostId who, HostId by, Time at, std::string what) {
    Hit& hit = hit_[who.value()];
    if (hit.first == kNever) hit.first = at;
    hit.last = at;
    hit.by = by;
    hit.what = std::move(what);
    ++hit.count;
  }

  // Right in form, but about what the torrent does not have.
  bool is_nonsense(const WireEvent& event) const {
    const WireMessage& message = event.message;
    switch (message.kind) {
      case MessageKind::have:
      case MessageKind::suggest:
      case MessageKind::allowed_fast: return !facts_.geometry.contains(message.piece);
      case MessageKind::request:
      case MessageKind::cancel:
      case MessageKind::piece: return !facts_.geometry.is_valid(message.block());
      case MessageKind::bitfield: return !protocol::Bitfield::from_wire(event.payload, facts_.geometry.piece_count());
      default: return false;
    }
  }

  void on_undecodable(const WireEvent& event) {
    if (is_who(event.to) && is_whom(event.from)) {
      hit(event.to, event.from, event.at, std::string(event.problem));
    } else if (is_who(event.from) && was_hit(event.from)) {
      accuse(event.from, event.to, event.at, fmt::format("itself writes {} to {}", event.problem, facts_.name(event.to)));
    }
  }

  void on_wish(const WireEvent& event, Server& server) {
    if (event.message.kind == MessageKind::cancel) {
      std::erase(server.open, event.message.block());
    } else if (event.message.kind == MessageKind::request && !server.is_choking &&
               facts_.geometry.is_valid(event.message.block())) {
      if (!std::exchange(server.is_listed, true))
        served_.push_back({event.connection, opposite(event.direction), event.to, event.from});
      if (server.open.empty()) server.last_sign = event.at;
      server.open.push_back(event.message.block());
    }
  }

  // To whomever: who asked for what lies behind a piece may get nothing, least of all what else is in memory.
  void judge_block(const WireEvent& event) {
    if (event.message.kind != MessageKind::piece || !was_hit(event.from)) return;
    const bool is_there = facts_.geometry.is_valid(event.message.block());
    if (is_there && event.message.authentic != Authentic::no) return;
    accuse(event.from, event.to, event.at,
           fmt::format("sends {} a block that {}: {}", facts_.name(event.to), is_there ? "is false" : "does not exist",
                       to_string(event.message)));
  }

  void on_sent(const WireEvent& event, Server& server) {
    judge_silence(event.from, event.to, server, event.at);
    if (event.message.kind == MessageKind::choke) {
      server.is_choking = true;
      server.open.clear();   // void, or to be rejected: both are matters of other checks
    } else if (event.message.kind == MessageKind::unchoke) {
      server.is_choking = false;
    } else {
      const auto asked = std::ranges::find(server.open, event.message.block());
      if (asked == server.open.end()) return;
      server.open.erase(asked);
      if (was_hit(event.from)) ++answered_;
    }
    server.last_sign = event.at;
  }

  // Nothing was sent since server.last_sign, up to `at`.
  void judge_silence(HostId who, HostId whom, const Server& server, Time at) {
    if (server.open.empty() || !was_hit(who) || is_stopped_[who.value()] || is_stopped_[whom.value()]) return;
    const Time since = std::max(server.last_sign, hit_[who.value()].first);
    longest_ = std::max(longest_, at - since);
    if (at - since <= within_) return;
    accuse(who, whom, at, fmt::format("has sent {} nothing for {}, which waits for {}", facts_.name(whom), to_text(at - since),
                                      counted(server.open.size(), "block")));
  }

  void on_ended(const WireEvent& event) {
    if (is_who(event.from) && !is_whom(event.to) && event.to.value() < facts_.peers.size()) {
      const Server& server = servers_.writer(event);
      judge_silence(event.from, event.to, server, event.at);
      // Only what comes right after malformed input is put down to it: a client may have other reasons later.  Of two connections
      // to one peer it may give one up at any time.
      bool has_another = false;
      connections_.for_each_between(event.from, event.to, [&](const PeerConnection& other) {
        has_another = has_another || other.id != event.connection;
      });
      if (!has_another && !server.open.empty() && was_hit(event.from) && event.at - hit_[event.from.value()].last <= kConsequence &&
          !is_stopped_[event.from.value()] && !is_stopped_[event.to.value()])
        accuse(event.from, event.to, event.at,
               fmt::format("hangs up on {}, which waits for {}", facts_.name(event.to), counted(server.open.size(), "block")));
    }
    servers_.writer(event).open.clear();
    servers_.reader(event).open.clear();
  }

  void accuse(HostId who, HostId whom, Time at, const std::string& what) {
    if (first_.verdict == Verdict::violated) return;
    const Hit& hit = hit_[who.value()];
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("after malformed input {} {}", facts_.name(who), what);
    first_.story.push_back(story_line(hit.first, fmt::format("the first malformed input reaches {}", facts_.name(who))));
    first_.story.push_back(story_line(hit.last, conversation(facts_, hit.by, who, hit.what)));
    first_.story.push_back(story_line(at, fmt::format("{} {}", facts_.name(who), what)));
    first_.story.push_back(fmt::format("Right is to drop {} and to go on serving {}.  Look at where messages are decoded, "
                                       "and at what one peer's error may reach besides that peer.",
                                       facts_.name(hit.by), facts_.name(whom)));
  }

  static constexpr Duration kConsequence = 1s;

  const RunFacts& facts_;
  const Connections& connections_;
  PeerSet who_;
  PeerSet whom_;
  Duration within_;
  std::vector<Hit> hit_;              // by peer
  std::vector<bool> is_stopped_;      // by peer
  PerSide<Server> servers_;
  std::vector<Place> served_;         // sides that an honest peer has asked
  std::uint64_t answered_ = 0;
  Duration longest_{};
  Judgement first_;
};

}  // namespace

constinit const CheckManual kSurvivesMalformed{
    .name = "survives_malformed",
    .claim = "malformed input ends at most the connection it came on: everybody else is served as before",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B14, B56, B78, B80",
    .parameters = kParameters,
    .text =
        R"(Malformed is a stream that cannot be decoded, and a Have, Bitfield, Request, Cancel, Piece, Suggest or Allowed
Fast about pieces or ranges that the torrent does not have, from one of `whom`.  After the first of it each of `who`
goes on: to an honest peer that it has unchoked and that waits for blocks it sends something at least every `within`; it does not
hang up on such a peer within a second of malformed input, unless another connection to it is open; what it sends to anybody
is well-formed, exists and is true.  Whether it hangs up on the sender or ignores it is left to it.  Not for scenarios
that cut honest peers off the network.  Vacuous when nothing malformed arrived, or nobody honest asked for anything
afterwards.  Provoke it with malformed and bad_requests.)",
};

std::unique_ptr<Check> make_survives_malformed(const CheckContext& context) {
  return std::make_unique<SurvivesMalformed>(context);
}

}  // namespace swarmlab::swarmsim
