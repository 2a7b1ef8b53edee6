#include "swarmsim/lab/control_socket.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

namespace swarmlab::swarmsim {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Answers every line with itself, in brackets.
class AControlSocket : public ::testing::Test, public ControlSocket::Listener {
 protected:
  AControlSocket() {
    folder_ = fs::temp_directory_path() / ("control_socket_" + std::to_string(getpid()));
    // Longer than a socket's address may be.
    deep_ = folder_ / std::string(60, 'a') / std::string(60, 'b');
    fs::create_directories(deep_);
    auto made = ControlSocket::listen(deep_ / "control");
    EXPECT_TRUE(made) << made.error();
    socket_ = std::move(*made);
  }
  ~AControlSocket() override {
    socket_.reset();
    fs::remove_all(folder_);
  }

  std::string on_line(ControlSocket::Connection, std::string_view line) override { return "<" + std::string(line) + ">"; }
  void on_closed(ControlSocket::Connection connection) override { closed_.push_back(connection); }

  int connect() {
    const int folder = open(deep_.c_str(), O_PATH | O_DIRECTORY);
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = "/proc/self/fd/" + std::to_string(folder) + "/control";
    path.copy(address.sun_path, path.size());
    EXPECT_EQ(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    close(folder);
    return descriptor;
  }
  // As much as has come after a few turns.
  std::string ask(int descriptor, std::string_view text) {
    std::string said;
    while (!text.empty()) {
      const ssize_t sent = send(descriptor, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
      socket_->serve(*this);
      said += heard(descriptor);
      if (sent < 0 && errno != EAGAIN) break;
    }
    for (int turn = 0; turn < 20; ++turn) {
      socket_->serve(*this);
      said += heard(descriptor);
    }
    return said;
  }
  static std::string heard(int descriptor) {
    std::string said(1 << 16, '\0');
    const ssize_t got = recv(descriptor, said.data(), said.size(), 0);
    said.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return said;
  }

  fs::path folder_;
  fs::path deep_;
  std::unique_ptr<ControlSocket> socket_;
  std::vector<ControlSocket::Connection> closed_;
};

TEST_F(AControlSocket, AnswersLinesInTheirOrder) {
  const int somebody = connect();
  EXPECT_EQ(ask(somebody, "one\ntwo\nthr"), "<one>\n<two>\n");
  EXPECT_EQ(ask(somebody, "ee\n"), "<three>\n");
  close(somebody);
}

TEST_F(AControlSocket, TellsWhenSomebodyHasGone) {
  const int first = connect();
  const int second = connect();
  ask(first, "here\n");
  close(second);
  socket_->serve(*this);
  EXPECT_THAT(closed_, ElementsAre(2));
  close(first);
  socket_->serve(*this);
  EXPECT_THAT(closed_, ElementsAre(2, 1));
}

TEST_F(AControlSocket, LetsGoOfWhoeverSendsALineWithoutEnd) {
  const int somebody = connect();
  const int other = connect();
  EXPECT_THAT(ask(somebody, std::string(4 * ControlSocket::kMostLine, 'x')), HasSubstr("a line is too long"));
  EXPECT_EQ(closed_.size(), 1U);
  EXPECT_EQ(ask(other, "still there\n"), "<still there>\n");
  close(somebody);
  close(other);
}

TEST_F(AControlSocket, HearsNoMoreOfWhoeverReadsNothing) {
  const int somebody = connect();
  const std::string line = std::string(60'000, 'x') + "\n";
  constexpr std::size_t kFarTooMuch = 64 << 20;
  std::size_t sent = 0;
  for (int refused = 0; refused < 50 && sent < kFarTooMuch;) {
    const ssize_t went = send(somebody, line.data() + sent % line.size(), line.size() - sent % line.size(), MSG_NOSIGNAL);
    refused = went > 0 ? 0 : refused + 1;
    sent += went > 0 ? static_cast<std::size_t>(went) : 0;
    socket_->serve(*this);
  }
  EXPECT_LT(sent, kFarTooMuch);
  const int other = connect();
  EXPECT_EQ(ask(other, "still there\n"), "<still there>\n");
  close(somebody);
  close(other);
  socket_->serve(*this);
  EXPECT_EQ(closed_.size(), 2U);
}

TEST_F(AControlSocket, IsRefusedToTheManyWhoComeAtOnce) {
  std::vector<int> all;
  for (std::size_t i = 0; i < ControlSocket::kMostConnections; ++i) {
    all.push_back(connect());
    socket_->serve(*this);
  }
  const int last = connect();
  EXPECT_THAT(ask(last, "me, too\n"), HasSubstr("too many"));
  close(last);
  close(all.front());
  socket_->serve(*this);
  const int again = connect();
  EXPECT_EQ(ask(again, "now\n"), "<now>\n");
  close(again);
  for (std::size_t i = 1; i < all.size(); ++i) close(all[i]);
}

TEST_F(AControlSocket, IsItsOwnersAlone) {
  struct stat status {};
  ASSERT_EQ(stat((deep_ / "control").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_FALSE(ControlSocket::listen(deep_ / "control"));
  socket_.reset();
  EXPECT_FALSE(fs::exists(deep_ / "control"));
  EXPECT_TRUE(ControlSocket::listen(deep_ / "control"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
