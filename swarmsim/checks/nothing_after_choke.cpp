#include "swarmsim/checks/nothing_after_choke.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/handshake.hpp"
#include "protocol/quantities.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that choke"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time to answer what was open, where both speak Fast (default: 5 s)"},
};

// An answer decided in time may wait behind other data to be sent; only then is it seen.
constexpr Duration kPatience = 10s;

bool offers_fast(const WireEvent& handshake) {
  const auto decoded = protocol::decode_handshake(handshake.payload);
  return decoded && *decoded && (*decoded)->features.fast;
}

// One direction of a connection: what its writer owes its reader.
struct Server {
  struct Open {
    protocol::BlockRange block;
    Time received{};
    Time choked = kNever;   // when a Choke was decided that this request had come before, or never
  };
  bool offers_fast = false;
  bool is_choking = true;
  Time choked{};            // when the last Choke was decided
  std::vector<Open> open;   // in the order of asking
  std::vector<PieceIndex> allowed_fast;

  bool allows(PieceIndex piece) const { return std::ranges::find(allowed_fast, piece) != allowed_fast.end(); }
};

class NothingAfterChoke final : public Check {
 public:
  explicit NothingAfterChoke(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who"), facts_.peers.size()),
        within_(context.arguments.duration("within", 5s)) {}

  EventSet interest() const override {
    return EventSet{}
        .sent(MessageKind::handshake)
        .sent(MessageKind::choke)
        .sent(MessageKind::unchoke)
        .sent(MessageKind::allowed_fast)
        .sent(MessageKind::piece)
        .sent(MessageKind::reject)
        .received(MessageKind::request)
        .received(MessageKind::cancel)
        .add(WireEventKind::ended);
  }

  std::vector<const SideTable*> tables() const override { return {&servers_}; }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::ended) {
      settle(event.connection, event.from, event.to, event.at, servers_.writer(event));
      settle(event.connection, event.to, event.from, event.at, servers_.reader(event));
    } else if (event.kind == WireEventKind::received) {
      if (who_.has(event.to)) on_wish(event, servers_.reader(event));
    } else if (event.message.kind == MessageKind::handshake) {
      servers_.writer(event).offers_fast = offers_fast(event);
    } else if (who_.has(event.from)) {
      on_sent(event);
    }
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    for (const auto& [connection, from, to, direction] : chokes_seen_)
      settle(connection, from, to, end.at, servers_.at(connection, direction));
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} chokes over {} open requests; {} blocks after a choke, slowest answer {}", chokes_,
                                     voided_, late_blocks_, to_text(slowest_));
    judgement.limit = fmt::format("0 without Fast, {} with", to_text(within_));
    if (judgement.verdict == Verdict::held && chokes_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody was choked while it had requests open; there was nothing to judge";
    }
    return judgement;
  }

 private:
  struct Place { ConnectionId connection; HostId from; HostId to; Direction direction; };

  void on_wish(const WireEvent& event, Server& server) {
    const protocol::BlockRange block = event.message.block();
    if (event.message.kind == MessageKind::cancel) {
      // Whether a cancelled request is answered is another matter (B23).
      std::erase_if(server.open, [&](const Server::Open& open) { return open.block == block; });
    } else if (speaks_fast(event.connection) || !server.is_choking) {
      server.open.push_back({block, event.at, kNever});
    }
  }

  void on_sent(const WireEvent& event) {
    Server& server = servers_.writer(event);
    switch (event.message.kind) {
      case MessageKind::choke: return on_choke(event, server);
      case MessageKind::unchoke: server.is_choking = false; return;
      case MessageKind::allowed_fast: server.allowed_fast.push_back(event.message.piece); return;
      default: return on_answer(event, server);
    }
  }

  void on_choke(const WireEvent& event, Server& server) {
    if (server.is_choking) return;
    server.is_choking = true;
    server.choked = event.decided_latest;
    if (!server.open.empty()) ++chokes_;
    voided_ += server.open.size();
    if (!speaks_fast(event.connection)) {
      server.open.clear();   // BEP 3: all of them are void
      return;
    }
    chokes_seen_.push_back({event.connection, event.from, event.to, event.direction});
    for (Server::Open& open : server.open)
      if (open.received < event.decided_earliest && !server.allows(open.block.piece))
        open.choked = std::min(open.choked, event.decided_latest);
  }

  void on_answer(const WireEvent& event, Server& server) {
    const protocol::BlockRange block = event.message.block();
    const auto open = std::ranges::find(server.open, block, &Server::Open::block);
    const bool was_asked = open != server.open.end();
    const Server::Open request = was_asked ? *open : Server::Open{};
    if (was_asked) server.open.erase(open);
    if (was_asked && request.choked != kNever) {
      slowest_ = std::max(slowest_, event.decided_earliest - request.choked);
      if (event.decided_earliest > request.choked + within_)
        accuse(event.from, event.to, server, block, event.decided_earliest,
               fmt::format("answers a request only {} after its Choke", to_text(event.decided_earliest - request.choked)));
    }
    if (event.message.kind != MessageKind::piece || !server.is_choking) return;
    ++late_blocks_;
    if (!speaks_fast(event.connection)) {
      accuse(event.from, event.to, server, block, event.decided_earliest, "sends a block after its Choke");
    } else if (was_asked && request.received > server.choked && !server.allows(block.piece)) {
      accuse(event.from, event.to, server, block, event.decided_earliest,
             "serves a request that came after its Choke");
    }
  }

  // What was open at a Choke and has had no answer for too long.
  void settle(ConnectionId connection, HostId from, HostId to, Time at, Server& server) {
    if (!who_.has(from) || !speaks_fast(connection)) return;
    for (const Server::Open& open : server.open)
      if (open.choked != kNever && open.choked + within_ + kPatience < at)
        accuse(from, to, server, open.block, at, "never answers a request that was open at its Choke");
    server.open = {};
  }

  bool speaks_fast(ConnectionId connection) {
    return servers_.at(connection, Direction::from_dialler).offers_fast &&
           servers_.at(connection, Direction::from_acceptor).offers_fast;
  }

  void accuse(HostId from, HostId to, const Server& server, const protocol::BlockRange& block, Time at,
              std::string_view what) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {} to {}: {}", facts_.name(from), what, facts_.name(to), to_words(block));
    first_.story.push_back(story_line(server.choked, conversation(facts_, from, to, "CHOKE")));
    first_.story.push_back(story_line(at, fmt::format("{} {}", facts_.name(from), what)));
    first_.story.push_back("look at what the client does with a peer's queue of requests, and with blocks on their way from "
                           "disk, when it chokes that peer");
  }

  const RunFacts& facts_;
  PeerSet who_;
  Duration within_;
  PerSide<Server> servers_;
  std::vector<Place> chokes_seen_;   // where both speak Fast
  std::uint64_t chokes_ = 0;         // that found requests open
  std::uint64_t voided_ = 0;
  std::uint64_t late_blocks_ = 0;
  Duration slowest_{};
  Judgement first_;
};

}  // namespace

constinit const CheckManual kNothingAfterChoke{
    .name = "nothing_after_choke",
    .claim = "a Choke ends what was asked for: nothing follows it, or with Fast one answer to each request",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B09",
    .parameters = kParameters,
    .text = R"(BEP 3: data flows only while unchoked.  Where one side lacks the fast extension, no Piece may follow a Choke on
the stream until the next Unchoke.  Where both have it (BEP 6), each request that had been received before the Choke
was decided gets a Piece or a Reject, decided within the given time, and a request that came after it gets no
Piece; pieces named with Allowed Fast, and requests that were cancelled, are excepted.  Vacuous when nobody was
choked while it had requests open.  Provoke it with a slow uplink and long queues, when faster peers join.)",
};

std::unique_ptr<Check> make_nothing_after_choke(const CheckContext& context) {
  return std::make_unique<NothingAfterChoke>(context);
}

}  // namespace swarmlab::swarmsim
