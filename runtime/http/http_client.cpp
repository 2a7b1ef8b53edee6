#include "runtime/http/http_client.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "protocol/assert.hpp"
#include "runtime/http/message_reader.hpp"
#include "runtime/http/message_writer.hpp"

namespace swarmlab::runtime::http {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} << 10;

HttpError::Kind kind_of(ReadFailure failure) {
  switch (failure) {
    case ReadFailure::malformed: return HttpError::Kind::malformed;
    case ReadFailure::header_too_large: return HttpError::Kind::header_too_large;
    case ReadFailure::body_too_large: return HttpError::Kind::body_too_large;
    case ReadFailure::cut_short: return HttpError::Kind::connection_lost;
  }
  return HttpError::Kind::malformed;
}

std::string_view name_of(HttpError::Kind kind) {
  switch (kind) {
    case HttpError::Kind::unsupported_scheme: return "only http is spoken here";
    case HttpError::Kind::name_not_found: return "the name was not found";
    case HttpError::Kind::no_address_in_family: return "it has no address in our family";
    case HttpError::Kind::cannot_connect: return "cannot connect";
    case HttpError::Kind::connection_lost: return "the connection ended before the answer did";
    case HttpError::Kind::not_secure: return "no secure connection";
    case HttpError::Kind::timed_out: return "no answer in time";
    case HttpError::Kind::malformed: return "the answer is not HTTP";
    case HttpError::Kind::header_too_large: return "the answer's header is too large";
    case HttpError::Kind::body_too_large: return "the answer is too large";
  }
  return "HTTP error";
}

class Get;

}  // namespace

std::string to_string(const HttpError& error) {
  std::string text(name_of(error.kind));
  if (error.network) text.append(": ").append(to_string(*error.network));
  if (!error.detail.empty()) text.append(": ").append(error.detail);
  return text;
}

struct HttpClient::State {
  explicit State(Outside given);
  ~State();

  // Deleted when no call can be inside it any more: at the next event.
  void bury(HttpGetId id);
  void sweep();

  Outside outside;
  std::map<HttpGetId, std::unique_ptr<Get>> open;
  std::vector<std::unique_ptr<Get>> dead;
  HttpGetId next_id{1};
};

namespace {

class Get final : public StreamHandler, public ResolveHandler, public TimerHandler {
 public:
  Get(HttpClient::State& client, HttpGetId id, const protocol::Url& url,
      const HttpClient::Options& options, HttpClientHandler& handler, Tag tag)
      : client_(client), id_(id), url_(url), options_(options), handler_(handler), tag_(tag),
        reader_({.header = options.max_header, .body = options.max_body}),
        timer_(client.outside.timers, *this) {
    const Time now = client.outside.clock.now();
    timer_.arm(is_spoken() ? now + options.timeout : now);
    if (!is_spoken()) return;
    client_.outside.network.resolve(url.host, *this, 0);
    is_resolving_ = true;
  }
  Get(const Get&) = delete;
  Get& operator=(const Get&) = delete;
  ~Get() { let_go(); }

  const HttpClientHandler& handler() const { return handler_; }

  // Gives up whatever is under way.
  void let_go() {
    if (std::exchange(is_resolving_, false)) client_.outside.network.forget(*this);
    if (std::exchange(has_stream_, false)) client_.outside.network.reset(stream_);
    timer_.disarm();
  }

  void on_resolved(Tag, std::expected<std::span<const IpAddress>, NetworkError> addresses) override {
    client_.sweep();
    is_resolving_ = false;
    if (!addresses) return fail({HttpError::Kind::name_not_found, addresses.error()});
    addresses_.assign(addresses->begin(), addresses->end());
    if (options_.from) {
      // A server is to see us where we say that we are.
      const auto fits = [&](const IpAddress& address) { return address.is_v6() == options_.from->is_v6(); };
      std::vector<IpAddress> ordered;
      std::ranges::copy_if(addresses_, std::back_inserter(ordered), fits);
      if (!options_.only_family_of_from) std::ranges::remove_copy_if(addresses_, std::back_inserter(ordered), fits);
      addresses_ = std::move(ordered);
      if (addresses_.empty()) return fail({HttpError::Kind::no_address_in_family, {}});
    }
    connect();
  }
  void on_connected(StreamId) override {
    client_.sweep();
    is_connected_ = true;
    const std::string request = encode_get(url_, options_.user_agent);
    if (!is_secure()) return client_.outside.network.write(stream_, as_bytes(request));
    session_ = client_.outside.tls->connect(url_.host);
    session_->write(as_bytes(request));
    send_cipher();
  }
  void on_readable(StreamId) override {
    client_.sweep();
    for (;;) {
      const ReadResult result = client_.outside.network.read(stream_, kReadBytes);
      if (result.state == ReadResult::State::nothing_yet) return;
      if (result.state == ReadResult::State::data && !take(result.slice.bytes())) return;
      if (result.state == ReadResult::State::end_of_stream) reader_.feed_end();
      if (reader_.state() == ReadState::complete) return succeed();
      if (reader_.state() == ReadState::failed) return fail({kind_of(reader_.failure()), {}});
    }
  }
  void on_writable(StreamId) override {}
  void on_closed(StreamId, NetworkError why) override {
    client_.sweep();
    has_stream_ = false;
    if (is_connected_) return fail({HttpError::Kind::connection_lost, why});
    ++next_address_;
    if (next_address_ < addresses_.size()) return connect();
    fail({HttpError::Kind::cannot_connect, why});
  }
  void on_timer(Tag) override {
    client_.sweep();
    timer_.expired();
    if (!is_spoken()) return fail({HttpError::Kind::unsupported_scheme, {}});
    fail({HttpError::Kind::timed_out, {}});
  }

