#include "swarmsim/wire/trace_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "swarmsim/wire/json_fields.hpp"

namespace swarmlab::swarmsim {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kMostNumber = ~std::uint64_t{0};
constexpr std::uint64_t kMostTime = 4'000'000'000'000'000'000;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 50;
constexpr std::uint64_t kMostRead = std::uint64_t{1} << 48;   // of one peer; all together still fit
constexpr std::uint64_t kMostPieces = std::uint64_t{1} << 20;
constexpr std::uint64_t kSeveralTrackers = 3;   // the version that has a list of them
constexpr std::size_t kMostHosts = 100'000;

Time time_of(JsonFields& fields, std::string_view key) {
  return kStart + Duration(static_cast<std::int64_t>(fields.number(key, kMostTime)));
}

// The error of a part, as an error of the whole.
void take_error(JsonFields& whole, std::string_view key, std::string error) {
  if (!error.empty()) whole.fail(key, "holds an error: " + std::move(error));
}

std::optional<protocol::Bitfield> pieces_of(const std::string& text, std::uint32_t piece_count) {
  protocol::Bitfield pieces(piece_count);
  if (text == "none") return pieces;
  if (text == "all") {
    pieces.set_all();
    return pieces;
  }
  std::vector<std::byte> wire(protocol::Bitfield::wire_bytes(piece_count));
  if (!from_hex(text, wire)) return std::nullopt;
  return protocol::Bitfield::from_wire(wire, piece_count);
}

// One number for each peer; empty where nobody counted.
std::vector<std::uint64_t> counted(JsonFields& fields, std::string_view key, std::size_t peers, std::string_view what) {
  const Json* const numbers = fields.optional(key);
  if (numbers == nullptr) return {};
  const bool is_right = numbers->is_array() && numbers->size() == peers && std::ranges::all_of(*numbers, [](const Json& one) {
    return one.is_number_unsigned() && one.get<std::uint64_t>() <= kMostRead;
  });
  if (is_right) return numbers->get<std::vector<std::uint64_t>>();
  fields.fail(key, fmt::format("is no list of {} {}", peers, what));
  return {};
}

std::vector<std::vector<std::string>> strays_of(JsonFields& fields, std::size_t peers) {
  const Json* const lists = fields.optional("strays");
  if (lists == nullptr) return {};
  const auto is_text = [](const Json& one) { return one.is_string(); };
  const bool is_right = lists->is_array() && lists->size() == peers &&
      std::ranges::all_of(*lists, [&](const Json& one) { return one.is_array() && std::ranges::all_of(one, is_text); });
  if (is_right) return lists->get<std::vector<std::vector<std::string>>>();
  fields.fail("strays", fmt::format("are no lists of paths for {} peers", peers));
  return {};
}

void read_scenario(JsonFields& whole, TraceHeader& header) {
  const Json* json = whole.optional("scenario");
  if (json == nullptr) return whole.fail("scenario", "is missing");
  JsonFields fields(*json);
  fields.require("text");
  header.title = fields.text("title");
  header.file = fields.text("file");
  header.text = fields.text("text");
  for (const Json& change : fields.list("set")) {
    const bool is_pair = change.is_array() && change.size() == 2 && change[0].is_string() && change[1].is_string();
    if (is_pair) header.set.emplace_back(change[0].get<std::string>(), change[1].get<std::string>());
    else fields.fail("set", "is no list of pairs [KEY, VALUE]");
  }
  take_error(whole, "scenario", fields.finish());
}

void read_torrent(JsonFields& whole, TraceHeader& header) {
  const Json* json = whole.optional("torrent");
  if (json == nullptr) return whole.fail("torrent", "is missing");
  JsonFields fields(*json);
  const auto size = fields.number("size", kMostBytes);
  const auto piece_length = fields.number("piece_length", kMostBytes);
  const auto pieces = fields.number("pieces", kMostPieces);
  if (!from_hex(fields.text("info_hash"), header.info_hash.bytes)) fields.fail("info_hash", "is no SHA-1 in hexadecimal");
  if (piece_length == 0 || (size + piece_length - 1) / piece_length != pieces)
    fields.fail("pieces", fmt::format("is {}, which {} bytes in pieces of {} are not", pieces, size, piece_length));
  else
    header.geometry = protocol::PieceGeometry(ByteCount(static_cast<std::int64_t>(size)),
                                              ByteCount(static_cast<std::int64_t>(piece_length)));
  take_error(whole, "torrent", fields.finish());
}

TraceDeclarations read_declarations(JsonFields& whole, const Json& json) {
  JsonFields fields(json);
  TraceDeclarations client;
  client.speaks = fields.texts("speaks");
  if (const Json* declares = fields.optional("declares"); declares != nullptr && declares->is_object()) {
    for (const auto& [name, number] : declares->items()) {
      if (number.is_number_unsigned()) client.declares.emplace_back(name, number.get<std::uint64_t>());
      else fields.fail("declares", fmt::format("has no number under {}", name));
    }
  } else {
    fields.fail("declares", "is missing, or no object");
  }
  take_error(whole, "client", fields.finish());
  return client;
}

// One for each host; empty where everything was read.
std::vector<UnreadStreams> unread_of(JsonFields& fields, std::size_t hosts) {
  std::vector<UnreadStreams> all;
  const Json* const list = fields.optional("unread");
  if (list == nullptr) return all;
  if (!list->is_array() || list->size() != hosts) {
    fields.fail("unread", fmt::format("is no list for {} hosts", hosts));
    return all;
  }
  for (const Json& json : *list) {
    JsonFields of_host(json);
    UnreadStreams& unread = all.emplace_back();
    for (const auto& [name, member] : kUnreadStreams)
      unread.*member = of_host.number(name, kMostRead);
    take_error(fields, "unread", of_host.finish());
  }
  return all;
}

void read_hosts(JsonFields& whole, std::uint64_t version, TraceHeader& header) {
  const Json& list = whole.list("peers");
  if (list.size() > kMostHosts) return whole.fail("peers", fmt::format("are more than {}", kMostHosts));
  std::set<std::string> names;
  for (const Json& json : list) {
    JsonFields fields(json);
    TracePeer peer;
    peer.name = fields.text("name");
    peer.address = fields.text("address");
    peer.joins = time_of(fields, "joins");
    const std::string has = fields.text("has");
    if (const auto pieces = pieces_of(has, header.geometry.piece_count())) peer.has = *pieces;
    else fields.fail("has", fmt::format("is neither all nor none nor the bitfield of {} pieces", header.geometry.piece_count()));
    if (peer.name.empty() || !names.insert(peer.name).second) fields.fail("name", "is missing, or another peer's too");
    if (const Json* client = fields.optional("client")) peer.client = read_declarations(fields, *client);
    take_error(whole, "peers", fields.finish());
    header.peers.push_back(std::move(peer));
  }
  const auto read_tracker = [&](const char* key, const Json& json) {
    JsonFields fields(json);
    TraceTracker tracker{fields.text("name"), fields.text("address")};
    if (tracker.name.empty() || !names.insert(tracker.name).second) fields.fail("name", "is missing, or another host's too");
    take_error(whole, key, fields.finish());
    header.trackers.push_back(std::move(tracker));
  };
  if (version < kSeveralTrackers) {
    const Json* tracker = whole.optional("tracker");
    if (tracker == nullptr) return whole.fail("tracker", "is missing");
    return read_tracker("tracker", *tracker);
  }
  const Json& trackers = whole.list("trackers");
  if (trackers.size() > kMostHosts) return whole.fail("trackers", fmt::format("are more than {}", kMostHosts));
  for (const Json& json : trackers) read_tracker("trackers", json);
}

// "" where all is right.
std::string read_header(const Json& json, TraceHeader& header) {
  JsonFields fields(json);
  if (fields.text("format") != kTraceFormat) return fmt::format("'format' is not \"{}\"", kTraceFormat);
  const auto version = fields.number("version", kMostNumber);
  if (version < kOldestTraceVersion || version > kTraceVersion)
    return fmt::format("'version' is {}; this program reads versions {} to {}", version, kOldestTraceVersion, kTraceVersion);
  read_scenario(fields, header);
  fields.require("seed");
  header.seed = fields.number("seed", kMostNumber);
  header.mode = fields.text("mode");
  if (header.mode == "lab") {   // old ones do not say what their client declares
    fields.require("client");
    header.network = fields.text("network");
    header.client = fields.text("client");
  }
  read_torrent(fields, header);
  read_hosts(fields, version, header);
  return fields.finish();
}

std::string read_end(const Json& json, std::size_t peers, std::size_t hosts, TraceEnd& end) {
  JsonFields fields(json);
  end.at = time_of(fields, "end");
  end.was_cut_short = fields.flag("cut_short");
  const std::string fingerprint = fields.text("fingerprint");
  const auto parsed = std::from_chars(fingerprint.data(), fingerprint.data() + fingerprint.size(), end.fingerprint, 16);
  if (fingerprint.size() != 16 || parsed.ptr != fingerprint.data() + fingerprint.size())
    fields.fail("fingerprint", "is not 16 hexadecimal digits");
  end.messages = fields.number("messages", kMostNumber);
  end.blocks = fields.number("blocks", kMostNumber);
  end.open_connections = fields.number("open_connections", kMostNumber);
  end.invalid = fields.text("invalid");
  if (fields.optional("rough") != nullptr) end.rough = fields.text("rough");
  if (fields.optional("faults") != nullptr) end.faults = fields.texts("faults");
  end.notes = fields.texts("notes");
  end.disks = fields.texts("disks");
  if (end.disks.size() != peers) fields.fail("disks", fmt::format("are {}, of {} peers", end.disks.size(), peers));
  end.bytes_read = counted(fields, "bytes_read", peers, "sizes");
  end.storage_bites = counted(fields, "storage_bites", peers, "numbers");
  end.strays = strays_of(fields, peers);
  end.unread = unread_of(fields, hosts);
  for (const Json& one : fields.list("verdicts")) {
    JsonFields of_check(one);
    TraceVerdict& verdict = end.verdicts.emplace_back();
    verdict.check = of_check.text("check");
    verdict.who = of_check.text("who");
    verdict.verdict = of_check.text("verdict");
    verdict.measured = of_check.text("measured");
    verdict.limit = of_check.text("limit");
    verdict.summary = of_check.text("summary");
    verdict.story = of_check.texts("story");
    take_error(fields, "verdicts", of_check.finish());
  }
  return fields.finish();
}

}  // namespace

