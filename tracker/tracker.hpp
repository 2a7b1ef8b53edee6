// Tracker: one BitTorrent tracker on one host, real or virtual.
//
//   Network -- HTTP server -- HttpFront --,
//                                          +-- Service -- announce rules -- SwarmRegistry
//   Network -- datagrams  --- UdpFront  --'
//
// Single-threaded: everything happens on the thread of the Outside it lives in.  Composes, and decides nothing.
#pragma once

#include <deque>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "protocol/endpoint.hpp"
#include "runtime/http/http_server.hpp"
#include "runtime/outside.hpp"
#include "tracker/http_front.hpp"
#include "tracker/service.hpp"
#include "tracker/udp_front.hpp"

namespace swarmlab::tracker {

struct TrackerOptions {
  std::vector<Endpoint> http;        // where to listen; port 0 takes a free one
  std::vector<Endpoint> udp;
  ServiceOptions service;
};

class Tracker final : runtime::DatagramHandler, runtime::TimerHandler {
 public:
  // `events` may be null; it must outlive the tracker otherwise.
  Tracker(runtime::Outside outside, TrackerOptions options, TrackerEvents* events = nullptr);
  Tracker(const Tracker&) = delete;
  Tracker& operator=(const Tracker&) = delete;
  ~Tracker();

  // Listens everywhere, or nowhere: the error names the address and why.
  std::expected<void, std::string> start();
  // Stops listening and drops connections; what is known of swarms stays, for a later start().
  void stop();

  // Where it really listens, in the order of the options.  Empty before start().
  std::vector<Endpoint> http_endpoints() const;
  std::vector<Endpoint> udp_endpoints() const;
  TrackerStats stats() const { return service_.stats(); }
  const SwarmRegistry& registry() const { return service_.registry(); }

 private:
  // One HTTP listener.
  class HttpPort final : public runtime::http::RequestHandler {
   public:
    explicit HttpPort(Tracker& tracker) : tracker_(tracker) {}
    void on_request(runtime::http::RequestId id, const runtime::http::Request& request,
                    const Endpoint& peer) override;
    // Only requests that a fault left unanswered or answers late are ever gone.
    void on_request_gone(runtime::http::RequestId id) override { tracker_.forget(*this, id); }
    std::unique_ptr<runtime::http::HttpServer> server;

   private:
    Tracker& tracker_;
  };

  // An answer that a fault keeps back: over HTTP where it has a port, else a datagram.
  struct Late {
    Time due{};
    HttpPort* port = nullptr;
    runtime::http::RequestId request{};
    HttpAnswer answer;
    runtime::DatagramSocketId socket;
    Endpoint peer;
    std::vector<std::byte> datagram;
  };

  void keep_back(Late late, Duration delay);
  void forget(const HttpPort& port, runtime::http::RequestId request);
  void say(Late& late);
  void say_what_is_due();
  void on_datagrams(runtime::DatagramSocketId socket, std::span<const runtime::Datagram> batch) override;
  void on_timer(runtime::Tag tag) override;
  void watch_expiry();

  runtime::Outside outside_;
  const TrackerOptions options_;
  Service service_;
  HttpFront http_front_;
  UdpFront udp_front_;
  runtime::Timer expiry_;
  runtime::Timer lateness_;
  std::deque<Late> late_;            // by when it is due
  std::vector<std::unique_ptr<HttpPort>> http_ports_;
  std::vector<runtime::DatagramSocketId> sockets_;
};

}  // namespace swarmlab::tracker
