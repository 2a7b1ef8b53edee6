#include "swarmsim/peers/shared_peer_id.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "protocol/handshake.hpp"
#include "protocol/peer_wire.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::string_view kId = "-XX0000-one-for-all.";

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the times at which it dials"},
    BehaviourParameter{"every", BehaviourValueKind::duration, "10 s", "how often it has the occasion"},
    BehaviourParameter{"hold", BehaviourValueKind::duration, "2 min", "how long it keeps a connection that the other keeps"},
    BehaviourParameter{"requests", BehaviourValueKind::count, "0", "blocks that it asks for when it is unchoked; 0: it is not interested"},
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
    if (role().spec.count("requests") > 0) say(with, protocol::encode(protocol::Interested{}).view());
  }

  void hear(Conversation& with, Bytes bytes) override {
    if (role().spec.count("requests") == 0) return;
    runtime::Slice rest = runtime::Slice::copy_of(bytes);
    while (!rest.empty()) {
      const Follower::Unit unit = with.heard.next(rest);
      if (unit.message && unit.message->as<protocol::Unchoke>() != nullptr) ask(with);
    }
  }

  // Every piece in turn, then the next block of each.
  void ask(Conversation& with) {
    role().bites("asks for blocks on one of several connections");
    const protocol::PieceGeometry& geometry = role().geometry;
    const std::uint64_t pieces = geometry.piece_count();
    for (std::uint64_t i = 0; i < role().spec.count("requests") && pieces > 0; ++i) {
      const PieceIndex piece(static_cast<std::uint32_t>(i % pieces));
      const std::int64_t length = geometry.length_of(piece).value();
      const std::int64_t begin = static_cast<std::int64_t>(i / pieces) * protocol::kBlockBytes.value() % length;
      const ByteCount bytes = std::min(protocol::kBlockBytes, ByteCount(length - begin));
      say(with, protocol::encode(protocol::Request{{piece, BlockBegin(static_cast<std::uint32_t>(begin)), bytes}}).view());
    }
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
behaviour, and says nothing more; with `requests` it is interested on each connection, and asks for so many blocks at once when it
is unchoked.  A correct client keeps one connection per peer id and hangs up on further ones, so that nobody gets several slots by
dialling several times; but it remembers nothing against their addresses: when the first has gone, the next who dials is welcome.)",
};

std::unique_ptr<RawPeer> make_shared_peer_id(Role& role, RawPeerPlace place) {
  return std::make_unique<SharedPeerId>(role, std::move(place));
}

}  // namespace swarmlab::swarmsim
