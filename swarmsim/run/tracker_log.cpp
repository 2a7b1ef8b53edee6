#include "swarmsim/run/tracker_log.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/http_tracker.hpp"
#include "swarmsim/wire/frames.hpp"
#include "swarmsim/wire/json_fields.hpp"

namespace swarmlab::swarmsim {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostAnnounces = 1'000'000;
constexpr std::size_t kMostTarget = 8 * 1024;
constexpr std::size_t kMostReply = 60 * 1024;         // of one packet
constexpr double kLatest = 9e9;                       // seconds; the year 2255
constexpr std::size_t kEthernet = 14;
constexpr std::uint16_t kTrackerPort = 80;
constexpr std::uint16_t kFirstPort = 1024;
constexpr Duration kStep = 1us;                       // between what happens in an exchange

std::string read_announce(const Json& json, LoggedAnnounce& announce) {
  JsonFields fields(json);
  for (const char* key : {"t", "from", "request"}) fields.require(key);
  const Json* t = fields.optional("t");
  const double seconds = t != nullptr && t->is_number() ? t->get<double>() : -1;
  if (seconds < 0 || seconds > kLatest) fields.fail("t", "is no time in seconds since 1970");
  else announce.since_epoch = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  const auto from = IpAddress::parse(fields.text("from"));
  if (!from || from->is_v6()) fields.fail("from", "is no IPv4 address");
  else announce.from = *from;
  announce.target = fields.text("request");
  const std::size_t query = announce.target.find('?');
  const bool is_line = std::ranges::all_of(announce.target, [](char c) { return c > ' ' && c < '\x7f'; });
  if (!announce.target.starts_with('/') || !is_line || announce.target.size() > kMostTarget)
    fields.fail("request", "is no path and query of a URL");
  else if (query == std::string::npos || !protocol::parse_announce_query(std::string_view(announce.target).substr(query + 1)))
    fields.fail("request", "is no announce: info_hash, peer_id, port and left are needed");
  const std::string reply = fields.text("reply");
  announce.reply.resize(reply.size() / 2);
  if (reply.size() > 2 * kMostReply || !from_hex(reply, announce.reply))
    fields.fail("reply", "is no reply in hexadecimal, of 60 KiB at most");
  return fields.finish();
}

// The packets of one connection, which the client dials; what the log tells of times is when they passed the tracker.
class Exchange {
 public:
  Exchange(TrackerLogCapture& to, Endpoint client, Endpoint tracker, Duration at) : to_(to), client_(client), tracker_(tracker), at_(at) {}

  void say(std::string_view request, std::string_view reply) {
    send(true, TcpFrame::syn, {});
    send(false, TcpFrame::syn | TcpFrame::ack, {});
    send(true, TcpFrame::ack, {});
    send(true, TcpFrame::ack | TcpFrame::psh, request);
    send(false, TcpFrame::ack | TcpFrame::psh, reply);
    send(true, TcpFrame::ack | TcpFrame::fin, {});
    send(false, TcpFrame::ack | TcpFrame::fin, {});
    send(true, TcpFrame::ack, {});
  }

 private:
  void send(bool by_client, int flags, std::string_view payload) {
    std::uint32_t& own = by_client ? of_client_ : of_tracker_;
    const std::uint32_t other = by_client ? of_tracker_ : of_client_;
    const std::vector<std::byte> frame = encode(TcpFrame{.from = by_client ? client_ : tracker_, .to = by_client ? tracker_ : client_,
                                                         .sequence = own, .acknowledged = other, .flags = static_cast<std::uint8_t>(flags),
                                                         .window = 0xffff, .payload = as_bytes(payload)});
    own += static_cast<std::uint32_t>(payload.size()) + ((flags & (TcpFrame::syn | TcpFrame::fin)) != 0 ? 1 : 0);
    to_.frames.emplace_back(frame.begin() + kEthernet, frame.end());
    for (const bool arrives : {false, true}) {
      to_.file.packets.push_back({.since_epoch = at_, .interface = 0, .arrives = arrives, .ip = to_.frames.back()});
      at_ += kStep;
    }
  }

  TrackerLogCapture& to_;
  Endpoint client_;
  Endpoint tracker_;
  Duration at_;
  std::uint32_t of_client_ = 1;    // the next sequence number
  std::uint32_t of_tracker_ = 1;
};

}  // namespace

std::expected<std::vector<LoggedAnnounce>, std::string> read_tracker_log(std::string_view text) {
  std::vector<LoggedAnnounce> announces;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view words = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), words.size() + 1));
    if (words.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (announces.size() == kMostAnnounces) return std::unexpected(fmt::format("line {}: more than {} announces", line, kMostAnnounces));
    const Json json = Json::parse(words, nullptr, false);
    if (json.is_discarded()) return std::unexpected(fmt::format("line {}: is no JSON", line));
    const std::string error = read_announce(json, announces.emplace_back());
    if (!error.empty()) return std::unexpected(fmt::format("line {}: {}", line, error));
  }
  return announces;
}

TrackerLogCapture capture_of(const std::vector<LoggedAnnounce>& announces, IpAddress tracker, std::chrono::seconds interval) {
  TrackerLogCapture capture;
  capture.file.interfaces = {"tracker log"};
  capture.file.all_of = tracker;
  std::uint16_t port = kFirstPort;
  for (const LoggedAnnounce& announce : announces) {
    const std::vector<std::byte> body =
        announce.reply.empty() ? protocol::encode_announce_reply({.interval = interval}, true, false) : announce.reply;
    const std::string_view content(reinterpret_cast<const char*>(body.data()), body.size());
    Exchange exchange(capture, {announce.from, port}, {tracker, kTrackerPort}, announce.since_epoch);
    exchange.say(fmt::format("GET {} HTTP/1.1\r\nHost: tracker\r\n\r\n", announce.target),
                 fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), content));
    port = port == 0xffff ? kFirstPort : static_cast<std::uint16_t>(port + 1);
  }
  return capture;
}

}  // namespace swarmlab::swarmsim
