#include "swarmsim/peers/free_rider.hpp"

#include <array>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the connections on which it never unchokes"},
};

class FreeRider final : public Box {
 public:
  using Box::Box;

  void on_start() override { is_stingy_ = role_.is_due(); }

  // Its engine takes the peer for unchoked and waits for requests that cannot come.
  void to_wire(Parcel parcel) override {
    if (is_stingy_ && parcel.as<protocol::Unchoke>() != nullptr) {
      role_.bites("does not unchoke after all");
      return;
    }
    if (is_stingy_ && parcel.as<protocol::Choke>() != nullptr) return;   // was never unchoked
    pass_to_wire(std::move(parcel));
  }

 private:
  bool is_stingy_ = false;
};

}  // namespace

constinit const BehaviourManual kFreeRider{
    .name = "free_rider",
    .claim = "takes what it gets and never unchokes anybody",
    .kind = BehaviourKind::box,
    .bugs = "B03, B10, B54",
    .parameters = kParameters,
    .text = R"(It announces truly, asks like anybody and gives nothing.  A correct client that downloads itself gives
its regular slots to those who give, so that a free rider lives on optimistic unchokes and on seeds; but it is not
shut out: everybody who shares completes first, and in the end it does too.  With settings max_peers, max_half_open
and numwant in the hundreds it knows everybody and waits at every door at once: the large view of Sirivianos et al. 2007.)",
};

std::unique_ptr<Box> make_free_rider(Role& role, Line& line, std::size_t place) {
  return make_box_of<FreeRider>(role, line, place);
}

}  // namespace swarmlab::swarmsim
