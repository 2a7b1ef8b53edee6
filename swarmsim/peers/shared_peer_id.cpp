#include "swarmsim/peers/shared_peer_id.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "protocol/handshake.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::string_view kId = "-XX0000-one-for-all.";

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the times at which it dials"},
    BehaviourParameter{"every", BehaviourValueKind::duration, "10 s", "how often it has the occasion"},
    BehaviourParameter{"hold", BehaviourValueKind::duration, "2 min", "how long it keeps a connection that the other keeps"},
};

class SharedPeerId final : public RawPeer {
 public:
  using RawPeer::RawPeer;

 private:
  void greet(Conversation& with) override {
    static_assert(kId.size() == sizeof(PeerId::bytes));
    protocol::Handshake handshake;
    handshake.info_hash = place().info_hash;
    for (std::size_t i = 0; i < kId.size(); ++i) handshake.peer_id.bytes[i] = static_cast<std::byte>(kId[i]);
    role().bites("presents the peer id that others present too");
    say(with, protocol::encode(handshake));
  }
};

}  // namespace

constinit const BehaviourManual kSharedPeerId{
    .name = "shared_peer_id",
    .claim = "shakes hands under a peer id that everybody with this behaviour presents",
    .kind = BehaviourKind::script,
    .bugs = "B60, B61",
    .parameters = kParameters,
    .text = R"(A raw peer that dials everybody in turn, shakes hands with an id that is the same for all peers of this
behaviour, and says nothing more.  A correct client keeps one connection per peer id and hangs up on further ones, but
remembers nothing against their addresses: when the first has gone, the next who dials is welcome.)",
};

std::unique_ptr<RawPeer> make_shared_peer_id(Role& role, RawPeerPlace place) {
  return std::make_unique<SharedPeerId>(role, std::move(place));
}

}  // namespace swarmlab::swarmsim
