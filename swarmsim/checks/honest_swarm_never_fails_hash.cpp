#include "swarmsim/checks/honest_swarm_never_fails_hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

// For the last block to be hashed, and written.
constexpr Duration kReaction = 1s;
constexpr Duration kUnread = 5s;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that put pieces together"},
};

// One attempt of one peer at one piece.
struct Attempt {
  enum class Block : std::uint8_t { missing, good, bad };
  std::vector<Block> blocks;      // by what answered the request for it first
  std::uint32_t missing = 0;
  std::vector<HostId> sources;    // different ones
  bool had_bad_copies = false;    // of blocks that were good already
};

// A piece all of whose blocks came true.
struct Whole {
  Time at = kNever;
  std::vector<HostId> sources;
  bool had_bad_copies = false;
};

class HonestSwarmNeverFailsHash final : public Check {
 public:
  explicit HonestSwarmNeverFailsHash(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        dialogues_(context.books.dialogues()), peers_(facts_.peers.size()) {}

  EventSet interest() const override { return Dialogues::interest(); }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::joined) {
      peers_[event.from.value()] = {};   // it begins with what its disk holds
      return;
    }
    if (event.kind == WireEventKind::ended) {
      forget(event.from, event.to, event.at);
      forget(event.to, event.from, event.at);
      return;
    }
    if (event.kind == WireEventKind::sent && event.message.kind == MessageKind::request && is_who_.has(event.from)) judge(event);
    if (event.kind != WireEventKind::received || event.message.kind != MessageKind::piece || !is_who_.has(event.to)) return;
    for (const Dialogues::Ended& ended : dialogues_.ended())
      if (ended.fate == Dialogues::Fate::answered) on_answer(event, ended.request.block);
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} true pieces asked for again; {} were of several peers, {} beside bad copies", wrong_,
                                     whole_, mixed_, beside_bad_);
    if (unclear_ > 0) judgement.measured += fmt::format(" ({} could not be judged)", unclear_);
    judgement.limit = std::string("0");
    if (judgement.verdict == Verdict::held && whole_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "no piece became whole out of true blocks";
    }
    return judgement;
  }

 private:
  struct Peer {
    std::map<PieceIndex, Attempt> attempts;
    std::map<PieceIndex, Whole> whole;
  };

  // What arrived just before a connection ended may have been thrown away unread.
  void forget(HostId peer, HostId source, Time at) {
    if (!is_who_.has(peer)) return;
    std::erase_if(peers_[peer.value()].whole, [&](const auto& entry) {
      return at - entry.second.at < kUnread && std::ranges::find(entry.second.sources, source) != entry.second.sources.end();
    });
  }

  void on_answer(const WireEvent& event, const protocol::BlockRange& block) {
    if (!facts_.geometry.is_block(block) || event.message.authentic == Authentic::unknown) return;
    Peer& peer = peers_[event.to.value()];
    Attempt& attempt = peer.attempts[block.piece];
    if (attempt.blocks.empty()) {
      attempt.blocks.assign(facts_.geometry.block_count(block.piece), Attempt::Block::missing);
      attempt.missing = facts_.geometry.block_count(block.piece);
    }
    const bool is_good = event.message.authentic == Authentic::yes;
    Attempt::Block& state = attempt.blocks[block.begin.value() / static_cast<std::uint32_t>(protocol::kBlockBytes.value())];
    if (state != Attempt::Block::missing) {
      if (state == Attempt::Block::good && !is_good) attempt.had_bad_copies = true;
      return;
    }
    state = is_good ? Attempt::Block::good : Attempt::Block::bad;
    if (std::ranges::find(attempt.sources, event.from) == attempt.sources.end()) attempt.sources.push_back(event.from);
    if (--attempt.missing > 0) return;
    // With a bad one among them the piece is false, and what of it is fetched again is the client's choice.
    if (std::ranges::find(attempt.blocks, Attempt::Block::bad) == attempt.blocks.end()) {
      ++whole_;
      if (attempt.sources.size() > 1) ++mixed_;
      if (attempt.had_bad_copies) ++beside_bad_;
      peer.whole.insert_or_assign(block.piece, Whole{event.at, std::move(attempt.sources), attempt.had_bad_copies});
    }
    peer.attempts.erase(block.piece);
  }

  void judge(const WireEvent& event) {
    const auto& whole = peers_[event.from.value()].whole;
    const auto found = whole.find(event.message.piece);
    const PeerFacts& facts = facts_.peers[event.from.value()];
    if (found == whole.end() || event.decided_earliest <= found->second.at + kReaction + facts.reaction_time) return;
    if (facts.lost_data(found->second.at, event.decided_earliest) || facts.refused_storage(found->second.at) ||
        facts.refused_storage(event.decided_earliest)) {
      ++unclear_;
      return;
    }
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    std::string sources;
    for (const HostId source : found->second.sources) sources += fmt::format("{}{}", sources.empty() ? "" : ", ", facts_.name(source));
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} asks for piece {} again, all of whose blocks had come true", facts_.name(event.from),
                                 event.message.piece.value());
    first_.story.push_back(story_line(found->second.at, fmt::format("the last block of piece {} reaches {}; all are true, from {}",
                                                                    event.message.piece.value(), facts_.name(event.from), sources)));
    if (found->second.had_bad_copies)
      first_.story.push_back("some of its blocks came a second time, false, after the true ones");
    first_.story.push_back(story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message) + " decided"));
    first_.story.push_back("look at how the client puts blocks together: their order, their edges, and copies from several peers");
  }

  const RunFacts& facts_;
  PeerSet is_who_;
  const Dialogues& dialogues_;
  std::vector<Peer> peers_;
  std::uint64_t whole_ = 0;
  std::uint64_t mixed_ = 0;
  std::uint64_t beside_bad_ = 0;
  std::uint64_t wrong_ = 0;
  std::uint64_t unclear_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kHonestSwarmNeverFailsHash{
    .name = "honest_swarm_never_fails_hash",
    .claim = "a piece whose blocks all came true is not fetched again, from however many peers they came",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B42, B43",
    .parameters = kParameters,
    .text = R"(When every block of a piece was first answered with its true bytes, no Request for that piece is decided later
than a second after its last block: its hash cannot have failed, unless the client put the blocks together wrongly.  A true
block is not made bad by a false copy of it that comes afterwards.  Excepted: clients that were started again, and whose
storage (as the scenario states it) refused or falsified something meanwhile; what came within 5 s before its connection
ended; clients that ask in other sizes than 16 KiB.  It has no place beside a client that limits what it reads (`down_limit`):
there it waits unread.  Vacuous when no piece became whole like that.  Provoke it with odd piece lengths, blocks of one piece
from several peers, and a corrupter in the end-game.)",
    .declared = "reaction_time, storage",
};

std::unique_ptr<Check> make_honest_swarm_never_fails_hash(const CheckContext& context) {
  return std::make_unique<HonestSwarmNeverFailsHash>(context);
}

}  // namespace swarmlab::swarmsim
