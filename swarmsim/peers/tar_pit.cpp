#include "swarmsim/peers/tar_pit.hpp"

#include <array>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the requests that stay without answer"},
    BehaviourParameter{"after", BehaviourValueKind::count, "0", "so many requests are served first, on each connection"},
};

class TarPit final : public Box {
 public:
  using Box::Box;

  void to_engine(Parcel parcel) override {
    const auto* request = parcel.as<protocol::Request>();
    if (request != nullptr && asked_++ >= role_.spec.count("after") && role_.is_due()) {
      role_.bites("leaves unanswered: " + to_words(request->block));
      return;
    }
    pass_to_engine(std::move(parcel));
  }

 private:
  std::uint64_t asked_ = 0;
};

}  // namespace

constinit const BehaviourManual kTarPit{
    .name = "tar_pit",
    .claim = "unchokes, takes requests and answers none of them",
    .kind = BehaviourKind::box,
    .bugs = "B25, B33, B34, B38",
    .parameters = kParameters,
    .text = R"(Requests vanish before the engine sees them: no block, no Reject.  A correct client notices after its
request timeout, asks others for the same blocks, keeps little open with who is silent, and in the end-game asks
several.  With a tar pit that is the only source of some piece nobody can finish; put an honest one beside it.)",
};

std::unique_ptr<Box> make_tar_pit(Role& role, Line& line, std::size_t place) {
  return make_box_of<TarPit>(role, line, place);
}

}  // namespace swarmlab::swarmsim
