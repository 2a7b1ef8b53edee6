#include "client/control/token.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "protocol/ids.hpp"
#include "runtime/descriptor.hpp"

namespace swarmlab::client::control {
namespace {

constexpr std::size_t kMinTokenBytes = 16;
constexpr std::size_t kMaxTokenBytes = 256;

std::unexpected<std::string> error(const std::string& path, const std::string& what) {
  return std::unexpected(path + ": " + what);
}
std::unexpected<std::string> system_error(const std::string& path) { return error(path, std::strerror(errno)); }

// 32 hex digits of the system's own chance: a run's seeded one could be guessed.
std::expected<std::string, std::string> new_token() {
  const runtime::Descriptor source(::open("/dev/urandom", O_RDONLY | O_CLOEXEC));
  std::array<std::byte, 16> bytes{};
  if (source.number() < 0 || ::read(source.number(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    return system_error("/dev/urandom");
  }
  return to_hex(bytes);
}

}  // namespace

std::expected<std::string, std::string> read_token(const std::string& path) {
  const runtime::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return system_error(path);
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return system_error(path);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) return error(path, "others may read this token; make it yours with chmod 600");
  std::array<char, kMaxTokenBytes + 2> text{};
  const ssize_t length = ::read(file.number(), text.data(), text.size());
  if (length < 0) return system_error(path);
  const std::string_view whole(text.data(), static_cast<std::size_t>(length));
  const std::string_view token = whole.substr(0, whole.find('\n'));
  const bool is_printable = std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7f; });
  if (token.size() < kMinTokenBytes || token.size() > kMaxTokenBytes || !is_printable) {
    return error(path, "holds no token: 16 to 256 printable characters on one line");
  }
  return std::string(token);
}

std::expected<std::string, std::string> read_or_make_token(const std::string& path) {
  const runtime::Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (file.number() < 0) {
    if (errno == EEXIST) return read_token(path);
    return system_error(path);
  }
  const auto token = new_token();
  if (!token) return token;
  const std::string line = fmt::format("{}\n", *token);
  if (::write(file.number(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) return system_error(path);
  return token;
}

}  // namespace swarmlab::client::control
