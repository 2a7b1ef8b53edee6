// A stage for checks of extension messages: metadata (two pieces, the second of 100 bytes) and peer exchange.
//
// As the stage of connections.  "a" begins with a magnet link.  Connections 0, 1 and 2 are dialled by a to b, c and d at once.
#pragma once

#include <string>
#include <vector>

#include "protocol/extension_handshake.hpp"
#include "tests/unit/swarmsim/checks/connection_stage.hpp"

namespace swarmlab::swarmsim {

class ExtensionStage : public ConnectionStage {
 public:
  static constexpr Direction kFromA = Direction::from_dialler;
  static constexpr Direction kToA = Direction::from_acceptor;

  ExtensionStage() {
    facts.metadata_size = ByteCount(16 * 1024 + 100);
    facts.peers[0].knows_metadata = false;
  }
  void begin(std::string_view check, CheckArguments arguments) {
    ConnectionStage::begin(check, std::move(arguments));
    for (const HostId other : {kB, kC, kD}) open_and_shake(0s, kA, other);
  }

  void greet_extended(Duration at, std::uint32_t connection, Direction by, const protocol::ExtensionHandshake& handshake) {
    message(at, connection, by, MessageKind::extension_handshake, protocol::encode(handshake));
  }
  // The other end of `connection` offers a the metadata.
  void offer(Duration at, std::uint32_t connection, ByteCount size) {
    greet_extended(at, connection, kToA, {.message_ids = {{"ut_metadata", 1}}, .metadata_size = size});
  }
  void metadata(Duration at, std::uint32_t connection, Direction by, MessageKind kind, std::uint32_t piece,
                Authentic authentic = Authentic::yes, std::optional<std::uint32_t> length = {}) {
    WireMessage what;
    what.piece = PieceIndex(piece);
    what.authentic = kind == MessageKind::metadata_data ? authentic : Authentic::unknown;
    if (kind == MessageKind::metadata_data) what.length = length.value_or(facts.metadata_piece_length(piece));
    message(at, connection, by, kind, {}, what);
  }
  // a has all of it.
  void whole_metadata(Duration at, std::uint32_t connection) {
    for (const std::uint32_t piece : {0u, 1u}) metadata(at, connection, kToA, MessageKind::metadata_data, piece);
  }
  void say(Duration at, std::uint32_t connection, Direction by, MessageKind kind, std::uint32_t piece = 0) {
    WireMessage what;
    what.piece = PieceIndex(piece);
    what.length = 16384;
    message(at, connection, by, kind, {}, what);
  }
  void pex(Duration at, std::uint32_t connection, Direction by, const std::string& payload) {
    message(at, connection, by, MessageKind::pex, as_bytes(std::string_view(payload)));
  }
};

}  // namespace swarmlab::swarmsim
