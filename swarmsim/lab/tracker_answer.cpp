#include "swarmsim/lab/tracker_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <variant>

#include "protocol/big_endian.hpp"
#include "protocol/compact_peers.hpp"
#include "protocol/http_tracker.hpp"
#include "swarmsim/wire/http_message.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kMostAnswer = 1 << 20;      // a tracker of ours names 200 peers at most
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::size_t kAnnounceHead = 20;         // BEP 15: action, transaction, interval, leechers, seeders
constexpr std::uint32_t kAnnounceAction = 1;

void append(std::vector<std::byte>& out, Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

}  // namespace

std::vector<std::byte> with_other_peers(Bytes http_message, const EndpointMap& map) {
  std::vector<std::byte> unchanged(http_message.begin(), http_message.end());
  const std::string_view text = as_text(http_message);
  const std::size_t end_of_head = text.find(kEndOfHead);
  if (end_of_head == std::string_view::npos) return unchanged;
  const Bytes body = http_message.subspan(end_of_head + kEndOfHead.size());
  auto answer = protocol::decode_announce_reply(body);
  auto* const reply = answer ? std::get_if<protocol::AnnounceReply>(&*answer) : nullptr;
  if (reply == nullptr || reply->peers.empty()) return unchanged;
  const std::string_view said = as_text(body);
  const bool is_compact = said.find("5:peersl") == std::string_view::npos;
  const bool is_without_ids = said.find("7:peer id") == std::string_view::npos;
  for (protocol::TrackerPeer& peer : reply->peers) peer.endpoint = map(peer.endpoint);
  const std::vector<std::byte> new_body = protocol::encode_announce_reply(*reply, is_compact, is_without_ids);

  std::string head(text.substr(0, end_of_head + kEndOfHead.size()));
  const std::string old_length = fmt::format("{}", body.size());
  for (std::size_t line = 0; line < head.size(); line = head.find("\r\n", line) + 2) {
    constexpr std::string_view kField = "content-length:";
    const bool is_length = std::ranges::equal(std::string_view(head).substr(line, kField.size()), kField,
                                              [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
    if (!is_length) continue;
    const std::size_t number = head.find(old_length, line + kField.size());
    if (number != std::string::npos) head.replace(number, old_length.size(), fmt::format("{}", new_body.size()));
    break;
  }
  std::vector<std::byte> out;
  append(out, as_bytes(head));
  append(out, new_body);
  return out;
}

std::vector<std::byte> datagram_with_other_peers(Bytes datagram, const EndpointMap& map) {
  std::vector<std::byte> out(datagram.begin(), datagram.end());
  if (out.size() < kAnnounceHead || protocol::read_u32(datagram, 0) != kAnnounceAction) return out;
  std::vector<protocol::TrackerPeer> peers;
  protocol::read_compact(datagram.subspan(kAnnounceHead), kCompactV4Bytes, peers);
  if (peers.size() * kCompactV4Bytes != datagram.size() - kAnnounceHead) return out;   // no such list
  out.resize(kAnnounceHead);
  for (const protocol::TrackerPeer& peer : peers) protocol::append_compact(map(peer.endpoint), out);
  return out;
}

std::vector<std::byte> TrackerAnswers::take(Bytes bytes) {
  append(waiting_, bytes);
  std::vector<std::byte> out;
  while (!is_foreign_ && !waiting_.empty()) {
    const auto length = http_message_length(waiting_);
    is_foreign_ = !length || waiting_.size() > kMostAnswer;
    if (is_foreign_ || !*length || **length > waiting_.size()) break;
    append(out, with_other_peers(Bytes(waiting_).first(**length), map_));
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(**length));
  }
  if (is_foreign_) append(out, std::exchange(waiting_, {}));
  return out;
}

}  // namespace swarmlab::swarmsim
