// RawPeer: a peer without engine, which says what it likes: dials, accepts, writes bytes, stays silent.
//
// It dials its victims in turn, one at each `every` (a parameter that every script has), holds a connection for
// `hold` at most, and treats in the same way who dials it.  What is said, and when reading stops, is the script's.  Only over
// runtime::Network, so the same script runs in virtual time and on real sockets.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "protocol/ids.hpp"
#include "runtime/clock.hpp"
#include "runtime/network.hpp"
#include "runtime/timers.hpp"
#include "swarmsim/peers/parcel.hpp"
#include "swarmsim/peers/role.hpp"

namespace swarmlab::swarmsim {

// Where a raw peer stands.  What is referred to outlives it.
struct RawPeerPlace {
  runtime::Network& network;
  const runtime::Clock& clock;
  runtime::Timers& timers;
  std::optional<Endpoint> listen;
  std::vector<Endpoint> victims;
  InfoHashV1 info_hash;
  std::vector<Endpoint> others = {};      // other raw peers
};

class RawPeer : private runtime::StreamHandler, private runtime::AcceptHandler, private runtime::TimerHandler {
 public:
  RawPeer(Role& role, RawPeerPlace place);
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;
  // Resets what is open.
  virtual ~RawPeer();

  // Listens and begins to dial; the endpoint at which it listens, where it does.
  std::expected<std::optional<Endpoint>, runtime::NetworkError> start();

 protected:
  struct Conversation {
    runtime::StreamId stream;
    Time until = kNever;                    // when this side gives up
    bool is_deaf = false;                   // reads no more
    std::vector<std::byte> drops;           // still to be written, a byte at a time
    Follower heard;                         // for scripts that listen
  };

  // The connection is open: say the first words.
  virtual void greet(Conversation& with) = 0;
  virtual void hear(Conversation&, Bytes) {}

  void say(Conversation& with, Bytes bytes) { place_.network.write(with.stream, bytes); }
  Role& role() { return role_; }
  const RawPeerPlace& place() const { return place_; }

 private:
  void on_connected(runtime::StreamId stream) override;
  void on_readable(runtime::StreamId stream) override;
  void on_writable(runtime::StreamId) override {}
  void on_closed(runtime::StreamId stream, runtime::NetworkError why) override;
  void on_accept(runtime::ListenerId listener, runtime::StreamId stream, const Endpoint& from) override;
  void on_timer(runtime::Tag tag) override;
  void dial_next();
  void begin(runtime::StreamId stream);
  void end(runtime::StreamId stream);
  void arm();

  Role& role_;
  RawPeerPlace place_;
  runtime::Timer timer_;
  std::optional<runtime::ListenerId> listener_;
  Time next_dial_ = kNever;
  std::size_t next_victim_ = 0;
  std::map<runtime::StreamId, Conversation> open_;
};

using MakeRawPeer = std::unique_ptr<RawPeer> (*)(Role& role, RawPeerPlace place);

}  // namespace swarmlab::swarmsim
