#include "swarmsim/lab/control_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace swarmlab::swarmsim {
namespace {

constexpr std::string_view kTooMany = R"({"error": "too many ask at once"})";
constexpr std::string_view kTooLong = R"({"error": "a line is too long"})";

// An address has room for 107 bytes of a path; the folder's descriptor makes any path short.
bool bind_at(int descriptor, const std::filesystem::path& path) {
  const int folder = open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return false;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string near = fmt::format("/proc/self/fd/{}/{}", folder, path.filename().string());
  bool is_bound = false;
  if (near.size() < sizeof address.sun_path) {
    near.copy(address.sun_path, near.size());
    const mode_t before = umask(0177);
    is_bound = bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    umask(before);
  } else {
    errno = ENAMETOOLONG;
  }
  const int error = errno;
  close(folder);
  errno = error;
  return is_bound;
}

}  // namespace

std::expected<std::unique_ptr<ControlSocket>, std::string> ControlSocket::listen(const std::filesystem::path& path) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor >= 0 && bind_at(descriptor, path) && ::listen(descriptor, 16) == 0)
    return std::unique_ptr<ControlSocket>(new ControlSocket(descriptor, path));
  const std::string why = std::strerror(errno);
  if (descriptor >= 0) close(descriptor);
  return std::unexpected(fmt::format("{}: {}", path.string(), why));
}

ControlSocket::~ControlSocket() {
  for (auto& [number, talk] : talks_) close(talk.descriptor);
  close(descriptor_);
  std::error_code error;
  std::filesystem::remove(path_, error);
}

std::vector<pollfd> ControlSocket::descriptors() const {
  std::vector<pollfd> wanted{{.fd = descriptor_, .events = POLLIN, .revents = 0}};
  for (const auto& [number, talk] : talks_)
    wanted.push_back({.fd = talk.descriptor, .events = static_cast<short>(talk.unsent.empty() ? POLLIN : POLLIN | POLLOUT), .revents = 0});
  return wanted;
}

void ControlSocket::serve(Listener& listener) {
  take_new();
  std::vector<Connection> over;
  for (auto& [number, talk] : talks_)
    if (!hear(number, talk, listener) || !send_rest(talk) || (talk.ends && talk.unsent.empty())) over.push_back(number);
  for (const Connection number : over) {
    close(talks_.at(number).descriptor);
    talks_.erase(number);
    listener.on_closed(number);
  }
}

void ControlSocket::take_new() {
  for (;;) {
    const int descriptor = accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) return;
    Talk talk{.descriptor = descriptor, .heard = {}, .unsent = {}};
    if (talks_.size() >= kMostConnections) {
      talk.unsent = fmt::format("{}\n", kTooMany);
      send_rest(talk);
      close(descriptor);
      continue;
    }
    talks_.emplace(next_++, std::move(talk));
  }
}

bool ControlSocket::hear(Connection number, Talk& talk, Listener& listener) {
  char buffer[16 * 1024];
  ssize_t got = 0;
  // One buffer a turn: nobody keeps the others waiting.
  if (!talk.ends) got = recv(talk.descriptor, buffer, sizeof buffer, 0);
  if (talk.ends || (got < 0 && (errno == EAGAIN || errno == EINTR))) return true;
  if (got <= 0) return false;
  talk.heard.append(buffer, static_cast<std::size_t>(got));
  std::size_t end = 0;
  while (!talk.ends && (end = talk.heard.find('\n')) != std::string::npos) {
    talk.unsent += listener.on_line(number, std::string_view(talk.heard).substr(0, end)) + '\n';
    talk.heard.erase(0, end + 1);
    talk.ends = talk.unsent.size() > kMostWaiting;
  }
  if (talk.heard.size() <= kMostLine) return true;
  talk.unsent += fmt::format("{}\n", kTooLong);
  talk.ends = true;
  return true;
}

bool ControlSocket::send_rest(Talk& talk) {
  while (!talk.unsent.empty()) {
    const ssize_t sent = send(talk.descriptor, talk.unsent.data(), talk.unsent.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    talk.unsent.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace swarmlab::swarmsim
