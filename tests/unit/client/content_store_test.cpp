#include "client/content_store.hpp"

#include <gtest/gtest.h>

#include <map>

#include "swarmsim/virtual/world.hpp"

namespace swarmlab::client {
namespace {

using runtime::FileError;
using runtime::Slice;
using runtime::Slices;

// A torrent "t" of files named a, b, c ... of these lengths ('.' before the name: a pad), on a host of its own.
struct Disk final : StoreHandler {
  struct Spec { std::int64_t length; bool is_pad = false; };
  using Files = std::vector<Spec>;
  explicit Disk(Files specs, std::uint32_t open_files = 16, swarmsim::DiskSpec disk = {})
      : world(swarmsim::WorldOptions{}), host(world.add_host({"h", {IpAddress::v4(10, 0, 0, 1)}, {}, disk})),
        content_id(world.add_content("c")) {
    auto made = std::make_shared<protocol::Metainfo>();
    ByteCount total;
    char name = 'a';
    for (const Spec& spec : specs) {
      made->files.push_back({{"t", std::string(1, name++)}, ByteCount(spec.length), total, spec.is_pad});
      total += ByteCount(spec.length);
    }
    made->geometry = protocol::PieceGeometry(total, 16_KiB);
    metainfo = made;
    store.emplace(world.outside(host).files, metainfo, "", open_files, *this, 1_MiB);
  }
  void on_stored(const StoreResult& result) override {
    Answer answer{result.error, std::string(result.path), {}, result.is_short, result.shortage};
    for (const Slice& slice : result.data) runtime::append(answer.data, slice);
    ++count;
    order.push_back(result.tag);
    answers[result.tag] = std::move(answer);
  }
  void run() { world.run_until(world.now() + 10s); }
  Slice content(std::int64_t offset, std::int64_t length) const {
    return Slice::of_content(content_id, ByteCount(offset), ByteCount(length));
  }
  void write(std::int64_t offset, std::int64_t length, runtime::Tag tag) {
    store->write(ByteCount(offset), {content(offset, length)}, tag);
  }
  swarmsim::VirtualFiles& files() { return world.files(host); }
  bool holds(const std::string& path, std::int64_t offset, std::int64_t length) {
    const Slice expected = content(offset, length);
    return files().content_matches(path, std::span(&expected, length > 0 ? 1 : 0));
  }

