#include "swarmsim/checks/announce_numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"
#include "swarmsim/checks/tracker_talk.hpp"

namespace swarmlab::swarmsim {
namespace {

using protocol::AnnounceEvent;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose announced numbers are compared"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "how far the numbers may lag behind: a piece has to be verified, a connection to be made (default: 5 s)"},
};

// How finely the past is kept, and how much of it.
constexpr Duration kGrain = 250ms;
constexpr std::size_t kMostMarks = 512;
// A block written before an announce may be sent long after it.
constexpr Duration kInFlight = 2min;

// More than any connection can owe.
constexpr ByteCount kAll{std::int64_t{1} << 60};

// What the wire showed of one client by some moment.
struct Mark {
  Time at{};
  ByteCount delivered;          // payload of its blocks that arrived
  ByteCount whole;              // pieces that became whole and true at it
};

// An announced number that is more than what had been sent by then: blocks that were written but not sent yet may
// still explain it.
struct Suspicion {
  Time decided{};
  ByteCount claimed;
  ByteCount seen;
  bool is_upload = false;
  std::string line;
};

struct Client {
  Time joined{};
  ByteCount at_start;           // on its disk when it joined
  ByteCount written_out;        // payload of its blocks that were sent, or may have been written when their connection ended
  ByteCount written_in;         // the same of blocks for it
  ByteCount owes;               // of what it was asked for on connections that are open, not sent nor refused
  ByteCount is_owed;            // the same of what it asked for
  ByteCount arrived;            // payload that reached it
  Mark now;
  std::vector<Mark> base;       // at the latest `started`, by tracker
  std::deque<Mark> past;
  std::deque<Suspicion> suspicions;
  bool had_false_piece = false;
  Time last_decided{};
  ByteCount last_uploaded;
  ByteCount last_downloaded;
};

class AnnounceNumbers final : public Check {
 public:
  explicit AnnounceNumbers(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        lag_(context.arguments.duration("within", 5s)), talk_(facts_), clients_(facts_.peers.size()) {
    for (Client& client : clients_) client.base.resize(facts_.trackers.size());
  }

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::joined)
        .add(WireEventKind::ended)
        .received(MessageKind::request)
        .sent(MessageKind::choke)
        .sent(MessageKind::reject)
        .sent(MessageKind::piece)
        .received(MessageKind::piece)
        .sent(MessageKind::tracker_request)
        .received(MessageKind::tracker_reply);
  }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::joined) return on_joined(event);
    if (event.kind == WireEventKind::ended) return on_ended(event);
    if (event.message.kind == MessageKind::tracker_request) {
      const TrackerQuestion* question = talk_.on_request(event);
      if (question != nullptr && question->announce() != nullptr && is_who_.has(event.from)) judge(event.from, *question);
      return;
    }
    if (event.message.kind == MessageKind::tracker_reply) {
      talk_.on_reply(event);
      return;
    }
    const ByteCount length(event.message.length);
    if (event.message.kind == MessageKind::request) {
      owe(event, event.to, event.from, opposite(event.direction), length);
      return;
    }
    if (event.kind == WireEventKind::sent) {
      const bool is_choke = event.message.kind == MessageKind::choke;
      owe(event, event.from, event.to, event.direction, ByteCount{} - (is_choke ? kAll : length));
      if (event.message.kind != MessageKind::piece) return;
      if (is_who_.has(event.from)) {
        clients_[event.from.value()].written_out += length;
        explain(event, clients_[event.from.value()], true);
      }
      if (is_who_.has(event.to)) {
        clients_[event.to.value()].written_in += length;
        explain(event, clients_[event.to.value()], false);
      }
      return;
    }
    if (is_who_.has(event.to)) clients_[event.to.value()].arrived += length;
    if (!is_who_.has(event.from)) return;
    Client& sender = clients_[event.from.value()];
    sender.now.delivered += length;
    mark(sender, event.at);
  }

  void on_whole_piece(const WholePiece& piece) override {
    if (!is_who_.has(piece.peer)) return;
    Client& client = clients_[piece.peer.value()];
    if (!piece.is_true) {
      client.had_false_piece = true;
      return;
    }
    client.now.whole += facts_.geometry.length_of(piece.piece);
    mark(client, piece.at);
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    for (std::uint32_t i = 0; i < clients_.size(); ++i)
      for (Suspicion& suspicion : clients_[i].suspicions) {
        suspicion.seen += suspicion.is_upload ? clients_[i].owes : clients_[i].is_owed;   // written, and not sent any more
        settle(HostId(i), suspicion);
      }
    Judgement judgement = first_;
    judgement.measured = fmt::format("{}, {} of them after traffic", counted(judged_, "announce"), telling_);
    judgement.limit = fmt::format("what was on the wire, at most {} behind", to_text(lag_));
    if (judgement.verdict == Verdict::held && telling_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody announced after it had sent or received a block, so all true numbers were what they began with";
    }
    return judgement;
  }

 private:
  void on_joined(const WireEvent& event) {
    if (!is_who_.has(event.from)) return;
    Client& client = clients_[event.from.value()];
    client = Client{};
    client.joined = event.at;
    client.base.resize(facts_.trackers.size());
    const auto has = event.payload.empty() ? std::nullopt   // started again, with what its disk holds
                                           : protocol::Bitfield::from_wire(event.payload, facts_.geometry.piece_count());
    client.at_start = size_of(has ? *has : facts_.peers[event.from.value()].has_at_start);
  }

  // Changes what was asked for on this connection and is neither sent nor refused: no more can have been written to
  // it.  At least to nothing; gives what it was.
  ByteCount owe(const WireEvent& event, HostId server, HostId asker, Direction by, ByteCount change) {
    if (!is_who_.has(server) && !is_who_.has(asker)) return {};
    const std::size_t at = std::size_t{event.connection.value()} * 2 + static_cast<std::size_t>(by);
    if (owed_.size() <= at) owed_.resize(at + 1);
    const ByteCount before = owed_[at];
    owed_[at] = change + before > ByteCount{} ? change + before : ByteCount{};
    if (is_who_.has(server)) clients_[server.value()].owes += owed_[at] - before;
    if (is_who_.has(asker)) clients_[asker.value()].is_owed += owed_[at] - before;
    return before;
  }

  // What was written and not sent yet is lost with the connection; its writer may have counted it, and whoever got the
  // beginning of a block that as well.
  void on_ended(const WireEvent& event) {
    for (const bool first_way : {true, false}) {
      const HostId server = first_way ? event.from : event.to;
      const HostId asker = first_way ? event.to : event.from;
      const ByteCount lost = owe(event, server, asker, first_way ? event.direction : opposite(event.direction), ByteCount{} - kAll);
      if (is_who_.has(server)) excuse(clients_[server.value()], true, lost);
      if (is_who_.has(asker)) excuse(clients_[asker.value()], false, lost);
    }
  }
  static void excuse(Client& client, bool is_upload, ByteCount lost) {
    (is_upload ? client.written_out : client.written_in) += lost;
    for (Suspicion& suspicion : client.suspicions)
      if (suspicion.is_upload == is_upload) suspicion.seen += lost;
  }

  static void mark(Client& client, Time at) {
    client.now.at = at;
    if (!client.past.empty() && at - client.past.back().at < kGrain) return;
    if (client.past.size() == kMostMarks) client.past.pop_front();
    client.past.push_back(client.now);
  }
  // The least that was known at `at`.
  static Mark known_at(const Client& client, Time at) {
    if (client.now.at <= at) return client.now;
    const auto after = std::ranges::upper_bound(client.past, at, {}, &Mark::at);
    return after == client.past.begin() ? Mark{} : *std::prev(after);
  }

  void judge(HostId peer, const TrackerQuestion& question) {
    Client& client = clients_[peer.value()];
    if (question.decided < client.last_decided || question.is_repetition) return;   // overtaken by a later one, or judged
    client.last_decided = question.decided;
    const protocol::AnnounceRequest& request = *question.announce();
    ++judged_;
    if (client.written_in.value() > 0 || client.written_out.value() > 0) ++telling_;
    Mark& base = client.base[facts_.tracker_number(question.tracker)];
    if (request.event == AnnounceEvent::started) {
      base = client.now;
      client.last_uploaded = {};
      client.last_downloaded = {};
    }
    const std::string line = story_line(question.decided, fmt::format("{} -> {}  {}", facts_.name(peer), facts_.name(question.tracker),
                                                                      to_string(request)));
    const Mark least = known_at(client, question.decided - lag_);
    judge_left(peer, client, question, least, line);
    judge_moved(peer, client, question, least, base, line);
    if (request.uploaded < client.last_uploaded || request.downloaded < client.last_downloaded)
      accuse(peer, "announces less than before: uploaded and downloaded are totals since 'started'", line, kCounters);
    client.last_uploaded = request.uploaded;
    client.last_downloaded = request.downloaded;
  }

  void judge_left(HostId peer, const Client& client, const TrackerQuestion& question, const Mark& least, const std::string& line) {
    const ByteCount total = facts_.geometry.total();
    const ByteCount left = question.announce()->left;
    if (left > total) return accuse(peer, fmt::format("announces {} left of {}", to_text(left), to_text(total)), line, kLeft);
    if (question.decided < client.joined + lag_) return;   // it may still be looking at what it has
    const ByteCount at_start = client.at_start;
    const ByteCount most = total - at_start - least.whole;
    if (left > most)
      return accuse(peer, fmt::format("announces {} left; the pieces it had {} before leave {}", to_text(left), to_text(lag_),
                                      to_text(most)), line, kLeft);
    // Some clients count blocks before their piece is whole.
    if (left + client.arrived + at_start < total)
      return accuse(peer, fmt::format("announces {} left; with all that ever reached it, {} are missing", to_text(left),
                                      to_text(total - at_start - client.arrived)), line, kLeft);
    if (left.value() == 0 && !arrivals_.is_complete(peer) && !client.had_false_piece)
      accuse(peer, fmt::format("announces nothing left with {} of {} pieces", arrivals_.pieces(peer), facts_.geometry.piece_count()),
             line, kLeft);
  }

  void judge_moved(HostId peer, Client& client, const TrackerQuestion& question, const Mark& least, const Mark& base,
                   const std::string& line) {
    const protocol::AnnounceRequest& request = *question.announce();
    const ByteCount delivered = least.delivered - base.delivered;
    if (request.uploaded < delivered)
      accuse(peer, fmt::format("announces {} uploaded; {} before it, {} of its blocks had arrived", to_text(request.uploaded),
                               to_text(lag_), to_text(delivered)), line, kCounters);
    const ByteCount whole = least.whole - base.whole;
    if (request.downloaded < whole)
      accuse(peer, fmt::format("announces {} downloaded; {} before it, {} of pieces were whole", to_text(request.downloaded),
                               to_text(lag_), to_text(whole)), line, kCounters);
    if (request.uploaded > client.written_out)
      client.suspicions.push_back({question.decided_latest, request.uploaded, client.written_out, true, line});
    if (request.downloaded > client.written_in)
      client.suspicions.push_back({question.decided_latest, request.downloaded, client.written_in, false, line});
  }

  // A block that was written before a suspicious announce, and has been sent only now.
  void explain(const WireEvent& event, Client& client, bool is_upload) {
    if (client.suspicions.empty()) return;
    for (Suspicion& suspicion : client.suspicions)
      if (suspicion.is_upload == is_upload && event.decided_earliest <= suspicion.decided)
        suspicion.seen += ByteCount(event.message.length);
    const HostId peer = is_upload ? event.from : event.to;
    while (!client.suspicions.empty() && event.at - client.suspicions.front().decided > kInFlight) {
      settle(peer, client.suspicions.front());
      client.suspicions.pop_front();
    }
  }

  void settle(HostId peer, const Suspicion& suspicion) {
    if (suspicion.claimed <= suspicion.seen) return;
    accuse(peer, fmt::format("announces {} {}; {} {} by then", to_text(suspicion.claimed),
                             suspicion.is_upload ? "uploaded" : "downloaded", to_text(suspicion.seen),
                             suspicion.is_upload ? "of blocks had been written" : "of blocks had been written to it"),
           suspicion.line, kCounters);
  }

  ByteCount size_of(const protocol::Bitfield& pieces) const {
    ByteCount size;
    for (PieceIndex piece(0); piece.value() < facts_.geometry.piece_count(); ++piece)
      if (pieces.test(piece)) size += facts_.geometry.length_of(piece);
    return size;
  }

  static constexpr std::string_view kLeft = "where a client works out what it still lacks";
  static constexpr std::string_view kCounters = "where a client counts payload for its trackers";

  void accuse(HostId peer, const std::string& what, const std::string& line, std::string_view look_at) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {}", facts_.name(peer), what);
    first_.story = {line, fmt::format("look at {}", look_at)};
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  PeerSet is_who_;
  Duration lag_;
  TrackerTalk talk_;
  std::vector<Client> clients_;
  std::vector<ByteCount> owed_;             // by connection and direction
  std::uint32_t judged_ = 0;
  std::uint32_t telling_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kAnnounceNumbers{
    .name = "announce_numbers",
    .claim = "left, uploaded and downloaded in announces are what was on the wire",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B64",
    .parameters = kParameters,
    .text = R"(At each announce, with a lag of at most the given time: 'left' is the size of the torrent minus the pieces that
are whole and true (blocks of unfinished pieces may count, and 0 means that nothing is missing); 'uploaded' is the
payload of all blocks sent since the client joined, those counted or not that are in flight or were lost with
their connection; 'downloaded' is at least the size of the pieces that became whole, and no more than the payload
written to it.  Both never decrease until 'stopped', and start anew with 'started'.  An announce that repeats an
unanswered one word for word is not judged anew.  Vacuous when nobody announced after traffic.  Provoke it with
short intervals, corrupters (wasted bytes), restarts, and failing trackers.)",
};

std::unique_ptr<Check> make_announce_numbers(const CheckContext& context) {
  return std::make_unique<AnnounceNumbers>(context);
}

}  // namespace swarmlab::swarmsim
