// What a tracker answers, with other addresses: whoever stands between it and a client tells the client where the others are.
//
// Only lists of peers are touched, compact or not, and the length that HTTP names.  What cannot be understood (a tracker may be told
// to talk rubbish) is left as it is.
#pragma once

#include <functional>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

using EndpointMap = std::function<Endpoint(const Endpoint&)>;

// A whole HTTP message, head and body.
std::vector<std::byte> with_other_peers(Bytes http_message, const EndpointMap& map);
// A datagram of a UDP tracker (BEP 15), to a client that asks over IPv4.
std::vector<std::byte> datagram_with_other_peers(Bytes datagram, const EndpointMap& map);

// The same for a stream of HTTP messages that comes in pieces.
class TrackerAnswers {
 public:
  explicit TrackerAnswers(EndpointMap map) : map_(std::move(map)) {}
  // Gives what can go on now: whole messages, or anything where these are none.
  std::vector<std::byte> take(Bytes bytes);
  // At the end of the stream: what never became whole.
  std::vector<std::byte> rest() { return std::move(waiting_); }

 private:
  EndpointMap map_;
  std::vector<std::byte> waiting_;
  bool is_foreign_ = false;        // no HTTP, or too long
};

}  // namespace swarmlab::swarmsim
