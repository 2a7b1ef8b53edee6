// A bug in one torrent stops that torrent: the others go on, the disk stays true, and it can be begun again.
#include "client/fault_boundary.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "client/contained_outside.hpp"
#include "client/session.hpp"
#include "swarmsim/virtual/world.hpp"

namespace swarmlab::client {
namespace {

constexpr TorrentId kFirst{0};
constexpr TorrentId kSecond{1};

// ---- the boundary itself ----

struct Noted final : FaultOwner {
  void on_fault(TorrentId torrent) override { torrents.push_back(torrent); }
  std::vector<TorrentId> torrents;
};

// A part of a torrent with a bug in it.
class Buggy final : private runtime::TimerHandler {
 public:
  explicit Buggy(const runtime::Outside& outside) : clock_(outside.clock), timer_(outside.timers, *this) { timer_.arm(clock_.now() + 1s); }
  int calls = 0;

 private:
  void on_timer(runtime::Tag) override {
    timer_.expired();
    ++calls;
    timer_.arm(clock_.now() + 1s);
    SWARM_ASSERT(calls < 2, calls);
  }
  runtime::Clock& clock_;
  runtime::Timer timer_;
};

TEST(FaultBoundary, ABrokenInvariantInACallbackIsCaughtAndNothingIsLetInAnyMore) {
  swarmsim::World world{swarmsim::WorldOptions()};
  const auto host = world.add_host({"host", {IpAddress::v4(10, 0, 0, 1)}, {}, {}});
  Noted owner;
  FaultBoundary boundary(kSecond, owner);
  const ContainedOutside contained(world.outside(host), boundary);
  Buggy buggy(contained.outside());
  world.run_until(kStart + 10s);
  EXPECT_EQ(buggy.calls, 2);
  EXPECT_EQ(owner.torrents, std::vector{kSecond});
  ASSERT_TRUE(boundary.is_broken());
  EXPECT_TRUE(boundary.fault().place.starts_with("tests/unit/client/fault_boundary_test.cpp:")) << boundary.fault().place;
  EXPECT_EQ(boundary.fault().what, "broken invariant: calls < 2  with 2");
}

TEST(FaultBoundary, AnExceptionOfTheStandardLibraryIsAFaultToo) {
  Noted owner;
  FaultBoundary boundary(kFirst, owner);
  boundary.run([] { static_cast<void>(std::vector<int>().at(7)); });
  ASSERT_TRUE(boundary.is_broken());
  EXPECT_EQ(boundary.fault().place, "somewhere");
  bool was_let_in = false;
  boundary.run([&] { was_let_in = true; });
  EXPECT_FALSE(was_let_in);
  boundary.inspect([&] { was_let_in = true; });
  EXPECT_TRUE(was_let_in) << "who only looks may, and what it finds broken is no news";
  boundary.mend();
  EXPECT_FALSE(boundary.is_broken());
}

TEST(FaultBoundary, AFaultFoundOnAWayBackInKeepsTheRestFromGoingOn) {
  Noted owner;
  FaultBoundary boundary(kFirst, owner);
  bool went_on = false;
  boundary.run([&] {
    boundary.leave([&] { boundary.inspect([] { SWARM_ASSERT(false); }); });
    went_on = true;
  });
  EXPECT_FALSE(went_on);
  EXPECT_EQ(owner.torrents.size(), 1u);
}

TEST(FaultBoundaryDeathTest, WhatIsNotTheTorrentsEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Noted owner;
  FaultBoundary boundary(kFirst, owner);
  EXPECT_DEATH(SWARM_ASSERT(false, 1), "broken invariant: false  with 1");
  EXPECT_DEATH(boundary.run([&] { boundary.leave([] { SWARM_ASSERT(false, 2); }); }), "broken invariant: false  with 2");
}

// ---- two torrents in one session ----

using Trigger = std::function<bool(const Event&)>;

// Listens to a session, and breaks its first torrent when it hears what it waits for: the exception goes up through the frames
// that told of it, as that of a broken invariant would.
class Saboteur final : public SessionEvents {
 public:
  void on_event(TorrentId torrent, const Event& event) override {
    if (torrent == kFirst) ++heard;
    if (const auto* fault = std::get_if<InternalFault>(&event)) faults.push_back(std::string(fault->place));
    if (std::holds_alternative<Removed>(event)) ++removed;
    if (torrent != kFirst || !trigger || !trigger(event)) return;
    trigger = nullptr;
    throw InternalError("client/somewhere.cpp:1", "broken invariant: it was told to");
  }
  Trigger trigger;
  std::vector<std::string> faults;
  int removed = 0;
  int heard = 0;       // events of the first torrent
};

class TwoTorrents {
 public:
  explicit TwoTorrents(const Settings& settings = {}) {
    for (const char* name : {"first", "second"}) {
      auto metainfo = std::make_shared<protocol::Metainfo>();
      metainfo->name = name;
      metainfo->info_hash.bytes.fill(std::byte(name[0]));
      metainfo->geometry = protocol::PieceGeometry(kSize, 64_KiB);
      metainfo->piece_hashes = swarmsim::symbolic_piece_hashes(name, kSize, 64_KiB);
      metainfo->files.push_back({{name}, kSize, ByteCount(0)});
      contents_.push_back(world.add_content(name));
      metainfos_.push_back(metainfo);
    }
    const swarmsim::LinkSpec link{BytesPerSecond(1 << 20), BytesPerSecond(1 << 20), 10ms, 256_KiB};
    const auto seed_host = world.add_host({"seed", {kSeed.address}, link, {}});
    leech_host_ = world.add_host({"leech", {kLeech.address}, link, {}});
    for (std::size_t i = 0; i < 2; ++i) {
      const runtime::Slice all = content(i);
      world.files(seed_host).put_file(metainfos_[i]->name, std::span(&all, 1));
    }
    seed_ = std::make_unique<Session>(world.outside(seed_host), Settings(), nullptr);
    leech = std::make_unique<Session>(world.outside(leech_host_), settings, &saboteur);
    EXPECT_TRUE(seed_->listen(kSeed).has_value() && leech->listen(kLeech).has_value());
    for (std::size_t i = 0; i < 2; ++i) {
      AddTorrent torrent;
      torrent.metainfo = metainfos_[i];
      seed_->add(torrent);
    }
  }
  // The leech begins with both torrents.
  void start() {
    for (std::size_t i = 0; i < 2; ++i) {
      AddTorrent torrent;
      torrent.metainfo = metainfos_[i];
      torrent.peers = {kSeed};
      leech->add(torrent);
    }
  }
  bool is_complete(TorrentId torrent) const { return leech->status(torrent).state == TorrentState::seeding; }
  bool has_true_content(TorrentId torrent) {
    const runtime::Slice all = content(torrent.value());
    return world.files(leech_host_).content_matches(metainfos_[torrent.value()]->name, std::span(&all, 1));
  }
  template <class Condition>
  bool run_until(Condition&& condition, Duration limit) {
    world.run_while([&] { return !condition(); }, world.now() + limit);
    return condition();
  }

