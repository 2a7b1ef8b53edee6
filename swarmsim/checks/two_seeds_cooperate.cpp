#include "swarmsim/checks/two_seeds_cooperate.hpp"

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

// Peers × 2 blocks for an end-game and 1 % for what crosses, as in B26.
constexpr std::int64_t kBlocksPerSource = 2;
constexpr std::int64_t kContentPerWaste = 100;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that download"},
    ParameterManual{"whom", ParameterKind::peers, Need::required, "the sources: two at least, of about the same speed"},
    ParameterManual{"share", ParameterKind::share, Need::optional,
                    "of what the sources give a peer together, the least that each gives (default: 20 %)"},
};

// What one peer got from one source.
struct Gift {
  ByteCount useful;
  Duration open{};              // how long the source kept it unchoked while it was not complete
  Time unchoked_since = kNever;
  std::optional<ConnectionId> connection;
};

class TwoSeedsCooperate final : public Check {
 public:
  explicit TwoSeedsCooperate(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")),
        whom_(context.arguments.peers("whom")), share_(context.arguments.share("share", Share{200'000})),
        is_who_(who_, facts_.peers.size()), is_whom_(whom_, facts_.peers.size()), ledgers_(facts_.peers.size()),
        wasted_(facts_.peers.size()), gifts_(facts_.peers.size() * whom_.size()) {
    for (const HostId peer : who_)
      ledgers_[peer.value()].emplace(facts_.geometry, facts_.peers[peer.value()].has_at_start);
  }

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::ended)
        .sent(MessageKind::request)
        .received(MessageKind::choke)
        .received(MessageKind::unchoke)
        .received(MessageKind::piece);
  }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::ended) {
      close(event, event.from, event.to);
      close(event, event.to, event.from);
      return;
    }
    if (event.kind == WireEventKind::sent) {
      if (is_who_.has(event.from)) ledgers_[event.from.value()]->on_request(event.message.block());
      return;
    }
    if (!is_who_.has(event.to)) return;
    if (event.message.kind == MessageKind::piece) return on_block(event);
    if (!is_whom_.has(event.from)) return;
    if (event.message.kind == MessageKind::choke) return close(event, event.to, event.from);
    Gift& gift = gift_of(event.to, event.from);
    if (gift.unchoked_since != kNever) return;
    gift.unchoked_since = event.at;
    gift.connection = event.connection;
  }

  void on_whole_piece(const WholePiece& piece) override {
    if (!is_who_.has(piece.peer)) return;
    if (!piece.is_true) ledgers_[piece.peer.value()]->on_false_piece(piece.piece);
    else if (arrivals_.is_complete(piece.peer))
      for (const HostId source : whom_) settle(gift_of(piece.peer, source), piece.at);
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    Judgement judgement;
    judgement.limit = fmt::format("{} from each", to_text(share_));
    std::uint32_t judged = 0;
    for (const HostId peer : who_) {
      if (!arrivals_.is_complete(peer))
        for (const HostId source : whom_) settle(gift_of(peer, source), end.at);
      judged += judge(judgement, peer) ? 1 : 0;
    }
    if (judgement.verdict == Verdict::violated) return judgement;
    judgement.measured = least_ ? fmt::format("at least {} from {} at {}", to_text(least_->part), facts_.name(least_->source),
                                              facts_.name(least_->peer))
                                : std::string("nobody had two sources");
    if (judged == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody was unchoked by two of the sources for about as long; nothing shows whether it used both";
    }
    return judgement;
  }

 private:
  struct Least {
    Share part;
    HostId peer;
    HostId source;
  };

  Gift& gift_of(HostId peer, HostId source) {
    const auto column = std::ranges::lower_bound(whom_, source) - whom_.begin();
    return gifts_[peer.value() * whom_.size() + static_cast<std::size_t>(column)];
  }

  static void settle(Gift& gift, Time until) {
    if (gift.unchoked_since == kNever) return;
    gift.open += until - gift.unchoked_since;
    gift.unchoked_since = kNever;
  }
  void close(const WireEvent& event, HostId peer, HostId source) {
    if (!is_who_.has(peer) || !is_whom_.has(source)) return;
    Gift& gift = gift_of(peer, source);
    if (gift.connection == event.connection && !arrivals_.is_complete(peer)) settle(gift, event.at);
  }

