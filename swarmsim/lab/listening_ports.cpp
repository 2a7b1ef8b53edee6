#include "swarmsim/lab/listening_ports.hpp"

#include <fmt/format.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "swarmsim/lab/netlink.hpp"
#include "swarmsim/lab/network_namespace.hpp"

namespace swarmlab::swarmsim {
namespace {

// What /proc/net/tcp or tcp6 says.
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
  const auto by_family = [port](netlink::Family family, const char* table) {
    const std::optional<bool> is_known = netlink::has_listener(family, port);
    return is_known ? *is_known : is_in_table(table, port);
  };
  return by_family(netlink::Family::v4, "tcp") || by_family(netlink::Family::v6, "tcp6");
}

}  // namespace

bool is_listened_at(int namespace_fd, std::uint16_t port) {
  if (namespace_fd < 0) return is_listened_at_here(port);
  const Inside inside(namespace_fd);
  return inside.is_inside() && is_listened_at_here(port);
}

}  // namespace swarmlab::swarmsim
