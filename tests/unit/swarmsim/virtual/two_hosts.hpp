// What the tests of the virtual network share: a world with a few hosts, and engines that send and read.
//
//   a ---link--- (core) ---link--- b
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "swarmsim/virtual/world.hpp"

namespace swarmlab::swarmsim {

inline IpAddress address_of(int number) {
  return IpAddress::v4(10, 0, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number & 255));
}

// One end of a stream that keeps what it hears of it.
class TestStream final : public runtime::StreamHandler {
 public:
  explicit TestStream(runtime::Outside world) : outside(world) {}

  void dial(const Endpoint& to) { id = outside.network.connect(to, std::nullopt, *this); }
  void adopt(runtime::StreamId stream) {
    id = stream;
    connected_at = outside.clock.now();
    outside.network.set_handler(stream, *this);
    begin();
  }

  void on_connected(runtime::StreamId) override {
    connected_at = outside.clock.now();
    begin();
  }
  void on_readable(runtime::StreamId) override {
    ++readable_calls;
    if (reads) read_all();
  }
  void on_writable(runtime::StreamId) override {
    ++writable_calls;
    fill();
  }
  void on_closed(runtime::StreamId, runtime::NetworkError why) override {
    closed = why;
    closed_at = outside.clock.now();
  }

  // Sends `bytes` of symbolic content, keeping the queue at its low-water mark.
  void send_content(runtime::ContentId what, ByteCount bytes) {
    content = what;
    to_send = bytes;
  }
  void fill() {
    while (sent < to_send && outside.network.unsent(id) < 64_KiB) {
      const ByteCount part = std::min(16_KiB, to_send - sent);
      outside.network.write(id, runtime::Slice::of_content(content, sent, part));
      sent += part;
    }
    if (closes_when_done && sent == to_send) {
      closes_when_done = false;
      outside.network.close(id);
    }
  }
  void read_all() {
    for (;;) {
      const runtime::ReadResult result = outside.network.read(id, 64 << 10);
      if (result.state == runtime::ReadResult::State::end_of_stream) {
        if (!ended_at) ended_at = outside.clock.now();
        return;
      }
      if (result.state == runtime::ReadResult::State::nothing_yet) return;
      received += result.slice.length();
      last_byte_at = outside.clock.now();
      if (keeps) runtime::append(kept, result.slice);
    }
  }

  runtime::Outside outside;
  runtime::StreamId id;
  runtime::ContentId content;
  ByteCount to_send, sent, received;
  bool reads = true, keeps = false, closes_when_done = false;
  runtime::Slices kept;
  int readable_calls = 0, writable_calls = 0;
  std::optional<Time> connected_at, ended_at, closed_at;
  Time last_byte_at{};
  std::optional<runtime::NetworkError> closed;

 private:
  void begin() {
    if (to_send > ByteCount{}) {
      outside.network.set_low_water(id, 64_KiB);
      fill();
    }
  }
};

// Listens, and gives each incoming connection to a TestStream that `prepare` may set up.
class TestListener final : public runtime::AcceptHandler {
 public:
  TestListener(runtime::Outside outside, std::uint16_t port, bool reads = true)
      : outside_(outside), reads_(reads) {
    id = outside.network.listen({IpAddress{}, port}, *this).value();
  }
  void on_accept(runtime::ListenerId, runtime::StreamId stream, const Endpoint& from) override {
    streams.push_back(std::make_unique<TestStream>(outside_));
    streams.back()->reads = reads_;
    streams.back()->keeps = keeps;
    last_from = from;
    streams.back()->adopt(stream);
  }
  runtime::ListenerId id;
  std::vector<std::unique_ptr<TestStream>> streams;
  Endpoint last_from;
  bool keeps = false;

 private:
  runtime::Outside outside_;
  bool reads_;
};

struct TwoHosts {
  explicit TwoHosts(const LinkSpec& link_a = {}, const LinkSpec& link_b = {}, WorldOptions options = {})
      : world(options),
        a(world.add_host({.name = "a", .addresses = {address_of(1)}, .link = link_a, .disk = {}})),
        b(world.add_host({.name = "b", .addresses = {address_of(2)}, .link = link_b, .disk = {}})),
        content(world.add_content("content")) {}
  World world;
  HostId a, b;
  runtime::ContentId content;
  static Endpoint b_at(std::uint16_t port) { return {address_of(2), port}; }
};

inline constexpr std::uint16_t kPort = 6881;

}  // namespace swarmlab::swarmsim
