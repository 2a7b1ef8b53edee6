#include "swarmsim/peers/lying_bitfield.hpp"

#include <array>
#include <string>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the pieces it lacks that it claims to have"},
};

class LyingBitfield final : public Box {
 public:
  using Box::Box;

  void on_start() override { is_first_ = !role_.is_idle(); }

  // The first message says what an engine has, or by being something else that it has nothing (BEP 3).
  void to_wire(Parcel parcel) override {
    if (!std::exchange(is_first_, false)) {
      pass_to_wire(std::move(parcel));
      return;
    }
    protocol::Bitfield claimed(role_.geometry.piece_count());
    const bool is_have_none = parcel.as<protocol::HaveNone>() != nullptr;
    const auto* bits = parcel.as<protocol::BitfieldMessage>();
    if (parcel.as<protocol::HaveAll>() != nullptr) claimed.set_all();
    else if (bits != nullptr) claimed = protocol::Bitfield::from_wire(bits->payload, claimed.size()).value_or(claimed);
    std::uint32_t lies = 0;
    for (PieceIndex piece; role_.geometry.contains(piece); ++piece)
      if (!claimed.test(piece) && role_.is_due() && claimed.set(piece)) ++lies;
    if (lies == 0) {
      pass_to_wire(std::move(parcel));
      return;
    }
    role_.bites("claims pieces it does not have: " + std::to_string(lies));
    send(protocol::BitfieldMessage{claimed.wire()});
    if (!is_have_none && bits == nullptr) pass_to_wire(std::move(parcel));
  }

 private:
  bool is_first_ = false;
};

}  // namespace

constinit const BehaviourManual kLyingBitfield{
    .name = "lying_bitfield",
    .claim = "claims in its bitfield pieces that it does not have",
    .kind = BehaviourKind::box,
    .bugs = "B16, B22, B30, B48",
    .parameters = kParameters,
    .text = R"(Requests for what it lacks are rejected (BEP 6) or stay without answer.  A correct client gets those
pieces from others and does not spend its end-game waiting for this one.  The lie has its price: who is complete
takes this peer for a seed and may hang up on it.  Without effect on a peer that really has everything.)",
};

std::unique_ptr<Box> make_lying_bitfield(Role& role, Line& line, std::size_t place) {
  return make_box_of<LyingBitfield>(role, line, place);
}

}  // namespace swarmlab::swarmsim
