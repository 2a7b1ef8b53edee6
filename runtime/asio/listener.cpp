#include "runtime/asio/listener.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <utility>

#include "runtime/asio/socket.hpp"

namespace swarmlab::runtime {
namespace {

constexpr int kBacklog = 1024;
// Streams that are open get their turn in between.
constexpr int kAcceptsPerRound = 64;
// Out of descriptors: the queue of the kernel keeps the callers until some are free again.
constexpr Duration kPause = 100ms;

}  // namespace

std::expected<std::unique_ptr<Listener>, NetworkError> Listener::open(ListenerHome& home, ListenerId id,
                                                                      const Endpoint& at,
                                                                      AcceptHandler& handler) {
  auto socket = open_socket(at.address, SOCK_STREAM);
  if (!socket) return std::unexpected(socket.error());
  // A program that is started again must not wait until its old connections have timed out.
  set_option(socket->number(), SOL_SOCKET, SO_REUSEADDR, 1);
  const SocketAddress address(at);
  if (::bind(socket->number(), address.get(), address.length) != 0 ||
      ::listen(socket->number(), kBacklog) != 0) {
    return std::unexpected(network_error_of(errno));
  }
  auto listener = std::make_unique<Listener>(home, id, std::move(*socket), handler);
  if (!home.loop().watch(listener->socket_.number(), EPOLLIN, *listener)) {
    return std::unexpected(NetworkError::too_many_open);
  }
  return listener;
}

Listener::Listener(ListenerHome& home, ListenerId id, Descriptor socket, AcceptHandler& handler)
    : home_(home), id_(id), socket_(std::move(socket)), handler_(handler),
      local_(bound_to(socket_.number())), resume_(home.loop(), [this] {
        if (socket_.is_open()) home_.loop().watch_again(socket_.number(), EPOLLIN, *this);
      }) {}

Listener::~Listener() { close(); }

void Listener::close() {
  if (!socket_.is_open()) return;
  home_.loop().unwatch(socket_.number(), *this);
  socket_.close();
}

void Listener::pause() {
  home_.loop().watch_again(socket_.number(), 0, *this);
  resume_.set(home_.loop().now() + kPause);
}

void Listener::on_events(std::uint32_t) {
  for (int i = 0; i < kAcceptsPerRound && socket_.is_open(); ++i) {
    SocketAddress from;
    Descriptor accepted(
        ::accept4(socket_.number(), from.get(), &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted.is_open()) {
      home_.accepted(*this, std::move(accepted), from.endpoint());
      continue;
    }
    if (errno == EAGAIN) return;
    if (network_error_of(errno) == NetworkError::too_many_open) return pause();
    // Otherwise the caller has gone again: the next one.
  }
}

}  // namespace swarmlab::runtime
