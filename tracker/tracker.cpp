#include "tracker/tracker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace swarmlab::tracker {
namespace {

constexpr runtime::Tag kExpiry = 0;
constexpr runtime::Tag kLateness = 1;
// An announce that a fault answers late holds memory so long; beyond so many they are as good as lost.
constexpr std::size_t kMostLate = 10'000;

runtime::http::HttpServer::Limits http_limits() {
  runtime::http::HttpServer::Limits limits;
  limits.header = 16_KiB;            // a scrape of seventy torrents is a query of six
  limits.body = 1_KiB;               // nobody has anything to upload
  return limits;
}

std::unexpected<std::string> cannot_listen(const Endpoint& at, std::string_view what,
                                           runtime::NetworkError error) {
  return std::unexpected(fmt::format("cannot listen on {} ({}): {}", to_string(at), what,
                                     runtime::to_string(error)));
}

}  // namespace

Tracker::Tracker(runtime::Outside outside, TrackerOptions options, TrackerEvents* events)
    : outside_(outside),
      options_(std::move(options)),
      service_(options_.service, outside.random, events),
      http_front_(service_),
      udp_front_(service_, outside.random),
      expiry_(outside.timers, *this, kExpiry),
      lateness_(outside.timers, *this, kLateness) {}

Tracker::~Tracker() { stop(); }

std::expected<void, std::string> Tracker::start() {
  for (const Endpoint& at : options_.http) {
    auto port = std::make_unique<HttpPort>(*this);
    auto server = runtime::http::HttpServer::listen(outside_, at, http_limits(), *port);
    if (!server) {
      stop();
      return cannot_listen(at, "HTTP", server.error());
    }
    port->server = std::move(*server);
    http_ports_.push_back(std::move(port));
  }
  for (const Endpoint& at : options_.udp) {
    const auto socket = outside_.network.open_datagrams(at, *this);
    if (!socket) {
      stop();
      return cannot_listen(at, "UDP", socket.error());
    }
    sockets_.push_back(*socket);
  }
  watch_expiry();
  return {};
}

void Tracker::stop() {
  http_ports_.clear();
  for (const runtime::DatagramSocketId socket : sockets_) outside_.network.close(socket);
  sockets_.clear();
  expiry_.disarm();
  lateness_.disarm();
  late_.clear();
}

std::vector<Endpoint> Tracker::http_endpoints() const {
  std::vector<Endpoint> endpoints;
  for (const auto& port : http_ports_) endpoints.push_back(port->server->local_endpoint());
  return endpoints;
}

std::vector<Endpoint> Tracker::udp_endpoints() const {
  std::vector<Endpoint> endpoints;
  for (const auto socket : sockets_) endpoints.push_back(outside_.network.local_endpoint(socket));
  return endpoints;
}

void Tracker::HttpPort::on_request(runtime::http::RequestId id, const runtime::http::Request& request,
                                   const Endpoint& peer) {
  auto answer = tracker_.http_front_.answer(request.method, request.target, peer.address,
                                            tracker_.outside_.clock.now());
  tracker_.watch_expiry();
  if (!answer) return;
  Late late;
  late.port = this;
  late.request = id;
  late.answer = std::move(*answer);
  if (const Duration delay = tracker_.service_.faults().delay(); delay > Duration{0}) tracker_.keep_back(std::move(late), delay);
  else tracker_.say(late);
}

void Tracker::keep_back(Late late, Duration delay) {
  if (late_.size() >= kMostLate) return;
  late.due = outside_.clock.now() + delay;   // all delays are alike, so that the queue stays in order
  lateness_.arm_no_later_than(late.due);
  late_.push_back(std::move(late));
}

void Tracker::forget(const HttpPort& port, runtime::http::RequestId request) {
  std::erase_if(late_, [&](const Late& late) { return late.port == &port && late.request == request; });
}

void Tracker::say(Late& late) {
  if (late.port == nullptr) {
    const runtime::Datagram reply{late.peer, late.datagram};
    outside_.network.send(late.socket, std::span(&reply, 1));
    return;
  }
  runtime::http::Response response;
  response.status = late.answer.status;
  response.content_type = late.answer.content_type;
  response.body = std::move(late.answer.body);
  late.port->server->respond(late.request, response);
}

void Tracker::say_what_is_due() {
  while (!late_.empty() && late_.front().due <= outside_.clock.now()) {
    Late late = std::move(late_.front());
    late_.pop_front();
    say(late);
  }
  if (!late_.empty()) lateness_.arm_no_later_than(late_.front().due);
}

void Tracker::on_datagrams(runtime::DatagramSocketId socket, std::span<const runtime::Datagram> batch) {
  const Time now = outside_.clock.now();
  std::vector<std::vector<std::byte>> bytes;
  std::vector<runtime::Datagram> replies;
  bytes.reserve(batch.size());       // replies view into it
  for (const runtime::Datagram& datagram : batch) {
    auto answer = udp_front_.answer(datagram.payload, datagram.peer, now);
    if (!answer) continue;
    if (const Duration delay = service_.faults().delay(); delay > Duration{0}) {
      Late late;
      late.socket = socket;
      late.peer = datagram.peer;
      late.datagram = std::move(*answer);
      keep_back(std::move(late), delay);
      continue;
    }
    bytes.push_back(std::move(*answer));
    replies.push_back({datagram.peer, bytes.back()});
  }
  if (!replies.empty()) outside_.network.send(socket, replies);
  watch_expiry();
}

void Tracker::on_timer(runtime::Tag tag) {
  if (tag == kLateness) {
    lateness_.expired();
    say_what_is_due();
    return;
  }
  expiry_.expired();
  service_.expire(outside_.clock.now());
  watch_expiry();
}

void Tracker::watch_expiry() {
  const Time next = service_.next_expiry();
  if (next != kNever) expiry_.arm_no_later_than(next);
}

}  // namespace swarmlab::tracker
