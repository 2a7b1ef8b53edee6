// Responses and requests of ours -> bytes on the wire (RFC 9112).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/url.hpp"
#include "runtime/http/http_message.hpp"

namespace swarmlab::runtime::http {

struct ResponseStyle {
  bool keep_alive = true;
  bool is_http_1_0 = false;          // of the request: keeping alive must be said
  bool of_unknown_length = false;    // the body begins here and ends with the connection
  bool without_body = false;         // the answer to HEAD: its length, but not itself
};

// Header and body in one run of bytes.
std::vector<std::byte> encode_response(const Response& response, const ResponseStyle& style);

// A GET of the whole target, on a connection for it alone.
std::string encode_get(const protocol::Url& url, std::string_view user_agent);

}  // namespace swarmlab::runtime::http