  struct Answer { FileError error; std::string path; Slices data; bool is_short; std::optional<Shortage> shortage; };
  swarmsim::World world;
  swarmsim::HostId host;
  runtime::ContentId content_id;
  std::shared_ptr<const protocol::Metainfo> metainfo;
  std::map<runtime::Tag, Answer> answers;
  int count = 0;
  std::vector<runtime::Tag> order;
  std::optional<ContentStore> store;
};

TEST(ContentStore, PieceAcrossThreeFilesIsLaidOverThem) {
  Disk disk(Disk::Files{{100}, {50}, {0}, {200}});
  disk.write(80, 100, 1);
  disk.run();
  EXPECT_EQ(disk.answers.at(1).error, FileError::none);
  EXPECT_TRUE(disk.holds("t/b", 100, 50));
  disk.write(0, 80, 2);
  disk.write(180, 170, 3);
  disk.run();
  EXPECT_TRUE(disk.holds("t/a", 0, 100));
  EXPECT_TRUE(disk.holds("t/d", 150, 200));
  disk.store->read(90_B, 100_B, 4);
  disk.run();
  EXPECT_EQ(runtime::length_of(disk.answers.at(4).data), 100_B);
  EXPECT_EQ(disk.answers.at(4).data.size(), 1u) << "what continues is one slice again";
  EXPECT_EQ(disk.answers.at(4).data.front().offset(), 90_B);
}

TEST(ContentStore, EveryOperationIsAnsweredOnceAndNeverFromWithinTheCall) {
  Disk disk(Disk::Files{{100}, {100}});
  disk.write(0, 200, 1);
  disk.store->read(0_B, 200_B, 2);
  disk.store->survey(3);
  disk.store->create_empty_files(4);
  disk.store->sync(5);
  EXPECT_EQ(disk.count, 0);
  EXPECT_FALSE(disk.store->is_idle());
  disk.run();
  EXPECT_EQ(disk.count, 5);
  EXPECT_TRUE(disk.store->is_idle());
}

TEST(ContentStore, EmptyFilesAreMadeWithTheirDirectories) {
  Disk disk(Disk::Files{{0}, {100}, {0}});
  disk.store->create_empty_files(1);
  disk.run();
  EXPECT_EQ(disk.answers.at(1).error, FileError::none);
  EXPECT_EQ(disk.files().list_files(""), (std::vector<std::string>{"t/a", "t/c"}));
}

TEST(ContentStore, PadsReadAsZerosAndSwallowWrites) {
  Disk disk(Disk::Files{{100}, {28, true}, {100}});
  const std::vector<std::byte> zeros(28);
  disk.store->write(0_B, {disk.content(0, 100), Slice::copy_of(Bytes(zeros)), disk.content(128, 100)}, 1);
  disk.run();
  EXPECT_EQ(disk.files().list_files(""), (std::vector<std::string>{"t/a", "t/c"}));
  disk.store->read(100_B, 28_B, 2);
  disk.run();
  std::vector<std::byte> read(28, std::byte{1});
  runtime::copy_bytes(disk.answers.at(2).data, read);
  EXPECT_EQ(read, zeros);
}

TEST(ContentStore, AFileOpenForReadingIsOpenedAnewForWriting) {
  Disk disk(Disk::Files{{100}});
  const Slice first = disk.content(0, 50);
  disk.files().put_file("t/a", std::span(&first, 1));
  disk.store->read(0_B, 50_B, 1);
  disk.run();
  disk.store->read(0_B, 50_B, 2);
  disk.write(50, 50, 3);
  disk.store->read(10_B, 20_B, 4);
  disk.run();
  for (runtime::Tag tag = 1; tag <= 4; ++tag) EXPECT_EQ(disk.answers.at(tag).error, FileError::none) << tag;
  EXPECT_TRUE(disk.holds("t/a", 0, 100));
}

TEST(ContentStore, ManyFilesPassThroughFewDescriptors) {
  const Disk::Files specs(40, {1000});
  Disk disk(specs, 2, {.max_open_files = 6});
  for (int i = 0; i < 40; ++i) {
    disk.write(i * 1000, 1000, static_cast<runtime::Tag>(i));
    disk.run();   // one after another: only what is idle is closed
  }
  disk.store->sync(100);
  disk.run();
  for (int i = 0; i < 40; ++i) EXPECT_EQ(disk.answers.at(static_cast<runtime::Tag>(i)).error, FileError::none) << i;
  EXPECT_EQ(disk.answers.at(100).error, FileError::none);
}

TEST(ContentStore, MakesDoWithTheDescriptorsThereAre) {
  // It may open 64; the process has 3.  What cannot be opened now is opened when another file is idle (bug B55).
  const Disk::Files specs(40, {1000});
  Disk disk(specs, 64, {.max_open_files = 3});
  for (int i = 0; i < 40; ++i) disk.write(i * 1000, 1000, static_cast<runtime::Tag>(i));
  disk.run();
  ASSERT_EQ(disk.count, 40);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(disk.answers.at(static_cast<runtime::Tag>(i)).error, FileError::none) << i;
}

TEST(ContentStore, WithoutAnyDescriptorTheErrorIsGivenInsteadOfTryingForEver) {
  Disk disk(Disk::Files{{1000}, {1000}}, 64, {.max_open_files = 0});
  disk.write(0, 2000, 1);
  disk.run();
  EXPECT_EQ(disk.answers.at(1).error, FileError::too_many_open);
  Disk one(Disk::Files{{1000}, {1000}}, 64, {.max_open_files = 1});
  one.write(0, 2000, 1);
  one.run();
  EXPECT_EQ(one.answers.at(1).error, FileError::none);
}

TEST(ContentStore, ErrorsNameTheFile) {
  for (const FileError error : {FileError::permission, FileError::no_space, FileError::input_output, FileError::read_only}) {
    Disk disk(Disk::Files{{100}, {100}, {100}});
    disk.files().set_fault("t/b", error);
    disk.write(50, 200, 1);
    disk.run();
    EXPECT_EQ(disk.answers.at(1).error, error);
    EXPECT_EQ(disk.answers.at(1).path, "t/b") << to_string(error);
  }
}

TEST(ContentStore, AFullDiskNamesTheFileToo) {
  Disk disk(Disk::Files{{100}, {100000}}, 16, {.capacity = 1000_B});
  disk.write(0, 100100, 1);
  disk.run();
  EXPECT_EQ(disk.answers.at(1).error, FileError::no_space);
  EXPECT_EQ(disk.answers.at(1).path, "t/b");
}

TEST(ContentStore, ADirectoryWhereAFileShouldBeIsAnError) {
  Disk disk(Disk::Files{{100}});
  disk.files().make_path("t/a");
  disk.store->survey(1);
  disk.run();
  EXPECT_EQ(disk.answers.at(1).error, FileError::is_directory);
  EXPECT_EQ(disk.answers.at(1).path, "t/a");
}

TEST(ContentStore, SurveyTellsSizesAndMissingFiles) {
  Disk disk(Disk::Files{{100}, {100}, {0}});
  const Slice part = disk.content(0, 60);
  disk.files().put_file("t/a", std::span(&part, 1));
  disk.store->survey(1);
  disk.run();
  EXPECT_EQ(disk.answers.at(1).error, FileError::none);
  EXPECT_EQ(disk.store->status_on_disk(0)->size, 60_B);
  EXPECT_FALSE(disk.store->status_on_disk(1).has_value());
}

TEST(ContentStore, ReadingBeyondAShortOrMissingFileSaysSo) {
  Disk disk(Disk::Files{{100}, {100}});
  const Slice part = disk.content(0, 60);
  disk.files().put_file("t/a", std::span(&part, 1));
  disk.store->read(0_B, 100_B, 1);
  disk.store->read(100_B, 100_B, 2);
  disk.run();
  EXPECT_TRUE(disk.answers.at(1).is_short);
  EXPECT_EQ(disk.answers.at(1).error, FileError::none);
  EXPECT_EQ(disk.answers.at(1).path, "t/a");
  EXPECT_TRUE(disk.answers.at(2).is_short);
  EXPECT_EQ(disk.answers.at(2).error, FileError::not_found);
}

TEST(ContentStore, ReadingMakesNoFiles) {
  Disk disk(Disk::Files{{100}});
  disk.store->read(0_B, 100_B, 1);
  disk.run();
  EXPECT_TRUE(disk.files().list_now("").empty());
}

TEST(ContentStore, WhatWasSyncedSurvivesAPowerCutWithItsName) {
  Disk disk(Disk::Files{{100}, {100}});
  disk.write(0, 200, 1);
  disk.run();
  disk.store->sync(2);
  disk.run();
  ASSERT_EQ(disk.answers.at(2).error, FileError::none);
  disk.store.reset();
  disk.world.crash(disk.host);
  EXPECT_TRUE(disk.holds("t/a", 0, 100));
  EXPECT_TRUE(disk.holds("t/b", 100, 100));
}

TEST(ContentStore, WriteBacklogCountsWhatIsNotWrittenYet) {
  Disk disk(Disk::Files{{100000}});
  disk.write(0, 16384, 1);
  disk.write(16384, 16384, 2);
  EXPECT_EQ(disk.store->write_backlog(), 32_KiB);
  disk.run();
  EXPECT_EQ(disk.store->write_backlog(), 0_B);
}

TEST(ContentStore, MayBeDestroyedWithOperationsUnderWay) {
  Disk disk(Disk::Files{{100}, {100}});
  disk.write(0, 200, 1);
  disk.store->read(0_B, 200_B, 2);
  disk.store->sync(3);
  disk.store.reset();
  disk.run();
  EXPECT_EQ(disk.count, 0);
}

TEST(ContentStore, ReservedFilesTakeTheirRoomAtOnceAndKeepWhatTheyHave) {
  Disk disk(Disk::Files{{1000}, {28, true}, {2000}, {4000}});
  const Slice part = disk.content(0, 100);
  disk.files().put_file("t/a", std::span(&part, 1));
  disk.store->survey(1);
  disk.run();
  disk.store->reserve({0, 1, 2}, 2);
  disk.run();
  EXPECT_EQ(disk.answers.at(2).error, FileError::none);
  EXPECT_EQ(disk.files().used(), 3000_B) << "a pad is no file, and the last was not asked for";
  EXPECT_TRUE(disk.store->has_all_its_room(0));
  EXPECT_FALSE(disk.store->has_all_its_room(3));
  disk.store->read(0_B, 100_B, 3);
  disk.run();
  EXPECT_EQ(disk.answers.at(3).data.front().offset(), 0_B);
  disk.write(100, 900, 4);
  disk.run();
  EXPECT_TRUE(disk.holds("t/a", 0, 1000));
  EXPECT_EQ(disk.files().used(), 3000_B);
}

TEST(ContentStore, WhatCannotBeReservedIsSaidWithWhatIsMissing) {
  Disk disk(Disk::Files{{1000}, {5000}, {2000}}, 16, {.capacity = 4000_B});
  disk.store->reserve({0, 1, 2}, 1);
  disk.run();
  EXPECT_EQ(disk.answers.at(1).error, FileError::no_space);
  EXPECT_EQ(disk.answers.at(1).path, "t/b");
  ASSERT_TRUE(disk.answers.at(1).shortage.has_value());
  EXPECT_EQ(disk.answers.at(1).shortage->needed, 7000_B) << "of it and the next; the first has its room";
  EXPECT_EQ(disk.answers.at(1).shortage->free, 3000_B);
  EXPECT_FALSE(disk.files().read_all("t/c").has_value());
  EXPECT_TRUE(disk.store->is_idle());
}

TEST(ContentStore, WritesWaitForTheRoomOfTheirFile) {
  Disk disk(Disk::Files{{1000}, {1000}});
  disk.store->reserve({0, 1}, 1);
  disk.write(500, 1000, 2);
  disk.run();
  EXPECT_EQ(disk.order, (std::vector<runtime::Tag>{1, 2}));
  EXPECT_EQ(disk.answers.at(2).error, FileError::none);
  disk.write(0, 500, 3);
  disk.write(1500, 500, 4);
  disk.run();
  EXPECT_TRUE(disk.holds("t/a", 0, 1000));
  EXPECT_TRUE(disk.holds("t/b", 1000, 1000));
}

TEST(ContentStore, WritesGoOnWhereNoRoomCouldBeReserved) {
  Disk disk(Disk::Files{{1000}, {1000}}, 16, {.capacity = 1500_B});
  disk.store->reserve({0, 1}, 1);
  disk.write(1000, 300, 2);
  disk.run();
  EXPECT_EQ(disk.answers.at(1).error, FileError::no_space);
  EXPECT_EQ(disk.answers.at(2).error, FileError::none);
}

TEST(ContentStore, WhatWasWrittenIsAtHandWithoutTheDiskUntilItFails) {
  Disk disk(Disk::Files{{100}, {100}});
  EXPECT_FALSE(disk.store->recent(0_B, 10_B).has_value());
  disk.write(50, 100, 1);
  const auto recent = disk.store->recent(60_B, 80_B);
  ASSERT_TRUE(recent.has_value());
  EXPECT_EQ(recent->front().offset(), 60_B);
  EXPECT_FALSE(disk.store->recent(40_B, 20_B).has_value());
  disk.run();
  EXPECT_TRUE(disk.store->recent(50_B, 100_B).has_value());
  disk.files().set_fault("t/b", FileError::no_space);
  disk.write(50, 100, 2);
  disk.run();
  EXPECT_FALSE(disk.store->recent(50_B, 100_B).has_value()) << "what is in no file is served to nobody";
}

TEST(ContentStore, AWriteThatEndsDuringASyncIsLookedAtByTheNext) {
  Disk disk(Disk::Files{{100}});
  disk.write(0, 60, 1);
  disk.store->checkpoint(2);   // begins while that write is under way, and may be too early for it
  disk.run();
  const Slice all = disk.content(0, 100);
  disk.files().put_file("t/a", std::span(&all, 1));
  disk.store->checkpoint(3);
  disk.run();
  EXPECT_EQ(disk.store->status_on_disk(0)->size, 100_B);
}

}  // namespace
}  // namespace swarmlab::client
