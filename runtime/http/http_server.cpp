#include "runtime/http/http_server.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "protocol/assert.hpp"
#include "runtime/http/message_reader.hpp"
#include "runtime/http/message_writer.hpp"

namespace swarmlab::runtime::http {
namespace {

constexpr std::size_t kReadBytes = std::size_t{16} << 10;
// An answer to this much unread by its client is enough; the next request waits.
constexpr ByteCount kUnsentAnswers = 64_KiB;

unsigned status_of(ReadFailure failure) {
  switch (failure) {
    case ReadFailure::header_too_large: return 431;
    case ReadFailure::body_too_large: return 413;
    case ReadFailure::malformed:
    case ReadFailure::cut_short: return 400;
  }
  return 400;
}

std::string_view text_of(unsigned status) {
  switch (status) {
    case 405: return "method not allowed\n";
    case 408: return "the request took too long\n";
    case 413: return "the request's body is too large\n";
    case 431: return "the request's header is too large\n";
    case 503: return "too many connections\n";
    default: return "this is no HTTP request\n";
  }
}

class Connection;

}  // namespace

struct HttpServer::State final : AcceptHandler {
  State(Outside given, const Limits& bounds, RequestHandler& answerer);
  ~State();

  void on_accept(ListenerId from_listener, StreamId stream, const Endpoint& from) override;
  // The connection is deleted when no call can be inside it any more: at the next event.
  void bury(StreamId stream);
  void sweep();

