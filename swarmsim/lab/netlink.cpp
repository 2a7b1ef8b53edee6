#include "swarmsim/lab/netlink.hpp"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/veth.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace swarmlab::swarmsim::netlink {
namespace {

// A request under construction: header, fixed part, attributes, all aligned to 4 octets.
class Request {
 public:
  template <class Fixed>
  Request(std::uint16_t type, std::uint16_t flags, const Fixed& fixed) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    append(&header, sizeof header);
    append(&fixed, sizeof fixed);
  }

  void attribute(std::uint16_t type, const void* value, std::size_t size) {
    rtattr head{};
    head.rta_type = type;
    head.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(size));
    append(&head, sizeof head);
    append(value, size);
  }
  void attribute(std::uint16_t type, std::uint32_t value) { attribute(type, &value, sizeof value); }
  void attribute(std::uint16_t type, const std::string& text) { attribute(type, text.c_str(), text.size() + 1); }

  // Attributes until the matching close() are inside this one.
  std::size_t open(std::uint16_t type) {
    const std::size_t at = bytes_.size();
    attribute(type, nullptr, 0);
    return at;
  }
  template <class Fixed>
  void fixed(const Fixed& value) { append(&value, sizeof value); }
  void close(std::size_t at) {
    const auto length = static_cast<std::uint16_t>(bytes_.size() - at);
    std::memcpy(&bytes_[at], &length, sizeof length);   // rta_len stands first
  }

  // Sends it and waits for whether it was done.
  bool submit() {
    const auto answer = exchange();
    if (!answer) return false;
    nlmsgerr result{};
    if (answer->type() != NLMSG_ERROR || !answer->read(result.error)) result.error = -EPROTO;
    errno = -result.error;
    return result.error == 0;
  }

  // The first message of the answer; empty, with errno, where there is none.
  struct Answer {
    alignas(nlmsghdr) std::array<char, 8192> octets{};
    std::size_t size = 0;

    std::uint16_t type() const {
      nlmsghdr header{};
      if (size < sizeof header) return 0;
      std::memcpy(&header, octets.data(), sizeof header);
      return header.nlmsg_type;
    }
    // What stands behind the header.
    template <class Fixed>
    bool read(Fixed& fixed) const {
      if (size < sizeof(nlmsghdr) + sizeof fixed) return false;
      std::memcpy(&fixed, octets.data() + sizeof(nlmsghdr), sizeof fixed);
      return true;
    }
  };
  std::optional<Answer> exchange(int protocol = NETLINK_ROUTE) {
    const auto length = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &length, sizeof length);   // nlmsg_len stands first
    const int kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (kernel < 0) return std::nullopt;
    Answer answer;
    ssize_t got = send(kernel, bytes_.data(), bytes_.size(), 0);
    if (got >= 0) got = recv(kernel, answer.octets.data(), answer.octets.size(), 0);
    const int error = errno;
    ::close(kernel);
    errno = error;
    if (got < 0) return std::nullopt;
    answer.size = static_cast<std::size_t>(got);
    return answer;
  }

 private:
  void append(const void* data, std::size_t size) {
    if (size > 0) {
      const auto* const from = static_cast<const std::byte*>(data);
      bytes_.insert(bytes_.end(), from, from + size);
    }
    while (bytes_.size() % 4 != 0) bytes_.push_back({});
  }

  std::vector<std::byte> bytes_;
};

// One question to an interface through a socket that is there for that alone.
bool ask(unsigned long question, ifreq& request) {
  const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (any < 0) return false;
  const int result = ioctl(any, question, &request);
  const int error = errno;
  close(any);
  errno = error;
  return result == 0;
}

ifreq about(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  return request;
}

bool add_flags(const std::string& name, int flags) {
  ifreq request = about(name);
  if (!ask(SIOCGIFFLAGS, request)) return false;
  request.ifr_flags = static_cast<short>(request.ifr_flags | flags);
  return ask(SIOCSIFFLAGS, request);
}

}  // namespace

