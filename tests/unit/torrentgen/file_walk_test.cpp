#include "torrentgen/file_walk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/torrentgen/temporary_tree.hpp"

namespace swarmlab::torrentgen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct FileWalk : ::testing::Test {
  test::TemporaryTree tree;

  std::vector<std::string> paths(const Walk& walk) {
    std::vector<std::string> joined;
    for (const WalkedFile& file : walk.files) {
      std::string text;
      for (const std::string& element : file.path) text += (text.empty() ? "" : "/") + element;
      joined.push_back(text);
    }
    return joined;
  }
  std::string error(const std::string& path, Links links = Links::refuse) {
    const auto walk = walk_files(path, links);
    return walk ? "no error" : walk.error().what;
  }
};

TEST_F(FileWalk, TakesAFileForATorrentOfOneFile) {
  const auto walk = walk_files(tree.file("disk.img", "abc"), Links::refuse).value();
  EXPECT_TRUE(walk.is_single_file);
  EXPECT_EQ(walk.name, "disk.img");
  EXPECT_EQ(walk.total, 3_B);
  EXPECT_THAT(walk.files.at(0).path, ElementsAre());
}

TEST_F(FileWalk, OrdersFilesByTheBytesOfTheirPathsWithHiddenAndEmptyOnes) {
  for (const auto* path : {"a/b", "a-b", "aa", "a.b", "B", ".hidden/x", "\xc3\xa4"}) tree.file(std::string("top/") + path, "1");
  tree.file("top/empty", "");
  std::filesystem::create_directories(tree.at("top/nothing/here"));
  const auto walk = walk_files(tree.at("top"), Links::refuse).value();
  EXPECT_FALSE(walk.is_single_file);
  EXPECT_THAT(paths(walk), ElementsAre(".hidden/x", "B", "a-b", "a.b", "a/b", "aa", "empty", "\xc3\xa4"));
}

TEST_F(FileWalk, NamesTheTorrentAfterTheDirectoryHoweverItIsWritten) {
  tree.file("top/sub/a", "1");
  for (const auto* path : {"top", "top/", "top//", "top/.", "top/sub/..", "top/./"}) {
    EXPECT_EQ(walk_files(tree.at(path), Links::refuse).value().name, "top") << path;
  }
}

TEST_F(FileWalk, RefusesSymbolicLinksUnlessTheyAreToBeFollowed) {
  tree.file("elsewhere/data", "12345");
  tree.file("top/a", "1");
  std::filesystem::create_symlink(tree.at("elsewhere"), tree.at("top/linked"));
  std::filesystem::create_symlink("a", tree.at("top/link"));
  EXPECT_THAT(error(tree.at("top")), HasSubstr("top/link: is a symbolic link; --follow-links"));
  const auto walk = walk_files(tree.at("top"), Links::follow).value();
  EXPECT_THAT(paths(walk), ElementsAre("a", "link", "linked/data"));
}

TEST_F(FileWalk, FollowsALinkThatIsThePathItself) {
  tree.file("real/a", "1");
  std::filesystem::create_symlink("real", tree.at("alias"));
  EXPECT_EQ(walk_files(tree.at("alias"), Links::refuse).value().name, "alias");
}

TEST_F(FileWalk, FindsLinksThatLeadBack) {
  tree.file("top/sub/a", "1");
  std::filesystem::create_symlink("..", tree.at("top/sub/up"));
  EXPECT_THAT(error(tree.at("top"), Links::follow), HasSubstr("sub/up: is a link to a directory it lies in"));
}

TEST_F(FileWalk, NamesADanglingLink) {
  tree.file("top/a", "1");
  std::filesystem::create_symlink("nowhere", tree.at("top/z"));
  EXPECT_THAT(error(tree.at("top"), Links::follow), HasSubstr("top/z: No such file"));
}

TEST_F(FileWalk, RefusesNamesThatTorrentsCannotCarry) {
  tree.file("latin/\xe4", "1");
  EXPECT_THAT(error(tree.at("latin")), HasSubstr("%E4: has a name that is no UTF-8"));
  tree.file("control/a\nb", "1");
  EXPECT_THAT(error(tree.at("control")), HasSubstr("a%0Ab: has a name that"));
}

TEST_F(FileWalk, RefusesWhatIsNoFile) {
  tree.file("top/a", "1");
  ASSERT_EQ(::mkfifo(tree.at("top/pipe").c_str(), 0600), 0);
  EXPECT_THAT(error(tree.at("top")), HasSubstr("pipe: is neither file nor directory"));
}

TEST_F(FileWalk, RefusesContentWithoutBytes) {
  std::filesystem::create_directories(tree.at("empty/sub"));
  EXPECT_THAT(error(tree.at("empty")), HasSubstr("holds no files"));
  tree.file("zero/a", "");
  EXPECT_THAT(error(tree.at("zero")), HasSubstr("holds no bytes"));
}

TEST_F(FileWalk, TellsMissingPathsFromUnreadableOnes) {
  const auto missing = walk_files(tree.at("nix"), Links::refuse);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().kind, WalkError::Kind::input);
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  tree.file("top/secret", "1");
  ::chmod(tree.at("top/secret").c_str(), 0);
  const auto secret = walk_files(tree.at("top"), Links::refuse);
  ASSERT_FALSE(secret.has_value());
  EXPECT_EQ(secret.error().kind, WalkError::Kind::environment);
  EXPECT_THAT(secret.error().what, HasSubstr("secret: Permission denied"));
}

TEST_F(FileWalk, NoticesWhenAFileChanges) {
  const std::string path = tree.file("a", "123");
  const auto walk = walk_files(path, Links::refuse).value();
  EXPECT_TRUE(is_unchanged(walk.files[0]));
  tree.file("a", "1234");
  EXPECT_FALSE(is_unchanged(walk.files[0]));
  std::filesystem::remove(path);
  EXPECT_FALSE(is_unchanged(walk.files[0]));
}

}  // namespace
}  // namespace swarmlab::torrentgen
