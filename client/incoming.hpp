// Incoming: connections that others make to us, until we know which torrent they are for.
//
// Reads no more than the handshake (BEP 3), which names the torrent, and hands the stream over with what was read;
// what came behind the handshake in the same segment is part of that (bug B59).  Who names an unknown torrent, sends
// something else, or nothing for Settings::handshake_timeout, is disconnected; who comes when `max_half_open` are waiting already,
// too, so that half-open connections cannot fill our memory (bug B79).
#pragma once

#include <expected>
#include <map>
#include <vector>

#include "client/settings.hpp"
#include "protocol/ids.hpp"
#include "runtime/outside.hpp"

namespace swarmlab::client {

class IncomingOwner {
 public:
  virtual bool knows(const InfoHashV1& info_hash) const = 0;
  // The stream is the owner's from now on; it sets its handler before it returns, or closes it.
  virtual void on_incoming(const InfoHashV1& info_hash, runtime::StreamId stream, const Endpoint& from,
                           Bytes first_bytes) = 0;

 protected:
  ~IncomingOwner() = default;
};

class Incoming final : private runtime::AcceptHandler,
                       private runtime::StreamHandler,
                       private runtime::TimerHandler {
 public:
  Incoming(const runtime::Outside& outside, const Settings& settings, IncomingOwner& owner);
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;
  ~Incoming();

  std::expected<Endpoint, runtime::NetworkError> listen(const Endpoint& at);
  // Accepts nobody any more and drops who waits.
  void close();

 private:
  struct Waiting {
    Endpoint from;
    Time until;
    std::vector<std::byte> received;
  };

  void on_accept(runtime::ListenerId listener, runtime::StreamId stream, const Endpoint& from) override;
  void on_connected(runtime::StreamId) override {}
  void on_readable(runtime::StreamId stream) override;
  void on_writable(runtime::StreamId) override {}
  void on_closed(runtime::StreamId stream, runtime::NetworkError why) override;
  void on_timer(runtime::Tag tag) override;
  void drop(runtime::StreamId stream);

  runtime::Network& network_;
  runtime::Clock& clock_;
  const Settings& settings_;
  IncomingOwner& owner_;
  runtime::Timer timer_;
  std::vector<runtime::ListenerId> listeners_;
  std::map<runtime::StreamId, Waiting> waiting_;
};

}  // namespace swarmlab::client
