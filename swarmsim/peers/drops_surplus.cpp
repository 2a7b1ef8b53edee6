#include "swarmsim/peers/drops_surplus.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the surplus requests that are dropped; the others are kept"},
    BehaviourParameter{"keeps", BehaviourValueKind::count, "8", "so many requests are kept, on each connection"},
};

class DropsSurplus final : public Box {
 public:
  using Box::Box;

  void to_engine(Parcel parcel) override {
    if (const auto* request = parcel.as<protocol::Request>()) {
      if (kept_.size() >= role_.spec.count("keeps") && role_.is_due()) {
        role_.bites("drops without a word: " + to_words(request->block));
        return;
      }
      kept_.push_back(request->block);
    } else if (const auto* cancel = parcel.as<protocol::Cancel>()) {
      std::erase(kept_, cancel->block);
    }
    pass_to_engine(std::move(parcel));
  }

  void to_wire(Parcel parcel) override {
    if (parcel.as<protocol::Choke>() != nullptr) {
      if (!line_.has_fast()) kept_.clear();
    } else if (const auto* piece = parcel.as<protocol::PieceHeader>()) {
      std::erase(kept_, piece->block);
    } else if (const auto* reject = parcel.as<protocol::Reject>()) {
      std::erase(kept_, reject->block);
    }
    pass_to_wire(std::move(parcel));
  }

 private:
  std::vector<protocol::BlockRange> kept_;   // passed on, and not answered or taken back yet
};

}  // namespace

constinit const BehaviourManual kDropsSurplus{
    .name = "drops_surplus",
    .claim = "keeps few requests at a time and drops the others without a word",
    .kind = BehaviourKind::box,
    .bugs = "B24, B38",
    .parameters = kParameters,
    .text = R"(A request that comes while so many are waiting vanishes: no block, no Reject.  What it says in its
extension handshake ("reqq") is `settings.request_queue`: say the same there for a peer that deserves respect, and leave it for
one that promises too much.  A correct client keeps to what it was told; and where that was not true, it asks again, here
or elsewhere, for what does not come.)",
};

std::unique_ptr<Box> make_drops_surplus(Role& role, Line& line, std::size_t place) {
  return make_box_of<DropsSurplus>(role, line, place);
}

}  // namespace swarmlab::swarmsim
