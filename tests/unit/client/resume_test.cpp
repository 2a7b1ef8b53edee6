// Resume data of whole clients: what a start believes, what it hashes, and that no crash makes it believe what is not so.
#include <gtest/gtest.h>

#include "client/resume_record.hpp"
#include "runtime/random.hpp"
#include "tests/unit/client/town.hpp"

namespace swarmlab::client {
namespace {

constexpr std::string_view kRecord = ".swarmlab/0707070707070707070707070707070707070707.resume";

Settings keeping_records(Duration interval = 10s) {
  Settings settings;
  settings.resume_data = true;
  settings.resume_interval = interval;
  return settings;
}

std::optional<ResumeRecord> record_of(Town& town, Town::Resident& resident) {
  const auto slices = resident.disk().read_all(kRecord);
  if (!slices) return std::nullopt;
  std::vector<std::byte> bytes;
  for (const runtime::Slice& slice : *slices) bytes.insert(bytes.end(), slice.bytes().begin(), slice.bytes().end());
  const auto record = decode_resume_record(bytes, town.metainfo());
  EXPECT_TRUE(record.has_value()) << record.error();
  return record ? std::optional(*record) : std::nullopt;
}

void stop_and_start(Town& town, Town::Resident& resident) {
  resident.session().stop();
  ASSERT_TRUE(town.run_until([&] { return resident.session().is_stopped(); }, 60s));
  town.end(resident);
  town.run_for(1s);
  const std::size_t checks = resident.count<Checked>();
  town.start(resident);
  ASSERT_TRUE(town.run_until([&] { return resident.count<Checked>() > checks; }, 60s));
}

TEST(Resume, ACompletedDownloadIsNotHashedAgain) {
  Town town({.files = {1_MiB, 100_KiB, 4_MiB - 1_MiB - 100_KiB}});
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.settings = keeping_records()});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  stop_and_start(town, leech);
  EXPECT_EQ(leech.last_check().pieces_found, 64u);
  EXPECT_EQ(leech.last_check().pieces_trusted, 64u);
}

TEST(Resume, ASeedIsHashedOnce) {
  Town town;
  auto& seed = town.add("seed", {.has = Town::kAll, .settings = keeping_records()});
  town.start();
  town.run_for(5s);
  EXPECT_EQ(seed.last_check().pieces_trusted, 0u);
  stop_and_start(town, seed);
  EXPECT_EQ(seed.last_check().pieces_trusted, 64u);
  stop_and_start(town, seed);
  EXPECT_EQ(seed.last_check().pieces_trusted, 64u);
}

TEST(Resume, AStoppedDownloadGoesOnWhereItWas) {
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.settings = keeping_records()});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().pieces_have >= 20; }, 60s));
  const std::uint32_t had = leech.status().pieces_have;
  stop_and_start(town, leech);
  EXPECT_GE(leech.last_check().pieces_found, had);
  EXPECT_GE(leech.last_check().pieces_trusted, had);
  EXPECT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  EXPECT_TRUE(town.has_true_content(leech));
}

TEST(Resume, ASeedFileThatWasEditedBetweenTwoRunsIsHashed) {
  Town town;
  auto& seed = town.add("seed", {.has = Town::kAll, .settings = keeping_records()});
  town.start();
  town.run_for(5s);
  seed.session().stop();
  ASSERT_TRUE(town.run_until([&] { return seed.session().is_stopped(); }, 60s));
  town.end(seed);
  const runtime::Slices edited{town.content(0_B, 1_MiB), town.content(1_MiB, 1_B, 9),
                               town.content(1_MiB + 1_B, 3_MiB - 1_B)};
  seed.disk().put_file("content", edited);   // its time of modification is another
  town.start(seed);
  town.run_for(5s);
  EXPECT_EQ(seed.last_check().pieces_trusted, 0u);
  EXPECT_EQ(seed.last_check().pieces_found, 63u);
}

TEST(Resume, ADamagedRecordIsToldAndEverythingHashed) {
  Town town;
  auto& seed = town.add("seed", {.has = Town::kAll, .settings = keeping_records()});
  const runtime::Slice rubbish = runtime::Slice::copy_of(as_bytes("d8:checksum20:"));
  seed.disk().put_file(kRecord, std::span(&rubbish, 1));
  town.start();
  town.run_for(5s);
  EXPECT_EQ(seed.count<ResumeIgnored>(), 1u);
  EXPECT_EQ(seed.last_check().pieces_found, 64u);
  EXPECT_EQ(seed.last_check().pieces_trusted, 0u);
  ASSERT_TRUE(record_of(town, seed).has_value()) << "replaced by a good one";
}

