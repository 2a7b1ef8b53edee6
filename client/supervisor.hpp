// Supervisor: whether a torrent that failed is begun again, and when.
//
// After Erlang/OTP's supervisors: a fault is contained in the torrent it occurred in, which is thrown away and made anew from
// what it was added with (its files are checked again, so a fault that spoilt memory cannot reach the disk's truth).  Rules:
//  - `never`: it stays failed until somebody says `start`.
//  - `one_for_one`: it alone is begun again after `pause`.  Rationale: a disk that was full or unplugged for a moment heals
//    by itself, and the other torrents have nothing to do with it.
//  - at most `max_restarts` within `within`; after that it stays failed.  Rationale: what fails at once each time needs a
//    person, and checking the files over and over costs a disk more than it brings.
// A pure policy: time comes in as a parameter.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "client/settings.hpp"

namespace swarmlab::client {

class Supervisor {
 public:
  explicit Supervisor(const RestartPolicy& policy) : policy_(policy) {}

  // The torrent has failed: when it is to be begun again; nullopt when it stays as it is.
  std::optional<Time> failed(Time now) {
    if (policy_.strategy == RestartStrategy::never) return std::nullopt;
    while (!restarts_.empty() && now - restarts_.front() >= policy_.within) restarts_.pop_front();
    if (restarts_.size() >= policy_.max_restarts) return std::nullopt;
    restarts_.push_back(now);
    ++total_;
    return now + policy_.pause;
  }
  // Within the time that counts, as of the last failure.
  std::uint32_t recent() const { return static_cast<std::uint32_t>(restarts_.size()); }
  std::uint32_t total() const { return total_; }

 private:
  RestartPolicy policy_;
  std::deque<Time> restarts_;           // at most max_restarts
  std::uint32_t total_ = 0;
};

}  // namespace swarmlab::client
