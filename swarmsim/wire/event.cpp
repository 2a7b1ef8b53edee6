#include "swarmsim/wire/event.hpp"

#include <fmt/format.h>

#include "protocol/quantities.hpp"

namespace swarmlab::swarmsim {

std::string_view to_string(MessageKind kind) {
  switch (kind) {
    case MessageKind::handshake: return "HANDSHAKE";
    case MessageKind::keep_alive: return "KEEP-ALIVE";
    case MessageKind::choke: return "CHOKE";
    case MessageKind::unchoke: return "UNCHOKE";
    case MessageKind::interested: return "INTERESTED";
    case MessageKind::not_interested: return "NOT INTERESTED";
    case MessageKind::have: return "HAVE";
    case MessageKind::bitfield: return "BITFIELD";
    case MessageKind::request: return "REQUEST";
    case MessageKind::piece: return "PIECE";
    case MessageKind::cancel: return "CANCEL";
    case MessageKind::port: return "PORT";
    case MessageKind::suggest: return "SUGGEST";
    case MessageKind::have_all: return "HAVE ALL";
    case MessageKind::have_none: return "HAVE NONE";
    case MessageKind::reject: return "REJECT";
    case MessageKind::allowed_fast: return "ALLOWED FAST";
    case MessageKind::extended: return "EXTENDED";
    case MessageKind::unknown: return "UNKNOWN MESSAGE";
    case MessageKind::tracker_request: return "TRACKER REQUEST";
    case MessageKind::tracker_reply: return "TRACKER REPLY";
    case MessageKind::extension_handshake: return "EXTENSION HANDSHAKE";
    case MessageKind::metadata_request: return "METADATA REQUEST";
    case MessageKind::metadata_data: return "METADATA DATA";
    case MessageKind::metadata_reject: return "METADATA REJECT";
    case MessageKind::pex: return "PEX";
  }
  return "";
}

std::string to_string(const WireMessage& message) {
  switch (message.kind) {
    case MessageKind::request:
    case MessageKind::piece:
    case MessageKind::cancel:
    case MessageKind::reject:
      return fmt::format("{} {}, length {}{}", to_string(message.kind), to_words(message.block()), to_text(ByteCount(message.length)),
                         message.kind == MessageKind::piece && message.authentic == Authentic::no ? " (corrupt)" : "");
    case MessageKind::have:
    case MessageKind::suggest:
    case MessageKind::allowed_fast:
      return fmt::format("{} piece {}", to_string(message.kind), message.piece.value());
    case MessageKind::metadata_request:
    case MessageKind::metadata_reject: return fmt::format("{} piece {}", to_string(message.kind), message.piece.value());
    case MessageKind::metadata_data:
      return fmt::format("{} piece {}, length {} of {}{}", to_string(message.kind), message.piece.value(),
                         to_text(ByteCount(message.length)), to_text(ByteCount(message.begin.value())),
                         message.authentic == Authentic::no ? " (corrupt)" : "");
    case MessageKind::pex:
      return fmt::format("{} {} added, {} dropped", to_string(message.kind), message.piece.value(), message.begin.value());
    default: return std::string(to_string(message.kind));
  }
}

}  // namespace swarmlab::swarmsim
