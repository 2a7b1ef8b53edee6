#include "client/checker.hpp"

#include <gtest/gtest.h>

#include "swarmsim/virtual/world.hpp"

namespace swarmlab::client {
namespace {

using runtime::Slice;

// Ten pieces of 1000 bytes in two files: a has 3500 bytes, b the rest.
struct Checking final : StoreHandler, CheckHandler {
  Checking()
      : world(swarmsim::WorldOptions{}), host(world.add_host({"h", {IpAddress::v4(10, 0, 0, 1)}, {}, {}})),
        content_id(world.add_content("c")) {
    auto made = std::make_shared<protocol::Metainfo>();
    made->geometry = protocol::PieceGeometry(10000_B, 1000_B);
    made->piece_hashes = swarmsim::symbolic_piece_hashes("c", 10000_B, 1000_B);
    made->files.push_back({{"a"}, 3500_B, 0_B, false});
    made->files.push_back({{"b"}, 6500_B, 3500_B, false});
    metainfo = made;
    store.emplace(world.outside(host).files, metainfo, "", 8, static_cast<StoreHandler&>(*this));
    checker.emplace(*store, world.outside(host).hasher, metainfo, 100, static_cast<CheckHandler&>(*this));
  }
  void on_stored(const StoreResult& result) override {
    if (checker) checker->on_stored(result);
  }
  void on_checked(const protocol::Bitfield& bits) override {
    for (std::uint32_t i = 0; i < bits.size(); ++i) found += bits.test(PieceIndex(i)) ? '#' : '.';
    ++ends;
    checker.reset();
  }
  void on_check_failed(std::string_view path, runtime::FileError why) override {
    failed = std::string(path) + ": " + std::string(to_string(why));
    ++ends;
    checker.reset();
  }
  void put(const std::string& path, std::int64_t offset, std::int64_t length, std::int64_t bad_at = -1) {
    runtime::Slices slices;
    for (std::int64_t at = 0; at < length; at += 100) {
      const bool bad = bad_at >= at && bad_at < at + 100;
      runtime::append(slices, Slice::of_content(content_id, ByteCount(offset + at), 100_B, runtime::Spoiler(bad ? 5 : 0)));
    }
    world.files(host).put_file(path, slices);
  }
  std::string check() {
    checker->start();
    world.run_until(world.now() + 10s);
    EXPECT_EQ(ends, 1);
    return found;
  }
  swarmsim::World world;
  swarmsim::HostId host;
  runtime::ContentId content_id;
  std::shared_ptr<const protocol::Metainfo> metainfo;
  std::optional<ContentStore> store;
  std::optional<Checker> checker;
  std::string found;
  std::string failed;
  int ends = 0;
};

TEST(Checker, FindsNothingWhereNothingIs) {
  Checking checking;
  EXPECT_EQ(checking.check(), "..........");
}

TEST(Checker, FindsEverythingThatIsRight) {
  Checking checking;
  checking.put("a", 0, 3500);
  checking.put("b", 3500, 6500);
  EXPECT_EQ(checking.check(), "##########");
}

TEST(Checker, OneBadByteCostsItsPieceOnly) {
  Checking checking;
  checking.put("a", 0, 3500);
  checking.put("b", 3500, 6500, 2000);
  EXPECT_EQ(checking.check(), "#####.####");
}

TEST(Checker, AMissingFileCostsThePiecesThatTouchIt) {
  Checking checking;
  checking.put("b", 3500, 6500);
  EXPECT_EQ(checking.check(), "....######");
}

TEST(Checker, AShortFileCostsThePiecesBehindItsEnd) {
  Checking checking;
  checking.put("a", 0, 3500);
  checking.put("b", 3500, 3000);
  EXPECT_EQ(checking.check(), "######....");
}

TEST(Checker, AFileThatCannotBeReadEndsTheCheckAndIsNamed) {
  Checking checking;
  checking.put("a", 0, 3500);
  checking.put("b", 3500, 6500);
  checking.world.files(checking.host).set_fault("b", runtime::FileError::input_output);
  checking.check();
  EXPECT_EQ(checking.found, "");
  EXPECT_EQ(checking.failed.substr(0, 3), "b: ");
}

TEST(Checker, MayBeDestroyedHalfWay) {
  Checking checking;
  checking.put("a", 0, 3500);
  checking.checker->start();
  checking.world.run_until(checking.world.now() + 150us);
  checking.checker.reset();
  checking.world.run_until(checking.world.now() + 1s);
  EXPECT_EQ(checking.ends, 0);
}

}  // namespace
}  // namespace swarmlab::client
