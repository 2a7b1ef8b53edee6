#include "runtime/http/message_reader.hpp"

#include <utility>  // before Asio: Boost 1.74 forgets it

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "protocol/assert.hpp"
#include "protocol/ids.hpp"

namespace swarmlab::runtime::http {
namespace {

namespace beast = boost::beast::http;

// "0", two ends of lines: no chunked body ends with less, and Beast (1.74) asserts that, when it has had to wait, it is
// not asked again with less.
constexpr std::size_t kLastChunkBytes = 5;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

ReadFailure failure_of(const boost::system::error_code& error) {
  if (error == beast::error::header_limit) return ReadFailure::header_too_large;
  if (error == beast::error::body_limit) return ReadFailure::body_too_large;
  if (error == beast::error::partial_message || error == beast::error::end_of_stream) {
    return ReadFailure::cut_short;
  }
  return ReadFailure::malformed;
}

// What both readers share: the bytes not parsed yet, and a Beast parser for the message at hand.
template <bool kIsRequest>
struct Reader {
  using Parser = beast::parser<kIsRequest, beast::string_body>;

  explicit Reader(const MessageLimits& given) : limits(given) { start(); }

  void start() {
    parser.emplace();
    // Not beyond the header: Boost 1.74 forgets its body limit where both come in one buffer, and
    // reserves memory for whatever length is announced.
    parser->eager(false);
    parser->header_limit(static_cast<std::uint32_t>(limits.header.value()));
    parser->body_limit(static_cast<std::uint64_t>(limits.body.value()));
    state = ReadState::needs_more;
    has_consumed = false;
    header_bytes = 0;
    is_waiting = false;
  }

  void feed(Bytes bytes) {
    const std::string_view text = as_text(bytes);
    if (state != ReadState::needs_more || !unparsed.empty()) {
      unparsed.append(text);
      parse_unparsed();
      return;
    }
    // The usual case: a whole message in one read, parsed where it lies.
    unparsed.assign(text.substr(parse(text)));
  }

  void parse_unparsed() { unparsed.erase(0, parse(unparsed)); }

  // How many bytes are done with.
  std::size_t parse(std::string_view text) {
    std::size_t done = 0;
    while (state == ReadState::needs_more && done < text.size()) {
      // Empty lines before a message are to be ignored (RFC 9112, 2.2).
      if (!has_consumed && (text[done] == '\r' || text[done] == '\n')) {
        ++done;
        continue;
      }
      if (is_waiting && parser->is_header_done() && parser->chunked() && text.size() - done < kLastChunkBytes) break;
      boost::system::error_code error;
      const std::size_t taken =
          parser->put(boost::asio::buffer(text.data() + done, text.size() - done), error);
      done += taken;
      has_consumed = has_consumed || taken > 0;
      if (!parser->eager()) header_bytes += taken;
      is_waiting = error == beast::error::need_more;
      if (is_waiting) break;
      if (error) {
        fail(failure_of(error));
      } else if (header_bytes > limits.header.size()) {
        fail(ReadFailure::header_too_large);   // by a few bytes, which Beast lets pass where all comes in one buffer
      } else if (parser->is_done()) {
        state = ReadState::complete;
      } else if (parser->is_header_done() && !parser->eager()) {
        parser->eager(true);
      } else if (taken == 0) {
        break;
      }
    }
    return done;
  }

  void fail(ReadFailure why) {
    state = ReadState::failed;
    failure = why;
  }

  MessageLimits limits;
  std::optional<Parser> parser;
  std::string unparsed;
  ReadState state = ReadState::needs_more;
  ReadFailure failure = ReadFailure::malformed;
  bool has_consumed = false;
  std::size_t header_bytes = 0;
  bool is_waiting = false;      // the last bytes were not enough for a step
};

}  // namespace

struct RequestReader::State : Reader<true> {
  using Reader::Reader;

  void make_request() {
    if (state != ReadState::complete) return;
    const auto& message = parser->get();
    request.method = view(message.method_string());
    request.target = view(message.target());
    request.fields.clear();
    for (const auto& field : message) {
      request.fields.emplace_back(view(field.name_string()), view(field.value()));
    }
    request.body = as_bytes(message.body());
  }

  Request request;
};

RequestReader::RequestReader(const MessageLimits& limits) : state_(std::make_unique<State>(limits)) {}
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader::~RequestReader() = default;

void RequestReader::feed(Bytes bytes) {
  const bool was_complete = state_->state == ReadState::complete;
  state_->feed(bytes);
  if (!was_complete) state_->make_request();
}

ReadState RequestReader::state() const { return state_->state; }
ReadFailure RequestReader::failure() const { return state_->failure; }
bool RequestReader::has_begun() const { return state_->has_consumed || !state_->unparsed.empty(); }

const Request& RequestReader::request() const {
  SWARM_ASSERT(state_->state == ReadState::complete);
  return state_->request;
}

bool RequestReader::keep_alive() const { return state_->parser->get().keep_alive(); }
bool RequestReader::is_http_1_0() const { return state_->parser->get().version() < 11; }

void RequestReader::next() {
  SWARM_ASSERT(state_->state == ReadState::complete);
  state_->start();
  state_->parse_unparsed();
  state_->make_request();
}

struct ReplyReader::State : Reader<false> {
  using Reader::Reader;

  // Codes begin at 100 (RFC 9110, 15); Beast takes any three digits.
  void refuse_strange_status() {
    if (state == ReadState::complete && parser->get().result_int() < 100) fail(ReadFailure::malformed);
  }

  // "100 Continue" and its like announce the real answer.
  void skip_interim() {
    while (state == ReadState::complete && parser->get().result_int() / 100 == 1) {
      start();
      parse_unparsed();
    }
    refuse_strange_status();
  }
};

ReplyReader::ReplyReader(const MessageLimits& limits) : state_(std::make_unique<State>(limits)) {}
ReplyReader::ReplyReader(ReplyReader&&) noexcept = default;
ReplyReader::~ReplyReader() = default;

void ReplyReader::feed(Bytes bytes) {
  state_->feed(bytes);
  state_->skip_interim();
}

void ReplyReader::feed_end() {
  if (state_->state != ReadState::needs_more) return;
  if (!state_->has_consumed) return state_->fail(ReadFailure::cut_short);
  boost::system::error_code error;
  state_->parser->put_eof(error);
  if (error) return state_->fail(failure_of(error));
  state_->state = ReadState::complete;
  state_->refuse_strange_status();
}

ReadState ReplyReader::state() const { return state_->state; }
ReadFailure ReplyReader::failure() const { return state_->failure; }
unsigned ReplyReader::status() const { return state_->parser->get().result_int(); }

std::string ReplyReader::location() const {
  return std::string(view(state_->parser->get()[beast::field::location]));
}

std::vector<std::byte> ReplyReader::body() const {
  const Bytes bytes = as_bytes(state_->parser->get().body());
  return {bytes.begin(), bytes.end()};
}

}  // namespace swarmlab::runtime::http
