// Tls: encryption of a stream that somebody else carries, and proof of who is at its other end (RFC 8446, RFC 5246).
//
// A codec like any other: what comes from the stream goes in, what is to go to the stream comes out, and nothing waits
// or calls back.  So the same sessions stand over every Network.
//
//   plain:   write() --> |         | --> to_send()   bytes of the stream
//   plain: to_read() <-- | session | <-- feed()
//
// A world may have none (Outside::tls is null): virtual ones, whose payload has no bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/units.hpp"

namespace swarmlab::runtime {

class TlsSession {
 public:
  enum class State : std::uint8_t {
    open,       // written bytes go out as soon as the handshake allows
    ended,      // the other side has said that nothing follows
    failed,     // problem() says why; nothing goes in or out any more, but for an alert to_send()
  };
  virtual ~TlsSession() = default;

  // Bytes that came from the stream.  Requires state() == open.
  virtual void feed(Bytes cipher) = 0;
  // Takes plain bytes, also before the handshake is over.
  virtual void write(Bytes plain) = 0;
  // What is to be written to the stream now; empties.
  virtual std::vector<std::byte> to_send() = 0;
  // Plain bytes that have come; empties.
  virtual std::vector<std::byte> to_read() = 0;

  virtual State state() const = 0;
  // "the certificate is for another host"
  virtual std::string problem() const = 0;
};

class Tls {
 public:
  // A client's session with `host`, a name or an address, which the certificate must be for.  Its first bytes are
  // to_send() at once.
  virtual std::unique_ptr<TlsSession> connect(std::string_view host) = 0;

 protected:
  ~Tls() = default;
};

}  // namespace swarmlab::runtime
