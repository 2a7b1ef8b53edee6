#include "runtime/http/http_message.hpp"

#include <algorithm>

#include "protocol/ids.hpp"

namespace swarmlab::runtime::http {

bool same_field(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view Request::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (same_field(key, name)) return value;
  }
  return {};
}

std::string_view Request::query() const {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
}

Response Response::text(unsigned status, std::string_view text) {
  Response response;
  response.status = status;
  const Bytes bytes = as_bytes(text);
  response.body.assign(bytes.begin(), bytes.end());
  return response;
}

}  // namespace swarmlab::runtime::http
