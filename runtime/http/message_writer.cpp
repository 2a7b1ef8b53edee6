#include "runtime/http/message_writer.hpp"

#include <fmt/format.h>

#include <iterator>

#include "protocol/assert.hpp"
#include "protocol/ids.hpp"

namespace swarmlab::runtime::http {
namespace {

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Other";
  }
}

bool is_one_line(std::string_view text) { return text.find_first_of("\r\n") == std::string_view::npos; }

std::uint16_t default_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

}  // namespace

std::vector<std::byte> encode_response(const Response& response, const ResponseStyle& style) {
  fmt::memory_buffer head;
  const auto out = std::back_inserter(head);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\n", response.status, reason_of(response.status));
  if (!response.content_type.empty()) {
    SWARM_ASSERT(is_one_line(response.content_type));
    fmt::format_to(out, "Content-Type: {}\r\n", response.content_type);
  }
  for (const auto& [name, value] : response.fields) {
    SWARM_ASSERT(is_one_line(name) && is_one_line(value));
    fmt::format_to(out, "{}: {}\r\n", name, value);
  }
  if (!style.of_unknown_length) fmt::format_to(out, "Content-Length: {}\r\n", response.body.size());
  if (!style.keep_alive) {
    fmt::format_to(out, "Connection: close\r\n");
  } else if (style.is_http_1_0) {
    fmt::format_to(out, "Connection: keep-alive\r\n");
  }
  fmt::format_to(out, "\r\n");

  std::vector<std::byte> bytes;
  bytes.reserve(head.size() + response.body.size());
  const Bytes header = as_bytes(std::string_view(head.data(), head.size()));
  bytes.insert(bytes.end(), header.begin(), header.end());
  if (!style.without_body) bytes.insert(bytes.end(), response.body.begin(), response.body.end());
  return bytes;
}

std::string encode_get(const protocol::Url& url, std::string_view user_agent) {
  SWARM_ASSERT(is_one_line(url.target) && is_one_line(url.host) && is_one_line(user_agent));
  const bool is_v6 = url.host.find(':') != std::string::npos;
  const std::string host = is_v6 ? '[' + url.host + ']' : url.host;
  const std::string port = url.port == default_port(url.scheme) ? "" : fmt::format(":{}", url.port);
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}{}\r\nUser-Agent: {}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
      url.target, host, port, user_agent);
}

}  // namespace swarmlab::runtime::http
