#include "swarmsim/peers/allows_fast.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the connections on which it allows any"},
    BehaviourParameter{"pieces", BehaviourValueKind::count, "10", "how many of its pieces, drawn for each connection"},
};

// The engine behind it knows nothing of the favour and rejects what is asked while it chokes; of an allowed piece the
// Reject is turned into the block.
class AllowsFast final : public Box {
 public:
  using Box::Box;

  void to_wire(Parcel parcel) override {
    const bool says_what_it_has = parcel.as<protocol::BitfieldMessage>() != nullptr || parcel.as<protocol::HaveAll>() != nullptr;
    if (parcel.as<protocol::Choke>() != nullptr) is_choking_ = true;
    if (parcel.as<protocol::Unchoke>() != nullptr) is_choking_ = false;
    if (const auto* reject = parcel.as<protocol::Reject>(); reject != nullptr && is_choking_ && is_allowed(reject->block)) {
      role_.bites("serves while it chokes: " + to_words(reject->block));
      send_block(reject->block);
      return;
    }
    pass_to_wire(std::move(parcel));
    if (says_what_it_has && line_.has_fast() && role_.is_due()) allow();   // what it has comes first (BEP 3)
  }

 private:
  void allow() {
    std::vector<PieceIndex> candidates = pieces_in(line_.we_announced());
    while (!candidates.empty() && allowed_.size() < role_.spec.count("pieces")) {
      const std::size_t chosen = role_.random.below(candidates.size());
      allowed_.push_back(candidates[chosen]);
      candidates.erase(candidates.begin() + static_cast<std::ptrdiff_t>(chosen));
      send(protocol::AllowedFast{allowed_.back()});
    }
  }
  bool is_allowed(const protocol::BlockRange& block) const {
    return role_.geometry.is_valid(block) && std::ranges::find(allowed_, block.piece) != allowed_.end();
  }

  std::vector<PieceIndex> allowed_;
  bool is_choking_ = true;
};

}  // namespace

constinit const BehaviourManual kAllowsFast{
    .name = "allows_fast",
    .claim = "lets some of its pieces be fetched while it chokes (BEP 6, allowed fast)",
    .kind = BehaviourKind::box,
    .bugs = "B20, B21",
    .parameters = kParameters,
    .text = R"(Behind its bitfield it names some pieces by Allowed Fast, and serves them even while it chokes.  No fault at
all, but rare, so that clients stumble: a Choke leaves some requests in force and has the others rejected.  A correct client
goes on fetching the allowed pieces, asks elsewhere for the others, and has time for everybody else meanwhile.  Most
telling with choke_flapper nearer to the engine: [ choke_flapper, allows_fast ].)",
};

std::unique_ptr<Box> make_allows_fast(Role& role, Line& line, std::size_t place) {
  return make_box_of<AllowsFast>(role, line, place);
}

}  // namespace swarmlab::swarmsim
