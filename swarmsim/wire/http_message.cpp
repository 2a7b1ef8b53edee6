#include "swarmsim/wire/http_message.hpp"

#include <algorithm>

#include "protocol/announce.hpp"
#include "protocol/ids.hpp"

namespace swarmlab::swarmsim {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::expected<std::optional<std::size_t>, std::string_view> http_message_length(Bytes bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  constexpr std::string_view kLength = "content-length:";
  const std::string_view text = as_text(bytes.first(std::min(bytes.size(), kMaxHttpHeadBytes)));
  const std::size_t end = text.find(kEnd);
  if (end == std::string_view::npos) {
    if (bytes.size() >= kMaxHttpHeadBytes) return std::unexpected("an HTTP head without end");
    return std::nullopt;
  }
  std::size_t body = 0;
  std::string_view rest = text.substr(0, end);
  while (!rest.empty()) {
    const std::size_t line_end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, line_end);
    rest = line_end == std::string_view::npos ? std::string_view{} : rest.substr(line_end + 2);
    if (line.size() < kLength.size() || !equal_ignoring_case(line.substr(0, kLength.size()), kLength)) continue;
    body = 0;
    for (const char c : line.substr(kLength.size())) {
      if (c == ' ') continue;
      if (c < '0' || c > '9') return std::unexpected("a Content-Length that is no number");
      body = body * 10 + static_cast<std::size_t>(c - '0');
      if (body > protocol::kMaxTrackerReplyBytes.size()) return std::unexpected("a Content-Length beyond every tracker reply");
    }
  }
  return end + kEnd.size() + body;
}

}  // namespace swarmlab::swarmsim
