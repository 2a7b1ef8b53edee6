// ControlSocket: a Unix socket on which lines are asked and answered, for the loop of a lab that stands.
//
// Nothing waits: serve() takes what has come and sends what can go.  Only the owner may open it.  Whoever asks is bounded: kMostLine
// bytes of a line, kMostWaiting bytes of answers not yet read, kMostConnections at once; who goes beyond is told and let go.
#pragma once

#include <poll.h>

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace swarmlab::swarmsim {

class ControlSocket {
 public:
  static constexpr std::size_t kMostLine = 64 * 1024;
  static constexpr std::size_t kMostWaiting = 4 * 1024 * 1024;
  static constexpr std::size_t kMostConnections = 64;

  using Connection = std::uint64_t;   // never given twice

  class Listener {
   public:
    // Gives the answer, without a newline.  Must not call the socket.
    virtual std::string on_line(Connection from, std::string_view line) = 0;
    virtual void on_closed(Connection connection) = 0;

   protected:
    ~Listener() = default;
  };

  // At `path`, which must not exist; paths may be longer than a socket's address.  Errors are one sentence.
  static std::expected<std::unique_ptr<ControlSocket>, std::string> listen(const std::filesystem::path& path);
  ~ControlSocket();   // removes the path
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  // What to wait for.
  std::vector<pollfd> descriptors() const;
  void serve(Listener& listener);

 private:
  struct Talk {
    int descriptor = -1;
    std::string heard;    // not a whole line yet
    std::string unsent;
    bool ends = false;    // once everything is sent
  };

  ControlSocket(int descriptor, std::filesystem::path path) : descriptor_(descriptor), path_(std::move(path)) {}
  void take_new();
  // False: it is over.
  bool hear(Connection number, Talk& talk, Listener& listener);
  static bool send_rest(Talk& talk);

  int descriptor_;
  std::filesystem::path path_;
  Connection next_ = 1;
  std::map<Connection, Talk> talks_;
};

}  // namespace swarmlab::swarmsim