TEST(Resume, ARecordThatCannotBeWrittenIsToldOnceAndTheDownloadGoesOn) {
  Town town;
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.settings = keeping_records(500ms)});
  leech.disk().set_fault(".swarmlab", runtime::FileError::permission);
  town.start();
  EXPECT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  town.run_for(5s);
  EXPECT_EQ(leech.count<ResumeNotSaved>(), 1u);
  leech.session().stop();
  EXPECT_TRUE(town.run_until([&] { return leech.session().is_stopped(); }, 60s));
}

TEST(Resume, WithoutTheSettingNoRecordIsKept) {
  Town town;
  auto& seed = town.add("seed", {.has = Town::kAll});
  town.start();
  town.run_for(5s);
  EXPECT_FALSE(seed.disk().read_all(kRecord).has_value());
}

TEST(Resume, AfterACrashOnlyWhatWasNotClaimedIsHashed) {
  Town town({.size = 16_MiB});
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.settings = keeping_records(2s)});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().pieces_have >= 150; }, 60s));
  town.kill(leech);
  const auto record = record_of(town, leech);
  ASSERT_TRUE(record.has_value());
  EXPECT_FALSE(record->is_final);
  EXPECT_GT(record->pieces.count(), 50u);
  town.start(leech);
  const std::size_t checks = leech.count<Checked>();
  ASSERT_TRUE(town.run_until([&] { return leech.count<Checked>() > checks; }, 60s));
  EXPECT_EQ(leech.last_check().pieces_trusted, record->pieces.count());
  EXPECT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  EXPECT_TRUE(town.has_true_content(leech));
}

// The promise (bug B51): whatever of our writes a crash keeps, loses or cuts short, what the record claims is there.
TEST(Resume, AThousandTornCrashesNeverLeaveAClaimThatIsNotTrue) {
  std::uint32_t crashes = 0;
  std::uint32_t claimed_after_crash = 0;
  for (std::uint64_t seed = 1; crashes < 1000; ++seed) {
    runtime::Random chance(seed, "crashes");
    Town town({.size = 2_MiB, .piece_length = 64_KiB, .files = {300_KiB, 1_MiB, 2_MiB - 1_MiB - 300_KiB}, .tracker = ""}, seed);
    auto& other = town.add("seed", {.has = Town::kAll});
    auto& leech = town.add("leech", {.settings = keeping_records(Duration(50ms + 1ms * chance.below(400)))});
    town.start();
    for (int crash = 0; crash < 4; ++crash) {
      const std::size_t starts = static_cast<std::size_t>(crash) + 1;
      ASSERT_TRUE(town.run_until([&] { return leech.count<Checked>() == starts; }, 10s)) << "seed " << seed;
      // Found is exactly what is there: nothing that is torn, and nothing is fetched again that came through.
      std::uint32_t really_there = 0;
      for (PieceIndex piece; piece.value() < 32; ++piece) really_there += town.has_true_piece(leech, piece) ? 1u : 0u;
      ASSERT_EQ(leech.last_check().pieces_found, really_there) << "seed " << seed << ", crash " << crash;
      leech.session().add_peer(TorrentId(0), other.endpoint());
      town.run_for(1us * chance.below(900'000));
      town.kill(leech);
      ++crashes;
      if (const auto record = record_of(town, leech)) {
        for (PieceIndex piece; piece.value() < 32; ++piece) {
          if (!record->pieces.test(piece)) continue;
          ++claimed_after_crash;
          ASSERT_TRUE(town.has_true_piece(leech, piece))
              << "seed " << seed << ", crash " << crash << ", piece " << piece.value();
        }
      }
      town.run_for(1us * chance.below(100'000));
      town.start(leech);
    }
    ASSERT_TRUE(town.run_until([&] { return leech.count<Checked>() == 5; }, 10s)) << "seed " << seed;
    leech.session().add_peer(TorrentId(0), other.endpoint());
    ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s)) << "seed " << seed;
    ASSERT_TRUE(town.has_true_content(leech)) << "seed " << seed;
  }
  EXPECT_GT(claimed_after_crash, 5000u) << "or nothing was tested";
}

}  // namespace
}  // namespace swarmlab::client
