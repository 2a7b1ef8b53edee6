// Processes as clients: /bin/sh stands for them.
#include "swarmsim/lab/client_process.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;
using State = ClientProcess::State;

class AClient : public ::testing::Test {
 protected:
  AClient() {
    folder_ = std::filesystem::temp_directory_path() / ("client_process_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~AClient() override {
    table_.end_all();
    std::filesystem::remove_all(folder_);
  }

  static Adapter running(const std::string& script) {
    Adapter adapter;
    adapter.client = "sh";
    adapter.leech = adapter.seed = {"sh", "-c", script};
    adapter.ready = {Probe::Kind::log, "up", 5s};
    adapter.stops_within = 5s;
    return adapter;
  }
  ClientProcess in_place(const Adapter& adapter) {
    ClientPlace place;
    place.values = {{"home", folder_.string()}, {"dir", folder_.string()}, {"port", "6881"}};
    place.output = (folder_ / "output").string();
    place.path = "/usr/local/bin:/usr/bin:/bin";
    return {adapter, table_, place};
  }
  // Follows it until it is in that state, or has a problem; to the tenth second of the test at most.
  void follow(ClientProcess& client, State until) {
    while (client.state() != until && client.problem().empty() && now() < kStart + 10s) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      table_.reap();
      client.poll(now());
    }
  }
  Time now() const { return kStart + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin_); }

  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::filesystem::path folder_;
  ProcessTable table_;
};

TEST_F(AClient, IsPreparedStartedGivenItsTorrentAndStopped) {
  Adapter adapter = running("cat \"$0\"; echo up; trap 'echo bye; exit 0' TERM; while :; do sleep 0.05; done");
  adapter.leech.push_back("{home}/config");
  adapter.files = {{"{home}/config", "port = {port}\n"}};
  adapter.prepare = {{"sh", "-c", "echo prepared"}};
  adapter.add = {{"sh", "-c", "echo added"}};
  ClientProcess client = in_place(adapter);
  client.start(false, now());
  follow(client, State::running);
  ASSERT_EQ(client.problem(), "");
  EXPECT_NE(client.times().ready, kNever);
  client.stop(now());
  follow(client, State::ended);
  EXPECT_EQ(client.problem(), "");
  std::ifstream output(folder_ / "output");
  const std::string text{std::istreambuf_iterator<char>(output), {}};
  EXPECT_EQ(text, "prepared\nport = 6881\nup\nadded\nbye\n");
}

TEST_F(AClient, ThatIsNotInstalledIsAProblemWithItsName) {
  Adapter adapter = running("");
  adapter.leech = {"no-such-client"};
  ClientProcess client = in_place(adapter);
  client.start(false, now());
  EXPECT_THAT(client.problem(), HasSubstr("no-such-client is not installed"));
  EXPECT_EQ(client.state(), State::ended);
}

TEST_F(AClient, ThatEndsByItselfIsAProblemWithItsLastWords) {
  const Adapter adapter = running("echo up; sleep 0.1; echo out of cheese; exit 7");
  ClientProcess client = in_place(adapter);
  client.start(false, now());
  follow(client, State::ended);
  EXPECT_EQ(client.problem(), "ended by itself (exit status 7); its last words: up%0Aout of cheese");
}

TEST_F(AClient, ThatCrashesIsToldBySignal) {
  const Adapter adapter = running("echo up; kill -SEGV $$; sleep 1");
  ClientProcess client = in_place(adapter);
  client.start(false, now());
  follow(client, State::ended);
  EXPECT_THAT(client.problem(), HasSubstr("killed by SIGSEGV"));
}

TEST_F(AClient, MayEndWhenItIsCompleteIfItsAdapterSaysSo) {
  Adapter adapter = running("echo up; sleep 0.1; exit 0");
  adapter.complete = {Probe::Kind::exit, "0", {}};
  ClientProcess client = in_place(adapter);
  client.start(false, now());
  follow(client, State::ended);
  EXPECT_EQ(client.problem(), "");
  EXPECT_NE(client.times().complete, kNever);
}

TEST_F(AClient, ThatDoesNotGetReadyIsAProblem) {
  Adapter adapter = running("sleep 20");
  adapter.ready.within = 100ms;
  ClientProcess client = in_place(adapter);
  client.start(false, now());
  follow(client, State::ended);
  EXPECT_THAT(client.problem(), HasSubstr("was not ready 100 ms after its start"));
}

TEST_F(AClient, ThatDoesNotHearItsSignalIsKilled) {
  Adapter adapter = running("trap '' TERM; echo up; while :; do sleep 0.05; done");
  adapter.stops_within = 200ms;
  ClientProcess client = in_place(adapter);
  client.start(false, now());
  follow(client, State::running);
  client.stop(now());
  follow(client, State::ended);
  EXPECT_EQ(client.state(), State::ended);
  EXPECT_EQ(client.problem(), "");
}

TEST_F(AClient, WhoseCommandFailsIsAProblem) {
  Adapter adapter = running("echo up; sleep 20");
  adapter.add = {{"sh", "-c", "echo no rpc; exit 3"}};
  ClientProcess client = in_place(adapter);
  client.start(false, now());
  follow(client, State::running);
  EXPECT_THAT(client.problem(), HasSubstr("a command of its adapter failed (exit status 3)"));
}

TEST_F(AClient, IsNotReadyByWhatItSaidInAnEarlierLife) {
  Adapter adapter = running("test -e again && sleep 20; touch again; echo up; sleep 0.2; exit 9");
  adapter.ready.within = 300ms;
  ClientProcess client = in_place(adapter);
  client.start(false, now());
  follow(client, State::ended);
  EXPECT_THAT(client.problem(), HasSubstr("ended by itself (exit status 9); its last words: up"));
  ASSERT_TRUE(client.own_end());
  EXPECT_EQ(client.own_end()->status, 9);
  client.start(false, now());
  EXPECT_EQ(client.problem(), "");
  EXPECT_FALSE(client.own_end());
  follow(client, State::ended);
  EXPECT_EQ(client.problem(), "was not ready 300 ms after its start");
}

TEST_F(AClient, IsStartedAgainAfterItsEnd) {
  const Adapter adapter = running("echo up; trap 'exit 0' TERM; while :; do sleep 0.05; done");
  ClientProcess client = in_place(adapter);
  for (int i = 0; i < 2; ++i) {
    client.start(false, now());
    follow(client, State::running);
    ASSERT_EQ(client.problem(), "");
    client.kill();
    EXPECT_EQ(client.state(), State::ended);
  }
}

}  // namespace
}  // namespace swarmlab::swarmsim
