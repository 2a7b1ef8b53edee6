// Upload slots that the torrents of a session share (slot_budget.hpp), in a swarm.
#include <gtest/gtest.h>

#include <algorithm>

#include "client/session.hpp"
#include "swarmsim/virtual/world.hpp"

namespace swarmlab::client {
namespace {

// A seed of two torrents and four leechers: all want the first, one of them the second, too.
class TwoSwarms {
 public:
  static constexpr TorrentId kFirst{0};
  static constexpr TorrentId kSecond{1};

  explicit TwoSwarms(const Settings& of_seed) {
    const swarmsim::LinkSpec link{BytesPerSecond(1 << 20), BytesPerSecond(1 << 20), 10ms, 256_KiB};
    for (const char* name : {"first", "second"}) {
      auto metainfo = std::make_shared<protocol::Metainfo>();
      metainfo->name = name;
      metainfo->info_hash.bytes.fill(std::byte(name[0]));
      metainfo->geometry = protocol::PieceGeometry(kSize, 64_KiB);
      metainfo->piece_hashes = swarmsim::symbolic_piece_hashes(name, kSize, 64_KiB);
      metainfo->files.push_back({{name}, kSize, ByteCount(0)});
      metainfos_.push_back(metainfo);
    }
    const auto seed_host = add("seed", 1, link, of_seed);
    for (const auto& metainfo : metainfos_) {
      const runtime::Slice all =
          runtime::Slice::of_content(world.add_content(metainfo->name), ByteCount(0), kSize, runtime::kAuthentic);
      world.files(seed_host).put_file(metainfo->name, std::span(&all, 1));
      AddTorrent torrent;
      torrent.metainfo = metainfo;
      torrent.on_start = OnStart::trust_data;   // is there before anybody knocks
      sessions.front()->add(torrent);
    }
    for (std::uint8_t i = 0; i < 4; ++i) {
      add("leech" + std::to_string(i), static_cast<std::uint8_t>(i + 2), link, Settings());
      begin(i, kFirst);
    }
  }
  // Leecher i comes to a torrent.
  void begin(std::size_t i, TorrentId which) {
    AddTorrent torrent;
    torrent.metainfo = metainfos_[which.value()];
    torrent.peers = {{IpAddress::v4(10, 0, 0, 1), 6881}};
    sessions[i + 1]->add(torrent);
  }
  std::uint32_t unchoked(TorrentId which) const {
    const auto peers = sessions.front()->peers(which);
    return static_cast<std::uint32_t>(
        std::ranges::count_if(peers, [](const PeerStatus& peer) { return peer.is_ready && !peer.am_choking; }));
  }
  std::uint32_t unchoked() const { return unchoked(kFirst) + unchoked(kSecond); }

  swarmsim::World world{swarmsim::WorldOptions()};
  std::vector<std::unique_ptr<Session>> sessions;   // the seed's first

 private:
  static constexpr ByteCount kSize = 64_MiB;
  swarmsim::HostId add(std::string name, std::uint8_t number, const swarmsim::LinkSpec& link, const Settings& settings) {
    const IpAddress address = IpAddress::v4(10, 0, 0, number);
    const auto host = world.add_host({std::move(name), {address}, link, {}});
    sessions.push_back(std::make_unique<Session>(world.outside(host), settings, nullptr));
    EXPECT_TRUE(sessions.back()->listen({address, 6881}).has_value());
    return host;
  }
  std::vector<std::shared_ptr<const protocol::Metainfo>> metainfos_;
};

TEST(SessionSlots, AreSharedAndNeverExceeded) {
  Settings settings;
  settings.session_upload_slots = 2;
  TwoSwarms two(settings);
  two.world.run_until(kStart + 5s);
  EXPECT_EQ(two.unchoked(TwoSwarms::kFirst), 2u) << "nobody wants the second yet";
  two.begin(0, TwoSwarms::kSecond);
  for (int i = 0; i < 1200; ++i) {
    two.world.run_until(two.world.now() + 100ms);
    ASSERT_LE(two.unchoked(), 2u) << i;
    if (i == 150) {
      EXPECT_EQ(two.unchoked(TwoSwarms::kSecond), 1u) << "its share, once a round has passed";
      EXPECT_EQ(two.unchoked(TwoSwarms::kFirst), 1u);
    }
  }
  EXPECT_EQ(two.unchoked(), 2u);
}

TEST(SessionSlots, OfATorrentThatStopsGoToTheOthersAtOnce) {
  Settings settings;
  settings.session_upload_slots = 2;
  TwoSwarms two(settings);
  two.begin(0, TwoSwarms::kSecond);
  two.world.run_until(kStart + 30s);
  ASSERT_EQ(two.unchoked(TwoSwarms::kSecond), 1u);
  two.sessions.front()->stop(TwoSwarms::kSecond);
  two.world.run_until(two.world.now() + 500ms);
  EXPECT_EQ(two.unchoked(TwoSwarms::kFirst), 2u);
}

TEST(SessionSlots, AutomaticOnesFollowTheLimit) {
  Settings settings;
  settings.auto_upload_slots = true;
  settings.up_limit = BytesPerSecond(8 << 10);
  TwoSwarms two(settings);
  two.begin(0, TwoSwarms::kSecond);
  two.world.run_until(kStart + 30s);
  EXPECT_EQ(two.unchoked(), 2u) << "8 KiB/s feed two";
  two.sessions.front()->set_limits({BytesPerSecond(60 << 10), std::nullopt});
  two.world.run_until(two.world.now() + 25s);
  EXPECT_EQ(two.unchoked(), 5u) << "60 KiB/s would feed six: all who want something";
}

}  // namespace
}  // namespace swarmlab::client
