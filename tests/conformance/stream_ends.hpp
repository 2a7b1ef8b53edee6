// The two ends of streams as the suites see them: handlers that write down what happened.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/outside.hpp"
#include "tests/conformance/world.hpp"

namespace swarmlab::conformance {

// Position-dependent bytes, so that a lost, doubled or swapped part shows.
inline std::vector<std::byte> pattern(std::size_t size, std::uint32_t seed = 1) {
  std::vector<std::byte> bytes(size);
  std::uint32_t state = seed * 2654435761U + 1;
  for (std::byte& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<std::byte>(state >> 24);
  }
  return bytes;
}

class StreamEnd : public runtime::StreamHandler {
 public:
  explicit StreamEnd(runtime::Network& owner) : network(owner) {}

  void on_connected(runtime::StreamId stream) override {
    EXPECT_FALSE(is_in_call);
    id = stream;
    connected = true;
  }
  void on_readable(runtime::StreamId stream) override {
    EXPECT_FALSE(is_in_call);
    EXPECT_EQ(stream, id);
    ++readable;
    if (reads_all) read_all();
  }
  void on_writable(runtime::StreamId stream) override {
    EXPECT_FALSE(is_in_call);
    EXPECT_EQ(stream, id);
    ++writable;
    unsent_at_writable = network.unsent(id);
  }
  void on_closed(runtime::StreamId stream, runtime::NetworkError why) override {
    EXPECT_FALSE(is_in_call);
    EXPECT_EQ(stream, id);
    EXPECT_FALSE(closed.has_value());
    closed = why;
  }

  // Reads until there is nothing; says what the last read() said.
  runtime::ReadResult::State read_all(std::size_t max = std::size_t{1} << 20) {
    for (;;) {
      runtime::ReadResult result = network.read(id, max);
      if (result.state != runtime::ReadResult::State::data) {
        ended = ended || result.state == runtime::ReadResult::State::end_of_stream;
        return result.state;
      }
      EXPECT_FALSE(result.slice.empty());
      EXPECT_LE(result.slice.size(), max);
      const Bytes bytes = result.slice.bytes();
      received.insert(received.end(), bytes.begin(), bytes.end());
    }
  }
  void write(std::string_view text) { call([&] { network.write(id, as_bytes(text)); }); }
  void write(const std::vector<std::byte>& bytes) {
    call([&] { network.write(id, runtime::Slice::copy_of(bytes)); });
  }
  template <class Function>
  void call(Function&& function) {
    is_in_call = true;
    function();
    is_in_call = false;
  }
  std::string text() const { return std::string(as_text(received)); }

  runtime::Network& network;
  runtime::StreamId id;
  bool reads_all = true;
  bool connected = false;
  bool ended = false;
  bool is_in_call = false;
  int readable = 0;
  int writable = 0;
  ByteCount unsent_at_writable;
  std::optional<runtime::NetworkError> closed;
  std::vector<std::byte> received;
};

// Takes every stream with a handler given beforehand, or none.
class Acceptor : public runtime::AcceptHandler {
 public:
  explicit Acceptor(runtime::Network& owner) : network(owner) {}
  void on_accept(runtime::ListenerId, runtime::StreamId stream, const Endpoint& from) override {
    ++accepted;
    last_from = from;
    if (next == nullptr) return;
    next->id = stream;
    next->connected = true;
    network.set_handler(stream, *std::exchange(next, nullptr));
  }

  runtime::Network& network;
  StreamEnd* next = nullptr;
  int accepted = 0;
  Endpoint last_from;
};

// A connection from host a to host b.
struct Pair {
  explicit Pair(World& world)
      : a(world.at(Side::a).network), b(world.at(Side::b).network), acceptor(b.network) {
    acceptor.next = &b;
    const auto at = b.network.listen({world.address(Side::b), 0}, acceptor);
    if (!at) {
      ADD_FAILURE() << "cannot listen: " << to_string(at.error());
      return;
    }
    listener = *at;
    a.call([&] {
      a.id = a.network.connect(b.network.local_endpoint(listener), world.address(Side::a), a);
    });
    EXPECT_TRUE(world.run_until([&] { return a.connected && b.connected; }));
  }

  StreamEnd a;
  StreamEnd b;
  Acceptor acceptor;
  runtime::ListenerId listener;
};

}  // namespace swarmlab::conformance
