// What a relay changes in what peers say: that they speak peer exchange.
#include "swarmsim/lab/relay_stream.hpp"

#include <gtest/gtest.h>

#include <string>

namespace swarmlab::swarmsim {
namespace {

std::string behind_the_curtain(std::initializer_list<std::string> pieces) {
  PexCurtain curtain;
  std::string out;
  for (const std::string& piece : pieces) {
    std::vector<std::byte> bytes(as_bytes(piece).begin(), as_bytes(piece).end());
    curtain.pass(bytes);
    out += as_text(bytes);
  }
  return out;
}

TEST(PexCurtain, NobodySpeaksPeerExchangeToAnother) {
  EXPECT_EQ(behind_the_curtain({"d1:md11:ut_metadatai1e6:ut_pexi2eee"}), "d1:md11:ut_metadatai1e6:ut_peXi2eee");
}

TEST(PexCurtain, HoweverTheStreamIsCut) {
  EXPECT_EQ(behind_the_curtain({"d1:md6:ut", "_", "pe", "xi2eee"}), "d1:md6:ut_peXi2eee");
  EXPECT_EQ(behind_the_curtain({"66:ut_6:ut_pex"}), "66:ut_6:ut_peX");
}

TEST(PexCurtain, WhatIsFarFromTheHandshakeIsLeftAlone) {
  const std::string far = std::string(70'000, 'x') + "6:ut_pex";
  EXPECT_EQ(behind_the_curtain({far}), far);
}

}  // namespace
}  // namespace swarmlab::swarmsim
