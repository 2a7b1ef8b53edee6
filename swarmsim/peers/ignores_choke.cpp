#include "swarmsim/peers/ignores_choke.hpp"

#include <array>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the chokes it ignores"},
};

class IgnoresChoke final : public Box {
 public:
  using Box::Box;

  void to_engine(Parcel parcel) override {
    if (parcel.as<protocol::Choke>() != nullptr && role_.is_due()) {
      role_.bites("goes on asking after a Choke");
      return;
    }
    pass_to_engine(std::move(parcel));
  }
};

}  // namespace

constinit const BehaviourManual kIgnoresChoke{
    .name = "ignores_choke",
    .claim = "goes on asking who has it choked",
    .kind = BehaviourKind::box,
    .bugs = "B09, B18, B79",
    .parameters = kParameters,
    .text = R"(Choke does not reach the engine, which leaves its requests open and makes new ones.  A correct client
serves none of them (with the fast extension each gets a Reject) and holds its slots for others.  Our check
no_request_while_choked is violated by this peer, as it should be.)",
};

std::unique_ptr<Box> make_ignores_choke(Role& role, Line& line, std::size_t place) {
  return make_box_of<IgnoresChoke>(role, line, place);
}

}  // namespace swarmlab::swarmsim
