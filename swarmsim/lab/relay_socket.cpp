#include "swarmsim/lab/relay_socket.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "protocol/compact_peers.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr int kReceiveBuffer = 16 * 1024;
// As on a wire: loopback's segments of 64 KiB would let a sender's buffer grow to megabytes at once.
constexpr int kSegment = 1448;
constexpr int kBacklog = 256;
constexpr std::int64_t kUsualSendBuffer = 4 << 20;   // where the kernel does not say

sockaddr_in to_system(const Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  std::memcpy(&address.sin_addr, endpoint.address.octets().data(), sizeof address.sin_addr);
  return address;
}

IpAddress from_system(const in_addr& address) {
  std::array<std::uint8_t, 4> octets{};
  std::memcpy(octets.data(), &address, octets.size());
  return IpAddress::v4(octets);
}

Endpoint from_system(const sockaddr_in& address) { return {from_system(address.sin_addr), ntohs(address.sin_port)}; }

void set(int socket, int level, int option, int value) { setsockopt(socket, level, option, &value, sizeof value); }

int open_socket(int type) { return socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

int closed(int socket) {
  const int error = errno;
  close(socket);
  errno = error;
  return -1;
}

bool bind_to(int socket, const Endpoint& endpoint) {
  const sockaddr_in address = to_system(endpoint);
  return bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool connect_to(int socket, const Endpoint& endpoint) {
  const sockaddr_in address = to_system(endpoint);
  return connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EINPROGRESS;
}

void make_stream(int socket) {
  set(socket, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
  set(socket, IPPROTO_TCP, TCP_MAXSEG, kSegment);
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
}

// A socket of all addresses hears other machines, too, unless it is tied to the interface.
bool stay_at_home(int socket) { return setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == 0; }

template <int (*Get)(int, sockaddr*, socklen_t*)>
Endpoint end_of(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  Get(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return from_system(address);
}

}  // namespace

int listen_on_loopback(std::uint16_t port) {
  const int socket = open_socket(SOCK_STREAM);
  if (socket < 0) return -1;
  make_stream(socket);
  if (!stay_at_home(socket) || !bind_to(socket, {IpAddress(), port}) || listen(socket, kBacklog) != 0) return closed(socket);
  return socket;
}

int accept_one(int listener) { return accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); }

Endpoint local_end(int socket) { return end_of<getsockname>(socket); }
Endpoint remote_end(int socket) { return end_of<getpeername>(socket); }

int begin_dialling(const IpAddress& from, const Endpoint& to) {
  const int socket = open_socket(SOCK_STREAM);
  if (socket < 0) return -1;
  make_stream(socket);
  set(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  if (!bind_to(socket, {from, 0}) || !connect_to(socket, to)) return closed(socket);
  return socket;
}

bool has_connected(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

ByteCount most_unread() {
  std::ifstream file("/proc/sys/net/ipv4/tcp_wmem");   // at least, at first, at most
  std::int64_t least = 0;
  std::int64_t usual = 0;
  std::int64_t most = 0;
  const bool is_known = static_cast<bool>(file >> least >> usual >> most);
  return ByteCount(is_known ? most : kUsualSendBuffer) + ByteCount(2 * kReceiveBuffer);
}

void acknowledge_now(int socket) { set(socket, IPPROTO_TCP, TCP_QUICKACK, 1); }

void reset_and_close(int socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(socket);
}

int bind_on_loopback(std::uint16_t port) {
  const int socket = open_socket(SOCK_DGRAM);
  if (socket < 0) return -1;
  set(socket, IPPROTO_IP, IP_PKTINFO, 1);
  if (!stay_at_home(socket) || !bind_to(socket, {IpAddress(), port})) return closed(socket);
  return socket;
}

int bind_between(const IpAddress& from, const Endpoint& to) {
  const int socket = open_socket(SOCK_DGRAM);
  if (socket < 0) return -1;
  set(socket, IPPROTO_IP, IP_PKTINFO, 1);
  if (!bind_to(socket, {from, 0}) || !connect_to(socket, to)) return closed(socket);
  return socket;
}

std::optional<ReceivedDatagram> receive_datagram(int socket, MutableBytes room) {
  sockaddr_in from{};
  iovec part{.iov_base = room.data(), .iov_len = room.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in_pktinfo))];
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t got = recvmsg(socket, &message, 0);
  if (got < 0) return std::nullopt;
  ReceivedDatagram datagram{.bytes = static_cast<std::size_t>(got), .from = from_system(from), .to = {}};
  for (cmsghdr* part_of = CMSG_FIRSTHDR(&message); part_of != nullptr; part_of = CMSG_NXTHDR(&message, part_of)) {
    if (part_of->cmsg_level != IPPROTO_IP || part_of->cmsg_type != IP_PKTINFO) continue;
    in_pktinfo info{};
    std::memcpy(&info, CMSG_DATA(part_of), sizeof info);
    datagram.to = from_system(info.ipi_addr);
  }
  return datagram;
}

void send_datagram(int socket, const IpAddress& from, const Endpoint& to, Bytes bytes) {
  sockaddr_in address = to_system(to);
  iovec part{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in_pktinfo))]{};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = IPPROTO_IP;
  header->cmsg_type = IP_PKTINFO;
  header->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  in_pktinfo info{};
  std::memcpy(&info.ipi_spec_dst, from.octets().data(), sizeof info.ipi_spec_dst);
  std::memcpy(CMSG_DATA(header), &info, sizeof info);
  sendmsg(socket, &message, MSG_NOSIGNAL);
}

}  // namespace swarmlab::swarmsim
