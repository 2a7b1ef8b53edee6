#include "swarmsim/report/event_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/bitfield.hpp"
#include "protocol/extension_handshake.hpp"
#include "protocol/handshake.hpp"
#include "protocol/quantities.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kMostText = 100;

// What can be printed of it, up to the first line's end.
std::string printable(Bytes bytes) {
  std::string text;
  for (const char c : as_text(bytes)) {
    if (c == '\r' || c == '\n') break;
    if (text.size() == kMostText) return text + "...";
    text += c >= ' ' && c <= '~' ? c : '.';
  }
  return text;
}

// "announce event=started left=16777216 uploaded=0 downloaded=0" of an HTTP request's first line.
std::string request_text(Bytes payload) {
  const std::string_view all = as_text(payload);
  const std::string_view line = all.substr(0, all.find_first_of("\r\n"));
  const std::size_t question = line.find('?');
  if (question == std::string_view::npos) return printable(payload);
  std::string text = line.substr(0, question).ends_with("scrape") ? "scrape" : "announce";
  for (const std::string_view key : {"event=", "left=", "uploaded=", "downloaded="}) {
    for (std::size_t at = line.find(key, question); at != std::string_view::npos; at = line.find(key, at + 1)) {
      if (line[at - 1] != '?' && line[at - 1] != '&') continue;
      text += " " + printable(as_bytes(line.substr(at, line.find_first_of("& ", at) - at)));
      break;
    }
  }
  return text;
}

bool is_http(Bytes payload) {
  return as_text(payload).starts_with("GET ") || as_text(payload).starts_with("HTTP/");
}

// "ut_metadata 1, ut_pex 2, port 6881, metadata of 12 KiB, Swarmlab/0.1"
std::string extensions_text(Bytes payload) {
  const auto handshake = protocol::decode_extension_handshake(payload);
  if (!handshake) return "that cannot be read";
  std::string text;
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  for (const auto& [name, number] : handshake->message_ids) add(fmt::format("{} {}", printable(as_bytes(std::string_view(name))), number));
  if (handshake->listen_port) add(fmt::format("port {}", *handshake->listen_port));
  if (handshake->metadata_size) add(fmt::format("metadata of {}", to_text(*handshake->metadata_size)));
  if (handshake->upload_only) add("upload only");
  if (handshake->client) add(printable(as_bytes(std::string_view(*handshake->client))));
  return text;
}

std::string payload_text(const WireEvent& event, std::uint32_t piece_count) {
  const Bytes payload = event.payload;
  switch (event.message.kind) {
    case MessageKind::handshake: {
      const auto handshake = protocol::decode_handshake(payload);
      return handshake && *handshake ? printable((*handshake)->peer_id.view().first(8)) : "";
    }
    case MessageKind::bitfield: {
      const auto pieces = protocol::Bitfield::from_wire(payload, piece_count);
      return pieces ? fmt::format("{} of {} pieces", pieces->count(), piece_count) : "that is none of this torrent";
    }
    case MessageKind::extended:
      return event.message.piece.value() == 0 ? "handshake" : fmt::format("message {}", event.message.piece.value());
    case MessageKind::extension_handshake: return extensions_text(payload);
    case MessageKind::unknown: return fmt::format("{}, {} bytes", event.message.piece.value(), payload.size());
    case MessageKind::port: return fmt::format("{}", event.message.piece.value());
    case MessageKind::tracker_request:
      return is_http(payload) ? request_text(payload) : fmt::format("of {} bytes over UDP", payload.size());
    case MessageKind::tracker_reply:
      return is_http(payload) ? printable(payload) : fmt::format("of {} bytes over UDP", payload.size());
    default: return "";
  }
}

}  // namespace

std::string message_text(const WireEvent& event, std::uint32_t piece_count) {
  const std::string more = payload_text(event, piece_count);
  const std::string text = to_string(event.message);
  return more.empty() ? text : fmt::format("{} {}", text, more);
}

std::string event_text(const WireEvent& event, std::span<const std::string> names, std::uint32_t piece_count) {
  const std::string& from = names[event.from.value()];
  const std::string& to = names[event.to.value()];
  switch (event.kind) {
    case WireEventKind::joined: return fmt::format("{} {}", from, event.payload.empty() ? "joins" : "joins again");
    case WireEventKind::stopped: return fmt::format("{} is stopped", from);
    case WireEventKind::opened: return fmt::format("{} -> {}  connection {} is open", from, to, event.connection.value());
    case WireEventKind::sent: return fmt::format("{} -> {}  sent {}", from, to, message_text(event, piece_count));
    case WireEventKind::received:
      return fmt::format("{} -> {}  received {}", from, to, message_text(event, piece_count));
    case WireEventKind::undecodable: return fmt::format("{} -> {}  wrote {}", from, to, event.problem);
    case WireEventKind::ended: break;
  }
  switch (event.how) {
    case StreamEnd::finished: return fmt::format("{} -> {}  ends the stream", from, to);
    case StreamEnd::reset: return fmt::format("{} -> {}  resets the connection", from, to);
    case StreamEnd::cut: return fmt::format("{} -> {}  the connection is cut", from, to);
  }
  return "";
}

std::optional<Time> parse_clock(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (whole.find(':') == std::string_view::npos) {
    const auto duration = parse_duration(text);
    return duration ? std::optional(kStart + *duration) : std::nullopt;
  }
  std::uint64_t seconds = 0;
  for (std::string_view rest = whole;;) {
    const std::size_t colon = rest.find(':');
    const auto part = parse_count(rest.substr(0, colon), 100'000);
    if (!part) return std::nullopt;
    seconds = seconds * 60 + *part;
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  Duration time = std::chrono::seconds(seconds);
  if (point != std::string_view::npos) {
    const std::string_view digits = text.substr(point + 1);
    const auto fraction = parse_count(digits, 999'999'999);
    if (!fraction || digits.size() > 9) return std::nullopt;
    std::uint64_t ns = *fraction;
    for (std::size_t i = digits.size(); i < 9; ++i) ns *= 10;
    time += Duration(static_cast<std::int64_t>(ns));
  }
  return kStart + time;
}

}  // namespace swarmlab::swarmsim
