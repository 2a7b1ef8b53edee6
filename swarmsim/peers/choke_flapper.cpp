#include "swarmsim/peers/choke_flapper.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the connections on which it flaps"},
    BehaviourParameter{"open", BehaviourValueKind::duration, "1 s", "how long an unchoke lasts"},
    BehaviourParameter{"shut", BehaviourValueKind::duration, "1 s", "how long a choke lasts"},
};

// Apart from its haste a correct uploader: nothing is served between Choke and Unchoke, and with Fast every request
// has its answer.  The engine behind it knows nothing of the flapping and goes on serving; what comes from it
// while the wire says "choked" is turned into Rejects, or into nothing.
class ChokeFlapper final : public Box {
 public:
  using Box::Box;

  void on_start() override { flaps_ = role_.is_due(); }

  void to_wire(Parcel parcel) override {
    if (parcel.as<protocol::Unchoke>() != nullptr) {
      is_engine_open_ = true;
      is_shut_ = false;
      if (flaps_) wake_at(line_.now() + role_.spec.duration("open"));
    } else if (parcel.as<protocol::Choke>() != nullptr) {
      is_engine_open_ = false;
      wake_at(kNever);
      if (std::exchange(is_shut_, false)) return;   // was said already
    } else if (const auto* piece = parcel.as<protocol::PieceHeader>()) {
      if (is_shut_ || is_void(piece->block)) {
        std::erase(void_, piece->block);
        send_reject(piece->block);
        return;
      }
    }
    pass_to_wire(std::move(parcel));
  }

  void to_engine(Parcel parcel) override {
    if (const auto* request = parcel.as<protocol::Request>()) {
      if (is_shut_) {
        send_reject(request->block);
        return;
      }
      std::erase(void_, request->block);            // asked again: now it counts
    }
    pass_to_engine(std::move(parcel));
  }

  void on_time() override {
    if (!is_engine_open_) return;
    is_shut_ = !is_shut_;
    if (is_shut_) {
      role_.bites("chokes after a short unchoke");
      if (!line_.has_fast()) void_ = line_.open_requests();   // BEP 3: a choke throws them out
      send(protocol::Choke{});
    } else {
      send(protocol::Unchoke{});
    }
    wake_at(line_.now() + role_.spec.duration(is_shut_ ? "shut" : "open"));
  }

 private:
  bool is_void(const protocol::BlockRange& block) const { return std::ranges::find(void_, block) != void_.end(); }

  bool flaps_ = false;
  bool is_engine_open_ = false;      // the engine serves this peer
  bool is_shut_ = false;             // but the wire says choked
  std::vector<protocol::BlockRange> void_;
};

}  // namespace

constinit const BehaviourManual kChokeFlapper{
    .name = "choke_flapper",
    .claim = "chokes and unchokes whom it serves, over and over",
    .kind = BehaviourKind::box,
    .bugs = "B18, B19, B20, B21",
    .parameters = kParameters,
    .text = R"(While its engine has a peer unchoked, Choke and Unchoke alternate at the given times, so that chokes
fall into full pipelines.  Otherwise it keeps to the protocol: it serves nothing while choked, and with the fast
extension rejects what was asked.  A correct client asks again, here or elsewhere, for all that a Choke left behind,
and asks nothing while choked.)",
};

std::unique_ptr<Box> make_choke_flapper(Role& role, Line& line, std::size_t place) {
  return make_box_of<ChokeFlapper>(role, line, place);
}

}  // namespace swarmlab::swarmsim
