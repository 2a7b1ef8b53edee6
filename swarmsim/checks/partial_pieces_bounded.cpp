#include "swarmsim/checks/partial_pieces_bounded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

// Who unchoked within this time may have pieces begun.
constexpr Duration kLately = 60s;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that download"},
    ParameterManual{"spare", ParameterKind::count, Need::optional, "how many beside two for each peer that unchokes (default: 4)"},
};

// A piece of which some blocks are asked for or here.
struct Partial {
  std::vector<std::uint8_t> askings;   // by block; saturates
  std::vector<bool> here;
  std::uint32_t covered = 0;           // blocks that are asked for or here
  Time begun{};
  bool was_left = false;               // a block of it was asked for in vain
};

class PartialPiecesBounded final : public Check {
 public:
  explicit PartialPiecesBounded(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        spare_(context.arguments.count("spare").value_or(4)), dialogues_(context.books.dialogues()), partial_(facts_.peers.size()),
        unchoked_(facts_.peers.size()) {}

  EventSet interest() const override { return Dialogues::interest(); }

  void on_event(const WireEvent& event) override {
    for (const Dialogues::Ended& ended : dialogues_.ended())
      if (is_who_.has(ended.dialogue->asker)) settle(*ended.dialogue, ended);
    if (event.kind == WireEventKind::joined) {
      partial_[event.from.value()].clear();
    } else if (event.kind == WireEventKind::received) {
      if (!is_who_.has(event.to)) return;
      if (event.message.kind == MessageKind::piece) on_block(event);
      if (event.message.kind == MessageKind::choke) unchoked_[event.to.value()][event.from] = event.at;
    } else if (event.kind == WireEventKind::ended) {
      note_end(event.from, event.to, event);
      note_end(event.to, event.from, event);
    } else if (event.kind == WireEventKind::sent && event.message.kind == MessageKind::request && is_who_.has(event.from)) {
      on_request(event);
    }
  }

  void on_whole_piece(const WholePiece& whole) override { partial_[whole.peer.value()].erase(whole.piece); }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("at most {} partial, where {} may be; {} begun that need not have been", most_, most_allowed_, wrong_);
    judgement.limit = fmt::format("2 for each peer that unchokes, and {}", spare_);
    if (judgement.verdict == Verdict::held && tempted_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody began a piece while another was partial that the same peer has";
    }
    return judgement;
  }

 private:
  Partial& piece_of(HostId asker, PieceIndex index, Time now) {
    Partial& partial = partial_[asker.value()][index];
    if (partial.here.empty()) {
      const std::uint32_t blocks = facts_.geometry.block_count(index);
      partial.askings.assign(blocks, 0);
      partial.here.assign(blocks, false);
      partial.begun = now;
    }
    return partial;
  }
  bool is_partial(PieceIndex index, const Partial& piece) const {
    return !piece.was_left && piece.covered > 0 && piece.covered < facts_.geometry.block_count(index);
  }
  // Each block that the range touches.
  template <class Each>
  static void for_blocks(const protocol::BlockRange& range, Each each) {
    const std::int64_t last = (range.begin.value() + range.length.value() - 1) / protocol::kBlockBytes.value();
    for (std::int64_t b = range.begin.value() / protocol::kBlockBytes.value(); b <= last; ++b) each(static_cast<std::size_t>(b));
  }

  void on_request(const WireEvent& event) {
    const protocol::BlockRange range = event.message.block();
    const Dialogue* dialogue = dialogues_.find(event.connection, event.direction);
    if (dialogue == nullptr || dialogue->open.empty() || dialogue->open.back().block != range) return;
    if (!facts_.geometry.is_valid(range) || arrivals_.has(event.from, range.piece)) return;
    const std::size_t before = partial_[event.from.value()].size();
    const bool is_new = !partial_[event.from.value()].contains(range.piece);
    if (is_new) judge(event, *dialogue, before);
    Partial& piece = piece_of(event.from, range.piece, event.decided_earliest);
    for_blocks(range, [&](std::size_t b) {
      if (piece.askings[b] == 0 && !piece.here[b]) ++piece.covered;
      if (piece.askings[b] < 255) ++piece.askings[b];
    });
  }

  void settle(const Dialogue& dialogue, const Dialogues::Ended& ended) {
    const protocol::BlockRange range = ended.request.block;
    std::map<PieceIndex, Partial>& pieces = partial_[dialogue.asker.value()];
    const auto found = pieces.find(range.piece);
    if (found == pieces.end() || !facts_.geometry.is_valid(range)) return;
    Partial& piece = found->second;
    if (ended.fate != Dialogues::Fate::answered) piece.was_left = true;
    for_blocks(range, [&](std::size_t b) {
      if (piece.askings[b] == 0) return;
      if (--piece.askings[b] == 0 && !piece.here[b] && ended.fate != Dialogues::Fate::answered) --piece.covered;
      else if (ended.fate == Dialogues::Fate::answered) piece.here[b] = true;
    });
    if (piece.covered == 0) pieces.erase(found);
  }

