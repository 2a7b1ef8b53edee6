#include "swarmsim/checks/memory_bounded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "protocol/extension_handshake.hpp"
#include "protocol/handshake.hpp"
#include "protocol/quantities.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

// What is assumed where nothing was said: the example of BEP 10 ("reqq": 250), and what most clients keep.
constexpr std::uint64_t kUsualQueue = 250;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that are asked"},
    ParameterManual{"requests", ParameterKind::count, Need::optional,
                    "how many of one peer may wait (default: the \"reqq\" each told that peer, else 250)"},
    ParameterManual{"within", ParameterKind::duration, Need::optional, "time to reject what is too much (default: 2 s)"},
};

bool offers_fast(const WireEvent& handshake) {
  const auto decoded = protocol::decode_handshake(handshake.payload);
  return decoded && *decoded && (*decoded)->features.fast;
}

// One side of a connection: the requests its reader made, as far as its writer has not answered them.
struct Server {
  struct Open { protocol::BlockRange block; Time received{}; };
  bool offers_fast = false;
  std::optional<std::uint64_t> declared;   // its "reqq"
  std::vector<Open> open;                  // in the order of asking
};

class MemoryBounded final : public Check {
 public:
  explicit MemoryBounded(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who"), facts_.peers.size()),
        requests_(context.arguments.count("requests")), within_(context.arguments.duration("within", 2s)) {}

  EventSet interest() const override {
    return EventSet{}
        .sent(MessageKind::handshake)
        .sent(MessageKind::extension_handshake)
        .sent(MessageKind::piece)
        .sent(MessageKind::reject)
        .received(MessageKind::request)
        .received(MessageKind::cancel)
        .add(WireEventKind::ended);
  }

  std::vector<const SideTable*> tables() const override { return {&servers_}; }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::ended) {
      servers_.writer(event).open = {};
      servers_.reader(event).open = {};
    } else if (event.kind == WireEventKind::received) {
      if (who_.has(event.to)) on_wish(event, servers_.reader(event));
    } else if (event.message.kind == MessageKind::handshake) {
      servers_.writer(event).offers_fast = offers_fast(event);
    } else if (who_.has(event.from)) {
      on_sent(event, servers_.writer(event));
    }
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} kept of one peer at most; more than fit were asked for {}", counted(most_kept_, "request"),
                                     counted(floods_, "time"));
    judgement.limit = requests_ ? fmt::format("{}", *requests_) : std::string("what was declared");
    if (judgement.verdict == Verdict::held && floods_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody asked for more blocks at once than fit; there was nothing to bound";
    }
    return judgement;
  }

 private:
  bool speaks_fast(ConnectionId connection) {
    return servers_.at(connection, Direction::from_dialler).offers_fast &&
           servers_.at(connection, Direction::from_acceptor).offers_fast;
  }

  std::uint64_t limit(const Server& server) const { return requests_.value_or(server.declared.value_or(kUsualQueue)); }

  void on_wish(const WireEvent& event, Server& server) {
    if (!speaks_fast(event.connection)) return;   // what is thrown away silently cannot be seen
    if (event.message.kind == MessageKind::cancel) {
      std::erase_if(server.open, [&](const Server::Open& open) { return open.block == event.message.block(); });
      return;
    }
    if (server.open.size() == limit(server)) ++floods_;
    server.open.push_back({event.message.block(), event.at});
  }

  void on_sent(const WireEvent& event, Server& server) {
    if (event.message.kind == MessageKind::extension_handshake) {
      const auto theirs = protocol::decode_extension_handshake(event.payload);
      if (theirs && theirs->request_queue) server.declared = *theirs->request_queue;
      return;
    }
    const auto asked = std::ranges::find(server.open, event.message.block(), &Server::Open::block);
    if (asked != server.open.end()) server.open.erase(asked);
    if (event.message.kind == MessageKind::piece) judge(event, server);
  }

  // All that was decided before this block has been sent before it: a request that came long before and has no
  // answer yet is being kept.
  void judge(const WireEvent& piece, const Server& server) {
    const auto young = std::ranges::find_if(
        server.open, [&](const Server::Open& open) { return open.received + within_ > piece.decided_earliest; });
    const auto kept = static_cast<std::uint64_t>(young - server.open.begin());
    most_kept_ = std::max(most_kept_, kept);
    if (kept <= limit(server) || first_.verdict == Verdict::violated) return;
    const std::string& who = facts_.name(piece.from);
    const std::string& whom = facts_.name(piece.to);
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} keeps {} requests of {} (limit {})", who, kept, whom, limit(server));
    first_.story.push_back(story_line(server.open.front().received,
                                      fmt::format("the oldest of them reaches {}: {}", who, to_words(server.open.front().block))));
    first_.story.push_back(story_line(piece.at, conversation(facts_, piece.from, piece.to, piece.message)));
    first_.story.push_back(fmt::format("When that block was sent, {} requests older than {} had neither a block nor a Reject.",
                                       kept, to_text(within_)));
    first_.story.push_back("Right is to answer what does not fit with Reject, or to hang up.  Look at where a peer's requests are "
                           "queued for upload.");
  }

  const RunFacts& facts_;
  PeerSet who_;
  std::optional<std::uint64_t> requests_;
  Duration within_;
  PerSide<Server> servers_;
  std::uint64_t floods_ = 0;
  std::uint64_t most_kept_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kMemoryBounded{
    .name = "memory_bounded",
    .claim = "no more requests of one peer are kept than the uploader said it would keep",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B79",
    .parameters = kParameters,
    .text = R"(Where both speak Fast every request has one answer (BEP 6), so what is kept can be counted: whenever a block is sent, the
requests that had come more than `within` before it was decided and have neither Piece nor Reject nor Cancel.  There may
be as many as the uploader declared in its extension handshake ("reqq"); those made while choked count, since BEP 6 wants them
rejected.  Memory that does not show on the wire is not
judged, nor connections without Fast.  Vacuous when nobody had more open than fit.  Provoke it with request_flood.)",
    .declared = "the \"reqq\" of each extension handshake",
    .needs = {Feature::fast},
};

std::unique_ptr<Check> make_memory_bounded(const CheckContext& context) { return std::make_unique<MemoryBounded>(context); }

}  // namespace swarmlab::swarmsim