bool add_address(unsigned interface, const IpAddress& address) {
  const auto octets = address.octets();
  ifaddrmsg fixed{};
  fixed.ifa_family = address.is_v6() ? AF_INET6 : AF_INET;
  fixed.ifa_prefixlen = static_cast<std::uint8_t>(octets.size() * 8);
  fixed.ifa_index = interface;
  Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, fixed);
  request.attribute(IFA_LOCAL, octets.data(), octets.size());
  request.attribute(IFA_ADDRESS, octets.data(), octets.size());
  return request.submit();
}

bool set_default_route(unsigned interface, const std::string& congestion_control) {
  rtmsg fixed{};
  fixed.rtm_family = AF_INET;
  fixed.rtm_table = RT_TABLE_MAIN;
  fixed.rtm_protocol = RTPROT_BOOT;
  fixed.rtm_scope = RT_SCOPE_LINK;
  fixed.rtm_type = RTN_UNICAST;
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, fixed);
  request.attribute(RTA_OIF, interface);
  if (!congestion_control.empty()) {
    const std::size_t metrics = request.open(RTA_METRICS);
    request.attribute(RTAX_CC_ALGO, congestion_control);
    request.close(metrics);
  }
  return request.submit();
}

bool add_veth_pair(const std::string& here, const std::string& there, int there_namespace) {
  ifinfomsg fixed{};
  fixed.ifi_family = AF_UNSPEC;
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, fixed);
  request.attribute(IFLA_IFNAME, here);
  const std::size_t info = request.open(IFLA_LINKINFO);
  request.attribute(IFLA_INFO_KIND, std::string("veth"));
  const std::size_t data = request.open(IFLA_INFO_DATA);
  const std::size_t peer = request.open(VETH_INFO_PEER);
  request.fixed(fixed);
  request.attribute(IFLA_IFNAME, there);
  request.attribute(IFLA_NET_NS_FD, static_cast<std::uint32_t>(there_namespace));
  request.close(peer);
  request.close(data);
  request.close(info);
  return request.submit();
}

std::optional<bool> has_listener(Family family, std::uint16_t port) {
  inet_diag_req_v2 wanted{};
  wanted.sdiag_family = family == Family::v4 ? AF_INET : AF_INET6;
  wanted.sdiag_protocol = IPPROTO_TCP;
  wanted.idiag_states = 1 << TCP_LISTEN;
  wanted.id.idiag_sport = htons(port);
  const auto answer = Request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, wanted).exchange(NETLINK_SOCK_DIAG);
  if (!answer || (answer->type() != SOCK_DIAG_BY_FAMILY && answer->type() != NLMSG_DONE)) return std::nullopt;
  return answer->type() == SOCK_DIAG_BY_FAMILY;   // else the list of them ends at once
}

bool bring_up(const std::string& name) { return add_flags(name, IFF_UP); }

bool is_running(const std::string& name) {
  Request request(RTM_GETLINK, 0, ifinfomsg{});
  request.attribute(IFLA_IFNAME, name);
  const auto answer = request.exchange();
  if (!answer || answer->type() != RTM_NEWLINK) return false;
  rtattr head{};
  for (std::size_t at = NLMSG_LENGTH(sizeof(ifinfomsg)); at + sizeof head <= answer->size; at += RTA_ALIGN(head.rta_len)) {
    std::memcpy(&head, answer->octets.data() + at, sizeof head);
    if (head.rta_len < sizeof head) return false;
    if (head.rta_type == IFLA_OPERSTATE && at + RTA_LENGTH(1) <= answer->size) return answer->octets[at + RTA_LENGTH(0)] == IF_OPER_UP;
  }
  return false;
}

bool forgo_arp(const std::string& name) { return add_flags(name, IFF_NOARP); }

bool set_hardware_address(const std::string& name, unsigned char last_octet) {
  ifreq request = about(name);
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  request.ifr_hwaddr.sa_data[0] = 2;   // of local meaning
  request.ifr_hwaddr.sa_data[5] = static_cast<char>(last_octet);
  return ask(SIOCSIFHWADDR, request);
}

bool set_transmit_queue(const std::string& name, int packets) {
  ifreq request = about(name);
  request.ifr_qlen = packets;
  return ask(SIOCSIFTXQLEN, request);
}

}  // namespace swarmlab::swarmsim::netlink
