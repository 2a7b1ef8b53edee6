#include "swarmsim/checks/super_seed_progress.hpp"

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

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the seeds that show their pieces one by one"},
    ParameterManual{"leechers", ParameterKind::peers, Need::optional, "peers whose Haves the seed waits for (default: nobody is judged)"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time to show a peer the next piece, once its last was seen elsewhere (default: 20 s, two rechoke rounds)"},
};

// B57: "at once if P is alone"; the same time for a Have to the peer that showed the piece.
constexpr Duration kAtOnce = 5s;

// What one side shows on one connection.
struct Shown {
  bool pretends = true;                     // it has not told of everything
  std::vector<PieceIndex> pieces;           // by Have, in order
  Time owes_by = kNever;                    // the next one
  std::string because;                      // a line of the story
};

// A Have that a leecher owes to who showed it the piece.
struct OwedHave {
  ConnectionId connection;
  HostId leecher;
  HostId seed;
  PieceIndex piece;
  Time whole{};
};

class SuperSeedProgress final : public Check {
 public:
  explicit SuperSeedProgress(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), connections_(context.books.connections()), heard_(context.books.heard()),
        within_(context.arguments.duration("within", 20s)), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        is_leecher_(context.arguments.peers("leechers"), facts_.peers.size()) {}

  EventSet interest() const override {
    using enum MessageKind;
    return EventSet{}
        .add(WireEventKind::ended)
        .add(WireEventKind::stopped)
        .sent(have).sent(bitfield).sent(have_all)
        .received(have).received(bitfield).received(have_all);
  }

  void on_event(const WireEvent& event) override {
    judge_until(event.at);
    switch (event.kind) {
      case WireEventKind::ended: return forget(event.connection);
      case WireEventKind::stopped: return forget_all(event.from);
      case WireEventKind::sent: return on_told(event);
      case WireEventKind::received:
        if (is_who_.has(event.to)) on_news(event);
        return;
      case WireEventKind::joined:
      case WireEventKind::opened:
      case WireEventKind::undecodable: return;
    }
  }

  void on_whole_piece(const WholePiece& piece) override {
    if (!piece.is_true || !is_leecher_.has(piece.peer)) return;
    for (const ConnectionId id : connections_.open_of(piece.peer)) {
      const PeerConnection& connection = *connections_.find(id);
      const HostId seed = connection.other(piece.peer);
      if (!is_who_.has(seed) || std::ranges::find(piece.sources, seed) == piece.sources.end()) continue;
      const Shown& shown = shown_.at(id, connection.direction_of(seed));
      if (std::ranges::find(shown.pieces, piece.piece) == shown.pieces.end()) continue;
      owed_.push_back({id, piece.peer, seed, piece.piece, piece.at});
      ++haves_;
    }
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    judge_until(end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} pieces shown, {} times the next was due, {} Haves owed to who showed it", reveals_, dues_, haves_);
    judgement.limit = fmt::format("within {}, {} for who is alone", to_text(within_), to_text(kAtOnce));
    if (judgement.verdict == Verdict::held && dues_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = reveals_ == 0 ? "none of the seeds showed single pieces"
                                        : "no piece that was shown to a peer was seen at another";
    }
    return judgement;
  }

 private:
  void on_told(const WireEvent& event) {
    if (is_leecher_.has(event.from) && event.message.kind == MessageKind::have)
      std::erase_if(owed_, [&](const OwedHave& owed) {
        return owed.connection == event.connection && owed.leecher == event.from && owed.piece == event.message.piece;
      });
    if (!is_who_.has(event.from)) return;
    Shown& shown = shown_.writer(event);
    shown.owes_by = kNever;
    if (event.message.kind == MessageKind::have_all || (event.message.kind == MessageKind::bitfield && !is_empty(event.payload))) {
      shown.pretends = false;
      due_.clear_of(event.connection);
      return;
    }
    if (event.message.kind != MessageKind::have) return;
    due_.clear_of(event.connection);
    shown.pieces.push_back(event.message.piece);
    ++reveals_;
  }

  static bool is_empty(Bytes bitfield) {
    return std::ranges::all_of(bitfield, [](std::byte byte) { return byte == std::byte{0}; });
  }

  // The seed hears that somebody has a piece.
  void on_news(const WireEvent& event) {
    const HostId seed = event.to;
    const Direction teller = event.direction;
    bool is_alone = true;
    for (const ConnectionId id : connections_.open_of(seed))
      if (id != event.connection && !arrivals_.is_complete(connections_.find(id)->other(seed))) is_alone = false;
    for (const ConnectionId id : connections_.open_of(seed)) {
      const PeerConnection& connection = *connections_.find(id);
      Shown& shown = shown_.at(id, connection.direction_of(seed));
      if (!shown.pretends || shown.pieces.empty() || shown.owes_by != kNever) continue;
      const PieceIndex last = shown.pieces.back();
      const bool has_told_of_it = event.message.kind == MessageKind::have ? event.message.piece == last
                                                                          : heard_.has(event.connection, teller, last);
      const bool is_the_peer_itself = id == event.connection;
      if (!has_told_of_it || (is_the_peer_itself && !is_alone) || nothing_left(connection, shown)) continue;
      shown.owes_by = event.at + (is_the_peer_itself ? kAtOnce : within_);
      shown.because = story_line(event.at, fmt::format("{} tells {} that it has piece {}, which {} was shown", facts_.name(event.from),
                                                       facts_.name(seed), last.value(), facts_.name(connection.other(seed))));
      due_.add({id, seed, shown.owes_by});
      ++dues_;
    }
  }