std::unexpected<std::string> TraceReader::wrong(std::string_view what) const {
  return std::unexpected(fmt::format("{}:{}: {}", name_, line_number_, what));
}

std::expected<bool, std::string> TraceReader::read_line() {
  line_.clear();
  ++line_number_;
  std::array<char, 16 * 1024> part;
  for (;;) {
    in_->getline(part.data(), static_cast<std::streamsize>(part.size()));
    const auto got = static_cast<std::size_t>(in_->gcount());
    if (in_->bad()) return wrong("cannot be read");
    const bool is_whole = !in_->fail() && !in_->eof();   // the newline was there: counted, not kept
    line_.append(part.data(), is_whole ? got - 1 : got);
    if (is_whole) return true;
    if (in_->eof()) return !line_.empty();
    if (got == 0 || line_.size() > kMostLine) return wrong(fmt::format("a line of more than {} MiB", kMostLine >> 20));
    in_->clear();
  }
}

std::expected<TraceReader, std::string> TraceReader::open(std::istream& in, std::string name) {
  TraceReader reader(in, std::move(name));
  const auto is_there = reader.read_line();
  if (!is_there) return std::unexpected(is_there.error());
  if (!*is_there) return reader.wrong("the file is empty; a trace begins with its header");
  const Json json = Json::parse(reader.line_, nullptr, false);
  if (!json.is_object() || !json.contains("format"))
    return reader.wrong("this is no trace; its first line would be the header that `swarmsim run --trace` writes");
  if (const std::string error = read_header(json, reader.header_); !error.empty()) return reader.wrong(error);
  reader.codec_.emplace(reader.header_.names());
  return reader;
}

