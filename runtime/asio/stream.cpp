#include "runtime/asio/stream.hpp"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "protocol/assert.hpp"
#include "runtime/asio/socket.hpp"

namespace swarmlab::runtime {
namespace {

constexpr std::uint32_t kEvents = static_cast<std::uint32_t>(EPOLLIN) | static_cast<std::uint32_t>(EPOLLOUT) |
                                  static_cast<std::uint32_t>(EPOLLRDHUP) | static_cast<std::uint32_t>(EPOLLET);
constexpr std::size_t kGatheredParts = 64;
// How much of the queue one sendmsg() offers: enough for the kernel to fill up to its mark.
constexpr std::size_t kLeastGathered = std::size_t{64} << 10;
constexpr std::size_t kMostGathered = std::size_t{512} << 10;

int pending_error(int socket) {
  int error = 0;
  socklen_t length = sizeof(error);
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

}  // namespace

Stream::Stream(StreamHome& home, StreamId id, const Endpoint& to, std::optional<IpAddress> from,
               StreamHandler& handler)
    : home_(home), id_(id), handler_(&handler), peer_(to) {
  connect(to, from);
}

Stream::Stream(StreamHome& home, StreamId id, Descriptor socket, const Endpoint& peer)
    : home_(home), id_(id), socket_(std::move(socket)), peer_(peer),
      local_(bound_to(socket_.number())), state_(State::open) {
  set_up();
  if (!home_.loop().watch(socket_.number(), kEvents, *this)) fail(NetworkError::too_many_open);
}

Stream::~Stream() { release(); }

void Stream::release() {
  if (!socket_.is_open()) return;
  home_.loop().unwatch(socket_.number(), *this);
  socket_.close();
}

void Stream::connect(const Endpoint& to, std::optional<IpAddress> from) {
  auto socket = open_socket(to.address, SOCK_STREAM);
  if (!socket) return fail(socket.error());
  socket_ = std::move(*socket);
  set_up();
  if (from) {
    // The port is chosen at connect(), among those not yet used towards this very destination.
    set_option(socket_.number(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    const SocketAddress local(Endpoint{*from, 0});
    if (::bind(socket_.number(), local.get(), local.length) != 0) return fail(network_error_of(errno));
  }
  const SocketAddress remote(to);
  int result = 0;
  do {
    result = ::connect(socket_.number(), remote.get(), remote.length);
  } while (result != 0 && errno == EINTR);
  if (result != 0 && errno != EINPROGRESS) return fail(network_error_of(errno));
  // Registered only now: before connect() the kernel would report a hang-up.
  if (!home_.loop().watch(socket_.number(), kEvents, *this)) fail(NetworkError::too_many_open);
}

void Stream::set_up() {
  set_option(socket_.number(), IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket_.number(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<int>(mark_));
}

void Stream::attend() { home_.wants_attention(*this); }

void Stream::fail(NetworkError why) {
  failure_ = why;
  release();
  queue_.clear();
  kernel_bound_ = 0;
  if (is_lingering()) {
    home_.gone(*this);
  } else {
    state_ = State::failed;
    attend();
  }
}

void Stream::set_handler(StreamHandler& handler) {
  SWARM_ASSERT(!is_lingering());
  handler_ = &handler;
}

ReadResult Stream::read(std::size_t max) {
  SWARM_ASSERT(max > 0 && !is_lingering());
  if (end_read_) return {ReadResult::State::end_of_stream, {}};
  while (state_ == State::open && readable_) {
    const MutableBytes room = home_.read_buffer().room(max);
    const ssize_t got = ::recv(socket_.number(), room.data(), room.size(), 0);
    if (got > 0) {
      const auto length = static_cast<std::size_t>(got);
      readable_ = length == room.size() || end_seen_;
      return {ReadResult::State::data, home_.read_buffer().take(length)};
    }
    if (got == 0) {
      // A send took the error from the kernel; this is no orderly end.
      if (send_failure_) break;
      end_read_ = true;
      return {ReadResult::State::end_of_stream, {}};
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) fail(network_error_of(errno));
    readable_ = false;
  }
  owes_readable_ = true;
  return {ReadResult::State::nothing_yet, {}};
}

void Stream::write(Bytes bytes) {
  SWARM_ASSERT(!wants_shutdown_);
  if (state_ == State::failed) return;
  queue_.push(bytes);
  after_write();
}

void Stream::write(Slice slice, std::shared_ptr<PosixFile> file) {
  SWARM_ASSERT(!wants_shutdown_);
  if (state_ == State::failed) return;
  queue_.push(std::move(slice), std::move(file));
  after_write();
}

void Stream::after_write() {
  if (queue_.bytes() + kernel_bound_ >= mark_) (void)unsent();   // notes that the mark was reached
  // Usually many small writes follow each other, and leave together at the end of the round.
  if (state_ == State::open && queue_.bytes() >= mark_) flush();
  if (state_ != State::failed) attend();
}

std::size_t Stream::unsent_in_kernel() const {
  if (kernel_bound_ == 0 || !socket_.is_open()) return 0;
  int unsent = 0;
  if (::ioctl(socket_.number(), SIOCOUTQNSD, &unsent) != 0 || unsent < 0) unsent = 0;
  kernel_bound_ = static_cast<std::size_t>(unsent);
  return kernel_bound_;
}

ByteCount Stream::unsent() const {
  const std::size_t total = queue_.bytes() + unsent_in_kernel();
  if (total >= mark_) was_above_mark_ = true;
  return ByteCount::from_size(total);
}

void Stream::set_low_water(std::size_t mark) {
  SWARM_ASSERT(mark > 0);
  if (mark == mark_) return;
  mark_ = mark;
  if (state_ == State::failed) return;
  constexpr std::size_t kMost = std::size_t{1} << 30;
  set_option(socket_.number(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<int>(std::min(mark, kMost)));
  (void)unsent();
  kernel_is_full_ = false;
  attend();
}

void Stream::shutdown_write() {
  if (wants_shutdown_) return;
  wants_shutdown_ = true;
  attend();
}

void Stream::close() {
  handler_ = nullptr;
  if (state_ == State::failed || state_ == State::connecting) return home_.gone(*this);
  state_ = State::lingering;
  wants_shutdown_ = true;
  home_.lingers(*this);
  attend();
}

void Stream::reset() {
  handler_ = nullptr;
  if (socket_.is_open()) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    (void)::setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }
  home_.gone(*this);
}

void Stream::give_up() {
  if (queue_.empty()) return home_.gone(*this);
  reset();
}

std::optional<Duration> Stream::round_trip_time() const {
  if (!socket_.is_open()) return std::nullopt;
  tcp_info info{};
  socklen_t length = sizeof(info);
  if (::getsockopt(socket_.number(), IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return std::nullopt;
  if (info.tcpi_rtt == 0) return std::nullopt;
  return std::chrono::microseconds(info.tcpi_rtt);
}

void Stream::on_events(std::uint32_t events) {
  if (state_ == State::connecting) {
    finish_connecting();
    if (handler_ == nullptr) return;       // closed from within
  }
  if (state_ == State::failed) return;
  if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0) end_seen_ = true;
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
  if ((events & EPOLLOUT) != 0) {
    kernel_is_full_ = false;
    attend();
  }
  if (is_lingering()) return attend();
  if (readable_) offer_readable();
  // Only after what came before the error was offered: taking the error also takes it from recv().
  if ((events & EPOLLERR) != 0 && socket_.is_open() && handler_ != nullptr) {
    const int error = pending_error(socket_.number());
    if (error != 0) fail(network_error_of(error));
  }
}

void Stream::offer_readable() {
  if (!owes_readable_ || end_read_ || handler_ == nullptr) return;
  owes_readable_ = false;
  handler_->on_readable(id_);
}

void Stream::finish_connecting() {
  const int error = pending_error(socket_.number());
  if (error != 0) return fail(network_error_of(error));
  state_ = State::open;
  local_ = bound_to(socket_.number());
  handler_->on_connected(id_);
}

void Stream::settle() {
  if (state_ == State::connecting) return;
  if (state_ != State::failed) flush();
  if (is_lingering()) return send_failure_ ? home_.gone(*this) : drain();
  if (send_failure_ && state_ == State::open) {
    // What the other side sent before it went may still wait to be read.
    readable_ = true;
    offer_readable();
    if (handler_ == nullptr) return;
    if (state_ == State::open) fail(*send_failure_);
  }
  if (handler_ == nullptr) return;
  if (state_ == State::failed) {
    StreamHandler* const handler = std::exchange(handler_, nullptr);
    home_.gone(*this);
    handler->on_closed(id_, failure_);
    return;
  }
  if (!was_above_mark_) return;
  if (unsent().size() >= mark_) return wait_below_mark();
  was_above_mark_ = false;
  handler_->on_writable(id_);
}

void Stream::flush() {
  std::vector<Bytes>& parts = home_.gather_list();
  const SendQueue::StartRead start = [this](std::uint64_t sequence, std::shared_ptr<PosixFile> file,
                                            ByteCount offset, ByteCount length) {
    home_.read_file(id_, sequence, std::move(file), offset, length);
  };
  while (!queue_.empty() && !kernel_is_full_) {
    queue_.gather(std::clamp(2 * mark_, kLeastGathered, kMostGathered), home_.read_buffer(), start, parts);
    if (parts.empty()) return;             // until a part of a file was read
    std::array<iovec, kGatheredParts> vector;
    const std::size_t count = std::min(parts.size(), vector.size());
    std::size_t offered = 0;
    for (std::size_t i = 0; i < count; ++i) {
      vector[i] = {const_cast<std::byte*>(parts[i].data()), parts[i].size()};
      offered += parts[i].size();
    }
    msghdr message{};
    message.msg_iov = vector.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(socket_.number(), &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      kernel_is_full_ = true;
      if (errno == EAGAIN) return;
      send_failure_ = network_error_of(errno);
      queue_.clear();
      return attend();
    }
    queue_.sent(static_cast<std::size_t>(sent));
    kernel_bound_ += static_cast<std::size_t>(sent);
    kernel_is_full_ = static_cast<std::size_t>(sent) < offered;
  }
  if (queue_.empty() && wants_shutdown_ && !is_shut_down_) {
    is_shut_down_ = true;
    ::shutdown(socket_.number(), SHUT_WR);
  }
}

void Stream::wait_below_mark() {
  if (!queue_.empty() || kernel_is_full_) return;    // an edge or a file will bring us back
  // All was taken, so the kernel sees no reason to call us; asking again makes it watch its mark.
  kernel_is_full_ = true;
  home_.loop().watch_again(socket_.number(), kEvents, *this);
}

void Stream::file_read(std::uint64_t sequence, FileError error, Slices data) {
  if (state_ == State::failed) return;
  // What was announced cannot be sent: nothing that follows would make sense to the other side.
  if (error != FileError::none) return fail(NetworkError::other);
  queue_.file_read(sequence, std::move(data));
  attend();
}

void Stream::drain() {
  while (readable_ && !end_read_) {
    // MSG_TRUNC: thrown away by the kernel, without a copy.
    const ssize_t got = ::recv(socket_.number(), nullptr, kLingerBytes, MSG_TRUNC);
    if (got == 0) end_read_ = true;
    if (got < 0 && errno == EAGAIN) readable_ = false;
    if (got < 0 && errno != EAGAIN && errno != EINTR) return home_.gone(*this);
    if (got > 0) discarded_ += static_cast<std::size_t>(got);
    if (discarded_ > kLingerBytes) return reset();
  }
  if (end_read_ && is_shut_down_) home_.gone(*this);
}

}  // namespace swarmlab::runtime
