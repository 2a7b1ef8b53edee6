#include "swarmsim/peers/slow_trickle.hpp"

#include <array>
#include <string>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the connections that trickle"},
    BehaviourParameter{"speed", BehaviourValueKind::rate, "1 KiB/s", "of everything it writes after the handshake"},
};

class SlowTrickle final : public Box {
 public:
  using Box::Box;

  void on_start() override {
    if (!role_.is_due()) return;
    role_.bites("writes no faster than " + to_text(role_.spec.rate("speed")));
    line_.trickle(role_.spec.rate("speed"));
  }
};

}  // namespace

constinit const BehaviourManual kSlowTrickle{
    .name = "slow_trickle",
    .claim = "sends everything in drops: a block takes half a minute",
    .kind = BehaviourKind::box,
    .bugs = "B27, B33, B38, B40",
    .parameters = kParameters,
    .text = R"(Ten times a second a few bytes leave, control messages in line with data, so that blocks lie half
arrived for long.  A correct client asks it for little, asks others for the same blocks when the end is near, and
does not hang up on who is slow but alive.)",
};

std::unique_ptr<Box> make_slow_trickle(Role& role, Line& line, std::size_t place) {
  return make_box_of<SlowTrickle>(role, line, place);
}

}  // namespace swarmlab::swarmsim
