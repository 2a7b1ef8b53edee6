#include "swarmsim/virtual/content_digest.hpp"

#include <gtest/gtest.h>

#include "tests/unit/swarmsim/virtual/two_hosts.hpp"

namespace swarmlab::swarmsim {
namespace {

using runtime::Slice;
using runtime::Slices;

struct ContentDigestTest : testing::Test {
  ContentDigestTest() : content(contents.add("content")), other(contents.add("other")) {}
  Sha1Digest digest(const Slices& slices) const {
    ContentDigest context;
    for (const Slice& slice : slices) context.append(contents, slice);
    return context.finish();
  }
  ContentTable contents;
  runtime::ContentId content, other;
};

TEST_F(ContentDigestTest, OfBytesIsTheirSha1) {
  const Slices slices{Slice::copy_of(as_bytes("ab")), Slice::copy_of(as_bytes("c"))};
  EXPECT_EQ(to_hex(digest(slices).view()), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(to_hex(digest({}).view()), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST_F(ContentDigestTest, DoesNotDependOnHowASequenceIsCut) {
  const std::string text = "forty bytes that stand between the ranges";
  const Slices whole{Slice::of_content(content, 100_B, 1000_B), Slice::copy_of(as_bytes(text)),
                     Slice::of_content(content, 1100_B, 500_B), Slice::of_content(content, 1600_B, 100_B, runtime::Spoiler(3))};
  const Sha1Digest expected = digest(whole);
  runtime::Random random(4);
  const std::size_t length = runtime::length_of(whole).size();
  for (int round = 0; round < 200; ++round) {
    Slices cut;
    for (std::size_t at = 0; at < length;) {
      const std::size_t part = std::min(length - at, 1 + random.below(300));
      for (Slice& slice : runtime::sub(whole, at, part)) cut.push_back(std::move(slice));
      at += part;
    }
    ASSERT_EQ(digest(cut), expected);
  }
}

TEST_F(ContentDigestTest, TellsApartContentOffsetLengthSpoilerAndOrder) {
  const auto of = [&](runtime::ContentId id, int offset, int length, std::uint32_t spoiler) {
    return digest({Slice::of_content(id, ByteCount(offset), ByteCount(length), runtime::Spoiler(spoiler))});
  };
  const Sha1Digest base = of(content, 0, 100, 0);
  EXPECT_NE(base, of(other, 0, 100, 0));
  EXPECT_NE(base, of(content, 1, 100, 0));
  EXPECT_NE(base, of(content, 0, 101, 0));
  EXPECT_NE(base, of(content, 0, 100, 1));
  const Slice first = Slice::of_content(content, 0_B, 50_B);
  const Slice second = Slice::of_content(content, 50_B, 50_B);
  EXPECT_EQ(base, digest({first, second}));
  EXPECT_NE(base, digest({second, first}));
}

TEST_F(ContentDigestTest, DoesNotDependOnWhatElseTheWorldHolds) {
  ContentTable alone;
  const runtime::ContentId same = alone.add("other");
  ContentDigest context;
  context.append(alone, Slice::of_content(same, 0_B, 100_B));
  EXPECT_EQ(context.finish(), digest({Slice::of_content(other, 0_B, 100_B)}));
}

struct Answers : runtime::HashHandler {
  void on_digest(const runtime::HashResult& result) override { results.push_back(result); }
  std::vector<runtime::HashResult> results;
};

TEST(VirtualHasher, GivesTheDigestsOfSymbolicPieceHashesHoweverThePieceArrived) {
  TwoHosts hosts;
  runtime::Hasher& hasher = hosts.world.outside(hosts.a).hasher;
  const auto expected = symbolic_piece_hashes("content", 100_KiB, 64_KiB);
  ASSERT_EQ(expected.size(), 2u);
  Answers answers;
  const runtime::HashId context = hasher.open();
  for (int part = 0; part < 4; ++part) {
    const Slice slice = Slice::of_content(hosts.content, 64_KiB + 9_KiB * part, 9_KiB);
    hasher.append(context, std::span(&slice, 1));
  }
  hasher.finish(context, answers, 1);
  hosts.world.run_until(kStart + 1s);
  ASSERT_EQ(answers.results.size(), 1u);
  EXPECT_EQ(answers.results[0].digest, expected[1]);
}

TEST(VirtualHasher, ServesOneRequestAfterAnotherAtItsRate) {
  TwoHosts hosts({}, {}, {.seed = 1, .tap = nullptr, .train_packets = 12, .hash_rate = BytesPerSecond(1 << 20)});
  const runtime::Outside outside = hosts.world.outside(hosts.a);
  Answers answers;
  const Slice slice = Slice::of_content(hosts.content, 0_B, 1_MiB);
  const std::vector<runtime::HashRequest> batch{{.data = std::span(&slice, 1), .tag = 1},
                                                {.data = std::span(&slice, 1), .tag = 2}};
  outside.hasher.digest(batch, answers);
  EXPECT_EQ(outside.hasher.backlog(), 2_MiB);
  hosts.world.run_until(kStart + 1s);
  EXPECT_EQ(answers.results.size(), 1u);
  hosts.world.run_until(kStart + 2s);
  EXPECT_EQ(answers.results.size(), 2u);
  EXPECT_EQ(outside.hasher.backlog(), 0_B);
}

}  // namespace
}  // namespace swarmlab::swarmsim
