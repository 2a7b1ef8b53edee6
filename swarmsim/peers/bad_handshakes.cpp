#include "swarmsim/peers/bad_handshakes.hpp"

#include <array>
#include <string>
#include <utility>

#include "protocol/handshake.hpp"
#include "swarmsim/peers/row_table.hpp"

namespace swarmlab::swarmsim {
namespace {

using Wire = std::vector<std::byte>;

// A good handshake to spoil.
Wire good(const InfoHashV1& info_hash, runtime::Random& random) {
  protocol::Handshake handshake;
  handshake.info_hash = info_hash;
  random.fill(handshake.peer_id.bytes);
  const auto bytes = protocol::encode(handshake);
  return Wire(bytes.begin(), bytes.end());
}
Wire good_but(std::size_t at, std::uint8_t byte, const InfoHashV1& info_hash, runtime::Random& random) {
  Wire wire = good(info_hash, random);
  wire[at] = std::byte{byte};
  return wire;
}
Wire text(std::string_view words) {
  const Bytes bytes = as_bytes(words);
  return Wire(bytes.begin(), bytes.end());
}
Wire noise(std::size_t size, runtime::Random& random) {
  Wire wire(size);
  random.fill(wire);
  return wire;
}

enum class Pace : std::uint8_t { at_once, in_drops };
struct HandshakeRow {
  std::string_view name;
  std::string_view what;            // for people
  Pace pace;
  Wire (*make)(const InfoHashV1&, runtime::Random&);
};
constexpr std::array kRows{
    HandshakeRow{"silence", "says nothing", Pace::at_once, [](const InfoHashV1&, runtime::Random&) { return Wire(); }},
    HandshakeRow{"half", "says half a handshake", Pace::at_once,
                 [](const InfoHashV1& hash, runtime::Random& random) {
                   Wire wire = good(hash, random);
                   wire.resize(40);
                   return wire;
                 }},
    HandshakeRow{"other_protocol", "names another protocol", Pace::at_once,
                 [](const InfoHashV1& hash, runtime::Random& random) { return good_but(19, 'k', hash, random); }},
    HandshakeRow{"other_length", "gives the protocol's name another length", Pace::at_once,
                 [](const InfoHashV1& hash, runtime::Random& random) { return good_but(0, 255, hash, random); }},
    HandshakeRow{"unknown_torrent", "wants a torrent that nobody has", Pace::at_once,
                 [](const InfoHashV1& hash, runtime::Random& random) {
                   Wire wire = good(hash, random);
                   wire[30] ^= std::byte{1};
                   return wire;
                 }},
    HandshakeRow{"http", "speaks HTTP", Pace::at_once,
                 [](const InfoHashV1&, runtime::Random&) { return text("GET / HTTP/1.1\r\nHost: tracker\r\nConnection: close\r\n\r\n"); }},
    HandshakeRow{"tls", "speaks TLS", Pace::at_once,
                 [](const InfoHashV1&, runtime::Random& random) {
                   Wire wire = text("\x16\x03\x01\x02");
                   const Wire rest = noise(508, random);
                   wire.insert(wire.end(), rest.begin(), rest.end());
                   return wire;
                 }},
    HandshakeRow{"zeros", "sends zeros", Pace::at_once, [](const InfoHashV1&, runtime::Random&) { return Wire(68); }},
    HandshakeRow{"noise", "sends 100 kB of noise", Pace::at_once,
                 [](const InfoHashV1&, runtime::Random& random) { return noise(100'000, random); }},
    HandshakeRow{"twice", "shakes hands twice", Pace::at_once,
                 [](const InfoHashV1& hash, runtime::Random& random) {
                   Wire wire = good(hash, random);
                   const Wire again = wire;
                   wire.insert(wire.end(), again.begin(), again.end());
                   return wire;
                 }},
    HandshakeRow{"all_bits", "claims every extension there may ever be", Pace::at_once,
                 [](const InfoHashV1& hash, runtime::Random& random) {
                   Wire wire = good(hash, random);
                   for (std::size_t i = 20; i < 28; ++i) wire[i] = std::byte{0xff};
                   return wire;
                 }},
    HandshakeRow{"drops", "dictates a good handshake byte by byte (which is allowed)", Pace::in_drops,
                 [](const InfoHashV1& hash, runtime::Random& random) { return good(hash, random); }},
};
constexpr auto kNames = words_of(kRows);
constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the times at which it dials"},
    BehaviourParameter{"handshake", BehaviourValueKind::word, "all", "which; all: one after another", kNames},
    BehaviourParameter{"every", BehaviourValueKind::duration, "500 ms", "how often it has the occasion"},
    BehaviourParameter{"hold", BehaviourValueKind::duration, "30 s", "how long it keeps a connection that the other keeps"},
};

class BadHandshakes final : public RawPeer {
 public:
  using RawPeer::RawPeer;

 private:
  void greet(Conversation& with) override {
    const HandshakeRow& row = next_row(kRows, role().spec.word("handshake"), role().turn);
    role().bites(std::string(row.what));
    Wire wire = row.make(place().info_hash, role().random);
    if (row.pace == Pace::in_drops) with.drops = std::move(wire);
    else if (!wire.empty()) say(with, wire);
  }
};

}  // namespace

constinit const BehaviourManual kBadHandshakes{
    .name = "bad_handshakes",
    .claim = "opens connections and does not shake hands as one should",
    .kind = BehaviourKind::script,
    .bugs = "B55, B59, B61, B79",
    .parameters = kParameters,
    .text = R"(A raw peer that dials everybody in turn, each time with the next row of a table: silence, half a
handshake, other protocols, other torrents, noise, two handshakes, and one that is right but comes byte by byte.  A
correct client hangs up on what cannot become a handshake, waits for the rest of what can for some seconds, and
keeps room for honest peers meanwhile.  With handshake: silence and a small `every` it fills the places of half-open
connections.)",
};

std::unique_ptr<RawPeer> make_bad_handshakes(Role& role, RawPeerPlace place) {
  return std::make_unique<BadHandshakes>(role, std::move(place));
}

}  // namespace swarmlab::swarmsim
