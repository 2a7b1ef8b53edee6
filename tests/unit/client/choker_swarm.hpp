// Swarm: peers that do what a choker decides, for tests of the choker: an answer changes their state, as Choke and Unchoke would.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "client/choker.hpp"

namespace swarmlab::client {

constexpr Time at(Duration since_start) { return kStart + since_start; }

class Swarm {
 public:
  explicit Swarm(const ChokerRules& rules, ChokeMode mode = ChokeMode::leeching) : rules_(rules), choker_(rules), mode_(mode) {}

  struct Options { bool interested = true; std::int64_t gives = 0; };
  PeerKey join(Options options = {true, 0}) {
    const PeerKey key(next_++);
    PeerView& peer = peers_[key];
    peer.key = key;
    peer.interested = options.interested;
    peer.gives_us = BytesPerSecond(options.gives);
    peer.connected_at = peer.changed_at = peer.changed_before = peer.moved_at = now_;
    return key;
  }
  void leave(PeerKey key) { peers_.erase(key); }
  PeerView& operator[](PeerKey key) { return peers_.at(key); }
  bool is_unchoked(PeerKey key) const { return peers_.at(key).unchoked; }
  Time now() const { return now_; }
  void set_now(Duration since_start) { now_ = at(since_start); }
  void set_mode(ChokeMode mode) { mode_ = mode; }
  std::size_t unchoked() const {
    return static_cast<std::size_t>(std::ranges::count_if(peers_, [](const auto& peer) { return peer.second.unchoked; }));
  }
  std::vector<PeerKey> optimistic() const { return optimistic_; }
  Time again_at() const { return again_at_; }

  void round() { apply(choker_.decide(now_, mode_, view(), random_)); }
  void fill() { apply(choker_.fill(now_, mode_, view(), random_)); }
  // Rounds from now on, every interval; `between` runs before each with the time that passed.
  void run(int rounds, const std::function<void()>& between = [] {}) {
    for (int i = 0; i < rounds; ++i) {
      now_ += rules_.rechoke_interval;
      for (auto& [key, peer] : peers_) {
        if (peer.unchoked) held_[key] += rules_.rechoke_interval;
        if (peer.unchoked && busy_) peer.moved_at = now_;
      }
      between();
      round();
    }
  }
  Duration held(PeerKey key) { return held_[key]; }
  int changes(PeerKey key) { return changes_[key]; }
  void let_nobody_ask() { busy_ = false; }
  std::map<PeerKey, PeerView>& peers() { return peers_; }

 private:
  std::vector<PeerView> view() const {
    std::vector<PeerView> peers;
    for (const auto& [key, peer] : peers_) peers.push_back(peer);
    std::ranges::reverse(peers);   // the order given must not matter
    return peers;
  }
  void apply(const Unchoked& unchoked) {
    EXPECT_TRUE(std::ranges::is_sorted(unchoked.peers));
    EXPECT_LE(unchoked.peers.size(), rules_.slots);
    optimistic_ = unchoked.optimistic;
    again_at_ = unchoked.again_at;
    for (auto& [key, peer] : peers_) {
      const bool wish = unchoked.contains(key);
      if (wish == peer.unchoked) continue;
      peer.unchoked = wish;
      peer.changed_before = peer.changed_at;
      peer.changed_at = peer.moved_at = now_;
      peer.sent_since_unchoke = ByteCount(0);
      ++changes_[key];
    }
  }

  ChokerRules rules_;
  Choker choker_;
  ChokeMode mode_;
  runtime::Random random_{5};
  Time now_ = kStart;
  std::uint32_t next_ = 0;
  bool busy_ = true;
  std::map<PeerKey, PeerView> peers_;
  std::map<PeerKey, Duration> held_;
  std::map<PeerKey, int> changes_;
  std::vector<PeerKey> optimistic_;
  Time again_at_ = kNever;
};

}  // namespace swarmlab::client