  // What comes late, after its request was taken back, is here as well.
  void on_block(const WireEvent& event) {
    const protocol::BlockRange range = event.message.block();
    if (!arrivals_.brought_news() || !facts_.geometry.is_valid(range) || arrivals_.has(event.to, range.piece)) return;
    if (arrivals_.bytes_of(event.to, range.piece) == ByteCount(0)) return;   // it was the piece's last, and the piece was false
    Partial& piece = piece_of(event.to, range.piece, event.at);
    for_blocks(range, [&](std::size_t b) {
      if (!piece.here[b] && piece.askings[b] == 0) ++piece.covered;
      piece.here[b] = true;
    });
  }

  void note_end(HostId asker, HostId source, const WireEvent& event) {
    if (!is_who_.has(asker) || source.value() >= facts_.peers.size()) return;
    const Direction asks = asker == event.from ? event.direction : opposite(event.direction);
    const Dialogue* dialogue = dialogues_.find(event.connection, asks);
    if (dialogue != nullptr && !dialogue->is_choked) unchoked_[asker.value()][source] = event.at;
  }

  std::uint64_t allowed(HostId asker, Time now) const {
    std::map<HostId, Time> peers = unchoked_[asker.value()];
    for (const Dialogues::Side& side : dialogues_.of(asker)) {
      const Dialogue& dialogue = *dialogues_.find(side);
      if (!dialogue.is_choked) peers[dialogue.source] = now;
    }
    const auto lately = std::ranges::count_if(peers, [&](const auto& peer) { return peer.second + kLately >= now; });
    return 2 * static_cast<std::uint64_t>(lately) + spare_;
  }

  void judge(const WireEvent& event, const Dialogue& dialogue, std::size_t begun) {
    if (begun == 0) return;
    const std::map<PieceIndex, Partial>& pieces = partial_[event.from.value()];
    std::uint64_t partial = 0;
    const std::pair<const PieceIndex, Partial>* instead = nullptr;
    for (const auto& entry : pieces) {
      if (!is_partial(entry.first, entry.second)) continue;
      ++partial;
      if (instead == nullptr && dialogues_.has_announced(dialogue, entry.first) && entry.second.begun < event.decided_earliest)
        instead = &entry;
    }
    if (instead == nullptr) return;
    ++tempted_;
    const std::uint64_t most = allowed(event.from, event.at);
    if (partial > most_) {
      most_ = partial;
      most_allowed_ = most;
    }
    if (partial <= most) return;
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    const std::string& who = facts_.name(event.from);
    const std::string& whom = facts_.name(event.to);
    first_.summary = fmt::format("{} begins piece {} at {} while {} are partial (limit {})", who, event.message.piece.value(), whom,
                                 counted(partial, "piece"), most);
    first_.story.push_back(story_line(
        instead->second.begun, fmt::format("it began piece {}, of which {} of {} blocks are asked for or here; {} has it, too",
                                           instead->first.value(), instead->second.covered,
                                           facts_.geometry.block_count(instead->first), whom)));
    first_.story.push_back(story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message) + " decided"));
    first_.story.push_back("look at how the client goes on with what it has begun: nothing of a piece can be passed on until it is whole");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  PeerSet is_who_;
  std::uint64_t spare_;
  const Dialogues& dialogues_;
  std::vector<std::map<PieceIndex, Partial>> partial_;   // by asker; fully asked for ones, too
  std::vector<std::map<HostId, Time>> unchoked_;         // by asker: until when, of those that do no more
  std::uint64_t tempted_ = 0;
  std::uint64_t most_ = 0;
  std::uint64_t most_allowed_ = 0;
  std::uint64_t wrong_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kPartialPiecesBounded{
    .name = "partial_pieces_bounded",
    .claim = "nobody begins piece after piece and finishes none",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B31",
    .parameters = kParameters,
    .text = R"(A piece is partial while some but not all of its blocks are asked for or have come.  There may be two
for each peer that unchoked within the last minute, and `spare` more.  Judged is whoever begins another piece while
there are more than that, at a peer that has one of the partial ones too.  Not counted are pieces of which a block was
asked for in vain: their peers left, choked, were silent or rejected it, and that they stand half done is nobody's
fault.  Vacuous when nobody ever began a piece that need not have been.  Provoke it with slow peers and pieces of many
blocks, far more pieces than two for each peer.)",
};

std::unique_ptr<Check> make_partial_pieces_bounded(const CheckContext& context) {
  return std::make_unique<PartialPiecesBounded>(context);
}

}  // namespace swarmlab::swarmsim
