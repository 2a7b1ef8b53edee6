#include "swarmsim/peers/disconnect_on_unchoke.hpp"

#include <array>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array<std::string_view, 2> kHow{"close", "reset"};
constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the unchokes upon which it hangs up"},
    BehaviourParameter{"how", BehaviourValueKind::word, "reset", "how the connection ends", kHow},
};

class DisconnectOnUnchoke final : public Box {
 public:
  using Box::Box;

  void to_engine(Parcel parcel) override {
    if (parcel.as<protocol::Unchoke>() == nullptr || !role_.is_due()) {
      pass_to_engine(std::move(parcel));
      return;
    }
    role_.bites("hangs up because it was unchoked");
    line_.hang_up(role_.spec.word("how") == "close" ? HangUp::close : HangUp::reset);
  }
};

}  // namespace

constinit const BehaviourManual kDisconnectOnUnchoke{
    .name = "disconnect_on_unchoke",
    .claim = "is interested, and hangs up as soon as it is unchoked",
    .kind = BehaviourKind::box,
    .bugs = "B01, B06, B08",
    .parameters = kParameters,
    .text = R"(It says Interested like anybody and ends the connection when it receives Unchoke; its engine dials
again later.  A correct client gives the slot to the next peer at once, and does not count slots of peers that have
gone.)",
};

std::unique_ptr<Box> make_disconnect_on_unchoke(Role& role, Line& line, std::size_t place) {
  return make_box_of<DisconnectOnUnchoke>(role, line, place);
}

}  // namespace swarmlab::swarmsim
