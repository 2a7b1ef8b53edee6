// What only real sockets have: descriptors that run out, two families of addresses, callers that never read.
#include "runtime/asio/stream.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <functional>
#include <optional>
#include <vector>

#include "runtime/asio/asio_runtime.hpp"

namespace swarmlab::runtime {
namespace {

struct Recorder : StreamHandler, AcceptHandler {
  void on_connected(StreamId stream) override { connected.push_back(stream); }
  void on_readable(StreamId) override {}
  void on_writable(StreamId) override {}
  void on_closed(StreamId, NetworkError why) override { closed = why; }
  void on_accept(ListenerId, StreamId stream, const Endpoint& from) override {
    accepted.push_back(stream);
    last_from = from;
    network->set_handler(stream, *this);
  }
  Network* network = nullptr;
  std::vector<StreamId> connected;
  std::vector<StreamId> accepted;
  std::optional<NetworkError> closed;
  Endpoint last_from;
};

class StreamTest : public testing::Test {
 protected:
  StreamTest() { recorder_.network = &network_; }
  bool run_until(const std::function<bool()>& done) {
    const Time end = runtime_.outside().clock.now() + 20s;
    while (!done() && runtime_.outside().clock.now() < end) runtime_.run_one(100ms);
    return done();
  }

  AsioRuntime runtime_{{.file_threads = 1, .hash_threads = 1, .seed = 1}};
  Network& network_ = runtime_.outside().network;
  Recorder recorder_;
};

TEST_F(StreamTest, SpeaksBothFamiliesOnOnePort) {
  const Endpoint six{*IpAddress::parse("::1"), 0};
  const auto listener = network_.listen(six, recorder_);
  if (!listener) GTEST_SKIP() << "this machine has no IPv6: " << to_string(listener.error());
  const Endpoint at = network_.local_endpoint(*listener);
  // The IPv6 socket leaves the port of the IPv4 family alone.
  EXPECT_TRUE(network_.listen({IpAddress::v4(127, 0, 0, 1), at.port}, recorder_));
  network_.connect(at, std::nullopt, recorder_);
  network_.connect({IpAddress::v4(127, 0, 0, 1), at.port}, std::nullopt, recorder_);
  EXPECT_TRUE(run_until([&] { return recorder_.accepted.size() == 2 && recorder_.connected.size() == 2; }));
}

// The sanitizer looks at memory through pipes of its own.
#ifdef __SANITIZE_ADDRESS__
#define NEEDS_TO_RUN_OUT_OF_DESCRIPTORS() GTEST_SKIP() << "the address sanitizer needs descriptors itself"
#else
#define NEEDS_TO_RUN_OUT_OF_DESCRIPTORS() static_cast<void>(0)
#endif

class FewerDescriptors {
 public:
  FewerDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    none.rlim_cur = 3;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  FewerDescriptors(const FewerDescriptors&) = delete;
  FewerDescriptors& operator=(const FewerDescriptors&) = delete;
  ~FewerDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(StreamTest, NamesThatDescriptorsHaveRunOut) {
  NEEDS_TO_RUN_OUT_OF_DESCRIPTORS();
  const FewerDescriptors few;
  network_.connect({IpAddress::v4(127, 0, 0, 1), 9}, std::nullopt, recorder_);
  EXPECT_FALSE(recorder_.closed) << "never inside connect()";
  EXPECT_TRUE(run_until([&] { return recorder_.closed.has_value(); }));
  EXPECT_EQ(recorder_.closed, NetworkError::too_many_open);
  const auto listener = network_.listen({IpAddress::v4(127, 0, 0, 1), 0}, recorder_);
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error(), NetworkError::too_many_open);
}

TEST_F(StreamTest, AcceptsAgainWhenDescriptorsAreFreeWithoutSpinningMeanwhile) {
  NEEDS_TO_RUN_OUT_OF_DESCRIPTORS();
  const auto listener = network_.listen({IpAddress::v4(127, 0, 0, 1), 0}, recorder_);
  ASSERT_TRUE(listener);
  network_.connect(network_.local_endpoint(*listener), std::nullopt, recorder_);
  int handled = 0;
  {
    const FewerDescriptors few;
    const Time end = runtime_.outside().clock.now() + 250ms;
    for (Time now = runtime_.outside().clock.now(); now < end; now = runtime_.outside().clock.now()) {
      if (runtime_.run_one(end - now)) ++handled;
    }
    EXPECT_TRUE(recorder_.accepted.empty());
    EXPECT_LT(handled, 30);
  }
  EXPECT_TRUE(run_until([&] { return recorder_.accepted.size() == 1; }));
}

}  // namespace
}  // namespace swarmlab::runtime
