#include "swarmsim/peers/lying_have.hpp"

#include <array>
#include <string>
#include <vector>

#include "swarmsim/peers/periodic_box.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the times at which it lies"},
    BehaviourParameter{"every", BehaviourValueKind::duration, "1 s", "how often it has the occasion, on each connection"},
};

class LyingHave final : public PeriodicBox {
 public:
  using PeriodicBox::PeriodicBox;

 private:
  void misbehave() override {
    const std::vector<PieceIndex> lacking = pieces_not_in(line_.we_announced());
    if (lacking.empty()) return;
    const PieceIndex lie = lacking[role_.random.below(lacking.size())];
    role_.bites("claims piece " + std::to_string(lie.value()));
    send(protocol::Have{lie});
  }
};

}  // namespace

constinit const BehaviourManual kLyingHave{
    .name = "lying_have",
    .claim = "announces pieces it does not have, one after another",
    .kind = BehaviourKind::box,
    .bugs = "B22, B30, B48",
    .parameters = kParameters,
    .text = R"(HAVE for a random piece that it has not announced yet, until it has announced all.  Requests for it
are rejected (BEP 6) or stay without answer.  A correct client gets those pieces elsewhere, and its rarest-first is
not led astray for long.  Without effect on a peer that has everything.)",
};

std::unique_ptr<Box> make_lying_have(Role& role, Line& line, std::size_t place) {
  return make_box_of<LyingHave>(role, line, place);
}

}  // namespace swarmlab::swarmsim
