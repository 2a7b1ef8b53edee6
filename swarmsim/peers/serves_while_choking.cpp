#include "swarmsim/peers/serves_while_choking.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the open requests that are served after the Choke"},
};

class ServesWhileChoking final : public Box {
 public:
  using Box::Box;

  void to_wire(Parcel parcel) override {
    if (parcel.as<protocol::Choke>() != nullptr) {
      const std::vector<protocol::BlockRange> open = line_.open_requests();
      pass_to_wire(std::move(parcel));
      for (const protocol::BlockRange& block : open) {
        if (!role_.geometry.is_valid(block) || !role_.is_due()) continue;
        role_.bites("serves after its Choke: " + to_words(block));
        served_.push_back(block);
        send_block(block);
      }
      return;
    }
    // What the engine still has to say of these requests was answered here.
    const auto* reject = parcel.as<protocol::Reject>();
    const auto* piece = parcel.as<protocol::PieceHeader>();
    if (reject != nullptr && is_answered(reject->block)) return;
    if (piece != nullptr && is_answered(piece->block)) return;
    pass_to_wire(std::move(parcel));
  }

  void to_engine(Parcel parcel) override {
    if (const auto* request = parcel.as<protocol::Request>()) std::erase(served_, request->block);
    pass_to_engine(std::move(parcel));
  }

 private:
  bool is_answered(const protocol::BlockRange& block) {
    const auto found = std::ranges::find(served_, block);
    if (found == served_.end()) return false;
    served_.erase(found);
    return true;
  }

  std::vector<protocol::BlockRange> served_;
};

}  // namespace

constinit const BehaviourManual kServesWhileChoking{
    .name = "serves_while_choking",
    .claim = "goes on sending blocks after its own Choke",
    .kind = BehaviourKind::box,
    .bugs = "B09, B19, B20, B27",
    .parameters = kParameters,
    .text = R"(All that was asked and not answered when it chokes is served right behind the Choke.  A correct client
takes such a block if it still lacks it, does not ask for it a second time once it is there, and does not punish the
sender.  Most telling behind choke_flapper: [ choke_flapper, serves_while_choking ].)",
};

std::unique_ptr<Box> make_serves_while_choking(Role& role, Line& line, std::size_t place) {
  return make_box_of<ServesWhileChoking>(role, line, place);
}

}  // namespace swarmlab::swarmsim
