#include "protocol/hash/sha1.hpp"

#include <gtest/gtest.h>

#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab::protocol {
namespace {

using test::from_text;

struct Vector {
  std::string message, digest;
};

// FIPS 180-2, appendix A, and the empty message.
const std::vector<Vector>& vectors() {
  static const std::vector<Vector> kVectors = {
      {"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
      {"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
      {std::string(1'000'000, 'a'), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
  };
  return kVectors;
}

TEST(Sha1, AgreesWithTheStandardsVectors) {
  for (const auto& [message, digest] : vectors()) {
    EXPECT_EQ(to_string(sha1(from_text(message))), digest);
  }
}

TEST(Sha1, DoesNotDependOnHowTheMessageIsCut) {
  const auto message = from_text(std::string(300, 'x') + "end");
  for (std::size_t cut = 0; cut <= message.size(); ++cut) {
    Sha1 hash;
    hash.update(Bytes(message).first(cut));
    hash.update(Bytes(message).subspan(cut));
    EXPECT_EQ(hash.finish(), sha1(message)) << cut;
  }
}

TEST(Sha1, StartsAnewAfterFinish) {
  Sha1 hash;
  hash.update(from_text("something else"));
  hash.finish();
  hash.update(from_text("abc"));
  EXPECT_EQ(hash.finish(), sha1(from_text("abc")));
}

TEST(Sha1, ACopyContinuesFromTheSameState) {
  Sha1 hash;
  hash.update(from_text("ab"));
  Sha1 copy = hash;
  hash.update(from_text("x"));
  copy.update(from_text("c"));
  EXPECT_EQ(copy.finish(), sha1(from_text("abc")));
  EXPECT_EQ(hash.finish(), sha1(from_text("abx")));
}

}  // namespace
}  // namespace swarmlab::protocol
