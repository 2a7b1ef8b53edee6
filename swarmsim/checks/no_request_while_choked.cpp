#include "swarmsim/checks/no_request_while_choked.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose requests are judged"},
    ParameterManual{"reaction", ParameterKind::duration, Need::optional,
                    "how long a client may take to act upon a Choke (default: the declared reaction_time)"},
};

// What the requester knows of one connection: what reached it, and when.
struct Knowledge {
  struct Change { Time at{}; bool choked = true; };
  // A request may have been decided a while before it is sent, so a few states back must be known.
  static constexpr std::size_t kKept = 6;
  std::array<Change, kKept> changes{};
  std::uint32_t count = 0;                     // of all changes so far
  std::vector<PieceIndex> allowed_fast;

  void add(Change change) { changes[count++ % kKept] = change; }
  const Change& back(std::uint32_t n) const { return changes[(count - 1 - n) % kKept]; }
};

std::vector<Duration> reaction_times(const CheckContext& context) {
  std::vector<Duration> times;
  for (const PeerFacts& peer : context.facts.peers)
    times.push_back(context.arguments.duration("reaction", peer.reaction_time));
  return times;
}

class NoRequestWhileChoked final : public Check {
 public:
  explicit NoRequestWhileChoked(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who"), facts_.peers.size()),
        reactions_(reaction_times(context)) {}

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::opened)
        .received(MessageKind::choke)
        .received(MessageKind::unchoke)
        .received(MessageKind::allowed_fast)
        .sent(MessageKind::request);
  }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::opened) {
      if (knowledge_.size() < 2 * (std::size_t{event.connection.value()} + 1))
        knowledge_.resize(2 * (std::size_t{event.connection.value()} + 1));
      return;
    }
    // Of the two sides of a connection, the one that asks; what it hears comes from the other.
    const bool is_request = event.kind == WireEventKind::sent;
    const HostId requester = is_request ? event.from : event.to;
    if (!who_.has(requester)) return;
    const Direction asking = is_request ? event.direction : opposite(event.direction);
    const std::size_t slot = 2 * std::size_t{event.connection.value()} + static_cast<std::size_t>(asking);
    if (slot >= knowledge_.size()) return;
    Knowledge& known = knowledge_[slot];
    if (is_request) return judge(event, known);
    if (event.message.kind == MessageKind::allowed_fast) known.allowed_fast.push_back(event.message.piece);
    else known.add({event.at, event.message.kind == MessageKind::choke});
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} requests", wrong_, requests_);
    if (unclear_ > 0) judgement.measured += fmt::format(" ({} could not be judged)", unclear_);
    judgement.limit = std::string("0");
    if (requests_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody requested anything in this run; there was nothing to judge";
    }
    return judgement;
  }

 private:
  void judge(const WireEvent& event, const Knowledge& known) {
    ++requests_;
    if (std::ranges::find(known.allowed_fast, event.message.piece) != known.allowed_fast.end()) return;
    // Walks back from the newest state to the one in force when the request was decided.  An Unchoke that came in at
    // any time up to the latest moment of decision excuses it; so does a Choke not older than the reaction time.
    for (std::uint32_t n = 0; n < known.count; ++n) {
      if (n == Knowledge::kKept) { ++unclear_; return; }
      const Knowledge::Change& change = known.back(n);
      if (change.at > event.decided_latest) continue;
      if (!change.choked) return;
      if (change.at + reactions_[event.from.value()] >= event.decided_earliest) continue;
      return accuse(event, &change);
    }
    accuse(event, nullptr);
  }

  void accuse(const WireEvent& event, const Knowledge::Change* choke) {
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    const std::string& requester = facts_.name(event.from);
    const std::string& other = facts_.name(event.to);
    if (choke == nullptr) {
      first_.summary = fmt::format("{} requests from {}, which never unchoked it", requester, other);
    } else {
      first_.summary = fmt::format("{} requests from {} {} after it was choked", requester, other,
                                   to_text(event.decided_earliest - choke->at));
      first_.story.push_back(story_line(choke->at, conversation(facts_, event.to, event.from, "CHOKE received")));
    }
    first_.story.push_back(story_line(event.decided_earliest,
                                      conversation(facts_, event.from, event.to, event.message) + " decided"));
    first_.story.push_back(story_line(event.at, "its last byte is sent"));
    first_.story.push_back("look at what the client asks of a peer before it sends a Request: that peer's last word must be Unchoke");
  }

  const RunFacts& facts_;
  PeerSet who_;
  std::vector<Duration> reactions_;    // by peer
  std::vector<Knowledge> knowledge_;   // by connection and side
  std::uint64_t requests_ = 0;
  std::uint64_t wrong_ = 0;
  std::uint64_t unclear_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kNoRequestWhileChoked{
    .name = "no_request_while_choked",
    .claim = "nobody requests from a peer that has it choked",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B18",
    .parameters = kParameters,
    .text = R"(BEP 3: "connections start out choked"; data flows only while unchoked.  No Request to P may be decided before
P's first Unchoke has been received, or after its Choke has; pieces that P named with Allowed Fast (BEP 6)
excepted.  What was written before the Choke arrived is never a violation.  Vacuous when nobody requests.
Provoke it with peers that unchoke late, and chokes in mid-pipeline on long paths.)",
    .declared = "reaction_time",
};

std::unique_ptr<Check> make_no_request_while_choked(const CheckContext& context) {
  return std::make_unique<NoRequestWhileChoked>(context);
}

}  // namespace swarmlab::swarmsim
