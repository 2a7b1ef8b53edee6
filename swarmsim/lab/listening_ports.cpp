#include "swarmsim/lab/listening_ports.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "swarmsim/lab/network_namespace.hpp"

namespace swarmlab::swarmsim {
namespace {

// By sock_diag(7), which looks at listeners alone; nullopt where the kernel has it not, or a container forbids it.
std::optional<bool> diagnosed(std::uint8_t family, std::uint16_t port) {
  struct {
    nlmsghdr header{};
    inet_diag_req_v2 wanted{};
  } request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.wanted.sdiag_family = family;
  request.wanted.sdiag_protocol = IPPROTO_TCP;
  request.wanted.idiag_states = 1 << TCP_LISTEN;
  request.wanted.id.idiag_sport = htons(port);
  const int kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (kernel < 0) return std::nullopt;
  nlmsghdr first{};   // of the answer: a listener, or the end of the list of them
  const bool is_answered = send(kernel, &request, sizeof request, 0) == static_cast<ssize_t>(sizeof request) &&
                           recv(kernel, &first, sizeof first, MSG_DONTWAIT) == static_cast<ssize_t>(sizeof first);
  close(kernel);
  if (!is_answered || (first.nlmsg_type != SOCK_DIAG_BY_FAMILY && first.nlmsg_type != NLMSG_DONE)) return std::nullopt;
  return first.nlmsg_type == SOCK_DIAG_BY_FAMILY;
}

// /proc/net/tcp: walks a table with room for all connections that the machine may have, for milliseconds.
bool is_in_table(const char* table, std::uint16_t port) {
  std::ifstream file(fmt::format("/proc/thread-self/net/{}", table));
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string number, local, remote, state;
    words >> number >> local >> remote >> state;
    const std::size_t colon = local.find(':');
    if (state == "0A" && colon != std::string::npos && local.substr(colon + 1) == fmt::format("{:04X}", port)) return true;
  }
  return false;
}

bool is_listened_at_here(std::uint16_t port) {
  const auto by_family = [port](std::uint8_t family, const char* table) {
    const std::optional<bool> is_known = diagnosed(family, port);
    return is_known ? *is_known : is_in_table(table, port);
  };
  return by_family(AF_INET, "tcp") || by_family(AF_INET6, "tcp6");
}

}  // namespace

bool is_listened_at(int namespace_fd, std::uint16_t port) {
  if (namespace_fd < 0) return is_listened_at_here(port);
  const Inside inside(namespace_fd);
  return inside.is_inside() && is_listened_at_here(port);
}

}  // namespace swarmlab::swarmsim
