#include "swarmsim/checks/completion_is_clean.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/doubtful_pieces.hpp"
#include "swarmsim/checks/leftover_requests.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

// From the Have of the last piece, where that comes later than expected.
constexpr Duration kGrace = 1s;
constexpr Duration kBetweenLooks = 1s;
// When a keep-alive has come, if nothing else does.
constexpr Duration kNextWord = 130s;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that complete"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time from the last block on: to verify, to cancel, to lose interest (default: 3 s)"},
    ParameterManual{"serves", ParameterKind::duration, Need::optional,
                    "how long it may then send no block while somebody waits for one (default: 30 s)"},
};

struct Completion {
  Time at = kNever;           // the last block
  PieceIndex last;
  bool has_fetched = false;   // a piece, so that it was no seed from the start
  Time due = kNever;
  bool has_announced = false;
  Time still_since = kNever;  // somebody waits, and nothing has been sent since
  std::optional<ConnectionId> waiting{};   // who, then
  bool is_over = false;       // accused, or gone
};

// One side of a connection, of which one end completes.
struct Talk {
  bool am_interested = false;
  bool unchokes = false;
  bool other_is_interested = false;
  std::vector<protocol::BlockRange> asked;         // of it, by the other end, while it unchoked
  std::uint32_t in_flight = 0;                     // blocks that were sent and have not arrived: the path may be cut
};

class CompletionIsClean final : public Check {
 public:
  explicit CompletionIsClean(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), dialogues_(context.books.dialogues()), leftovers_(dialogues_),
        doubtful_(facts_, arrivals_, dialogues_),
        who_(context.arguments.peers("who")), is_who_(who_, facts_.peers.size()), within_(context.arguments.duration("within", 3s)),
        serves_(context.arguments.duration("serves", 30s)), completions_(facts_.peers.size()) {}

  EventSet interest() const override {
    using enum MessageKind;
    return EventSet{LeftoverRequests::interest()}
        .received(interested).received(not_interested).received(request).received(cancel);
  }

  void on_event(const WireEvent& event) override {
    doubtful_.on_event(event);
    leftovers_.on_event(event);
    while (const auto left = leftovers_.take_left(event.at)) accuse(*left);
    look(event.at);
    switch (event.kind) {
      case WireEventKind::sent:
        if (is_who_.has(event.from)) on_sent(event);
        return;
      case WireEventKind::received:
        if (is_who_.has(event.to)) on_received(event);
        if (is_who_.has(event.from) && event.message.kind == MessageKind::piece) {
          Talk& talk = talks_.writer(event);
          if (talk.in_flight > 0) --talk.in_flight;
        }
        return;
      case WireEventKind::opened:
      case WireEventKind::ended:
        talks_.writer(event) = talks_.reader(event) = {};
        return;
      case WireEventKind::stopped:
        completions_[event.from.value()].is_over = true;
        leftovers_.forget(event.from);
        return;
      case WireEventKind::joined:
      case WireEventKind::undecodable: return;
    }
  }

  void on_whole_piece(const WholePiece& whole) override {
    Completion& completion = completions_[whole.peer.value()];
    if (!is_who_.has(whole.peer) || completion.at != kNever) return;
    completion.last = whole.piece;
    completion.has_fetched = true;
    complete(whole.peer, whole.at);
  }

