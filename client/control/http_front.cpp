#include "client/control/http_front.hpp"

#include <utility>

#include <fmt/format.h>

#include "client/control/tree_json.hpp"
#include "protocol/assert.hpp"
#include "protocol/ids.hpp"
#include "protocol/text.hpp"

namespace swarmlab::client::control {
namespace {

using runtime::http::Request;
using runtime::http::RequestId;
using runtime::http::Response;

constexpr runtime::http::HttpServer::Limits kLimits{
    .header = 8_KiB, .body = ByteCount(kMaxCommandBytes), .connections = 128};

Response json_response(unsigned status, std::string_view json) {
  Response response = Response::text(status, json);
  response.content_type = "application/json";
  response.fields.emplace_back("Cache-Control", "no-store");
  return response;
}

unsigned status_of(TreeError::Kind kind) {
  switch (kind) {
    case TreeError::Kind::not_found: return 404;
    case TreeError::Kind::wrong_kind: return 405;
    case TreeError::Kind::bad_command: return 400;
    case TreeError::Kind::refused: return 409;
  }
  return 500;
}

std::string as_event(std::string_view line) { return fmt::format("data: {}\n\n", line); }

}  // namespace

// One client that follows a torrent's events.
class HttpFront::Follower final : public TreeListener {
 public:
  Follower(HttpFront& front, RequestId id) : front_(front), id_(id) {}

  bool on_line(std::string_view line) override {
    if (is_gone_) return false;
    is_gone_ = !front_.server_->send(id_, as_bytes(as_event(line)));
    return !is_gone_;
  }
  void on_end() override {
    if (!is_gone_) front_.server_->end_stream(id_);
    is_gone_ = true;
  }
  bool is_gone() const { return is_gone_; }

 private:
  HttpFront& front_;
  RequestId id_;
  bool is_gone_ = false;
};

HttpFront::HttpFront(std::string token, Tree& tree) : token_(std::move(token)), tree_(tree) {}

std::expected<std::unique_ptr<HttpFront>, std::string> HttpFront::listen(const runtime::Outside& outside,
                                                                         const Options& options, Tree& tree) {
  SWARM_ASSERT(!options.token.empty());
  if (!options.at.address.is_loopback() && !options.beyond_loopback) {
    return std::unexpected(fmt::format("{} is not on this machine alone, and control is HTTP in the clear; if that is meant, "
                                       "say so with --control-beyond-loopback", to_string(options.at)));
  }
  std::unique_ptr<HttpFront> front(new HttpFront(options.token, tree));
  runtime::http::RequestHandler& handler = *front;
  auto server = runtime::http::HttpServer::listen(outside, options.at, kLimits, handler);
  if (!server) return std::unexpected(fmt::format("cannot listen at {}: {}", to_string(options.at), to_string(server.error())));
  front->server_ = std::move(*server);
  return front;
}

HttpFront::~HttpFront() {
  for (const auto& [id, follower] : followers_) tree_.unfollow(*follower);
}

bool HttpFront::is_our_host(std::string_view host) const {
  const Endpoint at = local_endpoint();
  const std::string port = fmt::format(":{}", at.port);
  if (host == to_string(at) || host == "localhost" + port) return true;
  // A wildcard address has many names; each literal one of them is no name that anybody could rebind.
  const auto literal = Endpoint::parse(host);
  return at.address.is_unspecified() && literal && literal->port == at.port;
}

bool HttpFront::is_our_token(std::string_view field) const {
  static constexpr std::string_view kScheme = "Bearer ";
  if (!field.starts_with(kScheme)) return false;
  const std::string_view given = field.substr(kScheme.size());
  // In the same time wherever it differs: nobody shall guess it byte by byte.
  unsigned difference = given.size() == token_.size() ? 0 : 1;
  for (std::size_t i = 0; i < token_.size(); ++i) {
    const char other = i < given.size() ? given[i] : '\0';
    difference |= static_cast<unsigned char>(token_[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

void HttpFront::on_request(RequestId id, const Request& request, const Endpoint&) {
  std::erase_if(followers_, [](const auto& one) { return one.second->is_gone(); });
  if (!is_our_host(request.field("Host"))) {
    refuse(id, 403, "the Host field names somebody else; ask for the address itself");
  } else if (!is_our_token(request.field("Authorization"))) {
    refuse(id, 401, "send the field 'Authorization: Bearer TOKEN' with the token of the token file");
  } else {
    answer(id, request);
  }
}

void HttpFront::answer(RequestId id, const Request& request) {
  const auto path = tree_.find(request.path());
  if (!path) return refuse(id, path.error());
  const bool is_head = request.method == "HEAD";
  if (request.method == "POST") return answer_text(id, tree_.write(*path, as_text(request.body)));
  if (request.method != "GET" && !is_head) return refuse(id, 405, "there is GET to read and POST to write");
  if (kind_of(path->node) != NodeKind::stream) return answer_text(id, tree_.read(*path));
  if (is_head) return refuse(id, 405, "a stream has no end that could be told beforehand; GET it");
  begin_following(id, *path);
}

void HttpFront::answer_text(RequestId id, const Tree::Result<std::string>& text) {
  if (!text) return refuse(id, text.error());
  server_->respond(id, json_response(200, *text));
}

void HttpFront::begin_following(RequestId id, const TreePath& path) {
  if (followers_.size() >= kMaxFollowers) return refuse(id, 409, "too many follow events already");
  auto follower = std::make_unique<Follower>(*this, id);
  const auto lines = tree_.follow(path, *follower);
  if (!lines) return refuse(id, lines.error());
  std::string text;
  for (const std::string& line : *lines) text += as_event(line);
  Response head = json_response(200, text);
  head.content_type = "text/event-stream";
  server_->begin_stream(id, head);
  followers_.emplace(id, std::move(follower));
}

void HttpFront::on_request_gone(RequestId id) {
  const auto follower = followers_.find(id);
  if (follower == followers_.end()) return;
  tree_.unfollow(*follower->second);
  followers_.erase(follower);
}

void HttpFront::refuse(RequestId id, unsigned status, std::string_view what) {
  Json json;
  json["error"] = protocol::repair_utf8(what);
  server_->respond(id, json_response(status, json.dump() + '\n'));
}

void HttpFront::refuse(RequestId id, const TreeError& error) { refuse(id, status_of(error.kind), error.what); }

}  // namespace swarmlab::client::control
