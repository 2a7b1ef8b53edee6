#include "swarmsim/wire/trace_event.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <optional>

#include "protocol/assert.hpp"
#include "swarmsim/wire/json_fields.hpp"

namespace swarmlab::swarmsim {
namespace {

using Json = nlohmann::json;

constexpr std::array kEventKinds{WireEventKind::joined, WireEventKind::stopped,     WireEventKind::opened,
                                 WireEventKind::sent,   WireEventKind::received,    WireEventKind::ended,
                                 WireEventKind::undecodable};

// Whether there is a connection to speak of.
constexpr bool concerns_connection(WireEventKind kind) {
  return kind != WireEventKind::joined && kind != WireEventKind::stopped;
}

std::string_view to_string(Authentic authentic) {
  switch (authentic) {
    case Authentic::yes: return "yes";
    case Authentic::no: return "no";
    case Authentic::unknown: return "unknown";
  }
  return "";
}

std::string_view to_string(StreamEnd how) {
  switch (how) {
    case StreamEnd::finished: return "finished";
    case StreamEnd::reset: return "reset";
    case StreamEnd::cut: return "cut";
  }
  return "";
}

std::string_view to_string(Direction direction) {
  switch (direction) {
    case Direction::from_dialler: return "dialler";
    case Direction::from_acceptor: return "acceptor";
  }
  return "";
}

constexpr std::array kAuthentic{Authentic::yes, Authentic::no, Authentic::unknown};
constexpr std::array kStreamEnds{StreamEnd::finished, StreamEnd::reset, StreamEnd::cut};
constexpr std::array kDirections{Direction::from_dialler, Direction::from_acceptor};
constexpr auto kMessages = [] {
  std::array<MessageKind, kMessageKinds> kinds{};
  for (std::size_t i = 0; i < kinds.size(); ++i) kinds[i] = static_cast<MessageKind>(i);
  return kinds;
}();

// Whether `piece` means something in it, and `begin`.
constexpr bool has_block(MessageKind kind) {
  return kind == MessageKind::request || kind == MessageKind::piece || kind == MessageKind::cancel ||
         kind == MessageKind::reject;
}
constexpr bool has_piece(MessageKind kind) {
  return has_block(kind) || kind == MessageKind::have || kind == MessageKind::suggest ||
         kind == MessageKind::allowed_fast || kind == MessageKind::port || kind == MessageKind::extended ||
         kind == MessageKind::unknown || kind == MessageKind::metadata_request || kind == MessageKind::metadata_data ||
         kind == MessageKind::metadata_reject || kind == MessageKind::pex;
}

// The enumerator that is written like this.
template <class Enum, std::size_t N>
std::optional<Enum> named(const std::array<Enum, N>& all, std::string_view word) {
  for (const Enum one : all)
    if (to_string(one) == word) return one;
  return std::nullopt;
}

template <class Enum, std::size_t N>
Enum word_of(JsonFields& fields, std::string_view key, const std::array<Enum, N>& all, Enum otherwise) {
  const Json* value = fields.optional(key);
  if (value == nullptr) return otherwise;
  if (value->is_string())
    if (const auto found = named(all, value->get_ref<const std::string&>())) return *found;
  std::string words;
  for (const Enum one : all) words += fmt::format("{}{}", words.empty() ? "" : ", ", to_string(one));
  fields.fail(key, "is none of " + words);
  return otherwise;
}

constexpr std::uint64_t kMostTime = 4'000'000'000'000'000'000;   // 126 years, so that sums of two do not wrap

Time time_of(JsonFields& fields, std::string_view key) {
  return kStart + Duration(static_cast<std::int64_t>(fields.number(key, kMostTime)));
}

std::int64_t ns(Time time) { return time.time_since_epoch().count(); }

std::uint32_t number32(JsonFields& fields, std::string_view key) {
  return static_cast<std::uint32_t>(fields.number(key, 0xffff'ffff));
}

void append_hex(Bytes bytes, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::byte byte : bytes) {
    out += kDigits[std::to_integer<std::size_t>(byte >> 4)];
    out += kDigits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
}

}  // namespace

std::string_view to_string(WireEventKind kind) {
  switch (kind) {
    case WireEventKind::joined: return "joined";
    case WireEventKind::stopped: return "stopped";
    case WireEventKind::opened: return "opened";
    case WireEventKind::sent: return "sent";
    case WireEventKind::received: return "received";
    case WireEventKind::ended: return "ended";
    case WireEventKind::undecodable: return "undecodable";
  }
  return "";
}

TraceEventCodec::TraceEventCodec(std::span<const std::string> names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    quoted_names_.push_back(Json(names[i]).dump(-1, ' ', false, Json::error_handler_t::replace));
    by_name_.emplace(names[i], HostId(static_cast<std::uint32_t>(i)));
  }
}

void TraceEventCodec::encode(const WireEvent& event, std::string& out) const {
  // By structure, so that a new field does not compile until it is written here and read below.
  const auto& [kind, how, direction, at, earliest, latest, connection, from, to, message, payload, problem] = event;
  const auto& [what, authentic, piece, begin, length] = message;
  const auto end = std::back_inserter(out);
  fmt::format_to(end, R"({{"t":{},"e":"{}")", ns(at), to_string(kind));
  if (concerns_connection(kind) || connection != ConnectionId{} || direction != Direction{})
    fmt::format_to(end, R"(,"c":{},"by":"{}")", connection.value(), to_string(direction));
  fmt::format_to(end, R"(,"from":{},"to":{})", quoted_names_[from.value()], quoted_names_[to.value()]);
  if (kind == WireEventKind::sent || earliest != Time{} || latest != Time{})
    fmt::format_to(end, R"(,"decided":[{},{}])", ns(earliest), ns(latest));
  if (how != StreamEnd{} || kind == WireEventKind::ended) fmt::format_to(end, R"(,"how":"{}")", to_string(how));
  const bool is_message = kind == WireEventKind::sent || kind == WireEventKind::received;
  if (is_message || what != WireMessage{}.kind) fmt::format_to(end, R"(,"m":"{}")", to_string(what));
  if (piece != PieceIndex{} || (is_message && has_piece(what))) fmt::format_to(end, R"(,"piece":{})", piece.value());
  if (begin != BlockBegin{} || (is_message && has_block(what))) fmt::format_to(end, R"(,"begin":{})", begin.value());
  if (length != 0) fmt::format_to(end, R"(,"length":{})", length);
  if (authentic != WireMessage{}.authentic) fmt::format_to(end, R"(,"authentic":"{}")", to_string(authentic));
  if (!payload.empty()) {
    out += R"(,"payload":")";
    append_hex(payload, out);
    out += '"';
  }
  if (!problem.empty())
    fmt::format_to(end, R"(,"problem":{})", Json(std::string(problem)).dump(-1, ' ', false, Json::error_handler_t::replace));
  out += "}\n";
}

std::expected<WireEvent, std::string> TraceEventCodec::decode(const Json& line) {
  JsonFields fields(line);
  WireEvent event;
  auto& [kind, how, direction, at, earliest, latest, connection, from, to, message, payload, problem] = event;
  auto& [what, authentic, piece, begin, length] = message;
  for (const char* key : {"t", "e", "from", "to"}) fields.require(key);
  at = time_of(fields, "t");
  kind = word_of(fields, "e", kEventKinds, kind);
  connection = ConnectionId(static_cast<std::uint32_t>(fields.number("c", kMostConnections - 1)));
  direction = word_of(fields, "by", kDirections, direction);
  for (const auto& [key, host] : {std::pair{"from", &from}, std::pair{"to", &to}}) {
    const std::string name = fields.text(key);
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) *host = found->second;
    else fields.fail(key, fmt::format("names nobody of this run: '{}'", name));
  }
  if (const Json* decided = fields.optional("decided")) {
    const auto is_time = [](const Json& one) { return one.is_number_unsigned() && one.get<std::uint64_t>() <= kMostTime; };
    if (decided->is_array() && decided->size() == 2 && is_time(decided->front()) && is_time(decided->back()) &&
        decided->front() <= decided->back()) {
      earliest = kStart + Duration(decided->front().get<std::int64_t>());
      latest = kStart + Duration(decided->back().get<std::int64_t>());
    } else {
      fields.fail("decided", "is no pair of times, the earlier first");
    }
  }
  how = word_of(fields, "how", kStreamEnds, how);
  what = word_of(fields, "m", kMessages, what);
  piece = PieceIndex(number32(fields, "piece"));
  begin = BlockBegin(number32(fields, "begin"));
  length = number32(fields, "length");
  authentic = word_of(fields, "authentic", kAuthentic, authentic);
  const std::string hex = fields.text("payload");
  payload_.resize(hex.size() / 2);
  if (!from_hex(hex, payload_)) fields.fail("payload", "is not hexadecimal");
  payload = payload_;
  problem_ = fields.text("problem");
  problem = problem_;
  if (kind == WireEventKind::sent && latest > at) fields.fail("decided", "is later than the message was sent");
  if (std::string error = fields.finish(); !error.empty()) return std::unexpected(std::move(error));
  return event;
}

}  // namespace swarmlab::swarmsim
