// TapTee: two taps as one; the first hears everything first.
#pragma once

#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

class TapTee final : public StreamTap {
 public:
  // Both outlive it.
  TapTee(StreamTap& first, StreamTap& second) : first_(first), second_(second) {}

  void on_connection_opened(const ConnectionInfo& connection, Time at) override {
    first_.on_connection_opened(connection, at);
    second_.on_connection_opened(connection, at);
  }
  void on_written(ConnectionId connection, Direction direction, Time at, Bytes bytes) override {
    first_.on_written(connection, direction, at, bytes);
    second_.on_written(connection, direction, at, bytes);
  }
  void on_written(ConnectionId connection, Direction direction, Time at, const runtime::Slice& slice) override {
    first_.on_written(connection, direction, at, slice);
    second_.on_written(connection, direction, at, slice);
  }
  void on_sent(ConnectionId connection, Direction direction, Time at, std::uint64_t offset) override {
    first_.on_sent(connection, direction, at, offset);
    second_.on_sent(connection, direction, at, offset);
  }
  void on_received(ConnectionId connection, Direction direction, Time at, std::uint64_t offset) override {
    first_.on_received(connection, direction, at, offset);
    second_.on_received(connection, direction, at, offset);
  }
  void on_ended(ConnectionId connection, Direction direction, Time at, StreamEnd how) override {
    first_.on_ended(connection, direction, at, how);
    second_.on_ended(connection, direction, at, how);
  }
  void on_datagram_sent(const TappedDatagram& datagram, Time at) override {
    first_.on_datagram_sent(datagram, at);
    second_.on_datagram_sent(datagram, at);
  }
  void on_datagram_received(const TappedDatagram& datagram, Time at) override {
    first_.on_datagram_received(datagram, at);
    second_.on_datagram_received(datagram, at);
  }

 private:
  StreamTap& first_;
  StreamTap& second_;
};

}  // namespace swarmlab::swarmsim
