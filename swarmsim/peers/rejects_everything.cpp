#include "swarmsim/peers/rejects_everything.hpp"

#include <array>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the requests that are rejected"},
    BehaviourParameter{"for", BehaviourValueKind::duration, "30 s", "from the beginning of each connection; then it serves"},
};

class RejectsEverything final : public Box {
 public:
  using Box::Box;

  void to_engine(Parcel parcel) override {
    const auto* request = parcel.as<protocol::Request>();
    if (request == nullptr || line_.now() - line_.started() >= role_.spec.duration("for") || !role_.is_due()) {
      pass_to_engine(std::move(parcel));
      return;
    }
    role_.bites("rejects " + to_words(request->block));
    send_reject(request->block);
  }
};

}  // namespace

constinit const BehaviourManual kRejectsEverything{
    .name = "rejects_everything",
    .claim = "unchokes and rejects every request for a while, then serves",
    .kind = BehaviourKind::box,
    .bugs = "B20, B22, B41",
    .parameters = kParameters,
    .text = R"(Each request is answered by Reject (BEP 6); where one side lacks the fast extension, by nothing.  A
correct client asks others for what was rejected, does not ask the same again in a tight loop, and comes back later:
when the time is over this peer is a good source, perhaps the only one.)",
};

std::unique_ptr<Box> make_rejects_everything(Role& role, Line& line, std::size_t place) {
  return make_box_of<RejectsEverything>(role, line, place);
}

}  // namespace swarmlab::swarmsim
