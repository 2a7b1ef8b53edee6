// HTTP/1.1 messages as our server and client hand them over (RFC 9110, RFC 9112).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/units.hpp"

namespace swarmlab::runtime::http {

// Field names compare without regard to case.
bool same_field(std::string_view a, std::string_view b);

// A request that came in; everything is valid during the call that hands it over.
struct Request {
  std::string_view method;            // "GET"
  std::string_view target;            // as it stands on the request line: path and query
  std::vector<std::pair<std::string_view, std::string_view>> fields;   // in their order
  Bytes body;

  // The first field of that name; empty where there is none.
  std::string_view field(std::string_view name) const;
  std::string_view path() const { return target.substr(0, target.find('?')); }
  // What follows '?'; empty where there is none.
  std::string_view query() const;
};

struct Response {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::byte> body;
  std::vector<std::pair<std::string, std::string>> fields;   // further ones

  static Response text(unsigned status, std::string_view text);
};

}  // namespace swarmlab::runtime::http
