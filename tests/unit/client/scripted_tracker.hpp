// ScriptedTracker: a UDP tracker (BEP 15) that does what a test tells it, and remembers what it heard.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/big_endian.hpp"
#include "protocol/udp_tracker.hpp"
#include "swarmsim/virtual/world.hpp"

namespace swarmlab::client {

class ScriptedTracker final : private runtime::DatagramHandler {
 public:
  struct Heard {
    protocol::udp::Request packet;
    Time at;
    std::uint32_t event = 0;           // of an announce, as it was sent: decoding makes `paused` none
  };

  // On a host of its own, 10.0.3.number, reachable by `name`.
  ScriptedTracker(swarmsim::World& world, const std::string& name, std::uint8_t number)
      : world_(world), address_(IpAddress::v4(10, 0, 3, number)), url_("udp://" + name + ":80/announce") {
    host_ = world.add_host({name, {address_}, {{}, {}, 5ms, 256_KiB}, {}});
    const auto socket = world.outside(host_).network.open_datagrams({address_, 80}, *this);
    SWARM_ASSERT(socket.has_value());
    socket_ = *socket;
  }

  const std::string& url() const { return url_; }
  std::vector<Time> connects() const {
    std::vector<Time> times;
    for (const Heard& one : heard) {
      if (std::holds_alternative<protocol::udp::ConnectRequest>(one.packet)) times.push_back(one.at);
    }
    return times;
  }
  std::vector<protocol::udp::AnnouncePacket> announces() const {
    std::vector<protocol::udp::AnnouncePacket> found;
    for (const Heard& one : heard) {
      if (const auto* packet = std::get_if<protocol::udp::AnnouncePacket>(&one.packet)) found.push_back(*packet);
    }
    return found;
  }
  std::vector<Time> announce_times() const {
    std::vector<Time> times;
    for (const Heard& one : heard) {
      if (std::holds_alternative<protocol::udp::AnnouncePacket>(one.packet)) times.push_back(one.at);
    }
    return times;
  }
  // "started none completed stopped"
  std::string events() const {
    std::string text;
    for (const auto& packet : announces()) {
      if (!text.empty()) text += ' ';
      text += packet.request.event == protocol::AnnounceEvent::none ? "none"
                                                                    : std::string(to_string(packet.request.event));
    }
    return text;
  }

  // ---- what it does ----
  bool is_silent = false;              // to everything
  bool is_mute_to_announces = false;
  std::uint32_t drop_next = 0;         // datagrams
  std::string error;                   // to announces, where not empty
  bool answers_foreign = false;        // every answer is preceded by one of another transaction
  bool answers_twice = false;
  std::chrono::seconds interval{60};
  std::vector<Heard> heard;

 private:
  static constexpr std::size_t kEventAt = 80;   // BEP 15, "announce request"
  void on_datagrams(runtime::DatagramSocketId, std::span<const runtime::Datagram> batch) override {
    using namespace protocol::udp;
    for (const runtime::Datagram& datagram : batch) {
      auto request = decode_request(datagram.payload);
      SWARM_ASSERT(request.has_value());
      const bool is_announce = std::holds_alternative<AnnouncePacket>(*request);
      heard.push_back({*request, world_.now(), is_announce ? protocol::read_u32(datagram.payload.subspan(kEventAt)) : 0});
      if (is_silent) continue;
      if (drop_next > 0) {
        --drop_next;
        continue;
      }
      if (const auto* connect = std::get_if<ConnectRequest>(&*request)) {
        answer(datagram.peer, connect->transaction, [&](TransactionId id) -> Reply {
          return ConnectReply{id, ConnectionId(1000 + connects().size())};
        });
      } else if (const auto* announce = std::get_if<AnnouncePacket>(&*request); announce && !is_mute_to_announces) {
        answer(datagram.peer, announce->transaction, [&](TransactionId id) -> Reply {
          if (!error.empty()) return ErrorReply{id, error};
          protocol::AnnounceReply reply;
          reply.interval = interval;
          reply.complete = 1;
          reply.incomplete = 1;
          return AnnouncedReply{id, reply};
        });
      } else if (const auto* scrape = std::get_if<ScrapePacket>(&*request)) {
        answer(datagram.peer, scrape->transaction, [&](TransactionId id) -> Reply {
          if (!error.empty()) return ErrorReply{id, error};
          return ScrapedReply{id, {{.complete = 3, .downloaded = 7, .incomplete = 2}}};
        });
      }
    }
  }
  template <class Make>
  void answer(const Endpoint& to, protocol::udp::TransactionId id, Make make) {
    if (answers_foreign) send(to, make(protocol::udp::TransactionId(id.value() + 1)));
    send(to, make(id));
    if (answers_twice) send(to, make(id));
  }
  void send(const Endpoint& to, const protocol::udp::Reply& reply) {
    const auto bytes = protocol::udp::encode(reply, protocol::udp::Family::v4);
    const runtime::Datagram datagram{to, bytes};
    world_.outside(host_).network.send(socket_, std::span(&datagram, 1));
  }

  swarmsim::World& world_;
  IpAddress address_;
  std::string url_;
  swarmsim::HostId host_;
  runtime::DatagramSocketId socket_;
};

}  // namespace swarmlab::client
