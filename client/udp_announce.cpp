#include "client/udp_announce.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "protocol/assert.hpp"

namespace swarmlab::client {
namespace udp = protocol::udp;

UdpAnnounce::UdpAnnounce(const runtime::Outside& outside, const protocol::Url& url,
                         std::optional<IpAddress> from, int attempts, Reach reach)
    : outside_(outside), url_(url), from_(from), attempts_(attempts), reach_(reach),
      timer_(outside.timers, *this) {}

UdpAnnounce::~UdpAnnounce() { cancel(); }

void UdpAnnounce::begin(const protocol::AnnounceRequest& request, AnnounceHandler& handler) {
  SWARM_ASSERT(std::holds_alternative<std::monostate>(task_));
  task_ = Announcing{request, &handler};
  begin();
}

void UdpAnnounce::scrape(const InfoHashV1& info_hash, ScrapeHandler& handler) {
  SWARM_ASSERT(std::holds_alternative<std::monostate>(task_));
  task_ = Scraping{info_hash, &handler};
  begin();
}

void UdpAnnounce::begin() {
  attempt_ = 0;
  // Names are resolved each time: a tracker may have moved.
  outside_.network.resolve(url_.host, *this, 0);
}

void UdpAnnounce::cancel() {
  outside_.network.forget(*this);
  timer_.disarm();
  if (socket_) outside_.network.close(*std::exchange(socket_, std::nullopt));
  task_ = std::monostate{};
}

void UdpAnnounce::fail(std::string reason) {
  const auto task = task_;
  cancel();
  if (const auto* announcing = std::get_if<Announcing>(&task)) announcing->handler->on_announced(std::unexpected(std::move(reason)));
  if (const auto* scraping = std::get_if<Scraping>(&task)) scraping->handler->on_scraped(std::unexpected(std::move(reason)));
}

void UdpAnnounce::on_resolved(runtime::Tag,
                              std::expected<std::span<const IpAddress>, runtime::NetworkError> addresses) {
  if (!addresses) {
    fail("cannot find " + url_.host + ": " + std::string(to_string(addresses.error())));
    return;
  }
  // Of several addresses one of the family that we announce from: a tracker listens where it was meant to be asked.
  const auto fitting = std::ranges::find_if(
      *addresses, [&](const IpAddress& address) { return from_ && address.is_v6() == from_->is_v6(); });
  if (fitting == addresses->end() && reach_ == Reach::own_family) {
    fail(std::string(kNoAddressInFamily));
    return;
  }
  const Endpoint found{fitting != addresses->end() ? *fitting : addresses->front(), url_.port};
  if (tracker_ != found) connection_.reset();
  tracker_ = found;
  static constexpr std::array<std::uint8_t, 16> kAnyV6{};
  const bool from_fits = from_ && from_->is_v6() == found.address.is_v6();
  const IpAddress any = found.address.is_v6() ? IpAddress::v6(kAnyV6) : IpAddress();
  const auto socket = outside_.network.open_datagrams(Endpoint{from_fits ? *from_ : any, 0}, *this);
  if (!socket) {
    fail("cannot open a UDP socket: " + std::string(to_string(socket.error())));
    return;
  }
  socket_ = *socket;
  send();
}

void UdpAnnounce::send() {
  const Time now = outside_.clock.now();
  transaction_ = udp::TransactionId(static_cast<std::uint32_t>(outside_.random.next()));
  is_connecting_ = !connection_ || now - connected_ >= kConnectionLife;
  const bool is_announce = std::holds_alternative<Announcing>(task_);
  const std::vector<std::byte> packet =
      is_connecting_ ? udp::encode(udp::ConnectRequest{transaction_})
      : is_announce  ? udp::encode(udp::AnnouncePacket{*connection_, transaction_, std::get<Announcing>(task_).request})
                     : udp::encode(udp::ScrapePacket{*connection_, transaction_, {{std::get<Scraping>(task_).info_hash}}});
  const runtime::Datagram datagram{*tracker_, packet};
  outside_.network.send(*socket_, std::span(&datagram, 1));
  timer_.arm(now + kFirstWait * (std::int64_t{1} << attempt_));
}

void UdpAnnounce::on_timer(runtime::Tag) {
  timer_.expired();
  if (++attempt_ >= attempts_) {
    fail("no answer from " + to_string(*tracker_));
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
    fail("the tracker says: " + error->message);
  } else if (auto* connected = std::get_if<udp::ConnectReply>(&*reply);
             connected != nullptr && connected->transaction == transaction_ && is_connecting_) {
    connection_ = connected->connection;
    connected_ = outside_.clock.now();
    attempt_ = 0;
    send();
  } else if (auto* announced = std::get_if<udp::AnnouncedReply>(&*reply);
             announced != nullptr && announced->transaction == transaction_ && !is_connecting_) {
    const auto task = task_;
    cancel();
    if (const auto* announcing = std::get_if<Announcing>(&task)) announcing->handler->on_announced(std::move(announced->reply));
  } else if (auto* scraped = std::get_if<udp::ScrapedReply>(&*reply);
             scraped != nullptr && scraped->transaction == transaction_ && !is_connecting_ && !scraped->entries.empty()) {
    const auto task = task_;
    cancel();
    if (const auto* scraping = std::get_if<Scraping>(&task)) scraping->handler->on_scraped(scraped->entries.front());
  }
}

}  // namespace swarmlab::client
