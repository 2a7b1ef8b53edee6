#include "swarmsim/lab/client_version.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace swarmlab::swarmsim {
namespace {

using testing::HasSubstr;

std::expected<ClientVersion, std::string> version_said_by(const Words& command) {
  Adapter adapter;
  adapter.client = "mine";
  adapter.version = command;
  const std::filesystem::path output = std::filesystem::path(testing::TempDir()) / "version.log";
  return ask_version(adapter, {"/bin/swarmsim", "/bin/bttracker", "/usr/bin:/bin"}, output);
}

TEST(ClientVersion, IsTheFirstWordThatBeginsWithANumber) {
  EXPECT_EQ(version_number("transmission-daemon 3.00 (bb6b5a062e)"), "3.00");
  EXPECT_EQ(version_number("qBittorrent v4.5.2"), "4.5.2");
  EXPECT_EQ(version_number("aria2 version 1.36.0"), "1.36.0") << "not the 2 of its name";
  EXPECT_EQ(version_number("Rakshasa's BitTorrent client version 0.9.8."), "0.9.8");
  EXPECT_EQ(version_number("2.0.8.0"), "2.0.8.0");
  EXPECT_EQ(version_number("version seven"), "");
  EXPECT_EQ(version_number(""), "");
}

TEST(ClientVersion, IsInTheFirstLineWithADigit) {
  const auto version = version_said_by({"sh", "-c", "echo welcome; echo mine v1.2-rc; echo 7"});
  ASSERT_TRUE(version.has_value()) << version.error();
  EXPECT_EQ(version->line, "mine v1.2-rc");
  EXPECT_EQ(version->number, "1.2");
}

TEST(ClientVersion, ThatIsNotSaidIsAnError) {
  EXPECT_THAT(version_said_by({"sh", "-c", "echo none"}).error(), HasSubstr("'sh -c echo none' says none"));
  EXPECT_THAT(version_said_by({"there-is-no-such-client"}).error(), HasSubstr("there-is-no-such-client"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