  void on_block(const WireEvent& event) {
    const ByteCount length(event.message.length);
    const BlockLedger::Arrival arrival = ledgers_[event.to.value()]->on_arrival(event.message.block());
    if (!is_whom_.has(event.from)) return;
    if (arrival == BlockLedger::Arrival::fresh) gift_of(event.to, event.from).useful += length;
    if (arrival == BlockLedger::Arrival::wasted) wasted_[event.to.value()] += length;
  }

  // False where this peer shows nothing.
  bool judge(Judgement& judgement, HostId peer) {
    ByteCount total;
    Duration longest{};
    for (const HostId source : whom_) {
      total += gift_of(peer, source).useful;
      longest = std::max(longest, gift_of(peer, source).open);
    }
    std::vector<HostId> open;
    for (const HostId source : whom_)
      if (gift_of(peer, source).open * 2 > longest) open.push_back(source);   // both were to be had
    if (open.size() < 2 || total.value() == 0) return false;
    for (const HostId source : open) {
      const Gift& gift = gift_of(peer, source);
      const Share part{static_cast<std::uint32_t>(detail::Int128{gift.useful.value()} * Share::kWhole / total.value())};
      if (!least_ || part < least_->part) least_ = Least{part, peer, source};
      if (part >= share_ || judgement.verdict == Verdict::violated) continue;
      judgement.verdict = Verdict::violated;
      judgement.measured = fmt::format("{} from {} at {}", to_text(part), facts_.name(source), facts_.name(peer));
      judgement.summary = fmt::format("{} got {} from {}, which kept it unchoked for {}: {} of the {} that the sources gave (at least {})",
                                      facts_.name(peer), to_text(gift.useful), facts_.name(source), to_text(gift.open),
                                      to_text(part), to_text(total), to_text(share_));
      for (const HostId other : whom_)
        judgement.story.push_back(fmt::format("{} gave {} in {} of being unchoked", facts_.name(other),
                                              to_text(gift_of(peer, other).useful), to_text(gift_of(peer, other).open)));
      judgement.story.push_back("look at how a client spreads its requests over peers that unchoke it");
    }
    const ByteCount allowed = facts_.geometry.total() / kContentPerWaste +
                              protocol::kBlockBytes * (kBlocksPerSource * static_cast<std::int64_t>(whom_.size()));
    if (wasted_[peer.value()] <= allowed || judgement.verdict == Verdict::violated) return true;
    judgement.verdict = Verdict::violated;
    judgement.measured = fmt::format("{} twice at {}", to_text(wasted_[peer.value()]), facts_.name(peer));
    judgement.limit = fmt::format("{} twice", to_text(allowed));
    judgement.summary =
        fmt::format("{} got {} from the sources that it had already (limit {}): they give the same, instead of each its part",
                    facts_.name(peer), to_text(wasted_[peer.value()]), to_text(allowed));
    judgement.story.push_back("look at how a client marks what it has asked one peer for when it asks the next");
    return true;
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  std::vector<HostId> who_;
  std::vector<HostId> whom_;
  Share share_;
  PeerSet is_who_;
  PeerSet is_whom_;
  std::vector<std::optional<BlockLedger>> ledgers_;   // by peer
  std::vector<ByteCount> wasted_;                     // by peer: from the sources
  std::vector<Gift> gifts_;                           // by peer, then by position in whom_
  std::optional<Least> least_;
};

}  // namespace

constinit const CheckManual kTwoSeedsCooperate{
    .name = "two_seeds_cooperate",
    .claim = "a peer with two sources uses both, each for other blocks",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B26",
    .parameters = kParameters,
    .text = R"(Of the useful payload that a peer gets from the sources, each of them gives at least the given share; blocks that
came from a source though the peer had them are at most 1 % of the content and two blocks per source.  A source
counts where it kept the peer unchoked for more than half as long as the one that did so longest: whoever chokes
cannot be used.  Choose the share well below the slowest source's part of their rates.  Vacuous when nobody was
unchoked by two sources for about as long.  Provoke it with two equal seeds and leechers that do not meet.)",
};

std::unique_ptr<Check> make_two_seeds_cooperate(const CheckContext& context) {
  return std::make_unique<TwoSeedsCooperate>(context);
}

}  // namespace swarmlab::swarmsim
