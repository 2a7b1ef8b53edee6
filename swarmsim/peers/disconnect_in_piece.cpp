#include "swarmsim/peers/disconnect_in_piece.hpp"

#include <array>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array<std::string_view, 2> kHow{"close", "reset"};
constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "2%", "share of the blocks in whose middle it hangs up"},
    BehaviourParameter{"how", BehaviourValueKind::word, "close", "close: what was written still arrives; reset: it may not", kHow},
};

class DisconnectInPiece final : public Box {
 public:
  using Box::Box;

  void to_wire(Parcel parcel) override {
    const auto* piece = parcel.as<protocol::PieceHeader>();
    if (piece == nullptr || !role_.is_due()) {
      pass_to_wire(std::move(parcel));
      return;
    }
    role_.bites("hangs up in the middle of " + to_words(piece->block));
    parcel.payload = runtime::sub(parcel.payload, 0, piece->block.length.size() / 2);
    pass_to_wire(std::move(parcel));
    line_.hang_up(role_.spec.word("how") == "close" ? HangUp::close : HangUp::reset);
  }
};

}  // namespace

constinit const BehaviourManual kDisconnectInPiece{
    .name = "disconnect_in_piece",
    .claim = "hangs up in the middle of a block",
    .kind = BehaviourKind::box,
    .bugs = "B37, B25",
    .parameters = kParameters,
    .text = R"(The header and half of the block go out, then the connection ends; its engine dials again later.  A
correct client throws the half block away or asks for the rest, gives back all that was requested there, and asks
for it elsewhere at once.)",
};

std::unique_ptr<Box> make_disconnect_in_piece(Role& role, Line& line, std::size_t place) {
  return make_box_of<DisconnectInPiece>(role, line, place);
}

}  // namespace swarmlab::swarmsim
