// SwarmTally: who is in a swarm, as far as its tracker can know from the announces that reached it.
//
// Each peer is absent, a leecher or a seed; while an announce is not answered yet, or the peer has been silent for
// long, several of these are possible, and so the counts are ranges.  An answer settles what its announce said.  A
// peer is a host with the id it announces; when a host comes back under another id on the same port, the old one may
// or may not still count.
//
// Constant time per announce and answer.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/announce.hpp"
#include "protocol/endpoint.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

class SwarmTally {
 public:
  struct Patience {
    Duration may_forget_after{};          // of silence
    Duration must_forget_after{};
  };
  struct Range {
    std::uint32_t least = 0;
    std::uint32_t most = 0;
    bool has(std::uint64_t n) const { return least <= n && n <= most; }
    std::string text() const;             // "3", "3 or 4", "3 to 7"
  };
  struct Counts { Range seeds, leechers, live; };

  explicit SwarmTally(Patience patience) : patience_(patience) {}

  // An announce reached the tracker.
  void on_announce(HostId peer, const Endpoint& endpoint, const protocol::AnnounceRequest& request, Time at);
  // The tracker answered it, and not with a refusal.
  void on_answer(HostId peer, const PeerId& id, Time at);
  void forget_silent(Time now);

  const Counts& counts() const { return counts_; }
  const Range& completed() const { return completed_; }   // downloads that ended

  // About the announce that is being answered.
  struct Asking {
    Time asked_at{};
    bool has_changed_since = true;        // the answer may rest on an older state of others than counts() is
  };
  Asking asking(HostId peer, const PeerId& id) const;

  struct Gone {
    HostId peer;
    Time since{};
    bool has_said_stopped = false;
  };
  // Of an endpoint that was announced and at which nobody can be any more.
  std::optional<Gone> gone(const Endpoint& endpoint) const;

  // The last announces and what they said, as lines of a story.
  std::vector<std::string> recent(const std::function<std::string(HostId)>& name) const;

 private:
  using States = std::uint8_t;            // a set of these
  static constexpr States kAbsent = 1;
  static constexpr States kLeecher = 2;
  static constexpr States kSeed = 4;

  struct Key {
    HostId peer;
    PeerId id;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Member {
    Endpoint endpoint;
    States states = kAbsent;
    States announced = kAbsent;           // by the latest announce
    std::uint32_t unanswered = 0;
    Time heard{};
    Time gone_since{};                    // where states is kAbsent
    bool has_said_stopped = false;
    enum class Completed : std::uint8_t { no, perhaps, yes } completed = Completed::no;
  };
  struct Alarm { Time heard{}; Key key; };
  struct Line { Time at{}; HostId peer; std::string what; };

  static States either(States a, States b) { return static_cast<States>(a | b); }
  void set_states(Member& member, States states);
  void set_completed(Member& member, Member::Completed completed);
  void ring(std::deque<Alarm>& alarms, Time before, bool settles);

  Patience patience_;
  std::map<Key, Member> members_;
  std::map<Endpoint, std::vector<Key>> at_endpoint_;
  std::deque<Alarm> may_forget_;          // in the order of `heard`
  std::deque<Alarm> must_forget_;
  Counts counts_;
  Range completed_;
  Time changed_at_{};                     // the latest settling
  std::deque<Line> recent_;
};

}  // namespace swarmlab::swarmsim