  swarmsim::World world{swarmsim::WorldOptions()};
  Saboteur saboteur;
  std::unique_ptr<Session> leech;

 private:
  static constexpr ByteCount kSize = 2_MiB;
  static constexpr Endpoint kSeed{IpAddress::v4(10, 0, 0, 1), 6881};
  static constexpr Endpoint kLeech{IpAddress::v4(10, 0, 0, 2), 6881};
  runtime::Slice content(std::size_t i) const {
    return runtime::Slice::of_content(contents_[i], ByteCount(0), kSize, runtime::kAuthentic);
  }
  std::vector<std::shared_ptr<const protocol::Metainfo>> metainfos_;
  std::vector<runtime::ContentId> contents_;
  swarmsim::HostId leech_host_;
  std::unique_ptr<Session> seed_;
};

template <class E>
bool is(const Event& event) { return std::holds_alternative<E>(event); }

// The depth of the stack differs: a digest's completion, a stream's, a timer's, the end of a check, a write's.
const std::vector<std::pair<const char*, Trigger>> kMoments{
    {"the check ends", is<Checked>},
    {"a peer connects", is<PeerConnected>},
    {"the tenth piece is verified",
     [](const Event& event) { return is<PieceVerified>(event) && std::get<PieceVerified>(event).pieces_have == 10; }},
    {"the last piece is verified", is<Completed>},
};

TEST(InternalFaults, StopOneTorrentWhereverTheyStrikeAndLeaveTheOtherAlone) {
  for (const auto& [moment, trigger] : kMoments) {
    SCOPED_TRACE(moment);
    TwoTorrents two;
    two.saboteur.trigger = trigger;
    two.start();
    ASSERT_TRUE(two.run_until([&] { return two.leech->status(kFirst).state == TorrentState::failed; }, 60s));
    EXPECT_EQ(two.leech->status(kFirst).error,
              "an error in this program, at client/somewhere.cpp:1: broken invariant: it was told to");
    two.world.run_until(two.world.now() + 1s);
    EXPECT_EQ(two.saboteur.faults, std::vector<std::string>{"client/somewhere.cpp:1"});
    const int heard = two.saboteur.heard;
    ASSERT_TRUE(two.run_until([&] { return two.is_complete(kSecond); }, 60s));
    EXPECT_TRUE(two.has_true_content(kSecond));
    EXPECT_EQ(two.saboteur.heard, heard) << "what has failed is silent";
    EXPECT_TRUE(two.leech->peers(kFirst).empty());
    EXPECT_EQ(two.leech->describe(kFirst).name, "first");
  }
}

TEST(InternalFaults, ATorrentThatFellGoesOnFromWhatIsOnDiskWhenItIsStarted) {
  for (const auto& [moment, trigger] : kMoments) {
    SCOPED_TRACE(moment);
    TwoTorrents two;
    two.saboteur.trigger = trigger;
    two.start();
    ASSERT_TRUE(two.run_until([&] { return two.leech->status(kFirst).state == TorrentState::failed; }, 60s));
    two.leech->start(kFirst);
    ASSERT_TRUE(two.run_until([&] { return two.is_complete(kFirst) && two.is_complete(kSecond); }, 120s));
    EXPECT_TRUE(two.has_true_content(kFirst));
    EXPECT_LE(two.leech->status(kFirst).downloaded, 2_MiB + 512_KiB) << "what was on disk is not fetched again";
  }
}

TEST(InternalFaults, AreBegunAgainByTheRestartPolicy) {
  Settings settings;
  settings.restart.strategy = RestartStrategy::one_for_one;
  TwoTorrents two(settings);
  two.saboteur.trigger = is<PeerConnected>;
  two.start();
  ASSERT_TRUE(two.run_until([&] { return two.is_complete(kFirst); }, 120s));
  EXPECT_EQ(two.leech->status(kFirst).restarts, 1u);
  EXPECT_TRUE(two.has_true_content(kFirst));
}

TEST(InternalFaults, ABrokenTorrentCanBeStoppedAndRemoved) {
  TwoTorrents two;
  two.saboteur.trigger = is<PeerConnected>;
  two.start();
  ASSERT_TRUE(two.run_until([&] { return two.leech->status(kFirst).state == TorrentState::failed; }, 60s));
  // At once: before the session has cleared it away.
  two.leech->remove(kFirst);
  ASSERT_TRUE(two.run_until([&] { return two.saboteur.removed == 1; }, 60s));
  EXPECT_FALSE(two.leech->contains(kFirst));
  EXPECT_TRUE(two.run_until([&] { return two.is_complete(kSecond); }, 60s));
  two.leech->stop();
  EXPECT_TRUE(two.run_until([&] { return two.leech->is_stopped(); }, 60s));
}

}  // namespace
}  // namespace swarmlab::client
