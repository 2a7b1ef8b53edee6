#include "client/udp_announce.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "protocol/assert.hpp"

namespace swarmlab::client {
namespace udp = protocol::udp;

UdpAnnounce::UdpAnnounce(const runtime::Outside& outside, const protocol::Url& url,
                         std::optional<IpAddress> from, int attempts, AnnounceHandler& handler)
    : outside_(outside), url_(url), from_(from), attempts_(attempts), handler_(handler),
      timer_(outside.timers, *this) {}

UdpAnnounce::~UdpAnnounce() { cancel(); }

void UdpAnnounce::begin(const protocol::AnnounceRequest& request) {
  SWARM_ASSERT(!request_);
  request_ = request;
  attempt_ = 0;
  // Names are resolved each time: a tracker may have moved.
  outside_.network.resolve(url_.host, *this, 0);
}

void UdpAnnounce::cancel() {
  outside_.network.forget(*this);
  timer_.disarm();
  if (socket_) outside_.network.close(*std::exchange(socket_, std::nullopt));
  request_.reset();
}

void UdpAnnounce::finish(std::expected<protocol::AnnounceReply, std::string> outcome) {
  cancel();
  handler_.on_announced(std::move(outcome));
}

void UdpAnnounce::on_resolved(runtime::Tag,
                              std::expected<std::span<const IpAddress>, runtime::NetworkError> addresses) {
  if (!addresses) {
    finish(std::unexpected("cannot find " + url_.host + ": " + std::string(to_string(addresses.error()))));
    return;
  }
  // Of several addresses one of the family that we announce from: a tracker listens where it was meant to be asked.
  const auto fitting = std::ranges::find_if(
      *addresses, [&](const IpAddress& address) { return from_ && address.is_v6() == from_->is_v6(); });
  const Endpoint found{fitting != addresses->end() ? *fitting : addresses->front(), url_.port};
  if (tracker_ != found) connection_.reset();
  tracker_ = found;
  static constexpr std::array<std::uint8_t, 16> kAnyV6{};
  const bool from_fits = from_ && from_->is_v6() == found.address.is_v6();
  const IpAddress any = found.address.is_v6() ? IpAddress::v6(kAnyV6) : IpAddress();
  const auto socket = outside_.network.open_datagrams(Endpoint{from_fits ? *from_ : any, 0}, *this);
  if (!socket) {
    finish(std::unexpected("cannot open a UDP socket: " + std::string(to_string(socket.error()))));
    return;
  }
  socket_ = *socket;
  send();
}

void UdpAnnounce::send() {
  const Time now = outside_.clock.now();
  transaction_ = udp::TransactionId(static_cast<std::uint32_t>(outside_.random.next()));
  is_connecting_ = !connection_ || now - connected_ >= kConnectionLife;
  const std::vector<std::byte> packet =
      is_connecting_ ? udp::encode(udp::ConnectRequest{transaction_})
                     : udp::encode(udp::AnnouncePacket{*connection_, transaction_, *request_});
  const runtime::Datagram datagram{*tracker_, packet};
  outside_.network.send(*socket_, std::span(&datagram, 1));
  timer_.arm(now + kFirstWait * (std::int64_t{1} << attempt_));
}

void UdpAnnounce::on_timer(runtime::Tag) {
  timer_.expired();
  if (++attempt_ >= attempts_) {
    finish(std::unexpected("no answer from " + to_string(*tracker_)));
    return;
  }
  send();
}

void UdpAnnounce::on_datagrams(runtime::DatagramSocketId socket, std::span<const runtime::Datagram> batch) {
  for (const runtime::Datagram& datagram : batch) {
    // A second copy of the answer must not answer what was begun upon the first.
    if (socket_ != socket) return;
    receive(datagram);
  }
}

void UdpAnnounce::receive(const runtime::Datagram& datagram) {
  if (datagram.peer != *tracker_) return;
  auto reply = udp::decode_reply(datagram.payload,
                                 tracker_->address.is_v6() ? udp::Family::v6 : udp::Family::v4);
  if (!reply) return;
  if (auto* error = std::get_if<udp::ErrorReply>(&*reply); error != nullptr && error->transaction == transaction_) {
    connection_.reset();
    finish(std::unexpected("the tracker says: " + error->message));
  } else if (auto* connected = std::get_if<udp::ConnectReply>(&*reply);
             connected != nullptr && connected->transaction == transaction_ && is_connecting_) {
    connection_ = connected->connection;
    connected_ = outside_.clock.now();
    attempt_ = 0;
    send();
  } else if (auto* announced = std::get_if<udp::AnnouncedReply>(&*reply);
             announced != nullptr && announced->transaction == transaction_ && !is_connecting_) {
    finish(std::move(announced->reply));
  }
}

}  // namespace swarmlab::client
