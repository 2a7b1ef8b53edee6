#include "swarmsim/peers/pex_trap.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/bencode.hpp"
#include "protocol/compact_peers.hpp"
#include "protocol/extension_handshake.hpp"
#include "protocol/handshake.hpp"
#include "swarmsim/wire/extension_sight.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array<std::string_view, 2> kParts{"tells", "waits"};
constexpr std::array kParameters{
    BehaviourParameter{"part", BehaviourValueKind::word, "tells", "tells: of those who wait; waits: to be dialled", kParts},
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the times at which it dials"},
    BehaviourParameter{"every", BehaviourValueKind::duration, "5 s", "how often it has the occasion"},
    BehaviourParameter{"hold", BehaviourValueKind::duration, "2 min", "how long it keeps a connection that the other keeps"},
};

// Number under which it wants to get peer exchange, and under which it sends it to who names none.
constexpr std::uint8_t kNumber = 1;

RawPeerPlace place_for(const Role& role, RawPeerPlace place) {
  if (role.spec.word("part") == "waits") place.victims.clear();
  return place;
}

class PexTrap final : public RawPeer {
 public:
  PexTrap(Role& role, RawPeerPlace place) : RawPeer(role, place_for(role, std::move(place))) {}

 private:
  void greet(Conversation& with) override {
    protocol::Handshake handshake;
    handshake.features.extension_protocol = true;
    handshake.info_hash = place().info_hash;
    role().random.fill(handshake.peer_id.bytes);
    say(with, protocol::encode(handshake));
    const std::vector<std::byte> extensions = protocol::encode(protocol::ExtensionHandshake{.message_ids = {{"ut_pex", kNumber}}});
    say(with, Parcel(protocol::Extended{0, extensions}).bytes());
  }

  void hear(Conversation& with, Bytes bytes) override {
    runtime::Slice rest = runtime::Slice::copy_of(bytes);
    while (!rest.empty()) {
      const Follower::Unit unit = with.heard.next(rest);
      if (unit.kind != Follower::Unit::Kind::message) continue;
      const auto* extended = unit.message->as<protocol::Extended>();
      if (extended != nullptr && extended->id == 0 && role().spec.word("part") == "tells") tell(with, extended->payload);
    }
  }

  // Whether or not the other has asked for such messages.
  void tell(Conversation& with, Bytes their_handshake) {
    ExtensionNumbers theirs;
    take_numbers(their_handshake, theirs);
    std::vector<std::byte> added;
    std::string flags;
    for (const Endpoint& trap : place().others) {
      protocol::append_compact(trap, added);
      flags += '\0';
    }
    protocol::bencode::Writer writer;
    writer.begin_dictionary();
    writer.key("added").string(as_text(added));
    writer.key("added.f").string(flags);
    writer.end();
    const std::vector<std::byte> payload = writer.take();
    role().bites("tells of peers where nobody but a trap is");
    say(with, Parcel(protocol::Extended{theirs.pex != 0 ? theirs.pex : kNumber, payload}).bytes());
  }
};

}  // namespace

constinit const BehaviourManual kPexTrap{
    .name = "pex_trap",
    .claim = "sends peer exchange unasked, with the addresses of peers that no tracker knows",
    .kind = BehaviourKind::script,
    .bugs = "B71, B72",
    .parameters = kParameters,
    .text = R"(A raw peer that dials everybody in turn and, upon their extension handshake, tells them the addresses of all other raw peers
of the scenario, under the number that they gave to ut_pex or under 1.  Those with part: waits listen and dial nobody, so
that whoever dials them heard of them in this way.  In a private torrent (BEP 27) a correct client ignores it; in any other it
may dial the trap once or twice, and finds a peer without pieces.)",
};

std::unique_ptr<RawPeer> make_pex_trap(Role& role, RawPeerPlace place) { return std::make_unique<PexTrap>(role, std::move(place)); }

}  // namespace swarmlab::swarmsim
