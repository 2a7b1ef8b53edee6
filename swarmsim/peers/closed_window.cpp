#include "swarmsim/peers/closed_window.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "protocol/handshake.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::uint64_t kShift = 512;

constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the times at which it dials"},
    BehaviourParameter{"requests", BehaviourValueKind::count, "20000", "how many it makes at once when it is unchoked"},
    BehaviourParameter{"every", BehaviourValueKind::duration, "30 s", "how often it dials"},
    BehaviourParameter{"hold", BehaviourValueKind::duration, "5 min", "how long it keeps a connection that the other keeps"},
};

class ClosedWindow final : public RawPeer {
 public:
  using RawPeer::RawPeer;

 private:
  void greet(Conversation& with) override {
    protocol::Handshake handshake;
    handshake.features.fast = true;
    handshake.info_hash = place().info_hash;
    role().random.fill(handshake.peer_id.bytes);
    say(with, protocol::encode(handshake));
  }

  // Have None only to who speaks BEP 6, too: others would hang up at once.
  void introduce(Conversation& with, Bytes answer) {
    const auto theirs = protocol::decode_handshake(answer);
    if (!theirs || !*theirs) return;
    if ((*theirs)->features.fast) say(with, protocol::encode(protocol::HaveNone{}).view());
    say(with, protocol::encode(protocol::Interested{}).view());
  }

  void hear(Conversation& with, Bytes bytes) override {
    runtime::Slice rest = runtime::Slice::copy_of(bytes);
    while (!rest.empty() && !with.is_deaf) {
      const Follower::Unit unit = with.heard.next(rest);
      if (unit.kind == Follower::Unit::Kind::handshake) introduce(with, unit.bytes);
      if (!unit.message || unit.message->as<protocol::Unchoke>() == nullptr) continue;
      with.is_deaf = true;
      ask_for_much(with);
    }
  }

  // Every piece in turn, then the same ranges shifted, so that no two requests are equal for long.
  void ask_for_much(Conversation& with) {
    const std::uint64_t requests = role().spec.count("requests");
    role().bites("reads no more, and sends requests: " + std::to_string(requests));
    const protocol::PieceGeometry& geometry = role().geometry;
    const std::uint32_t pieces = geometry.piece_count();
    for (std::uint64_t i = 0; i < requests && pieces > 0; ++i) {
      const PieceIndex piece(static_cast<std::uint32_t>(i % pieces));
      const std::int64_t length = geometry.length_of(piece).value();
      const auto begin = static_cast<std::uint32_t>(i / pieces * kShift % static_cast<std::uint64_t>(length));
      const ByteCount bytes = std::min(protocol::kBlockBytes, ByteCount(length - begin));
      say(with, protocol::encode(protocol::Request{{piece, BlockBegin(begin), bytes}}).view());
    }
  }
};

}  // namespace

constinit const BehaviourManual kClosedWindow{
    .name = "closed_window",
    .claim = "asks for everything and reads nothing of it",
    .kind = BehaviourKind::script,
    .bugs = "B06, B79",
    .parameters = kParameters,
    .text = R"(A raw peer that shakes hands, says Interested, and when it is unchoked makes thousands of different
requests and stops reading, so that its receive window closes.  A correct client holds a bounded number of requests
and bytes for it, takes its slot away sooner or later, and serves everybody else.)",
};

std::unique_ptr<RawPeer> make_closed_window(Role& role, RawPeerPlace place) {
  return std::make_unique<ClosedWindow>(role, std::move(place));
}

}  // namespace swarmlab::swarmsim