  bool is_ready(Time now, Disks&) override {
    const bool is_somebody_waiting = std::ranges::any_of(who_, [&](HostId peer) {
      const Completion& completion = completions_[peer.value()];
      return is_done(completion) && completion.still_since != kNever && now < completion.due + kNextWord;
    });
    return !is_somebody_waiting && !leftovers_.waits(now);
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    while (const auto left = leftovers_.take_left(end.at)) accuse(*left);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} completed with {} open elsewhere: {} left, {} interests left, {} requests later; served {}",
                                     completed_, counted(duplicates_, "request"), left_, interests_left_, later_,
                                     counted(served_, "block"));
    judgement.limit = fmt::format("clean within {}", to_text(within_));
    if (judgement.verdict == Verdict::held && duplicates_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody completed while a request was still open elsewhere; there was nothing to clean up";
    }
    return judgement;
  }

 private:
  // When all has come, and no block of it may have been thrown away.
  void complete(HostId peer, Time at) {
    Completion& completion = completions_[peer.value()];
    if (completion.at != kNever || !arrivals_.is_complete(peer) || doubtful_.has_any(peer)) return;
    completion.at = at;
    completion.due = at + within_;
    ++completed_;
    duplicates_ += leftovers_.expect(peer, completion.due);
  }
  bool is_done(const Completion& completion) const { return completion.at != kNever && !completion.is_over; }

  void on_sent(const WireEvent& event) {
    Talk& talk = talks_.writer(event);
    Completion& completion = completions_[event.from.value()];
    // Messages keep their order: what is decided later and sent proves that interest was not withdrawn in time.
    if (talk.am_interested && is_done(completion) && event.decided_earliest > completion.due) accuse_interest(event, talk, completion);
    if (is_done(completion) && completion.still_since != kNever && completion.waiting == event.connection &&
        event.message.kind != MessageKind::piece && event.decided_earliest > completion.still_since + serves_)
      accuse_of_silence(event, talk, completion);
    switch (event.message.kind) {
      case MessageKind::interested:
      case MessageKind::not_interested:
        talk.am_interested = event.message.kind == MessageKind::interested;
        return;
      case MessageKind::choke:
      case MessageKind::unchoke:
        talk.unchokes = event.message.kind == MessageKind::unchoke;
        talk.asked.clear();
        return;
      case MessageKind::reject: std::erase(talk.asked, event.message.block()); return;
      case MessageKind::piece:
        std::erase(talk.asked, event.message.block());
        ++talk.in_flight;
        completion.still_since = kNever;
        if (is_done(completion) && event.decided_earliest > completion.at) ++served_;
        return;
      case MessageKind::have:
        if (completion.has_fetched) complete(event.from, event.at);
        if (!is_done(completion) || completion.has_announced || event.message.piece != completion.last) return;
        completion.has_announced = true;
        completion.due = std::max(completion.due, event.decided_earliest + kGrace);
        leftovers_.extend(event.from, completion.due);
        return;
      case MessageKind::request:
        if (is_done(completion) && event.decided_earliest > completion.due) accuse_request(event, completion);
        return;
      default: return;
    }
  }

  void on_received(const WireEvent& event) {
    Talk& talk = talks_.reader(event);
    switch (event.message.kind) {
      case MessageKind::interested: talk.other_is_interested = true; return;
      case MessageKind::not_interested:
        talk.other_is_interested = false;
        talk.asked.clear();
        return;
      case MessageKind::request:
        if (talk.unchokes && facts_.geometry.is_valid(event.message.block())) talk.asked.push_back(event.message.block());
        return;
      case MessageKind::cancel: std::erase(talk.asked, event.message.block()); return;
      default: return;
    }
  }

  void look(Time now) {
    if (now < next_look_ || completed_ == 0) return;
    next_look_ = now + kBetweenLooks;
    for (const HostId peer : who_) {
      Completion& completion = completions_[peer.value()];
      if (!is_done(completion)) continue;
      if (completion.due < now && facts_.peers[peer.value()].upload_slots > 0) judge_service(peer, completion, now);
    }
  }

  void accuse_interest(const WireEvent& event, Talk& talk, const Completion& completion) {
    talk.am_interested = false;   // said once
    ++interests_left_;
    const bool is_late = event.message.kind == MessageKind::not_interested;
    accuse(fmt::format("{} has everything and {} interested in {} (limit {})", facts_.name(event.from),
                       is_late ? "ceases only later to be" : "is still", facts_.name(event.to), to_text(within_)),
           story_line(completion.at, last_block(event.from, completion)),
           story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message) +
                                                  (is_late ? " decided only now" : " decided, and no NOT INTERESTED before it")));
  }

  // Somebody waits: a request of theirs is unanswered, or nobody has a slot though somebody would like one.
  void judge_service(HostId peer, Completion& completion, Time now) {
    bool holds_slots = false;
    bool somebody_waits = false;
    completion.waiting = {};
    for (const Dialogues::Side& side : dialogues_.of(peer)) {
      const Talk& talk = talks_.at(side.connection, side.asks);
      if (dialogues_.is_gone(dialogues_.find(side)->source)) continue;
      holds_slots = holds_slots || talk.unchokes;
      if (!talk.other_is_interested || talk.in_flight > 0) continue;
      somebody_waits = true;
      if (!completion.waiting || !talk.asked.empty()) completion.waiting = side.connection;
    }
    const bool is_asked = somebody_waits && !talks_.at(*completion.waiting, direction_of(peer, *completion.waiting)).asked.empty();
    if (!is_asked && (holds_slots || !somebody_waits)) completion.still_since = kNever;
    else completion.still_since = std::min(completion.still_since, now);
  }
  Direction direction_of(HostId peer, ConnectionId connection) const {
    const Dialogue* dialogue = dialogues_.find(connection, Direction::from_dialler);
    return dialogue != nullptr && dialogue->asker == peer ? Direction::from_dialler : Direction::from_acceptor;
  }

  // Messages keep their order: what is said instead of a block, and decided so late, proves that none was on its way.
  void accuse_of_silence(const WireEvent& event, const Talk& talk, Completion& completion) {
    completion.is_over = true;
    accuse(fmt::format("{} has everything and serves nobody for {}, while {} waits", facts_.name(event.from), to_text(serves_),
                       facts_.name(event.to)),
           story_line(completion.at, last_block(event.from, completion)),
           story_line(completion.still_since, talk.asked.empty() ? std::string("nobody is unchoked from now on")
                                                                 : fmt::format("{} is not answered from now on",
                                                                               to_words(talk.asked.front()))),
           story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message) +
                                                  " decided, and no PIECE before it"));
  }

  std::string last_block(HostId peer, const Completion& completion) const {
    return fmt::format("the last block of piece {} reaches {}, which has all now", completion.last.value(), facts_.name(peer));
  }

  void accuse_request(const WireEvent& event, const Completion& completion) {
    ++later_;
    accuse(fmt::format("{} asks {} for {}, though it has everything (limit {})", facts_.name(event.from), facts_.name(event.to),
                       to_words(event.message.block()), to_text(within_)),
           story_line(completion.at, last_block(event.from, completion)),
           story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message) + " decided"));
  }

  void accuse(const Leftover& left) {
    ++left_;
    const std::string block = to_words(left.asked.block);
    const Completion& completion = completions_[left.asker.value()];
    accuse(fmt::format("{} has everything and {} its request for {} at {} (limit {})", facts_.name(left.asker),
                       left.cancelled == kNever ? "never cancels" : "cancels too late", block, facts_.name(left.source), to_text(within_)),
           story_line(left.asked.decided, conversation(facts_, left.asker, left.source, "REQUEST " + block) + " decided"),
           story_line(completion.at, last_block(left.asker, completion)));
  }

  template <class... Lines>
  void accuse(std::string summary, Lines... story) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = std::move(summary);
    (first_.story.push_back(std::move(story)), ...);
    first_.story.push_back("look at what the client does in the moment in which its last piece is verified");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  const Dialogues& dialogues_;
  LeftoverRequests leftovers_;
  DoubtfulPieces doubtful_;
  const std::vector<HostId> who_;
  PeerSet is_who_;
  Duration within_;
  Duration serves_;
  std::vector<Completion> completions_;   // by peer
  PerSide<Talk> talks_;                   // by the side of who completes
  Time next_look_ = kStart;
  std::uint64_t completed_ = 0;
  std::uint64_t duplicates_ = 0;
  std::uint64_t left_ = 0;
  std::uint64_t interests_left_ = 0;
  std::uint64_t later_ = 0;
  std::uint64_t served_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kCompletionIsClean{
    .name = "completion_is_clean",
    .claim = "who has everything takes back what is open, loses its interest, asks for nothing more, and serves",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B36",
    .parameters = kParameters,
    .text = R"(The moment of completion is that of the last block; where a block came when its request was not open
any more, and may have been thrown away, that of the piece's Have.  Within the given time, or a second after the Have
of the last piece where that is later, each request that was still open elsewhere gets a Cancel, or an answer, or its
connection ends; NotInterested is decided on every connection that stays (what proves that it was not is the next
message there); and no Request is decided any more.  Afterwards the peer lives: it does not let anybody wait (a
request unanswered, or an interested peer while nobody is unchoked) for as long as `serves` without sending a single
block to anyone; its next message to who waits proves it.  A client that leaves when it is complete is to be stopped
by the scenario, or left out.  Vacuous when nobody completed while a request was still open elsewhere.  Provoke it
with an end-game of many holders per block, who are no seeds: those may be hung up on.)",
};

std::unique_ptr<Check> make_completion_is_clean(const CheckContext& context) { return std::make_unique<CompletionIsClean>(context); }

}  // namespace swarmlab::swarmsim
