#include "swarmsim/lab/client_version.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace swarmlab::swarmsim {
namespace {

using testing::HasSubstr;

struct AskedForItsVersion : testing::Test {
  ~AskedForItsVersion() override { std::filesystem::remove_all(folder); }
  std::expected<ClientVersion, std::string> said_by(const Words& command) {
    Adapter adapter;
    adapter.client = "mine";
    adapter.version = command;
    adapter.folder = "/where/it/stands";
    return ask_version(adapter, {(folder / "swarmsim").string(), (folder / "bttracker").string(), "/usr/bin:/bin"}, folder);
  }
  std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "swarmsim_of_a_test";
};

TEST(ClientVersion, IsTheFirstWordThatBeginsWithANumber) {
  EXPECT_EQ(version_number("transmission-daemon 3.00 (bb6b5a062e)"), "3.00");
  EXPECT_EQ(version_number("qBittorrent v4.5.2"), "4.5.2");
  EXPECT_EQ(version_number("aria2 version 1.36.0"), "1.36.0") << "not the 2 of its name";
  EXPECT_EQ(version_number("Rakshasa's BitTorrent client version 0.9.8."), "0.9.8");
  EXPECT_EQ(version_number("mine 1.2-rc1"), "1.2");
  EXPECT_EQ(version_number("mine 1\x1b[31m2"), "1");
  EXPECT_EQ(version_number("version seven"), "");
  EXPECT_EQ(version_number("v . ..1"), "");
  EXPECT_EQ(version_number(""), "");
}

TEST_F(AskedForItsVersion, AClientSaysItInTheFirstLineThatHasANumber) {
  const auto version = said_by({"sh", "-c", "echo aria2 greets; echo mine v1.2-rc1; echo 7"});
  ASSERT_TRUE(version.has_value()) << version.error();
  EXPECT_EQ(version->line, "mine v1.2-rc1");
  EXPECT_EQ(version->number, "1.2");
  EXPECT_EQ(said_by({"echo", "2.0"})->number, "2.0") << "what was said before is forgotten";
}

TEST_F(AskedForItsVersion, AClientMayStandBesideItsAdapter) {
  EXPECT_EQ(said_by({"echo", "5", "{here}/mine.py"})->line, "5 /where/it/stands/mine.py");
}

TEST_F(AskedForItsVersion, AClientMayStandBesideSwarmsim) {
  std::filesystem::create_directory(folder);
  std::filesystem::copy_file("/bin/echo", folder / "client_of_a_test", std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(said_by({"client_of_a_test", "3.1"})->number, "3.1");
}

TEST_F(AskedForItsVersion, AClientThatSaysNoneIsAnError) {
  EXPECT_EQ(said_by({"sh", "-c", "echo none"}).error(), "'sh -c echo none' says no number");
  EXPECT_THAT(said_by({"there-is-no-such-client"}).error(), HasSubstr("there-is-no-such-client"));
}

TEST_F(AskedForItsVersion, AClientThatFailsHasNotSaidIt) {
  EXPECT_EQ(said_by({"sh", "-c", "echo line 1: error; exit 2"}).error(), "'sh -c echo line 1: error; exit 2' ended with exit status 2");
}

TEST_F(AskedForItsVersion, AClientCannotFillTheDisk) {
  EXPECT_THAT(said_by({"yes"}).error(), HasSubstr("'yes' ended with"));
  EXPECT_LE(std::filesystem::file_size(folder / "version.log"), 64u * 1024);
}

}  // namespace
}  // namespace swarmlab::swarmsim
