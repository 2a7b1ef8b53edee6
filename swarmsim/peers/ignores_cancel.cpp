#include "swarmsim/peers/ignores_cancel.hpp"

#include <array>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the cancels it ignores"},
};

class IgnoresCancel final : public Box {
 public:
  using Box::Box;

  void to_engine(Parcel parcel) override {
    const auto* cancel = parcel.as<protocol::Cancel>();
    if (cancel != nullptr && role_.is_due()) {
      role_.bites("serves in spite of Cancel: " + to_words(cancel->block));
      return;
    }
    pass_to_engine(std::move(parcel));
  }
};

}  // namespace

constinit const BehaviourManual kIgnoresCancel{
    .name = "ignores_cancel",
    .claim = "sends blocks that were cancelled",
    .kind = BehaviourKind::box,
    .bugs = "B27, B35",
    .parameters = kParameters,
    .text = R"(Cancel does not reach the engine, which answers the request in its turn.  That is no crime (the block
may have been on its way): a correct client drops what it has already, without taking the sender for a cheat, and
wastes little.)",
};

std::unique_ptr<Box> make_ignores_cancel(Role& role, Line& line, std::size_t place) {
  return make_box_of<IgnoresCancel>(role, line, place);
}

}  // namespace swarmlab::swarmsim
