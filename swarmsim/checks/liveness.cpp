#include "swarmsim/checks/liveness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kBetweenLooks = 500ms;
// So long after such a Choke what the client does is put down to it.
constexpr Duration kAftermath = 60s;
// Even on a slow line this many blocks go out within the time allowed.
constexpr std::int64_t kBlocks = 8;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that are choked while requests of theirs are open"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "how long they may then answer nobody (default: 10 s, or the time of eight blocks on a slower line)"},
};

// One side of a connection, as the one that serves.
struct Desk {
  std::vector<protocol::BlockRange> owed;   // asked of it while it unchokes
  bool unchokes = false;
  bool has_greeted = false;                 // its handshake was sent
  bool was_greeted = false;                 // the other's arrived
  Time heard = kStart;                      // the last message of the other arrived
  bool waits() const { return !owed.empty() || (was_greeted && !has_greeted); }
};

struct Client {
  Time choked = kNever;            // the last Choke amid requests arrived
  HostId choker;
  std::size_t open = 0;            // requests, then
  Time silent_since = kNever;      // somebody else waits, and nobody was answered since; kNever: not so
  std::optional<HostId> waiting;
  Time heard = kStart;             // of it
};

class Liveness final : public Check {
 public:
  explicit Liveness(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who")), is_who_(who_, facts_.peers.size()),
        within_(context.arguments.duration("within", 10s)), dialogues_(context.books.dialogues()), clients_(facts_.peers.size()) {}

  EventSet interest() const override {
    using enum MessageKind;
    return EventSet{Dialogues::interest()}
        .sent(choke).sent(unchoke).sent(piece).sent(reject)
        .received(handshake).received(request).received(cancel).received(not_interested);
  }
  // How much was open when it was choked.
  EventSet interest_before() const override { return EventSet{}.received(MessageKind::choke); }
  void before_event(const WireEvent& event) override {
    if (!is_who_.has(event.to)) return;
    const Dialogue* dialogue = dialogues_.find(event.connection, opposite(event.direction));
    if (dialogue == nullptr || !dialogue->is_fast || dialogue->is_choked || dialogue->open.empty()) return;
    Client& client = clients_[event.to.value()];
    client.choked = event.at;
    client.choker = event.from;
    client.open = dialogue->open.size();
    ++chokes_;
  }

  void on_event(const WireEvent& event) override {
    if (event.at >= next_look_) {
      next_look_ = event.at + kBetweenLooks;
      for (const HostId peer : who_) look(peer, event.at);
    }
    switch (event.kind) {
      case WireEventKind::opened:
      case WireEventKind::ended:
        desks_.writer(event) = desks_.reader(event) = {};
        return;
      case WireEventKind::sent:
        if (is_who_.has(event.from)) on_sent(event, desks_.writer(event));
        return;
      case WireEventKind::received:
        if (is_who_.has(event.to)) on_received(event, desks_.reader(event));
        return;
      case WireEventKind::joined:
      case WireEventKind::stopped:
      case WireEventKind::undecodable: return;
    }
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    for (const HostId peer : who_) look(peer, end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} amid open requests, {} while others waited; longest silence {}", counted(chokes_, "Choke"),
                                     tempted_, to_text(longest_));
    judgement.limit = to_text(within_);
    if (judgement.verdict == Verdict::held && tempted_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody with Fast was choked amid open requests while others waited for an answer";
    }
    return judgement;
  }

 private:
  Duration limit(HostId peer) const {
    const BytesPerSecond line = facts_.peers[peer.value()].link_up;
    if (line.value() == 0) return within_;
    const std::int64_t ms = 1000 * kBlocks * protocol::kBlockBytes.value() / line.value();
    return std::max(within_, Duration(std::chrono::milliseconds(ms)));
  }

  void on_sent(const WireEvent& event, Desk& desk) {
    switch (event.message.kind) {
      case MessageKind::handshake: desk.has_greeted = true; break;
      case MessageKind::unchoke: desk.unchokes = true; return;
      case MessageKind::choke:
        desk.unchokes = false;
        desk.owed.clear();
        return;
      case MessageKind::piece:
      case MessageKind::reject: std::erase(desk.owed, event.message.block()); break;
      default: return;
    }
    clients_[event.from.value()].silent_since = kNever;   // it answers
  }

