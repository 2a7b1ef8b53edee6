#include "tests/lab/hosts.hpp"

#include <arpa/inet.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace swarmlab::swarmsim::lab_test {
namespace {

constexpr std::size_t kIpHeader = 20;

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(errno));
  std::fflush(nullptr);
  _exit(1);
}

sockaddr_in to_sockaddr(const Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  std::memcpy(&address.sin_addr, endpoint.address.octets().data(), 4);
  return address;
}

Endpoint from_sockaddr(const sockaddr_in& address) {
  std::array<std::uint8_t, 4> octets{};
  std::memcpy(octets.data(), &address.sin_addr, 4);
  return {IpAddress::v4(octets), ntohs(address.sin_port)};
}

Socket open_at(const LabNetwork& network, HostId host, int kind, int protocol, Duration patience) {
  const Inside inside(network.namespace_of(host));
  if (!inside.is_inside()) give_up("setns");
  const int descriptor = socket(AF_INET, kind | SOCK_CLOEXEC, protocol);
  if (descriptor < 0) give_up("socket");
  const timeval limit{.tv_sec = patience / 1s, .tv_usec = patience % 1s / 1us};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return Socket(descriptor);
}

void bind_to(const Socket& socket, const Endpoint& endpoint) {
  const sockaddr_in address = to_sockaddr(endpoint);
  if (bind(*socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) give_up("bind");
}

struct Unwatched final : PacketWatcher {
  void on_entered(HostId, Time, Bytes) override {}
  void on_delivered(HostId, Time, Bytes) override {}
};

double since(std::int64_t begin) { return static_cast<double>(monotonic_now() - begin) / 1e6; }

}  // namespace

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::unique_ptr<LabNetwork> network_of(const std::vector<LinkSpec>& links, PortKind port, std::uint64_t seed) {
  LabNetworkOptions options;
  options.port = port;
  options.seed = seed;
  for (std::uint32_t i = 0; i < links.size(); ++i)
    options.hosts.push_back({.name = "h" + std::to_string(i), .address = address_of(HostId(i)), .link = links[i]});
  return started(std::move(options));
}

std::unique_ptr<LabNetwork> started(LabNetworkOptions options) {
  auto network = LabNetwork::create(std::move(options));
  if (!network) {
    std::fprintf(stderr, "no lab network: %s. %s\n", network.error().reason.c_str(), network.error().remedy.c_str());
    _exit(1);
  }
  (*network)->start();
  return std::move(*network);
}

IpAddress address_of(HostId host) { return IpAddress::v4(10, 77, 0, static_cast<std::uint8_t>(host.value() + 1)); }

Socket udp_at(const LabNetwork& network, HostId host, std::uint16_t port, Duration patience) {
  Socket made = open_at(network, host, SOCK_DGRAM, 0, patience);
  bind_to(made, {address_of(host), port});
  return made;
}

Socket tcp_at(const LabNetwork& network, HostId host, Duration patience) {
  return open_at(network, host, SOCK_STREAM, 0, patience);
}

Socket listen_at(const LabNetwork& network, HostId host, std::uint16_t port) {
  Socket made = open_at(network, host, SOCK_STREAM, 0, 5s);
  bind_to(made, {address_of(host), port});
  if (listen(*made, 64) != 0) give_up("listen");
  return made;
}

