#include "swarmsim/checks/restart_is_honest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that are ended and started again"},
};

// One peer, over all its lives.
struct Life {
  protocol::Bitfield holds;            // what its disk held when it was last started again; empty before
  std::vector<bool> had;               // by block: true bytes of it were there, or had arrived, before that
  std::vector<bool> arrived;           // by block, in this life and those before
  bool was_restarted = false;
  bool ended_cleanly = false;
  Time restarted{};
  std::uint64_t open_at_stop = 0;      // requests
  std::uint64_t peers_at_stop = 0;     // connections
  std::uint64_t again = 0;             // blocks it had that it asked for again
};

class RestartIsHonest final : public Check {
 public:
  explicit RestartIsHonest(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), dialogues_(context.books.dialogues()),
        is_who_(context.arguments.peers("who"), facts_.peers.size()), lives_(facts_.peers.size()) {}

  EventSet interest() const override {
    using enum MessageKind;
    return EventSet{}
        .add(WireEventKind::joined)
        .sent(request).sent(bitfield).sent(have_all).sent(have)
        .received(piece);
  }
  EventSet interest_before() const override { return EventSet{}.add(WireEventKind::stopped); }
  void before_event(const WireEvent& event) override {
    Life& life = lives_[event.from.value()];
    life.ended_cleanly = event.how == StreamEnd::finished;
    life.open_at_stop = dialogues_.open_requests(event.from);
    life.peers_at_stop = dialogues_.of(event.from).size();
  }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::joined: return on_joined(event);
      case WireEventKind::received:
        if (is_who_.has(event.to) && event.message.authentic != Authentic::no) on_block(event);
        return;
      case WireEventKind::sent:
        if (is_who_.has(event.from) && lives_[event.from.value()].was_restarted) on_said(event);
        return;
      case WireEventKind::opened:
      case WireEventKind::ended:
      case WireEventKind::stopped:
      case WireEventKind::undecodable: return;
    }
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} pieces announced after {} restarts, {} blocks asked for again at most", announced_,
                                     restarts_, most_again_);
    judgement.limit = std::string("what the disk holds; open blocks and a piece per peer");
    if (judgement.verdict == Verdict::held && (restarts_ == 0 || said_ == 0)) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = restarts_ == 0 ? "nobody was started again" : "who was started again announced nothing and asked for nothing";
    }
    return judgement;
  }

 private:
  void on_joined(const WireEvent& event) {
    if (!is_who_.has(event.from) || event.payload.empty()) return;
    const auto holds = protocol::Bitfield::from_wire(event.payload, facts_.geometry.piece_count());
    if (!holds) return;
    Life& life = lives_[event.from.value()];
    if (!life.was_restarted) take_start(event.from, life);
    life.holds = *holds;
    life.had = life.arrived;
    life.was_restarted = true;
    life.restarted = event.at;
    life.again = 0;
    ++restarts_;
  }

  // What was on its disk at the very beginning counts as arrived.
  void take_start(HostId peer, Life& life) {
    const protocol::Bitfield& start = facts_.peers[peer.value()].has_at_start;
    for (PieceIndex piece(0); piece.value() < facts_.geometry.piece_count(); ++piece) {
      if (!start.test(piece)) continue;
      for (std::uint32_t block = 0; block < facts_.geometry.blocks_per_piece(); ++block) mark(life.arrived, first_block(piece) + block);
    }
  }

  void on_block(const WireEvent& event) {
    if (!facts_.geometry.is_valid(event.message.block())) return;
    mark(lives_[event.to.value()].arrived, block_of(event.message));
  }

  void on_said(const WireEvent& event) {
    Life& life = lives_[event.from.value()];
    ++said_;
    switch (event.message.kind) {
      case MessageKind::request: return on_request(event, life);
      case MessageKind::have: return judge_piece(event, event.message.piece);
      default:
        for (PieceIndex piece(0); piece.value() < facts_.geometry.piece_count(); ++piece)
          if (claims(event, piece)) judge_piece(event, piece);
        return;
    }
  }

  bool claims(const WireEvent& event, PieceIndex piece) const {
    if (event.message.kind == MessageKind::have_all) return true;
    const std::size_t at = piece.value() / 8;
    return at < event.payload.size() && (event.payload[at] >> (7 - piece.value() % 8) & std::byte{1}) != std::byte{0};
  }

  void judge_piece(const WireEvent& event, PieceIndex piece) {
    if (!facts_.geometry.contains(piece)) return;
    ++announced_;
    const Life& life = lives_[event.from.value()];
    if (event.decided_earliest < life.restarted || arrivals_.has(event.from, piece)) return;
    accuse(event, fmt::format("announces piece {} after its restart, which its disk did not hold and which has not come since",
                              piece.value()),
           "what a client believes of its resume data without looking at its files");
  }

  void on_request(const WireEvent& event, Life& life) {
    if (!facts_.geometry.is_valid(event.message.block()) || event.decided_earliest < life.restarted) return;
    const std::size_t block = block_of(event.message);
    if (block >= life.had.size() || !life.had[block]) return;
    life.had[block] = false;   // each counts once
    ++life.again;
    if (!life.ended_cleanly || facts_.peers[event.from.value()].lost_data(kStart, event.decided_earliest)) return;
    most_again_ = std::max(most_again_, life.again);
    const std::uint64_t most = life.open_at_stop + life.peers_at_stop * facts_.geometry.blocks_per_piece();
    if (life.again <= most) return;
    accuse(event, fmt::format("asks for {} blocks again that it had when it was stopped; {} requests were open, and {} peers had "
                              "a piece each in hand", life.again, life.open_at_stop, life.peers_at_stop),
           "what a client writes down when it ends, and what it makes of it when it starts");
  }

  std::size_t first_block(PieceIndex piece) const { return std::size_t{piece.value()} * facts_.geometry.blocks_per_piece(); }
  std::size_t block_of(const WireMessage& message) const {
    return first_block(message.piece) + message.begin.value() / static_cast<std::uint32_t>(protocol::kBlockBytes.value());
  }
  static void mark(std::vector<bool>& blocks, std::size_t block) {
    if (block >= blocks.size()) blocks.resize(block + 1, false);
    blocks[block] = true;
  }

  void accuse(const WireEvent& event, const std::string& what, std::string_view look_at) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {}", facts_.name(event.from), what);
    const Life& life = lives_[event.from.value()];
    first_.story = {story_line(life.restarted, fmt::format("{} is started again; its disk holds {} of {} pieces", facts_.name(event.from),
                                                           life.holds.count(), facts_.geometry.piece_count())),
                    story_line(event.at, conversation(facts_, event.from, event.to, event.message)), fmt::format("look at {}", look_at)};
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  const Dialogues& dialogues_;
  PeerSet is_who_;
  std::vector<Life> lives_;            // by peer
  std::uint32_t restarts_ = 0;
  std::uint64_t announced_ = 0;
  std::uint64_t said_ = 0;
  std::uint64_t most_again_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kRestartIsHonest{
    .name = "restart_is_honest",
    .claim = "who starts again announces what its disk holds, and after a clean stop asks for little twice",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B51",
    .parameters = kParameters,
    .text = R"(After a restart every piece that is announced was on the disk, whole and true, or has come since; whatever resume data says.
After a stop by the timeline (which leaves time to write things down) the blocks asked for again, though they had arrived
before, are no more than the requests that were open and one piece for each peer that was connected; a kill or a power cut may
cost more, and so may storage that lost or falsified something, as the scenario states it.  Vacuous when nobody was started
again, or nobody who was said anything.  Provoke it with stops, kills and power cuts in the middle of a download.)",
};

std::unique_ptr<Check> make_restart_is_honest(const CheckContext& context) { return std::make_unique<RestartIsHonest>(context); }

}  // namespace swarmlab::swarmsim
