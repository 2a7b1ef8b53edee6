// RunLog: what each client said of itself during a run, as lines of a file.
//
// For people who look for the reason of a verdict; no check reads it.  Verified pieces are left out: they are
// most of what happens and say the least.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "client/events.hpp"
#include "runtime/clock.hpp"

namespace swarmlab::swarmsim {

// The log of one peer, which also tells whoever waits for its completion.
class PeerLog final : public client::SessionEvents {
 public:
  // `out` may be null; it and `clock` outlive the log.
  PeerLog(std::string name, const runtime::Clock& clock, std::ostream* out)
      : name_(std::move(name)), clock_(clock), out_(out) {}

  // Called, within the client's own event, when its torrent is complete: it must not touch the client.
  void when_completed(std::function<void()> then) { when_completed_ = std::move(then); }

  void on_event(client::TorrentId torrent, const client::Event& event) override;
  void say(std::string_view what);
  // Why the torrent stopped by itself; "" where it did not.
  const std::string& storage_failure() const { return storage_failure_; }
  // Invariants of its own that it broke: who, when, where, what.
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  std::string name_;
  const runtime::Clock& clock_;
  std::ostream* out_;
  std::function<void()> when_completed_;
  std::string storage_failure_;
  std::vector<std::string> faults_;
};

}  // namespace swarmlab::swarmsim
