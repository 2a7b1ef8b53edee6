// What clients print, line by line, and how it gets into the story of a violation.
#include "swarmsim/lab/client_log.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A file that grows, and who reads it.
class ClientLogTest : public ::testing::Test {
 protected:
  ClientLogTest() { std::filesystem::remove(path_); }
  ~ClientLogTest() override { std::filesystem::remove(path_); }
  void print(const std::string& text) { std::ofstream(path_, std::ios::app) << text; }
  static std::vector<std::string> texts(const std::vector<LogLine>& lines) {
    std::vector<std::string> all;
    for (const LogLine& line : lines) all.push_back(line.text);
    return all;
  }

  const std::string path_ = (std::filesystem::temp_directory_path() / ("client-log-" + std::to_string(getpid()))).string();
  const WallTime noon_ = *time_told("2026-11-22 12:00:00", "%Y-%m-%d %H:%M:%S", {});
};

TEST_F(ClientLogTest, ALineIsOfTheTimeAtWhichItWasRead) {
  ClientLog log({path_}, "");
  log.read(kStart + 1s, noon_);
  print("one\ntwo\rth");
  log.read(kStart + 2s, noon_ + 1s);
  print("ree\n\n");
  log.read(kStart + 3s, noon_ + 2s);
  EXPECT_THAT(texts(log.between(kStart, kStart + 2s)), ElementsAre("one", "two"));
  EXPECT_THAT(texts(log.between(kStart + 3s, kStart + 3s)), ElementsAre("three")) << "and no line is empty, or cut";
}

TEST_F(ClientLogTest, OrOfTheTimeThatItTells) {
  ClientLog log({path_}, "[%H:%M:%S.%f]");
  print("[11:59:58.250] asks\nand explains\n");
  log.read(kStart + 10s, noon_);
  EXPECT_THAT(texts(log.between(kStart + 8250ms, kStart + 8250ms)), ElementsAre("[11:59:58.250] asks"));
  EXPECT_THAT(texts(log.between(kStart + 10s, kStart + 10s)), ElementsAre("and explains")) << "which tells none";
  print("[12:30:00.000] is from the future\n[09:00:00.000] quotes\n");
  log.read(kStart + 20s, noon_ + 10s);
  EXPECT_THAT(log.between(kStart + 20s, kStart + 20s), SizeIs(2)) << "what makes no sense is not believed";
}

TEST_F(ClientLogTest, ALongLineIsCutAndOldOnesAreForgotten) {
  ClientLog log({path_}, "");
  print(std::string(1000, 'x') + "\n");
  log.read(kStart, noon_);
  EXPECT_THAT(log.between(kStart, kStart)[0].text, SizeIs(ClientLog::kLongestLine));
  std::string many;
  for (std::size_t i = 0; i <= ClientLog::kMostLines; ++i) many += "y\n";
  print(many);
  log.read(kStart + 1s, noon_);
  EXPECT_THAT(log.between(kStart, kStart), IsEmpty());
  EXPECT_THAT(log.between(kStart + 1s, kStart + 1s), SizeIs(ClientLog::kMostLines));
}

TEST_F(ClientLogTest, AStoryQuotesWhomItTellsOfAroundItsLastMoment) {
  ClientLog log({path_}, "");
  const auto say = [&](Time at, const std::string& text) {
    print(text + "\n");
    log.read(at, noon_);
  };
  say(kStart + 3s, "long ago");
  say(kStart + 9s, "before");
  say(kStart + 10500ms, "after");
  say(kStart + 12s, "much later");
  const std::vector<std::string> told{"00:08.000  seed -> leech  CHOKE", "00:10.000  leech -> seed  REQUEST piece 3"};
  std::vector<std::string> story = told;
  tell_what_was_logged(story, "it asks while choked", kStart, {{"leech", &log}});
  EXPECT_THAT(story, ElementsAre(told[0], "00:09.000  leech printed: before", told[1], "00:10.500  leech printed: after"));
  story = told;
  tell_what_was_logged(story, "it asks while choked", kStart, {{"lee", &log}, {"leech[1]", &log}});
  EXPECT_EQ(story, told) << "others are not told of";
  story.clear();
  tell_what_was_logged(story, "leech is not complete", kStart + 12s, {{"leech", &log}});
  EXPECT_THAT(story, ElementsAre("00:09.000  leech printed: before", "00:10.500  leech printed: after",
                                 "00:12.000  leech printed: much later"));
}

TEST_F(ClientLogTest, AStoryQuotesAFewLinesOnly) {
  ClientLog log({path_}, "");
  for (int i = 0; i < 50; ++i) print("line " + std::to_string(i) + "\n");
  log.read(kStart + 10s, noon_);
  std::vector<std::string> story;
  tell_what_was_logged(story, "leech stalls", kStart + 10s, {{"leech", &log}});
  EXPECT_THAT(story, SizeIs(6));
}

}  // namespace
}  // namespace swarmlab::swarmsim