  Outside outside;
  const Limits limits;
  RequestHandler& handler;
  ListenerId listener;
  bool is_listening = false;
  std::unordered_map<std::uint32_t, std::unique_ptr<Connection>> open;
  std::vector<std::unique_ptr<Connection>> dead;
  std::map<RequestId, Connection*> unanswered;
  std::map<RequestId, Connection*> streams;
  RequestId next_request{1};
};

namespace {

class Connection final : public StreamHandler, public TimerHandler {
 public:
  Connection(HttpServer::State& server, StreamId stream, const Endpoint& peer)
      : server_(server), stream_(stream), peer_(peer),
        reader_({.header = server.limits.header, .body = server.limits.body}),
        timer_(server.outside.timers, *this) {
    server_.outside.network.set_low_water(stream, kUnsentAnswers);
    wait_for(Waiting::request, server_.limits.idle);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void on_connected(StreamId) override {}
  void on_readable(StreamId) override {
    server_.sweep();
    is_readable_ = true;
    go_on();
  }
  void on_writable(StreamId) override {
    server_.sweep();
    if (waiting_ == Waiting::client_to_read) go_on();
  }
  void on_closed(StreamId, NetworkError) override {
    server_.sweep();
    if (waiting_ == Waiting::answer) {
      server_.unanswered.erase(request_);
      server_.handler.on_request_gone(request_);
    }
    if (waiting_ == Waiting::end_of_answer) forget_stream();
    server_.bury(stream_);
  }
  void on_timer(Tag) override {
    server_.sweep();
    timer_.expired();
    switch (waiting_) {
      case Waiting::request:
        if (reader_.has_begun()) return refuse(408);
        return close();
      case Waiting::turn: return go_on();
      case Waiting::client_to_read:
        server_.outside.network.reset(stream_);
        return server_.bury(stream_);
      case Waiting::answer: return;
      case Waiting::end_of_answer: return look_for_end();
    }
  }

  void respond(const Response& response) {
    const bool keep_alive = reader_.keep_alive();
    write(encode_response(response, {.keep_alive = keep_alive,
                                     .is_http_1_0 = reader_.is_http_1_0(),
                                     .without_body = reader_.request().method == "HEAD"}));
    if (!keep_alive) return close();
    reader_.next();
    // Asked from outside of a callback, perhaps: the next request is handled in one of our own.
    waiting_ = Waiting::turn;
    if (!is_going_on_) timer_.arm(server_.outside.clock.now());
  }

  void begin_stream(const Response& head) {
    write(encode_response(head, {.keep_alive = false, .is_http_1_0 = reader_.is_http_1_0(), .of_unknown_length = true}));
    waiting_ = Waiting::end_of_answer;
    // Its end may have come already, and is looked for in an event of our own.
    if (!is_going_on_) timer_.arm(server_.outside.clock.now());
  }

  bool send(Bytes more) {
    if (server_.outside.network.unsent(stream_) + ByteCount::of(more) > server_.limits.stream_backlog) {
      is_closed_ = true;
      server_.outside.network.reset(stream_);
      server_.bury(stream_);
      return false;
    }
    server_.outside.network.write(stream_, more);
    return true;
  }

  void end_stream() { close(); }

  // It is over, and may be destroyed by whatever happens next: no timer may find it.
  void retire() { timer_.disarm(); }

  void refuse(unsigned status) {
    write(encode_response(Response::text(status, text_of(status)), {.keep_alive = false}));
    close();
  }

 private:
  enum class Waiting : std::uint8_t { request, answer, end_of_answer, turn, client_to_read };

  void wait_for(Waiting what, Duration limit) {
    waiting_ = what;
    timer_.arm(server_.outside.clock.now() + limit);
  }

  // Handles requests until one is not there yet, not answered yet, or the client must read first.
  void go_on() {
    if (waiting_ == Waiting::answer) return;
    if (waiting_ == Waiting::end_of_answer) return look_for_end();
    is_going_on_ = true;
    while (!is_closed_) {
      if (server_.outside.network.unsent(stream_) >= kUnsentAnswers) {
        wait_for(Waiting::client_to_read, server_.limits.response);
        break;
      }
      if (reader_.state() == ReadState::failed) {
        refuse(status_of(reader_.failure()));
      } else if (reader_.state() == ReadState::complete) {
        hand_over();
        if (waiting_ == Waiting::answer || waiting_ == Waiting::end_of_answer) break;
      } else if (!read()) {
        break;
      }
    }
    is_going_on_ = false;
    if (waiting_ == Waiting::end_of_answer && !is_closed_) look_for_end();
  }

  void forget_stream() {
    server_.streams.erase(request_);
    server_.handler.on_request_gone(request_);
  }

  // Of a stream's client nothing is wanted but to know when it leaves.
  void look_for_end() {
    for (;;) {
      const ReadResult result = server_.outside.network.read(stream_, kReadBytes);
      if (result.state == ReadResult::State::nothing_yet) return;
      if (result.state == ReadResult::State::data) continue;
      forget_stream();
      return close();
    }
  }

  // False when there is nothing to read now.
  bool read() {
    if (!is_readable_) {
      expect_request();
      return false;
    }
    const bool had_begun = reader_.has_begun();
    const ReadResult result = server_.outside.network.read(stream_, kReadBytes);
    switch (result.state) {
      case ReadResult::State::data:
        reader_.feed(result.slice.bytes());
        if (!had_begun) wait_for(Waiting::request, server_.limits.request);
        return true;
      case ReadResult::State::nothing_yet:
        is_readable_ = false;
        expect_request();
        return false;
      case ReadResult::State::end_of_stream:
        close();
        return false;
    }
    return false;
  }

  void expect_request() {
    // A request under way keeps the deadline that came with its first byte.
    if (waiting_ == Waiting::request && timer_.is_armed()) return;
    wait_for(Waiting::request, reader_.has_begun() ? server_.limits.request : server_.limits.idle);
  }

  void hand_over() {
    const Request& request = reader_.request();
    if (request.method == "TRACE" || request.method == "CONNECT") return refuse(405);
    timer_.disarm();
    waiting_ = Waiting::answer;
    request_ = server_.next_request;
    ++server_.next_request;
    server_.unanswered.emplace(request_, this);
    server_.handler.on_request(request_, request, peer_);
  }

  void write(const std::vector<std::byte>& bytes) {
    constexpr std::size_t kSmall = std::size_t{8} << 10;
    if (bytes.size() <= kSmall) {
      server_.outside.network.write(stream_, bytes);
    } else {
      server_.outside.network.write(stream_, Slice::copy_of(bytes));
    }
  }

  void close() {
    is_closed_ = true;
    server_.outside.network.close(stream_);
    server_.bury(stream_);
  }

  HttpServer::State& server_;
  const StreamId stream_;
  const Endpoint peer_;
  RequestReader reader_;
  Timer timer_;
  RequestId request_;                  // being answered, while waiting for that
  Waiting waiting_ = Waiting::request;
  bool is_readable_ = false;           // the last read() gave something, or on_readable() came since
  bool is_going_on_ = false;
  bool is_closed_ = false;
};

}  // namespace

HttpServer::State::State(Outside given, const Limits& bounds, RequestHandler& answerer)
    : outside(given), limits(bounds), handler(answerer) {}

HttpServer::State::~State() {
  for (const auto& [stream, connection] : open) outside.network.reset(StreamId(stream));
  if (is_listening) outside.network.close(listener);
}

void HttpServer::State::sweep() { dead.clear(); }

void HttpServer::State::on_accept(ListenerId, StreamId stream, const Endpoint& from) {
  sweep();
  auto connection = std::make_unique<Connection>(*this, stream, from);
  Connection& opened = *connection;
  outside.network.set_handler(stream, opened);
  const bool is_full = open.size() >= limits.connections;
  open.emplace(stream.value(), std::move(connection));
  if (is_full) opened.refuse(503);
}

void HttpServer::State::bury(StreamId stream) {
  const auto found = open.find(stream.value());
  SWARM_ASSERT(found != open.end(), stream);
  found->second->retire();
  dead.push_back(std::move(found->second));
  open.erase(found);
}

std::expected<std::unique_ptr<HttpServer>, NetworkError> HttpServer::listen(Outside outside,
                                                                            const Endpoint& at,
                                                                            const Limits& limits,
                                                                            RequestHandler& handler) {
  auto state = std::make_unique<State>(outside, limits, handler);
  const auto listener = outside.network.listen(at, *state);
  if (!listener) return std::unexpected(listener.error());
  state->listener = *listener;
  state->is_listening = true;
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() = default;

Endpoint HttpServer::local_endpoint() const {
  return state_->outside.network.local_endpoint(state_->listener);
}

void HttpServer::respond(RequestId id, const Response& response) {
  const auto found = state_->unanswered.find(id);
  SWARM_ASSERT(found != state_->unanswered.end(), id);
  Connection* const connection = found->second;
  state_->unanswered.erase(found);
  connection->respond(response);
}

void HttpServer::begin_stream(RequestId id, const Response& head) {
  const auto found = state_->unanswered.find(id);
  SWARM_ASSERT(found != state_->unanswered.end(), id);
  Connection* const connection = found->second;
  state_->unanswered.erase(found);
  state_->streams.emplace(id, connection);
  connection->begin_stream(head);
}

bool HttpServer::send(RequestId id, Bytes more) {
  const auto found = state_->streams.find(id);
  SWARM_ASSERT(found != state_->streams.end(), id);
  Connection* const connection = found->second;
  if (connection->send(more)) return true;
  state_->streams.erase(id);
  return false;
}

void HttpServer::end_stream(RequestId id) {
  const auto found = state_->streams.find(id);
  SWARM_ASSERT(found != state_->streams.end(), id);
  Connection* const connection = found->second;
  state_->streams.erase(found);
  connection->end_stream();
}

std::size_t HttpServer::connections() const { return state_->open.size(); }

}  // namespace swarmlab::runtime::http
