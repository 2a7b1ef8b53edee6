// Digests: one-shot and incremental, of bytes and of ranges of files, in batches.
#include <map>
#include <string>
#include <vector>

#include "protocol/hash/sha1.hpp"
#include "tests/conformance/file_answers.hpp"
#include "tests/conformance/stream_ends.hpp"

namespace swarmlab::conformance {
namespace {

using runtime::FileError;
using runtime::FileId;
using runtime::HashId;
using runtime::HashRequest;
using runtime::HashResult;
using runtime::Slice;
using runtime::Slices;
using runtime::Tag;

struct Digests : runtime::HashHandler {
  void on_digest(const HashResult& result) override {
    EXPECT_FALSE(is_in_call);
    EXPECT_FALSE(results.contains(result.tag)) << "answered twice";
    results[result.tag] = result;
  }
  bool is_in_call = false;
  std::map<Tag, HashResult> results;
};

Slices slices_of(Bytes bytes) { return {Slice::copy_of(bytes)}; }

TEST_P(HashConformance, GivesTheKnownDigests) {
  struct Row { std::string text; std::string digest; };
  const Row rows[] = {   // FIPS 180-4's examples, and the empty message
      {"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
      {"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
      {std::string(1'000'000, 'a'), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
  };
  Digests digests;
  Tag tag = 0;
  for (const Row& row : rows) {
    const Slices data = slices_of(as_bytes(row.text));
    const HashRequest request{data, ++tag};
    digests.is_in_call = true;
    a().hasher.digest(std::span(&request, 1), digests);
    digests.is_in_call = false;
    ASSERT_TRUE(run_until([&] { return digests.results.contains(tag); }));
    EXPECT_EQ(to_string(digests.results[tag].digest), row.digest);
    EXPECT_EQ(digests.results[tag].error, FileError::none);
  }
}

TEST_P(HashConformance, HashesAContextInTheOrderOfItsParts) {
  const auto data = pattern(300'000);
  const Sha1Digest expected = protocol::sha1(data);
  runtime::Hasher& hasher = a().hasher;
  Digests digests;
  // Several contexts at once, each cut in its own way.
  for (Tag tag = 1; tag <= 8; ++tag) {
    const HashId context = hasher.open();
    for (std::size_t at = 0; at < data.size();) {
      const std::size_t part = std::min<std::size_t>(1 + at * 7919 * tag % 20'000, data.size() - at);
      hasher.append(context, slices_of({data.data() + at, part}));
      at += part;
    }
    digests.is_in_call = true;
    hasher.finish(context, digests, tag);
    digests.is_in_call = false;
  }
  ASSERT_TRUE(run_until([&] { return digests.results.size() == 8; }));
  for (const auto& [tag, result] : digests.results) EXPECT_EQ(result.digest, expected) << tag;
}

TEST_P(HashConformance, GoesOnWithAContextAfterTimeHasPassed) {
  runtime::Hasher& hasher = a().hasher;
  Digests digests;
  const HashId context = hasher.open();
  hasher.append(context, slices_of(as_bytes("a")));
  world().settle();
  hasher.append(context, slices_of(as_bytes("b")));
  world().settle();
  EXPECT_EQ(hasher.backlog(), 0_B);
  hasher.append(context, slices_of(as_bytes("c")));
  hasher.finish(context, digests, 1);
  ASSERT_TRUE(run_until([&] { return !digests.results.empty(); }));
  EXPECT_EQ(to_string(digests.results[1].digest), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST_P(HashConformance, AnswersAnEmptyContext) {
  Digests digests;
  const HashId context = a().hasher.open();
  a().hasher.finish(context, digests, 1);
  ASSERT_TRUE(run_until([&] { return !digests.results.empty(); }));
  EXPECT_EQ(to_string(digests.results[1].digest), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST_P(HashConformance, AnswersEveryRequestOfABatchUnderItsTag) {
  std::vector<Slices> data;
  std::vector<HashRequest> batch;
  for (std::uint32_t i = 0; i < 200; ++i) data.push_back(slices_of(pattern(16'384, i)));
  for (std::size_t i = 0; i < data.size(); ++i) batch.push_back({data[i], 1000 + i});
  Digests digests;
  a().hasher.digest(batch, digests);
  ASSERT_TRUE(run_until([&] { return digests.results.size() == 200; }));
  for (std::uint32_t i = 0; i < 200; ++i) {
    EXPECT_EQ(digests.results[1000 + i].digest, protocol::sha1(pattern(16'384, i)));
  }
  EXPECT_EQ(a().hasher.backlog(), 0_B);
}

TEST_P(HashConformance, ReadsRangesOfFilesItself) {
  Disk disk(world(), Side::a);
  const FileId file = disk.open("content");
  const auto content = pattern(1'500'000);
  disk.write(file, 0, {Slice::copy_of(content)});
  Digests digests;
  const Slices range = {Slice::of_file(file, 1234_B, 1'000'000_B)};
  const Slices mixed = {Slice::copy_of(as_bytes("head")), Slice::of_file(file, 0_B, 10_B),
                        Slice::of_file(file, 1'499'999_B, 1_B)};
  const HashRequest batch[] = {{range, 1}, {mixed, 2}};
  a().hasher.digest(batch, digests);
  const HashId context = a().hasher.open();
  a().hasher.append(context, mixed);
  a().hasher.finish(context, digests, 3);
  // What was asked for before the file closed is still answered.
  a().files.close(file);
  ASSERT_TRUE(run_until([&] { return digests.results.size() == 3; }));
  EXPECT_EQ(digests.results[1].digest, protocol::sha1(Bytes(content).subspan(1234, 1'000'000)));
  std::vector<std::byte> joined;
  for (const char c : std::string("head")) joined.push_back(static_cast<std::byte>(c));
  joined.insert(joined.end(), content.begin(), content.begin() + 10);
  joined.push_back(content.back());
  EXPECT_EQ(digests.results[2].digest, protocol::sha1(joined));
  EXPECT_EQ(digests.results[3].digest, protocol::sha1(joined));
}

TEST_P(HashConformance, NamesARangeThatTheFileDoesNotHave) {
  Disk disk(world(), Side::a);
  const FileId file = disk.open("content");
  disk.write(file, 0, "short");
  Digests digests;
  const Slices good = {Slice::of_file(file, 0_B, 5_B)};
  const Slices beyond = {Slice::of_file(file, 3_B, 100_B)};
  const HashRequest batch[] = {{beyond, 1}, {good, 2}};
  a().hasher.digest(batch, digests);
  ASSERT_TRUE(run_until([&] { return digests.results.size() == 2; }));
  EXPECT_EQ(digests.results[1].error, FileError::input_output);
  EXPECT_EQ(digests.results[2].error, FileError::none);
  EXPECT_EQ(digests.results[2].digest, protocol::sha1(as_bytes("short")));
}

TEST_P(HashConformance, AnswersNothingOfDroppedContextsAndToForgottenHandlers) {
  runtime::Hasher& hasher = a().hasher;
  Digests forgotten;
  Digests other;
  const HashId dropped = hasher.open();
  hasher.append(dropped, slices_of(pattern(100'000)));
  hasher.drop(dropped);
  const HashId finished = hasher.open();
  hasher.append(finished, slices_of(pattern(100'000)));
  hasher.finish(finished, forgotten, 1);
  const Slices data = slices_of(as_bytes("abc"));
  const HashRequest request{data, 2};
  hasher.digest(std::span(&request, 1), forgotten);
  hasher.digest(std::span(&request, 1), other);
  hasher.forget(forgotten);
  ASSERT_TRUE(run_until([&] { return other.results.size() == 1 && hasher.backlog() == 0_B; }));
  world().settle();
  EXPECT_TRUE(forgotten.results.empty());
}

}  // namespace
}  // namespace swarmlab::conformance
