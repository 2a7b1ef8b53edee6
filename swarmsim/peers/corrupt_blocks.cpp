#include "swarmsim/peers/corrupt_blocks.hpp"

#include <array>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

// Attempts are told apart up to this many; with the peer's number it makes the spoiler.
constexpr std::uint32_t kAttempts = 1u << 16;

constexpr std::array<std::string_view, 2> kWhen{"always", "end_game"};
constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the blocks that are spoilt"},
    BehaviourParameter{"pieces", BehaviourValueKind::pieces, "all", "of these pieces only"},
    BehaviourParameter{"after", BehaviourValueKind::count, "0", "so many true blocks first, on each connection"},
    BehaviourParameter{"when", BehaviourValueKind::word, "always", "end_game: only to who lacks at most `last` pieces", kWhen},
    BehaviourParameter{"last", BehaviourValueKind::count, "2", "what end_game means"},
    BehaviourParameter{"times", BehaviourValueKind::count, "0", "how many in all; 0: without end"},
};

class CorruptBlocks final : public Box {
 public:
  using Box::Box;

  void to_wire(Parcel parcel) override {
    if (const auto* piece = parcel.as<protocol::PieceHeader>()) spoil(piece->block, parcel.payload);
    pass_to_wire(std::move(parcel));
  }

 private:
  void spoil(const protocol::BlockRange& block, runtime::Slices& payload) {
    // The draw comes first, so that one unusual request does not shift all later ones.
    if (!role_.is_due() || !role_.geometry.is_valid(block)) return;
    const bool is_honest_yet = sent_++ < role_.spec.count("after");
    if (is_honest_yet || !role_.spec.pieces("pieces").has(block.piece)) return;
    if (role_.spec.word("when") == "end_game" &&
        line_.they_have().size() - line_.they_have().count() > role_.spec.count("last")) return;
    if (const std::uint64_t times = role_.spec.count("times"); times > 0 && role_.bites() >= times) return;
    role_.bites("spoils " + to_words(block));
    // Bytes differ in one place, symbolic content in its spoiler, which names peer and attempt, so that two
    // spoilt copies of a block differ from each other too.
    const auto attempt = static_cast<std::uint32_t>(role_.bites() % kAttempts);
    const runtime::Spoiler spoiler((role_.who.value() + 1) * kAttempts + attempt);
    ByteCount offset = role_.geometry.offset_of(block.piece) + ByteCount(block.begin.value());
    for (runtime::Slice& part : payload) {
      const ByteCount length = part.length();
      part = role_.content.spoilt(offset, length, spoiler);
      offset += length;
      if (!role_.content.is_symbolic()) return;   // one falsified part is enough
    }
  }

  std::uint64_t sent_ = 0;
};

}  // namespace

constinit const BehaviourManual kCorruptBlocks{
    .name = "corrupt_blocks",
    .claim = "sends blocks that are not what the torrent has there",
    .kind = BehaviourKind::box,
    .bugs = "B41, B43, B44, B45",
    .parameters = kParameters,
    .text = R"(Which blocks is decided one by one, at random by the seed; a block sent twice may be true once and
false the other time, and two false copies differ.  A correct client notices at the hash, fetches the piece again,
finds the culprit (all blocks from one peer, or by comparing with the true piece) and leaves it, without punishing
who sent the other blocks.)",
};

std::unique_ptr<Box> make_corrupt_blocks(Role& role, Line& line, std::size_t place) {
  return make_box_of<CorruptBlocks>(role, line, place);
}

}  // namespace swarmlab::swarmsim
