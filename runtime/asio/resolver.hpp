// Resolver: names to addresses, with the system's resolver on threads of its own, so that a name server
// that does not answer holds up nothing but names.  Literal addresses need no thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/asio/event_loop.hpp"
#include "runtime/asio/thread_pool.hpp"
#include "runtime/network.hpp"

namespace swarmlab::runtime {

struct Resolution;

class Resolver final : private Task {
 public:
  explicit Resolver(EventLoop& loop) : loop_(loop) {}
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  void resolve(std::string_view host, ResolveHandler& handler, Tag tag);
  void forget(ResolveHandler& handler);

 private:
  friend struct Resolution;
  struct Literal { ResolveHandler* handler; Tag tag; IpAddress address; };

  void run_task() override;
  void remove(Resolution& resolution);

  EventLoop& loop_;
  std::vector<Literal> literals_;
  std::vector<Literal> delivering_;
  std::vector<Resolution*> under_way_;
  std::optional<ThreadPool> threads_;      // started by the first name
};

}  // namespace swarmlab::runtime