Socket accept_from(const Socket& listener) {
  const int accepted = accept4(*listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (accepted < 0) give_up("accept");
  const timeval limit{.tv_sec = 5, .tv_usec = 0};
  setsockopt(accepted, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return Socket(accepted);
}

bool connect_to(const Socket& socket, const Endpoint& to) {
  const sockaddr_in address = to_sockaddr(to);
  return connect(*socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool send_to(const Socket& socket, const Endpoint& to, std::string_view text) {
  const sockaddr_in address = to_sockaddr(to);
  return sendto(*socket, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&address), sizeof address) >= 0;
}

std::optional<Datagram> receive(const Socket& socket) {
  std::array<char, 65'536> text;
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const ssize_t got = recvfrom(*socket, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
  if (got < 0) return std::nullopt;
  return Datagram{std::string(text.data(), static_cast<std::size_t>(got)), from_sockaddr(from)};
}

std::uint16_t port_of(const Socket& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(*socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

void wait(Duration time) { std::this_thread::sleep_for(time); }

Milliseconds udp_round_trips(const LabNetwork& network, HostId from, HostId to, int count, Duration every) {
  const Socket asks = udp_at(network, from);
  const Socket answers = udp_at(network, to, 7);
  std::atomic<bool> is_over{false};
  std::thread echo([&] {
    while (!is_over) {
      const auto asked = receive(answers);
      if (asked) send_to(answers, asked->from, asked->text);
    }
  });
  // A thread of its own takes the answers, so that one that is lost holds up nothing.
  Milliseconds times;
  std::vector<std::int64_t> sent(static_cast<std::size_t>(count));
  std::thread reader([&] {
    while (const auto answer = receive(asks)) {
      const auto number = static_cast<std::size_t>(std::stoi(answer->text));
      times.push_back(since(sent[number]));
    }
  });
  for (std::size_t i = 0; i < sent.size(); ++i) {
    sent[i] = monotonic_now();
    send_to(asks, {address_of(to), 7}, std::to_string(i));
    wait(every);
  }
  reader.join();
  is_over = true;
  echo.join();
  return times;
}

Milliseconds ping_round_trips(const LabNetwork& network, HostId from, HostId to, int count, Duration every) {
  const Socket socket = open_at(network, from, SOCK_RAW, IPPROTO_ICMP, 1s);
  Milliseconds times;
  for (int i = 0; i < count; ++i) {
    icmphdr request{};
    request.type = ICMP_ECHO;
    request.un.echo.id = htons(77);
    request.un.echo.sequence = htons(static_cast<std::uint16_t>(i));
    std::array<std::uint16_t, sizeof request / 2> words;
    std::memcpy(words.data(), &request, sizeof request);
    std::uint32_t sum = 0;
    for (const std::uint16_t word : words) sum += word;
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    request.checksum = static_cast<std::uint16_t>(~sum);
    const std::int64_t begin = monotonic_now();
    if (!send_to(socket, {address_of(to), 0}, {reinterpret_cast<const char*>(&request), sizeof request})) give_up("ping");
    // Also hears answers that came too late for their own question.
    const auto is_the_answer = [&](const Datagram& heard) {
      icmphdr header;
      if (heard.text.size() < kIpHeader + sizeof header) return false;
      std::memcpy(&header, heard.text.data() + kIpHeader, sizeof header);
      return header.type == ICMP_ECHOREPLY && header.un.echo.sequence == request.un.echo.sequence;
    };
    auto heard = receive(socket);
    while (heard && !is_the_answer(*heard)) heard = receive(socket);
    if (heard) times.push_back(since(begin));
    wait(every);
  }
  return times;
}

double share_lost(const LabNetwork& network, HostId from, HostId to, int count, Duration every) {
  const Socket sends = udp_at(network, from);
  const Socket takes = udp_at(network, to, 9, 1s);
  int arrived = 0;
  std::thread reader([&] {
    while (receive(takes)) ++arrived;
  });
  for (int i = 0; i < count; ++i) {
    send_to(sends, {address_of(to), 9}, "datagram");
    wait(every);
  }
  reader.join();
  return 1.0 - static_cast<double>(arrived) / count;
}

std::vector<double> tcp_megabits(LabNetwork& network, const std::vector<Pair>& pairs, Duration warm_up, Duration measured,
                                 PacketWatcher* watcher) {
  Unwatched nobody;
  std::atomic<std::size_t> at_work{pairs.size()};
  std::vector<double> rates(pairs.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto port = static_cast<std::uint16_t>(9000 + i);
      const Socket listener = listen_at(network, pairs[i].to, port);
      const Socket dialler = tcp_at(network, pairs[i].from, warm_up + measured + 10s);
      if (!connect_to(dialler, {address_of(pairs[i].to), port})) give_up("connect");
      std::thread sender([&] {
        const std::vector<char> block(64 << 10, 'x');
        while (send(*dialler, block.data(), block.size(), MSG_NOSIGNAL) > 0) {}
      });
      {
        const Socket accepted = accept_from(listener);
        std::vector<char> buffer(256 << 10);
        const auto until = [&](std::int64_t end) {
          std::int64_t bytes = 0;
          while (monotonic_now() < end) {
            const ssize_t got = recv(*accepted, buffer.data(), buffer.size(), 0);
            if (got <= 0) break;
            bytes += got;
          }
          return bytes;
        };
        until(monotonic_now() + warm_up.count());
        const std::int64_t begin = monotonic_now();
        const std::int64_t bytes = until(begin + measured.count());
        rates[i] = static_cast<double>(bytes) * 8 / (since(begin) * 1e3);
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        setsockopt(*accepted, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      }
      sender.join();
      --at_work;
    });
  }
  while (at_work > 0) {
    network.drain(watcher == nullptr ? nobody : *watcher);
    wait(1ms);
  }
  for (std::thread& thread : threads) thread.join();
  return rates;
}

double quantile(Milliseconds values, double share) {
  if (values.empty()) return -1;
  std::ranges::sort(values);
  const auto at = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(at, 1, values.size()) - 1];
}

}  // namespace swarmlab::swarmsim::lab_test
