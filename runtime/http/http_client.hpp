// HttpClient: GET over any Network, real or virtual: what announces and web seeds need.
//
// Each get() has a connection of its own (Connection: close) and ends in one on_http().  Redirects are not
// followed: they are answers with their status and `location`.  https takes a world that has Tls; where it has none that is
// an unsupported_scheme.  Names are resolved, and addresses tried in order until one connects.  One timeout covers it all.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/announce.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"
#include "protocol/units.hpp"
#include "protocol/url.hpp"
#include "runtime/outside.hpp"

namespace swarmlab::runtime::http {

struct HttpError {
  enum class Kind : std::uint8_t {
    unsupported_scheme,
    name_not_found,
    no_address_in_family, // Options::only_family_of_from
    cannot_connect,       // `network` says why, of the last address tried
    connection_lost,      // before the answer was complete
    not_secure,           // https: `detail` says what TLS found wrong
    timed_out,
    malformed,            // not HTTP
    header_too_large,
    body_too_large,
  } kind;
  std::optional<NetworkError> network;
  std::string detail = {};
};
std::string to_string(const HttpError& error);

struct HttpReply {
  unsigned status = 0;
  std::string location;               // of a redirect; empty otherwise
  std::vector<std::byte> body;        // chunks joined
};

class HttpClientHandler {
 public:
  virtual void on_http(Tag tag, std::expected<HttpReply, HttpError> reply) = 0;

 protected:
  ~HttpClientHandler() = default;
};

using HttpGetId = Index<struct HttpGetTag>;

class HttpClient {
 public:
  struct Options {
    ByteCount max_header = 16_KiB;
    ByteCount max_body = protocol::kMaxTrackerReplyBytes;
    Duration timeout = 30s;
    std::optional<IpAddress> from = std::nullopt;    // the local address to use; addresses of its family are tried first
    bool only_family_of_from = false;                // addresses of the other family are not tried
    std::string user_agent = "swarmlab";
  };
  explicit HttpClient(Outside outside);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  // Drops what is under way, without callbacks.
  ~HttpClient();

  HttpGetId get(const protocol::Url& url, const Options& options, HttpClientHandler& handler, Tag tag);
  // Drops a get() under way; does nothing for one that has ended.
  void cancel(HttpGetId id);
  // Drops all of a handler's.
  void forget(HttpClientHandler& handler);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace swarmlab::runtime::http
