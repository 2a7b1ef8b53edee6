#include "swarmsim/peers/segmented.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "protocol/handshake.hpp"

namespace swarmlab::swarmsim {
namespace {

using Wire = std::vector<std::byte>;

constexpr std::array<std::string_view, 3> kCuts{"one", "bytes", "half"};
constexpr std::array kParameters{
    BehaviourParameter{"cut", BehaviourValueKind::word, "one",
                       "one: what can be said goes out in one write; bytes: byte by byte; half: handshake and half a message", kCuts},
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the times at which it dials"},
    BehaviourParameter{"every", BehaviourValueKind::duration, "1 min", "how often it has the occasion"},
    BehaviourParameter{"hold", BehaviourValueKind::duration, "50 s", "how long it keeps a connection that the other keeps"},
};

void append(Wire& wire, Bytes bytes) { wire.insert(wire.end(), bytes.begin(), bytes.end()); }

class Segmented final : public RawPeer {
 public:
  using RawPeer::RawPeer;

 private:
  void greet(Conversation& with) override {
    role().bites("begins in " + std::string(role().spec.word("cut")));
    protocol::Handshake handshake;
    handshake.info_hash = place().info_hash;
    role().random.fill(handshake.peer_id.bytes);
    Wire wire;
    append(wire, protocol::encode(handshake));
    append(wire, Parcel(protocol::Interested{}).bytes());
    speak(with, std::move(wire), 2);
  }

  // A request upon each Unchoke, and nothing else ever.
  void hear(Conversation& with, Bytes bytes) override {
    runtime::Slice rest = runtime::Slice::copy_of(bytes);
    while (!rest.empty()) {
      const Follower::Unit unit = with.heard.next(rest);
      if (unit.kind != Follower::Unit::Kind::message || unit.message->as<protocol::Unchoke>() == nullptr) continue;
      const PieceIndex piece(static_cast<std::uint32_t>(role().random.below(role().geometry.piece_count())));
      Wire wire;
      append(wire, Parcel(protocol::Request{role().geometry.block(piece, BlockIndex(0))}).bytes());
      speak(with, std::move(wire), 9);
    }
  }

  // `held_back`: so many bytes come later where a message is cut in halves.
  void speak(Conversation& with, Wire wire, std::ptrdiff_t held_back) {
    const std::string_view cut = role().spec.word("cut");
    if (cut == "one") return say(with, wire);
    if (cut == "bytes") {
      append(with.drops, wire);
      return;
    }
    with.drops.insert(with.drops.end(), wire.end() - held_back, wire.end());
    wire.erase(wire.end() - held_back, wire.end());
    say(with, wire);
  }
};

}  // namespace

constinit const BehaviourManual kSegmented{
    .name = "segmented",
    .claim = "asks for a block as anybody does, in unusual cuts of its bytes",
    .kind = BehaviourKind::script,
    .bugs = "B59",
    .parameters = kParameters,
    .text = R"(A raw peer that has nothing: it dials everybody in turn, says handshake and Interested, and upon an Unchoke one
Request.  A stream has no borders: with cut: one, all of that is one segment and nothing follows until something is answered;
with bytes, ten bytes come in a second; with half, a message is cut in two.  A correct client reacts to each in the same way:
it serves the block.)",
};

std::unique_ptr<RawPeer> make_segmented(Role& role, RawPeerPlace place) { return std::make_unique<Segmented>(role, std::move(place)); }

}  // namespace swarmlab::swarmsim
