#include "swarmsim/peers/unrequested_blocks.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "swarmsim/peers/periodic_box.hpp"

namespace swarmlab::swarmsim {
namespace {

// As in corrupt_blocks: peer and attempt make the spoiler.
constexpr std::uint32_t kAttempts = 1u << 16;
constexpr std::array<std::string_view, 2> kContents{"spoilt", "true"};
constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the times at which it pushes a block"},
    BehaviourParameter{"every", BehaviourValueKind::duration, "1 s", "how often it has the occasion, on each connection"},
    BehaviourParameter{"content", BehaviourValueKind::word, "spoilt", "what it pushes", kContents},
};

class UnrequestedBlocks final : public PeriodicBox {
 public:
  using PeriodicBox::PeriodicBox;

 private:
  void misbehave() override {
    const std::vector<PieceIndex> lacking = pieces_not_in(line_.they_have());
    if (lacking.empty()) return;
    const PieceIndex piece = lacking[role_.random.below(lacking.size())];
    const BlockIndex index(static_cast<std::uint32_t>(role_.random.below(role_.geometry.block_count(piece))));
    const protocol::BlockRange block = role_.geometry.block(piece, index);
    const auto& open = line_.open_requests();
    if (std::ranges::find(open, block) != open.end()) return;   // that would be an answer
    role_.bites("pushes " + to_words(block));
    if (role_.spec.word("content") == "true") {
      send_block(block);
      return;
    }
    const ByteCount offset = role_.geometry.offset_of(piece) + ByteCount(block.begin.value());
    const runtime::Spoiler spoiler((role_.who.value() + 1) * kAttempts + static_cast<std::uint32_t>(role_.bites() % kAttempts));
    send_block(block, role_.content.spoilt(offset, block.length, spoiler));
  }
};

}  // namespace

constinit const BehaviourManual kUnrequestedBlocks{
    .name = "unrequested_blocks",
    .claim = "sends blocks that nobody asked it for",
    .kind = BehaviourKind::box,
    .bugs = "B10, B25, B43, B45",
    .parameters = kParameters,
    .text = R"(At each occasion one block of a piece that the other lacks, spoilt unless told otherwise.  BEP 6 asks
to close the connection on such a block, others ignore it; a correct client does one or the other, but never lets it
into a piece: else an honest peer's piece fails its hash and everything has to come again.)",
};

std::unique_ptr<Box> make_unrequested_blocks(Role& role, Line& line, std::size_t place) {
  return make_box_of<UnrequestedBlocks>(role, line, place);
}

}  // namespace swarmlab::swarmsim