 private:
  bool is_secure() const { return url_.scheme == "https"; }
  bool is_spoken() const { return url_.scheme == "http" || (is_secure() && client_.outside.tls != nullptr); }

  void send_cipher() {
    const std::vector<std::byte> cipher = session_->to_send();
    if (!cipher.empty()) client_.outside.network.write(stream_, cipher);
  }
  // Bytes of the stream, on their way to the reader.  False: that was the end of it.
  bool take(Bytes bytes) {
    if (session_ == nullptr) {
      reader_.feed(bytes);
      return true;
    }
    session_->feed(bytes);
    send_cipher();
    reader_.feed(session_->to_read());
    if (session_->state() == TlsSession::State::failed) {
      fail({HttpError::Kind::not_secure, {}, session_->problem()});
      return false;
    }
    if (session_->state() == TlsSession::State::ended) reader_.feed_end();
    return true;
  }

  void connect() {
    const Endpoint to{addresses_[next_address_], url_.port};
    // Of two families, one may be left to the host to choose from.
    const bool from_fits = options_.from && options_.from->is_v6() == to.address.is_v6();
    stream_ = client_.outside.network.connect(to, from_fits ? options_.from : std::nullopt, *this);
    has_stream_ = true;
  }

  void succeed() {
    HttpReply reply{reader_.status(), reader_.location(), reader_.body()};
    // In order, so that the server does not see its last bytes refused.
    if (std::exchange(has_stream_, false)) client_.outside.network.close(stream_);
    end(std::move(reply));
  }

  void fail(const HttpError& error) { end(std::unexpected(error)); }

  void end(std::expected<HttpReply, HttpError> reply) {
    let_go();
    client_.bury(id_);
    handler_.on_http(tag_, std::move(reply));
  }

  HttpClient::State& client_;
  const HttpGetId id_;
  const protocol::Url url_;
  const HttpClient::Options options_;
  HttpClientHandler& handler_;
  const Tag tag_;
  ReplyReader reader_;
  Timer timer_;
  std::vector<IpAddress> addresses_;
  std::size_t next_address_ = 0;       // the one being tried
  StreamId stream_;
  std::unique_ptr<TlsSession> session_;   // of https, once connected
  bool is_resolving_ = false;
  bool has_stream_ = false;
  bool is_connected_ = false;
};

}  // namespace

HttpClient::State::State(Outside given) : outside(given) {}
HttpClient::State::~State() = default;
void HttpClient::State::sweep() { dead.clear(); }

void HttpClient::State::bury(HttpGetId id) {
  const auto found = open.find(id);
  SWARM_ASSERT(found != open.end(), id);
  dead.push_back(std::move(found->second));
  open.erase(found);
}

HttpClient::HttpClient(Outside outside) : state_(std::make_unique<State>(outside)) {}
HttpClient::~HttpClient() = default;

HttpGetId HttpClient::get(const protocol::Url& url, const Options& options, HttpClientHandler& handler,
                          Tag tag) {
  const HttpGetId id = state_->next_id;
  ++state_->next_id;
  state_->open.emplace(id, std::make_unique<Get>(*state_, id, url, options, handler, tag));
  return id;
}

void HttpClient::cancel(HttpGetId id) {
  const auto found = state_->open.find(id);
  if (found == state_->open.end()) return;
  found->second->let_go();
  state_->bury(id);
}

void HttpClient::forget(HttpClientHandler& handler) {
  std::vector<HttpGetId> ids;
  for (const auto& [id, get] : state_->open) {
    if (&get->handler() == &handler) ids.push_back(id);
  }
  for (const HttpGetId id : ids) cancel(id);
}

}  // namespace swarmlab::runtime::http
