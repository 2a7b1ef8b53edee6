#include "swarmsim/peers/duplicate_blocks.hpp"

#include <array>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the blocks that come twice"},
};

class DuplicateBlocks final : public Box {
 public:
  using Box::Box;

  void to_wire(Parcel parcel) override {
    const auto* piece = parcel.as<protocol::PieceHeader>();
    if (piece == nullptr || !role_.is_due()) {
      pass_to_wire(std::move(parcel));
      return;
    }
    role_.bites("sends twice: " + to_words(piece->block));
    Parcel copy(parcel.message());
    copy.payload = parcel.payload;
    pass_to_wire(std::move(parcel));
    pass_to_wire(std::move(copy));
  }
};

}  // namespace

constinit const BehaviourManual kDuplicateBlocks{
    .name = "duplicate_blocks",
    .claim = "sends blocks twice",
    .kind = BehaviourKind::box,
    .bugs = "B25, B26, B43",
    .parameters = kParameters,
    .text = R"(The copy follows at once.  A correct client drops it: it neither counts as progress nor as another
answer, and numbers announced to trackers may contain it as downloaded, but `left` falls once.)",
};

std::unique_ptr<Box> make_duplicate_blocks(Role& role, Line& line, std::size_t place) {
  return make_box_of<DuplicateBlocks>(role, line, place);
}

}  // namespace swarmlab::swarmsim
