// HttpFront: the control tree over HTTP.
//
//   GET  /torrents/0/stats     200 and the text, as JSON
//   GET  /torrents/0/events    200 and server-sent events ("data: {...}"), until one side leaves
//   POST /torrents/0/ctl       200 and {"done": N}; the body has the commands, a line each
//
// What cannot be done is answered by {"error": sentence} and a status: 400 a command that cannot be understood, 401 no or
// another token, 403 another host, 404 no such place, 405 nothing for this method, 409 it cannot be done; 413 and the like come
// from runtime/http.
//
// Who may: everybody with the token ("Authorization: Bearer TOKEN").  The Host field must name the address listened at or
// localhost: else a page in the user's own browser could reach us under a name of its own (DNS rebinding), and with that name's
// cookies and caches.  Addresses that are not loopback are refused unless asked for: this is HTTP in the clear.
//
// A follower that does not read is dropped when HttpServer::Limits::stream_backlog bytes wait for it, and there are at most
// kMaxFollowers of them.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>

#include "client/control/tree.hpp"
#include "runtime/http/http_server.hpp"

namespace swarmlab::client::control {

class HttpFront final : private runtime::http::RequestHandler {
 public:
  static constexpr std::size_t kMaxFollowers = 64;
  struct Options {
    Endpoint at;                          // port 0: any
    std::string token;                    // not empty
    bool beyond_loopback = false;
  };
  // The error is a sentence.  `tree` outlives the front.
  static std::expected<std::unique_ptr<HttpFront>, std::string> listen(const runtime::Outside& outside,
                                                                       const Options& options, Tree& tree);
  HttpFront(const HttpFront&) = delete;
  HttpFront& operator=(const HttpFront&) = delete;
  ~HttpFront();

  Endpoint local_endpoint() const { return server_->local_endpoint(); }
  std::size_t followers() const { return followers_.size(); }

 private:
  class Follower;

  HttpFront(std::string token, Tree& tree);
  void on_request(runtime::http::RequestId id, const runtime::http::Request& request, const Endpoint& peer) override;
  void on_request_gone(runtime::http::RequestId id) override;

  bool is_our_host(std::string_view host) const;
  bool is_our_token(std::string_view field) const;
  void answer(runtime::http::RequestId id, const runtime::http::Request& request);
  void answer_text(runtime::http::RequestId id, const Tree::Result<std::string>& text);
  void begin_following(runtime::http::RequestId id, const TreePath& path);
  void refuse(runtime::http::RequestId id, unsigned status, std::string_view what);
  void refuse(runtime::http::RequestId id, const TreeError& error);

  std::string token_;
  Tree& tree_;
  std::unique_ptr<runtime::http::HttpServer> server_;
  std::map<runtime::http::RequestId, std::unique_ptr<Follower>> followers_;
};

}  // namespace swarmlab::client::control
