#include "runtime/asio/resolver.hpp"

#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/asio/socket.hpp"

namespace swarmlab::runtime {

struct Resolution final : Job {
  Resolution(Resolver& resolver, ResolveHandler& answer_to, Tag with, std::string_view name)
      : owner(resolver), handler(&answer_to), tag(with), host(name) {}

  void work(std::size_t) override {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const int result = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
      if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
      SocketAddress address;
      std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
      addresses.push_back(address.endpoint().address);
    }
    if (found != nullptr) ::freeaddrinfo(found);
    if (result == EAI_AGAIN) error = NetworkError::timed_out;
    if (result == EAI_SYSTEM || result == EAI_MEMORY) error = NetworkError::other;
  }

  void done() override {
    owner.remove(*this);
    if (handler == nullptr) return;
    if (addresses.empty()) {
      handler->on_resolved(tag, std::unexpected(error));
    } else {
      handler->on_resolved(tag, std::span<const IpAddress>(addresses));
    }
  }

  Resolver& owner;
  ResolveHandler* handler;           // null: forgotten
  const Tag tag;
  const std::string host;
  std::vector<IpAddress> addresses;  // in the system's order of preference
  NetworkError error = NetworkError::name_not_found;
};

Resolver::~Resolver() { loop_.cancel(*this); }

void Resolver::resolve(std::string_view host, ResolveHandler& handler, Tag tag) {
  if (const auto literal = IpAddress::parse(host)) {
    literals_.push_back({&handler, tag, *literal});
    loop_.soon(*this);
    return;
  }
  if (!threads_) threads_.emplace(loop_, ThreadPool::Options{.threads = 2, .queue_bound = 16});
  auto resolution = std::make_unique<Resolution>(*this, handler, tag, host);
  under_way_.push_back(resolution.get());
  threads_->submit(std::move(resolution));
}

void Resolver::forget(ResolveHandler& handler) {
  for (Resolution* resolution : under_way_) {
    if (resolution->handler == &handler) resolution->handler = nullptr;
  }
  for (std::vector<Literal>* list : {&literals_, &delivering_}) {
    for (Literal& literal : *list) {
      if (literal.handler == &handler) literal.handler = nullptr;
    }
  }
}

void Resolver::remove(Resolution& resolution) { std::erase(under_way_, &resolution); }

void Resolver::run_task() {
  delivering_.swap(literals_);
  for (const Literal& literal : delivering_) {
    if (literal.handler == nullptr) continue;
    literal.handler->on_resolved(literal.tag, std::span<const IpAddress>(&literal.address, 1));
  }
  delivering_.clear();
}

}  // namespace swarmlab::runtime
