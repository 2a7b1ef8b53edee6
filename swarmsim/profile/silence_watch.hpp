// SilenceWatch: what a client does about requests that a peer never answers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "swarmsim/profile/sample.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

class SilenceWatch {
 public:
  // `silent`: the peer that unchokes, and then says nothing.
  SilenceWatch(HostId client, HostId silent) : client_(client), silent_(silent) {}

  void on_event(const WireEvent& event);

  // From a request to the silent one to the first request of the same block to somebody else.
  const Sample& asked_elsewhere() const { return asked_elsewhere_; }
  // From a request to the silent one to its Cancel, or to the end of the connection.
  const Sample& given_up() const { return given_up_; }
  // How often the silent one was asked, and for how long the oldest request has been waiting, at `now`.
  std::int64_t requests() const { return requests_; }
  Duration longest_wait(Time now) const;
  // From the first request to the silent one to when the client ended the connection; nullopt where it did not.
  const std::optional<Duration>& hung_up() const { return hung_up_; }

 private:
  using Block = std::pair<PieceIndex, BlockBegin>;
  struct Request { Time at{}; bool was_asked_elsewhere = false; };

  HostId client_;
  HostId silent_;
  std::map<Block, Request> open_;      // at the silent one
  Time first_ = kNever;
  std::int64_t requests_ = 0;
  Sample asked_elsewhere_;
  Sample given_up_;
  std::optional<Duration> hung_up_;
};

}  // namespace swarmlab::swarmsim