  void on_received(const WireEvent& event, Desk& desk) {
    desk.heard = event.at;
    switch (event.message.kind) {
      case MessageKind::handshake: desk.was_greeted = true; return;
      case MessageKind::request:
        if (desk.unchokes && facts_.geometry.is_valid(event.message.block())) desk.owed.push_back(event.message.block());
        return;
      case MessageKind::cancel: std::erase(desk.owed, event.message.block()); return;
      case MessageKind::not_interested: desk.owed.clear(); return;
      case MessageKind::choke:
        if (const Client& client = clients_[event.to.value()]; client.choked == event.at && find_waiting(event.to)) ++tempted_;
        return;
      default: return;
    }
  }

  // Somebody else than who choked it; of several the one that was heard last.
  std::optional<HostId> find_waiting(HostId peer) {
    Client& client = clients_[peer.value()];
    std::optional<HostId> waiting;
    for (const Dialogues::Side& side : dialogues_.of(peer)) {
      const HostId other = dialogues_.find(side)->source;
      const Desk& desk = desks_.at(side.connection, side.asks);
      if (other == client.choker || dialogues_.is_gone(other) || !desk.waits()) continue;
      if (waiting && desk.heard <= client.heard) continue;
      waiting = other;
      client.heard = desk.heard;
    }
    return waiting;
  }

  void look(HostId peer, Time now) {
    Client& client = clients_[peer.value()];
    if (client.choked == kNever || now > client.choked + kAftermath || dialogues_.is_gone(peer)) {
      client.silent_since = kNever;
      return;
    }
    client.waiting = find_waiting(peer);
    if (!client.waiting) {
      client.silent_since = kNever;
      return;
    }
    client.silent_since = std::min(client.silent_since, now);
    longest_ = std::max(longest_, now - client.silent_since);
    // Who is heard meanwhile can be reached: the path is not cut.
    const bool is_reachable = client.heard >= client.silent_since + limit(peer) / 4;
    if (is_reachable && now - client.silent_since >= limit(peer)) accuse(peer, client, now);
  }

  void accuse(HostId peer, Client& client, Time now) {
    if (first_.verdict != Verdict::violated) {
      const std::string& who = facts_.name(peer);
      first_.verdict = Verdict::violated;
      first_.summary = fmt::format("{} answers nobody for {} after {} choked it amid {} (limit {})", who,
                                   to_text(now - client.silent_since), facts_.name(client.choker),
                                   counted(client.open, "open request"), to_text(limit(peer)));
      first_.story.push_back(story_line(client.choked, conversation(facts_, client.choker, peer, "CHOKE received")));
      first_.story.push_back(story_line(
          client.silent_since, fmt::format("{} waits for {}, which sends nobody a block, a Reject or a handshake from now on",
                                           facts_.name(*client.waiting), who)));
      first_.story.push_back(story_line(now, "not even by now"));
      first_.story.push_back("look at what the client does with open requests when a Choke comes: a loop over them must end");
    }
    client.choked = client.silent_since = kNever;
  }

  const RunFacts& facts_;
  const std::vector<HostId> who_;
  PeerSet is_who_;
  Duration within_;
  const Dialogues& dialogues_;
  std::vector<Client> clients_;     // by peer
  PerSide<Desk> desks_;             // by the side that serves
  Time next_look_ = kStart;
  std::uint64_t chokes_ = 0;
  std::uint64_t tempted_ = 0;
  Duration longest_{};
  Judgement first_;
};

}  // namespace

constinit const CheckManual kLiveness{
    .name = "liveness",
    .claim = "whoever is choked in the middle of its requests has time for everybody else",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B21",
    .parameters = kParameters,
    .text = R"(When a Choke arrives, with Fast, while requests are open there, some of them for allowed-fast pieces
perhaps, each has to be dealt with by itself, and a loop over them that does not end takes the client away from
everybody.  For a minute after such a Choke it does not leave somebody else waiting (a request made of it while it
unchokes, or a handshake) for the given time in which it sends nobody a block, a Reject or a handshake; who waits must
have been heard meanwhile, or the path may be cut.  Vacuous when nobody waited at such a Choke.  Provoke it with a
seed that chokes often and allows some pieces ([ choke_flapper, allows_fast ]), and leechers that exchange pieces
meanwhile.)",
    .needs = {Feature::fast},
};

std::unique_ptr<Check> make_liveness(const CheckContext& context) { return std::make_unique<Liveness>(context); }

}  // namespace swarmlab::swarmsim
