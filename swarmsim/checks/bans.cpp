#include "swarmsim/checks/bans.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that must stop asking"},
    ParameterManual{"whom", ParameterKind::peers, Need::required, "the peers that send corrupt blocks"},
    ParameterManual{"within", ParameterKind::duration, Need::required, "time from the proof"},
};

// What one peer learnt about one corrupter.
struct Case {
  Time proof = kNever;           // a whole piece of theirs alone did not match
  PieceIndex piece;
  std::size_t blocks = 0;
  Time last_asked = kNever;      // decided after the proof
};

class Bans final : public Check {
 public:
  explicit Bans(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")),
        whom_(context.arguments.peers("whom")), within_(context.arguments.duration("within", Duration{})),
        is_who_(who_, facts_.peers.size()), is_whom_(whom_, facts_.peers.size()),
        cases_(facts_.peers.size() * whom_.size()) {}

  EventSet interest() const override { return EventSet{}.sent(MessageKind::request); }

  void on_whole_piece(const WholePiece& piece) override {
    const HostId from = piece.sources.front();
    if (piece.is_true || !is_who_.has(piece.peer) || !is_whom_.has(from)) return;
    if (!std::ranges::all_of(piece.sources, [&](HostId source) { return source == from; })) return;
    Case& found = case_of(piece.peer, from);
    if (found.proof != kNever) return;
    found.proof = piece.at;
    found.piece = piece.piece;
    found.blocks = piece.sources.size();
  }

  void on_event(const WireEvent& event) override {
    if (!is_who_.has(event.from) || !is_whom_.has(event.to)) return;
    Case& known = case_of(event.from, event.to);
    if (known.proof == kNever || event.decided_earliest <= known.proof) return;
    known.last_asked = event.decided_earliest;
    if (event.decided_earliest - known.proof <= within_ || first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    const std::string& asker = facts_.name(event.from);
    const std::string& liar = facts_.name(event.to);
    first_.summary = fmt::format("{} still talks to {} {} after the proof (limit {})", asker, liar,
                                 to_text(event.decided_earliest - known.proof), to_text(within_));
    first_.story.push_back(story_line(
        known.proof, fmt::format("piece {} is whole at {}; its {} blocks all came from {} and do not match the hash",
                                 known.piece.value(), asker, known.blocks, liar)));
    first_.story.push_back(
        story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message)));
    first_.story.push_back("look at what the client does when a piece is false whose blocks all came from one peer");
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    Judgement judgement = first_;
    judgement.limit = to_text(within_);
    std::uint32_t judged = 0;
    std::uint32_t proofs = 0;
    Duration longest{};
    for (const HostId peer : who_) {
      for (const HostId liar : whom_) {
        const Case& known = case_of(peer, liar);
        if (known.proof == kNever) continue;
        ++proofs;
        if (known.last_asked != kNever) longest = std::max(longest, known.last_asked - known.proof);
        // Who was done before the time was up had no reason to ask anybody any more.
        const Time until = known.proof + within_;
        if (until <= end.at && until < arrivals_.completed_at(peer)) ++judged;
      }
    }
    judgement.measured = fmt::format("{} proofs, last asked {} after one", proofs, to_text(longest));
    judgement.number = MeasuredNumber{"last asked after a proof", Number::of(longest), Unit::time};
    if (judgement.verdict == Verdict::violated || judged > 0) return judgement;
    judgement.verdict = Verdict::vacuous;
    if (proofs == 0)
      judgement.summary = fmt::format("nobody got a whole piece from {} alone that was corrupt; there was nothing to judge",
                                      facts_.name(whom_.front()));
    else
      judgement.summary = "everybody with a proof was complete before the time to act upon it was over";
    return judgement;
  }

 private:
  Case& case_of(HostId peer, HostId liar) {
    const auto column = std::ranges::lower_bound(whom_, liar) - whom_.begin();
    return cases_[peer.value() * whom_.size() + static_cast<std::size_t>(column)];
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  std::vector<HostId> who_;
  std::vector<HostId> whom_;
  Duration within_;
  PeerSet is_who_;
  PeerSet is_whom_;
  std::vector<Case> cases_;   // by peer, then by position in whom_
  Judgement first_;
};

}  // namespace

constinit const CheckManual kBans{
    .name = "bans",
    .claim = "a peer that is proven to send corrupt blocks is not asked any more",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B44",
    .parameters = kParameters,
    .text = R"(The proof is a whole piece, all of whose blocks came from one peer, that does not match its hash.  From the
given time after it no Request to that peer may be decided, over any connection; hanging up is one way,
asking others another.  Vacuous when nobody got such a proof while it still needed data.  Provoke it with a fast
corrupter beside a slow honest seed.)",
};

std::unique_ptr<Check> make_bans(const CheckContext& context) { return std::make_unique<Bans>(context); }

}  // namespace swarmlab::swarmsim
