// Announcer: tells a torrent's trackers about us, and learns of peers (BEP 3 "trackers", BEP 12).
//
// Trackers stand in tiers, each shuffled once.  Each announce goes through them in order until one answers; that one
// moves to the front of its tier.  If all fail the round is repeated after a pause that doubles from 15 s to 15 min.
//
// What each tracker hears (bugs B62, B63): `started` until it has answered one; then plain announces every
// `interval`, which are `paused` while the client is a partial seed (BEP 21); `completed` once if the download ended while
// it knew us as a leecher; `stopped` if it ever answered.
//
//   start() ---- started ----- (none) ... ---- completed ---- (none) ... ---- stop(): stopped
//
// An event that comes while an announce is under way goes out after it.  stop() ends in on_stopped(), at the latest
// after Settings::stop_timeout: a dead tracker does not keep a client from ending.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/settings.hpp"
#include "client/tracker_transaction.hpp"
#include "runtime/outside.hpp"

namespace swarmlab::client {

// Of one torrent, since it was added.
struct TransferTotals {
  ByteCount uploaded;
  ByteCount downloaded;
  ByteCount left;
  bool is_partial_seed = false;      // wants nothing of what is left (BEP 21)
};

class AnnouncerOwner {
 public:
  virtual TransferTotals totals() const = 0;
  virtual void on_tracker_answer(std::string_view url, protocol::AnnounceEvent event,
                                 const protocol::AnnounceReply& reply, Duration interval) = 0;
  virtual void on_tracker_failure(std::string_view url, protocol::AnnounceEvent event,
                                  std::string_view reason) = 0;
  virtual void on_announcer_stopped() = 0;

 protected:
  ~AnnouncerOwner() = default;
};

struct AnnouncerIdentity {
  InfoHashV1 info_hash;
  PeerId peer_id;
  std::uint16_t port = 0;
  std::uint32_t key = 0;
  std::optional<IpAddress> from;            // the address that trackers are to see; nullopt: the host chooses
  // BEP 7: another announcer speaks for us in the other family.  A tracker without an address in this one is no failure.
  bool has_other_family = false;
};

class Announcer final : private AnnounceHandler, private runtime::TimerHandler {
 public:
  // URLs of unknown schemes are reported as failures once and left out.
  Announcer(const runtime::Outside& outside, const Settings& settings, const AnnouncerIdentity& identity,
            const std::vector<std::vector<std::string>>& tiers, AnnouncerOwner& owner);
  Announcer(const Announcer&) = delete;
  Announcer& operator=(const Announcer&) = delete;
  ~Announcer();

  void start();
  // The download has just ended; never call it for a torrent that was complete at start().
  void completed();
  // Asks for peers now instead of when the interval ends; does nothing while an announce is under way or before start().
  void reannounce();
  void stop();

 private:
  struct Tracker {
    std::string url;
    std::unique_ptr<TrackerTransaction> transaction;
    bool knows_us = false;              // answered to `started`, not yet told `stopped`
    bool owes_completed = false;        // is to hear `completed`
  };
  enum class Phase : std::uint8_t { idle, running, stopping, stopped };

  void on_announced(std::expected<protocol::AnnounceReply, std::string> outcome) override;
  void on_timer(runtime::Tag tag) override;

  bool somebody_knows_us() const;
  void begin_round();
  void announce(Tracker& tracker, protocol::AnnounceEvent event);
  void announce_next();
  void succeeded(const protocol::AnnounceReply& reply);
  void failed(const std::string& reason);
  void stop_next();
  void end();

  runtime::Outside outside_;
  const Settings& settings_;
  AnnouncerIdentity identity_;
  AnnouncerOwner& owner_;
  runtime::Timer next_timer_;           // next round
  runtime::Timer stop_timer_;           // patience of stop()
  std::vector<std::vector<Tracker>> tiers_;
  std::vector<std::pair<std::string, std::string>> unusable_;   // url, why; reported at start()
  Phase phase_ = Phase::idle;
  Tracker* current_ = nullptr;          // an announce to it is under way
  protocol::AnnounceEvent current_event_ = protocol::AnnounceEvent::none;
  std::size_t next_tier_ = 0;           // position of the round
  std::size_t next_in_tier_ = 0;
  Duration pause_{};                    // after a round that failed
};

}  // namespace swarmlab::client
