#include "swarmsim/peers/early_interest.hpp"

#include <array>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the connections on which it is so eager"},
};

class EarlyInterest final : public Box {
 public:
  using Box::Box;

  void on_start() override { is_eager_ = role_.is_due(); }

  void to_wire(Parcel parcel) override {
    if (!is_eager_) return pass_to_wire(std::move(parcel));
    if (parcel.as<protocol::Interested>() != nullptr || parcel.as<protocol::NotInterested>() != nullptr) return;
    pass_to_wire(std::move(parcel));
    if (std::exchange(has_spoken_, true)) return;   // behind what we have, which comes first
    role_.bites("says Interested at once, and never takes it back");
    send(protocol::Interested{});
  }

 private:
  bool is_eager_ = false;
  bool has_spoken_ = false;
};

}  // namespace

constinit const BehaviourManual kEarlyInterest{
    .name = "early_interest",
    .claim = "is interested from its first word on, whatever the other has",
    .kind = BehaviourKind::box,
    .bugs = "B13, B06",
    .parameters = kParameters,
    .text = R"(Says Interested right behind its first message, before it can know of a piece, and never says Not Interested.  A
correct client remembers it, also while it has no metadata itself, and gives it a slot when there is one to spare; when it
asks for nothing there it loses it again.)",
};

std::unique_ptr<Box> make_early_interest(Role& role, Line& line, std::size_t place) {
  return make_box_of<EarlyInterest>(role, line, place);
}

}  // namespace swarmlab::swarmsim