std::expected<std::variant<WireEvent, TraceEnd>, std::string> TraceReader::next() {
  const auto is_there = read_line();
  if (!is_there) return std::unexpected(is_there.error());
  if (!*is_there) return wrong("the trace ends without its last line: its run was interrupted, or the file is cut off");
  const Json json = Json::parse(line_, nullptr, false);
  if (json.is_discarded()) return wrong("is no JSON");
  if (json.is_object() && json.contains("end")) {
    TraceEnd end;
    const std::string error = read_end(json, header_.peers.size(), header_.peers.size() + header_.trackers.size(), end);
    if (!error.empty()) return wrong(error);
    if (end.at < now_) return wrong("'end' is before the last event");
    const auto is_more = read_line();
    if (is_more && *is_more) return wrong("comes after the end of the trace");
    return end;
  }
  const auto event = codec_->decode(json);
  if (!event) return wrong(event.error());
  if (const auto problem = problem_of(*event)) return wrong(*problem);
  return *event;
}

// What no single line can show.
std::optional<std::string> TraceReader::problem_of(const WireEvent& event) {
  if (event.at < now_) return "'t' goes back in time: events stand in the order in which they happened";
  now_ = event.at;
  if (event.kind == WireEventKind::joined || event.kind == WireEventKind::stopped) return std::nullopt;
  const std::size_t number = event.connection.value();
  const bool by_dialler = event.direction == Direction::from_dialler;
  const HostId dialler = by_dialler ? event.from : event.to;
  const HostId acceptor = by_dialler ? event.to : event.from;
  if (event.kind == WireEventKind::opened) {
    if (number >= connections_.size()) connections_.resize(number + 1);
    if (connections_[number].is_open) return fmt::format("connection {} was opened before", number);
    connections_[number] = {dialler, acceptor, true};
    return std::nullopt;
  }
  // Datagrams go without a connection.
  const MessageKind kind = event.message.kind;
  const bool may_be_datagram = number == 0 && (kind == MessageKind::tracker_request || kind == MessageKind::tracker_reply ||
                                               kind == MessageKind::unknown);
  if (may_be_datagram) return std::nullopt;
  if (number >= connections_.size() || !connections_[number].is_open)
    return fmt::format("connection {} was never opened", number);
  if (connections_[number].dialler != dialler || connections_[number].acceptor != acceptor)
    return fmt::format("connection {} is one of others: {} dialled {}", number,
                       header_.names()[connections_[number].dialler.value()],
                       header_.names()[connections_[number].acceptor.value()]);
  return std::nullopt;
}

}  // namespace swarmlab::swarmsim
