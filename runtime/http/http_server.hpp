// HttpServer: HTTP/1.1 over any Network, real or virtual.
//
// A connection serves one request after the other, in order (pipelined ones wait in the socket); it stays open
// as HTTP/1.1 has it, until the client closes, asks for Connection: close, errs, or is idle too long.  What
// cannot be understood is answered and the connection closed:
//
//   400 not HTTP    405 TRACE, CONNECT    408 a request that does not get finished
//   413 body over the limit    431 header over the limit    503 too many connections
//
// A handler answers at once, or keeps the RequestId and answers later; meanwhile nothing is read from that
// connection.  An answer may also be a stream, sent as it comes until its end or the client's: its connection serves nothing
// else, and a client that reads too slowly is dropped, not buffered for.  Answers to HEAD are sent without their body.
// No callback is made inside a call to the server.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>

#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"
#include "protocol/units.hpp"
#include "runtime/http/http_message.hpp"
#include "runtime/outside.hpp"

namespace swarmlab::runtime::http {

using RequestId = Index<struct HttpRequestTag, std::uint64_t>;

class RequestHandler {
 public:
  // To be answered by exactly one respond(id, ...) or begin_stream(id, ...), from within or later.
  virtual void on_request(RequestId id, const Request& request, const Endpoint& peer) = 0;
  // The client of a request not answered yet, or of a stream, has gone: the id is not to be used any more.
  virtual void on_request_gone(RequestId id) = 0;

 protected:
  ~RequestHandler() = default;
};

class HttpServer {
 public:
  struct Limits {
    ByteCount header = 8_KiB;
    ByteCount body = 64_KiB;
    std::size_t connections = 4096;
    Duration idle = 30s;              // between requests
    Duration request = 10s;           // from a request's first byte to its last
    Duration response = 60s;          // for a client to take an answer
    ByteCount stream_backlog = 256_KiB;   // of a stream, unread by its client
  };
  // `handler` must outlive the server.
  static std::expected<std::unique_ptr<HttpServer>, NetworkError> listen(Outside outside, const Endpoint& at,
                                                                         const Limits& limits,
                                                                         RequestHandler& handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  // Closes all connections; requests not answered are gone without on_request_gone().
  ~HttpServer();

  Endpoint local_endpoint() const;
  void respond(RequestId id, const Response& response);
  // Answers with a body that begins with that of `head` and goes on with every send().
  void begin_stream(RequestId id, const Response& head);
  // False: the client reads too slowly.  It was dropped, and the id is dead.
  [[nodiscard]] bool send(RequestId id, Bytes more);
  void end_stream(RequestId id);
  std::size_t connections() const;

  struct State;

 private:
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace swarmlab::runtime::http
