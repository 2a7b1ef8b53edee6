// A client that listens in both families, and a tracker that may be reached in both (BEP 7).
#include <gtest/gtest.h>

#include <algorithm>

#include "client/session.hpp"
#include "swarmsim/virtual/world.hpp"
#include "tracker/tracker.hpp"

namespace swarmlab::client {
namespace {

IpAddress address(const char* text) { return IpAddress::parse(text).value(); }

class TwoFamilies final : public SessionEvents {
  swarmsim::World world_;                  // outlives the sessions
  std::unique_ptr<tracker::Tracker> tracker_;

 public:
  enum class TrackerAt : std::uint8_t { v4, v6, both };

  TwoFamilies(TrackerAt at, const std::string& scheme) : world_(swarmsim::WorldOptions()) {
    std::vector<IpAddress> addresses;
    if (at != TrackerAt::v6) addresses.push_back(address("10.0.0.1"));
    if (at != TrackerAt::v4) addresses.push_back(address("fd00::1"));
    const auto tracker_host = world_.add_host({"tracker", addresses, {{}, {}, 5ms, 256_KiB}, {}});
    tracker::TrackerOptions options;
    for (const IpAddress& one : addresses) {
      options.http.push_back({one, 80});
      options.udp.push_back({one, 80});
    }
    tracker_ = std::make_unique<tracker::Tracker>(world_.outside(tracker_host), options);
    EXPECT_TRUE(tracker_->start().has_value());
    const auto host = world_.add_host({"client", {address("10.0.0.2"), address("fd00::2")}, {{}, {}, 5ms, 256_KiB}, {}});
    session.emplace(world_.outside(host), Settings(), this);
    EXPECT_TRUE(session->listen({address("10.0.0.2"), 6881}).has_value());
    EXPECT_TRUE(session->listen({address("fd00::2"), 6881}).has_value());
    auto metainfo = std::make_shared<protocol::Metainfo>();
    metainfo->name = "content";
    metainfo->info_hash.bytes.fill(std::byte{7});
    metainfo->geometry = protocol::PieceGeometry(1_MiB, 64_KiB);
    metainfo->piece_hashes = swarmsim::symbolic_piece_hashes("content", 1_MiB, 64_KiB);
    metainfo->files.push_back({{"content"}, 1_MiB, ByteCount(0)});
    metainfo->trackers = {{scheme + "://tracker:80/announce"}};
    AddTorrent torrent;
    torrent.metainfo = metainfo;
    session->add(torrent);
    world_.run_until(kStart + 30s);
  }
  // Where the tracker sends somebody who asks in this family.
  std::vector<Endpoint> known_to(const char* asker) {
    const auto host = world_.add_host({std::string("asker at ") + asker, {address(asker)}, {{}, {}, 5ms, 256_KiB}, {}});
    Found found;
    Session other(world_.outside(host), Settings(), &found);
    EXPECT_TRUE(other.listen({address(asker), 6881}).has_value());
    AddTorrent torrent;
    torrent.metainfo = session->metainfo(TorrentId(0));
    other.add(torrent);
    world_.run_until(world_.now() + 5s);
    return found.peers;
  }
  std::optional<Session> session;
  int answers = 0;
  int failures = 0;

 private:
  struct Found final : SessionEvents {
    void on_event(TorrentId, const Event& event) override {
      if (const auto* answer = std::get_if<TrackerAnswered>(&event)) {
        for (const auto& peer : answer->found) peers.push_back(peer.endpoint);
      }
    }
    std::vector<Endpoint> peers;
  };
  void on_event(TorrentId, const Event& event) override {
    if (std::holds_alternative<TrackerAnswered>(event)) ++answers;
    if (std::holds_alternative<TrackerFailed>(event)) ++failures;
  }
};

using At = TwoFamilies::TrackerAt;

TEST(TwoFamilies, AreAnnouncedEachToATrackerThatHasBoth) {
  for (const char* scheme : {"http", "udp"}) {
    SCOPED_TRACE(scheme);
    TwoFamilies both(At::both, scheme);
    EXPECT_EQ(both.answers, 2);
    EXPECT_EQ(both.failures, 0);
    EXPECT_EQ(both.session->status(TorrentId(0)).swarm_leechers, 1u) << "one peer: its id and key are the same";
    const auto to_v4 = both.known_to("10.0.0.3");
    EXPECT_TRUE(std::ranges::find(to_v4, Endpoint{address("10.0.0.2"), 6881}) != to_v4.end());
    const auto to_v6 = both.known_to("fd00::3");
    EXPECT_TRUE(std::ranges::find(to_v6, Endpoint{address("fd00::2"), 6881}) != to_v6.end());
  }
}

TEST(TwoFamilies, ATrackerOfOneIsAnnouncedToOnceAndIsNoFailure) {
  for (const At at : {At::v4, At::v6}) {
    for (const char* scheme : {"http", "udp"}) {
      TwoFamilies one(at, scheme);
      EXPECT_EQ(one.answers, 1) << scheme;
      EXPECT_EQ(one.failures, 0) << scheme;
    }
  }
}

}  // namespace
}  // namespace swarmlab::client
