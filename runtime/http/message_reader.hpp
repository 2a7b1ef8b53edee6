// RequestReader and ReplyReader: bytes of one connection -> HTTP messages.  Sans-I/O, over Beast's parser.
//
// feed() takes whatever came; state() then tells whether a message is complete.  What came behind a complete
// message stays for next().  After `failed` the connection is of no more use.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "protocol/units.hpp"
#include "runtime/http/http_message.hpp"

namespace swarmlab::runtime::http {

struct MessageLimits {
  ByteCount header;
  ByteCount body;
};

enum class ReadState : std::uint8_t { needs_more, complete, failed };

enum class ReadFailure : std::uint8_t { malformed, header_too_large, body_too_large, cut_short };

class RequestReader {
 public:
  explicit RequestReader(const MessageLimits& limits);
  RequestReader(RequestReader&&) noexcept;
  ~RequestReader();

  void feed(Bytes bytes);
  ReadState state() const;
  ReadFailure failure() const;        // requires failed
  // Some of the next message is in.
  bool has_begun() const;
  const Request& request() const;     // requires complete; valid until next()
  bool keep_alive() const;            // requires complete
  bool is_http_1_0() const;           // requires complete
  // Requires complete: on to the following message, of which some or all may be in already.
  void next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class ReplyReader {
 public:
  explicit ReplyReader(const MessageLimits& limits);
  ReplyReader(ReplyReader&&) noexcept;
  ~ReplyReader();

  void feed(Bytes bytes);
  // The connection has ended, which for some bodies is how they end.
  void feed_end();
  ReadState state() const;
  ReadFailure failure() const;        // requires failed
  // Requires complete:
  unsigned status() const;
  std::string location() const;       // the field; empty where there is none
  std::vector<std::byte> body() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace swarmlab::runtime::http
