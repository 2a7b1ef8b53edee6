#include "runtime/asio/datagram_socket.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "runtime/asio/socket.hpp"

namespace swarmlab::runtime {
namespace {

// A tracker's clients come in bursts; the system cuts this to what it allows.
constexpr int kReceiveBuffer = 4 << 20;

}  // namespace

std::expected<std::unique_ptr<DatagramSocket>, NetworkError> DatagramSocket::open(
    EventLoop& loop, DatagramBatch& batch, DatagramSocketId id, const Endpoint& at,
    DatagramHandler& handler) {
  auto socket = open_socket(at.address, SOCK_DGRAM);
  if (!socket) return std::unexpected(socket.error());
  set_option(socket->number(), SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
  const SocketAddress address(at);
  if (::bind(socket->number(), address.get(), address.length) != 0) {
    return std::unexpected(network_error_of(errno));
  }
  auto opened = std::make_unique<DatagramSocket>(loop, batch, id, std::move(*socket), handler);
  if (!loop.watch(opened->socket_.number(), EPOLLIN, *opened)) {
    return std::unexpected(NetworkError::too_many_open);
  }
  return opened;
}

DatagramSocket::DatagramSocket(EventLoop& loop, DatagramBatch& batch, DatagramSocketId id,
                               Descriptor socket, DatagramHandler& handler)
    : loop_(loop), batch_(batch), id_(id), socket_(std::move(socket)), handler_(handler),
      local_(bound_to(socket_.number())) {}

DatagramSocket::~DatagramSocket() { close(); }

void DatagramSocket::close() {
  if (!socket_.is_open()) return;
  loop_.unwatch(socket_.number(), *this);
  socket_.close();
}

void DatagramSocket::on_events(std::uint32_t) {
  std::array<mmsghdr, DatagramBatch::kDatagrams> messages{};
  std::array<iovec, DatagramBatch::kDatagrams> vectors;
  std::array<SocketAddress, DatagramBatch::kDatagrams> from;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    vectors[i] = {batch_.at(i), DatagramBatch::kLongest};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_name = from[i].get();
    messages[i].msg_hdr.msg_namelen = from[i].length;
  }
  const int received =
      ::recvmmsg(socket_.number(), messages.data(), static_cast<unsigned>(messages.size()), 0, nullptr);
  // An error belongs to a datagram sent earlier, and taking it clears it.
  if (received <= 0) return;
  std::array<Datagram, DatagramBatch::kDatagrams> datagrams;
  const auto count = static_cast<std::size_t>(received);
  for (std::size_t i = 0; i < count; ++i) {
    datagrams[i] = {from[i].endpoint(), Bytes(batch_.at(i), messages[i].msg_len)};
  }
  handler_.on_datagrams(id_, std::span<const Datagram>(datagrams.data(), count));
}

void DatagramSocket::send(std::span<const Datagram> batch) {
  constexpr std::size_t kAtOnce = 64;
  std::array<mmsghdr, kAtOnce> messages;
  std::array<iovec, kAtOnce> vectors;
  std::array<SocketAddress, kAtOnce> to;
  while (!batch.empty()) {
    const std::size_t count = std::min(batch.size(), kAtOnce);
    for (std::size_t i = 0; i < count; ++i) {
      to[i] = SocketAddress(batch[i].peer);
      vectors[i] = {const_cast<std::byte*>(batch[i].payload.data()), batch[i].payload.size()};
      messages[i] = {};
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_name = to[i].get();
      messages[i].msg_hdr.msg_namelen = to[i].length;
    }
    const int sent = ::sendmmsg(socket_.number(), messages.data(), static_cast<unsigned>(count), 0);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    // An error is that of the first one: too long, or nowhere to go.  The others are not to suffer for it.
    batch = batch.subspan(sent > 0 ? static_cast<std::size_t>(sent) : 1);
  }
}

}  // namespace swarmlab::runtime
