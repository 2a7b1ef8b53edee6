// HttpFront: the pages of an HTTP tracker, as a function from a request's target to status and body.
//
//   /announce, /scrape                     bencoded (BEP 3, 48); refusals are "failure reason" with status 200,
//   /PASSKEY/announce, /PASSKEY/scrape       which is where clients look for them
//   /                                      a status page of a few lines of text
//
// The HTTP around it (parsing, connections, Content-Length) is runtime/http's business.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"
#include "tracker/service.hpp"

namespace swarmlab::tracker {

struct HttpAnswer {
  unsigned status = 200;
  std::string_view content_type;
  std::vector<std::byte> body;
};

class HttpFront {
 public:
  explicit HttpFront(Service& service) : service_(service) {}
  // nullopt: a fault wants this request to stay unanswered.
  std::optional<HttpAnswer> answer(std::string_view method, std::string_view target,
                                   const IpAddress& from, Time now);

 private:
  HttpAnswer announce(std::string_view query, const IpAddress& from, Time now);
  HttpAnswer scrape(std::string_view query, Time now);
  HttpAnswer home(Time now);
  HttpAnswer bencoded(std::vector<std::byte> body);

  Service& service_;
};

}  // namespace swarmlab::tracker
