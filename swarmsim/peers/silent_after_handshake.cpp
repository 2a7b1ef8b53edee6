#include "swarmsim/peers/silent_after_handshake.hpp"

#include <array>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the connections on which it falls silent"},
};

class SilentAfterHandshake final : public Box {
 public:
  using Box::Box;

  void on_start() override { is_silent_ = role_.is_due(); }

  void to_wire(Parcel parcel) override {
    if (is_silent_) role_.bites("keeps a message to itself");
    else pass_to_wire(std::move(parcel));
  }

 private:
  bool is_silent_ = false;
};

}  // namespace

constinit const BehaviourManual kSilentAfterHandshake{
    .name = "silent_after_handshake",
    .claim = "shakes hands and never says anything again",
    .kind = BehaviourKind::box,
    .bugs = "B15, B40, B60",
    .parameters = kParameters,
    .text = R"(Not even a bitfield or a keep-alive.  A correct client takes it for a peer without pieces, gives it no
slot (it is not interested), goes on with the others, and hangs up after some minutes of silence (BEP 3: keep-alives
come every two minutes).)",
};

std::unique_ptr<Box> make_silent_after_handshake(Role& role, Line& line, std::size_t place) {
  return make_box_of<SilentAfterHandshake>(role, line, place);
}

}  // namespace swarmlab::swarmsim
