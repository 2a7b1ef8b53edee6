#include "swarmsim/checks/redundancy_budget.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/block_ledger.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

// B26: "1 % of the content + end-game allowance (peers × 2 blocks)", and 1 % of the requests cancelled.
constexpr Share kBudget{10'000};
constexpr std::uint64_t kBlocksPerSource = 2;
constexpr std::size_t kTold = 3;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that download"},
    ParameterManual{"budget", ParameterKind::share, Need::optional,
                    "of the content that may come twice, and of requests that may be cancelled (default: 1 %)"},
};

struct Account {
  Account(BlockLedger from, std::size_t peers) : ledger(std::move(from)), is_source(peers, false) {}
  BlockLedger ledger;
  std::vector<bool> is_source;
  std::uint64_t sources = 0;
  ByteCount useful;
  ByteCount wasted;
  std::uint64_t requests = 0;
  std::uint64_t early_cancels = 0;
  std::vector<std::string> waste_lines;      // the first of each
  std::vector<std::string> cancel_lines;
};

class RedundancyBudget final : public Check {
 public:
  explicit RedundancyBudget(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who")), budget_(context.arguments.share("budget", kBudget)),
        accounts_(facts_.peers.size()) {
    for (const HostId peer : who_)
      accounts_[peer.value()].emplace(BlockLedger(facts_.geometry, facts_.peers[peer.value()].has_at_start), facts_.peers.size());
  }

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::joined)
        .sent(MessageKind::request)
        .sent(MessageKind::cancel)
        .received(MessageKind::piece);
  }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::joined) return on_joined(event);
    if (event.kind == WireEventKind::received) return on_block(event);
    Account* account = account_of(event.from);
    if (account == nullptr) return;
    if (event.message.kind == MessageKind::request) {
      ++account->requests;
      account->ledger.on_request(event.message.block());
    } else if (account->ledger.never_asked() > account->sources) {   // a request for each peer may still wait to be sent
      ++account->early_cancels;
      tell(account->cancel_lines, event, "");
    }
  }

  void on_whole_piece(const WholePiece& piece) override {
    Account* account = account_of(piece.peer);
    if (account != nullptr && !piece.is_true) account->ledger.on_false_piece(piece.piece);
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement;
    HostId worst;
    bool any = false;
    for (const HostId peer : who_) {
      const Account& account = *accounts_[peer.value()];
      if (account.sources < 2) continue;
      if (!any || account.wasted > accounts_[worst.value()]->wasted) worst = peer;
      any = true;
      judge(judgement, peer, account);
    }
    if (!any) {
      judgement.verdict = Verdict::vacuous;
      judgement.measured = std::string("0 B twice");
      judgement.limit = to_text(budget_);
      judgement.summary = "none of them got blocks from two peers, so none could get one twice";
      return judgement;
    }
    if (judgement.verdict == Verdict::violated) return judgement;
    const Account& account = *accounts_[worst.value()];
    judgement.measured = fmt::format("at most {} twice, of {} at {}", to_text(account.wasted), to_text(account.useful), facts_.name(worst));
    judgement.number = MeasuredNumber{"most twice", Number::of(account.wasted), Unit::size};
    judgement.limit = to_text(allowed_waste(account));
    return judgement;
  }

 private:
  Account* account_of(HostId peer) {
    return peer.value() < accounts_.size() && accounts_[peer.value()] ? &*accounts_[peer.value()] : nullptr;
  }

  // Started again with what its disk holds: what it lost has to be fetched again.
  void on_joined(const WireEvent& event) {
    Account* account = account_of(event.from);
    if (account == nullptr || event.payload.empty()) return;
    if (const auto has = protocol::Bitfield::from_wire(event.payload, facts_.geometry.piece_count()))
      account->ledger = BlockLedger(facts_.geometry, *has);
  }

  void on_block(const WireEvent& event) {
    Account* account = account_of(event.to);
    if (account == nullptr) return;
    const ByteCount length(event.message.length);
    switch (account->ledger.on_arrival(event.message.block())) {
      case BlockLedger::Arrival::unasked: return;
      case BlockLedger::Arrival::fresh: account->useful += length; break;
      case BlockLedger::Arrival::wasted:
        account->wasted += length;
        tell(account->waste_lines, event, ", which was there already");
        break;
    }
    if (account->is_source[event.from.value()]) return;
    account->is_source[event.from.value()] = true;
    ++account->sources;
  }

  void tell(std::vector<std::string>& lines, const WireEvent& event, std::string_view remark) {
    if (lines.size() == kTold) return;
    lines.push_back(story_line(event.at, conversation(facts_, event.from, event.to, event.message) + std::string(remark)));
  }

  ByteCount allowed_waste(const Account& account) const {
    const std::int64_t part = facts_.geometry.total().value() / Share::kWhole * budget_.millionths +
                              facts_.geometry.total().value() % Share::kWhole * budget_.millionths / Share::kWhole;
    return ByteCount(part) + protocol::kBlockBytes * static_cast<std::int64_t>(account.sources * kBlocksPerSource);
  }
  std::uint64_t allowed_cancels(const Account& account) const {
    return account.requests * budget_.millionths / Share::kWhole + account.sources * kBlocksPerSource;
  }

  void judge(Judgement& judgement, HostId peer, const Account& account) const {
    if (judgement.verdict == Verdict::violated) return;
    const auto accuse = [&](std::string measured, std::string limit, const std::string& what, const std::vector<std::string>& lines,
                            std::string_view look_at) {
      judgement.verdict = Verdict::violated;
      judgement.measured = std::move(measured);
      judgement.limit = std::move(limit);
      judgement.summary = fmt::format("{} {} (limit {})", facts_.name(peer), what, judgement.limit);
      judgement.story = lines;
      judgement.story.push_back(fmt::format("look at {}", look_at));
    };
    if (account.wasted > allowed_waste(account))
      return accuse(fmt::format("{} twice at {}", to_text(account.wasted), facts_.name(peer)), to_text(allowed_waste(account)),
                    fmt::format("got {} that it had already, of {} it asked {} peers for", to_text(account.wasted),
                                to_text(account.useful + account.wasted), account.sources),
                    account.waste_lines, "when a client asks several peers for one block, and when it cancels");
    if (account.early_cancels > allowed_cancels(account))
      accuse(fmt::format("{} cancels at {}", account.early_cancels, facts_.name(peer)), fmt::format("{}", allowed_cancels(account)),
             fmt::format("cancelled {} of {} requests before its end-game began", account.early_cancels, account.requests),
             account.cancel_lines, "what a client asks for before it knows that it wants it from there");
  }

  const RunFacts& facts_;
  std::vector<HostId> who_;
  Share budget_;
  std::vector<std::optional<Account>> accounts_;   // by peer
};

}  // namespace

constinit const CheckManual kRedundancyBudget{
    .name = "redundancy_budget",
    .claim = "little is downloaded twice, and little is asked for in vain",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B26",
    .parameters = kParameters,
    .text = R"(Payload of blocks that a peer asked for and already had when they came is at most the budget's part of the
content, and two blocks (of 16 KiB) for each peer that sent it any: what an end-game may cost.  Blocks of a piece that
proved false may come again, and blocks that nobody asked for are not held against their receiver.  Cancels that it
sends before any end-game are at most that part of its requests and two per source: while there are blocks it never
asked anybody for, more of them than sources, since at each of those a request may still wait behind what is being
sent.  Vacuous when nobody got blocks from two peers.  Provoke it with many peers at long and short distances, and
some far slower than the others.)",
};

std::unique_ptr<Check> make_redundancy_budget(const CheckContext& context) {
  return std::make_unique<RedundancyBudget>(context);
}

}  // namespace swarmlab::swarmsim
