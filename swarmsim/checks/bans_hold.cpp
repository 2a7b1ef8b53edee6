#include "swarmsim/checks/bans_hold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

// Hanging up later than this after a proof is not taken for its consequence.
constexpr Duration kConsequence = 10s;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that hang up on liars"},
    ParameterManual{"whom", ParameterKind::peers, Need::required, "the peers that send corrupt blocks, and come back"},
    ParameterManual{"lasts", ParameterKind::duration, Need::optional,
                    "how long a ban is to hold (default: 10 min, or as its client declares where that is less)"},
};

// What one peer learnt about one corrupter.
struct Case {
  Time proof = kNever;           // a whole piece of its alone did not match
  PieceIndex piece;
  Time hung_up = kNever;         // and therefore the connection was closed
  Time came_back = kNever;       // the first connection between the two after that
  std::uint32_t returns = 0;
};

class BansHold final : public Check {
 public:
  explicit BansHold(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who")), whom_(context.arguments.peers("whom")),
        lasts_(context.arguments.duration("lasts", 10min)), states_lasts_(context.arguments.duration("lasts", Duration{}) > Duration{}),
        is_who_(who_, facts_.peers.size()), is_whom_(whom_, facts_.peers.size()), cases_(facts_.peers.size() * whom_.size()) {}

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::opened)
        .add(WireEventKind::ended)
        .add(WireEventKind::joined)
        .sent(MessageKind::request);
  }

  void on_whole_piece(const WholePiece& piece) override {
    const HostId from = piece.sources.front();
    if (piece.is_true || !is_who_.has(piece.peer) || !is_whom_.has(from)) return;
    if (!std::ranges::all_of(piece.sources, [&](HostId source) { return source == from; })) return;
    Case& found = case_of(piece.peer, from);
    if (found.hung_up != kNever) return;
    found.proof = piece.at;
    found.piece = piece.piece;
  }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::joined:
        // Who is started again may have forgotten.
        if (is_who_.has(event.from))
          for (const HostId liar : whom_) case_of(event.from, liar) = {};
        return;
      case WireEventKind::opened:
        if (is_who_.has(event.from) && is_whom_.has(event.to)) on_return(case_of(event.from, event.to), event.at);
        if (is_who_.has(event.to) && is_whom_.has(event.from)) on_return(case_of(event.to, event.from), event.at);
        return;
      case WireEventKind::ended: return on_ended(event);
      case WireEventKind::sent:
        if (is_who_.has(event.from) && is_whom_.has(event.to)) on_request(event);
        return;
      case WireEventKind::received:
      case WireEventKind::stopped:
      case WireEventKind::undecodable: return;
    }
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    std::uint32_t bans = 0;
    std::uint32_t returns = 0;
    for (const Case& known : cases_) {
      if (known.hung_up != kNever) ++bans;
      returns += known.returns;
    }
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} hung up for a proof, {} came back, {} asked again", bans, returns, wrong_);
    judgement.limit = fmt::format("0 for {}", to_text(lasts_));
    if (judgement.verdict == Verdict::held && returns == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = bans == 0 ? "nobody hung up on a proven liar; whether it is still asked is for the check bans"
                                    : "none of those that were hung up on came back; there was nothing to resist";
    }
    return judgement;
  }

 private:
  Case& case_of(HostId peer, HostId liar) {
    const auto column = std::ranges::lower_bound(whom_, liar) - whom_.begin();
    return cases_[peer.value() * whom_.size() + static_cast<std::size_t>(column)];
  }
  Duration holds_for(HostId peer) const {
    return states_lasts_ ? lasts_ : std::min(lasts_, facts_.peers[peer.value()].ban_time);
  }

  static void on_return(Case& known, Time at) {
    if (known.hung_up == kNever) return;
    if (known.returns++ == 0) known.came_back = at;
  }

  void on_ended(const WireEvent& event) {
    if (event.how == StreamEnd::cut || !is_who_.has(event.from) || !is_whom_.has(event.to)) return;
    Case& known = case_of(event.from, event.to);
    if (known.proof == kNever || known.hung_up != kNever || event.at - known.proof > kConsequence) return;
    known.hung_up = event.at;
  }

  void on_request(const WireEvent& event) {
    const Case& known = case_of(event.from, event.to);
    if (known.hung_up == kNever || event.decided_earliest <= known.hung_up) return;
    const Duration after = event.decided_earliest - known.hung_up;
    if (after >= holds_for(event.from)) return;
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    const std::string& asker = facts_.name(event.from);
    const std::string& liar = facts_.name(event.to);
    first_.summary = fmt::format("{} hung up on {} for a corrupt piece and asks it again {} later (limit {})", asker, liar,
                                 to_text(after), to_text(holds_for(event.from)));
    first_.story.push_back(story_line(known.proof, fmt::format("piece {} is whole at {}, all of it from {}, and does not match",
                                                               known.piece.value(), asker, liar)));
    first_.story.push_back(story_line(known.hung_up, conversation(facts_, event.from, event.to, "connection closed")));
    if (known.came_back != kNever)
      first_.story.push_back(story_line(known.came_back, fmt::format("{} and {} are connected again", liar, asker)));
    first_.story.push_back(story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message)));
    first_.story.push_back("look at what a ban is asked by: the address or address and port, whom we dial only or also who dials us");
  }

  const RunFacts& facts_;
  std::vector<HostId> who_;
  std::vector<HostId> whom_;
  Duration lasts_;
  bool states_lasts_;
  PeerSet is_who_;
  PeerSet is_whom_;
  std::vector<Case> cases_;   // by peer, then by position in whom_
  std::uint64_t wrong_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kBansHold{
    .name = "bans_hold",
    .claim = "who was hung up on for sending corrupt blocks gets nothing by coming back",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B46",
    .parameters = kParameters,
    .text = R"(When a whole piece that came from one peer alone does not match its hash and the client hangs up on that peer within ten
seconds, no Request to that peer's host is decided for the time of the ban, over whatever connection, from whatever port, whoever dialled.
To accept the connection and ask nothing is as good as to refuse it.  A client that was started again may have forgotten;
one that never hangs up is judged by `bans` alone.  Vacuous when nobody hung up on a proven liar, or none of those came back.
Provoke it with a corrupter that dials again at once (`redial_base: 1 s`): each time from another port.)",
    .declared = "ban_time",
};

std::unique_ptr<Check> make_bans_hold(const CheckContext& context) { return std::make_unique<BansHold>(context); }

}  // namespace swarmlab::swarmsim
