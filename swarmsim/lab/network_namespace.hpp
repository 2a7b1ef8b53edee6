// NetworkNamespace: a network stack of its own, held by a descriptor and by nothing else.
//
// A namespace belongs to a thread: sockets that a thread opens while it is inside stay there, as do processes that it starts.
// The namespace lasts as long as this object or a process in it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "swarmsim/lab/lab_unavailable.hpp"

namespace swarmlab::swarmsim {

class NetworkNamespace {
 public:
  // A new one; the calling thread stays where it is.
  static std::expected<NetworkNamespace, LabUnavailable> create();
  // The one in which the calling thread is.
  static std::expected<NetworkNamespace, LabUnavailable> current();

  NetworkNamespace(const NetworkNamespace&) = delete;
  NetworkNamespace& operator=(const NetworkNamespace&) = delete;
  NetworkNamespace(NetworkNamespace&& other) noexcept;
  NetworkNamespace& operator=(NetworkNamespace&& other) noexcept;
  ~NetworkNamespace();

  // For setns() in a process to be; closed on exec.
  int descriptor() const { return descriptor_; }

 private:
  explicit NetworkNamespace(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

// The calling thread is inside while this lives, and back where it was afterwards.
class Inside {
 public:
  explicit Inside(const NetworkNamespace& there) : Inside(there.descriptor()) {}
  explicit Inside(int descriptor);   // of a namespace
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  bool is_inside() const { return is_inside_; }   // false: errno says why

 private:
  int home_ = -1;
  bool is_inside_ = false;
};

// Kills every process in it that can be seen in /proc and is not this one, as often as it takes.  Visitors came in from outside of this
// space of processes, where their session began: a person's shell.
enum class Sparing : std::uint8_t { nobody, visitors };
void end_processes_in(const NetworkNamespace& there, Sparing sparing);

// Sets one of the calling thread's namespace's variables: "net/ipv4/tcp_rmem".  False leaves the reason in errno.
bool set_network_variable(const std::string& name, std::string_view value);

}  // namespace swarmlab::swarmsim