  // The peer has, or was shown, every piece.
  bool nothing_left(const PeerConnection& connection, const Shown& shown) const {
    const HostId peer = connection.other(seed_of(connection));
    std::uint32_t known = 0;
    for (PieceIndex piece(0); piece.value() < facts_.geometry.piece_count(); ++piece)
      if (arrivals_.has(peer, piece) || std::ranges::find(shown.pieces, piece) != shown.pieces.end()) ++known;
    return known == facts_.geometry.piece_count();
  }
  HostId seed_of(const PeerConnection& connection) const {
    return is_who_.has(connection.dialler) ? connection.dialler : connection.acceptor;
  }

  void forget(ConnectionId connection) {
    due_.clear_of(connection);
    std::erase_if(owed_, [&](const OwedHave& owed) { return owed.connection == connection; });
  }
  void forget_all(HostId peer) {
    for (const ConnectionId id : connections_.open_of(peer)) forget(id);
  }

  void judge_until(Time now) {
    while (const auto due = due_.take_before(now)) {
      const PeerConnection& connection = *connections_.find(due->connection);
      const Shown& shown = shown_.at(due->connection, connection.direction_of(due->seed));
      const HostId peer = connection.other(due->seed);
      if (nothing_left(connection, shown)) continue;
      accuse(fmt::format("{} shows {} no other piece by {}, though its last was seen", facts_.name(due->seed), facts_.name(peer),
                         to_clock(due->by)),
             shown.because, "when a super-seed shows a peer the next piece (BEP 16): it waits for news of the last, and must hear them");
    }
    while (!owed_.empty() && now > owed_.front().whole + kAtOnce) {
      const OwedHave owed = owed_.front();
      owed_.erase(owed_.begin());
      accuse(fmt::format("{} does not tell {} within {} that it has piece {}, which {} had shown it", facts_.name(owed.leecher),
                         facts_.name(owed.seed), to_text(kAtOnce), owed.piece.value(), facts_.name(owed.seed)),
             story_line(owed.whole, fmt::format("piece {} is whole at {}", owed.piece.value(), facts_.name(owed.leecher))),
             "to whom a client leaves out Haves: a super-seed that showed the piece waits for it");
    }
  }

  void accuse(std::string what, std::string line, std::string_view look_at) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = std::move(what);
    first_.story = {std::move(line), fmt::format("look at {}", look_at)};
  }

  // The pieces that are due, one per connection at most.
  class Dues {
   public:
    struct Due {
      ConnectionId connection;
      HostId seed;
      Time by{};
    };
    void add(const Due& due) { all_.push_back(due); }
    void clear_of(ConnectionId connection) {
      std::erase_if(all_, [&](const Due& due) { return due.connection == connection; });
    }
    std::optional<Due> take_before(Time now) {
      const auto found = std::ranges::find_if(all_, [&](const Due& due) { return due.by < now; });
      if (found == all_.end()) return std::nullopt;
      const Due due = *found;
      all_.erase(found);
      return due;
    }

   private:
    std::vector<Due> all_;
  };

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  const Connections& connections_;
  const Announced& heard_;
  Duration within_;
  PeerSet is_who_;
  PeerSet is_leecher_;
  PerSide<Shown> shown_;              // by the seed's side
  Dues due_;
  std::vector<OwedHave> owed_;        // in the order of time
  std::uint32_t reveals_ = 0;
  std::uint32_t dues_ = 0;
  std::uint32_t haves_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kSuperSeedProgress{
    .name = "super_seed_progress",
    .claim = "a super-seed shows a peer the next piece once its last was seen, and leechers let it see",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B57",
    .parameters = kParameters,
    .text = R"(A super-seed (BEP 16) tells nobody that it has everything; it shows each peer a piece by a Have, and another when it hears of
the last one from somebody else.  From that moment it has the given time; from a peer that is alone, and so cannot pass
anything on, it hears it itself, and shows the next within 5 s.  Nothing is due when the peer has, or was shown, every
piece.  Leechers, where given, send a Have for each piece also to the seed that showed and gave it to them, within 5 s: who leaves
it out, since a seed has the piece anyway, stops the seed.  Vacuous when nothing became due.  Provoke it
with one leecher alone, with several, and with one that passes nothing on.)",
};

std::unique_ptr<Check> make_super_seed_progress(const CheckContext& context) { return std::make_unique<SuperSeedProgress>(context); }

}  // namespace swarmlab::swarmsim
