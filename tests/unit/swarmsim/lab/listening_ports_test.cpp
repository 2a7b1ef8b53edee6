#include "swarmsim/lab/listening_ports.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace swarmlab::swarmsim {
namespace {

// Bound to a port of the system's choosing, and told apart by what else happens to it.
class BoundSocket {
 public:
  explicit BoundSocket(int family) : socket_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage any{};
    any.ss_family = static_cast<sa_family_t>(family);
    socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    is_bound_ = bind(socket_, reinterpret_cast<sockaddr*>(&any), size) == 0 &&
                getsockname(socket_, reinterpret_cast<sockaddr*>(&any), &size) == 0;
    std::uint16_t port = 0;
    std::memcpy(&port, reinterpret_cast<std::byte*>(&any) + 2, sizeof port);   // in both families it stands there
    port_ = ntohs(port);
  }
  ~BoundSocket() { close(socket_); }
  BoundSocket(const BoundSocket&) = delete;
  BoundSocket& operator=(const BoundSocket&) = delete;

  bool is_bound() const { return is_bound_; }
  std::uint16_t port() const { return port_; }
  void begin_listening() { EXPECT_EQ(::listen(socket_, 1), 0); }

 private:
  int socket_;
  bool is_bound_ = false;
  std::uint16_t port_ = 0;
};

TEST(ListeningPorts, HasWhoListensAndNotWhoIsOnlyBound) {
  BoundSocket bound(AF_INET);
  ASSERT_TRUE(bound.is_bound());
  EXPECT_FALSE(is_listened_at(-1, bound.port()));
  bound.begin_listening();
  EXPECT_TRUE(is_listened_at(-1, bound.port()));
}

TEST(ListeningPorts, ForgetsWhoHasGone) {
  std::uint16_t port = 0;
  {
    BoundSocket bound(AF_INET);
    ASSERT_TRUE(bound.is_bound());
    bound.begin_listening();
    port = bound.port();
  }
  EXPECT_FALSE(is_listened_at(-1, port));
}

TEST(ListeningPorts, HasWhoListensAtAddressesOfVersion6) {
  BoundSocket bound(AF_INET6);
  if (!bound.is_bound()) GTEST_SKIP() << "no IPv6 here";
  bound.begin_listening();
  EXPECT_TRUE(is_listened_at(-1, bound.port()));
}

}  // namespace
}  // namespace swarmlab::swarmsim
