#include "torrentgen/torrent_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "protocol/text.hpp"
#include "runtime/posix_file.hpp"

namespace swarmlab::torrentgen {
namespace {

std::string about(const std::string& path, const std::string& what) {
  return protocol::one_line(path) + ": " + what;
}

}  // namespace

std::expected<protocol::DecodedMetainfo, Failure> read_torrent(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const bool is_missing = errno == ENOENT || errno == ENOTDIR;
    const std::string why = std::strerror(errno);
    return std::unexpected(is_missing ? usage(about(path, "does not exist")) : environment(about(path, why)));
  }
  if (!S_ISREG(status.st_mode)) return std::unexpected(usage(about(path, "is no file")));
  if (ByteCount(status.st_size) > protocol::kMaxTorrentFileBytes) {
    return std::unexpected(usage(about(path, "has " + std::to_string(status.st_size) +
                                                 " bytes; no torrent file has more than 64 MiB")));
  }
  const auto file = runtime::PosixFile::open(path, runtime::OpenMode::read);
  if (!file) return std::unexpected(environment(about(path, std::string(runtime::to_string(file.error())))));
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  const auto read = (*file)->read(ByteCount(0), bytes);
  if (!read) return std::unexpected(environment(about(path, std::string(runtime::to_string(read.error())))));
  bytes.resize(*read);
  auto decoded = protocol::decode_metainfo(bytes);
  if (!decoded) return std::unexpected(usage(about(path, protocol::to_string(decoded.error()))));
  return std::move(*decoded);
}

std::expected<void, Failure> write_torrent(const std::string& path, Bytes content) {
  std::string temporary = path + ".XXXXXX";
  runtime::Descriptor made(::mkstemp(temporary.data()));
  if (!made.is_open()) return std::unexpected(environment(about(path, std::string("cannot be written: ") + std::strerror(errno))));
  // mkstemp() makes private files; a torrent is meant to be passed on.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(made.number(), 0666 & ~mask);
  const runtime::PosixFile file(std::move(made));
  runtime::FileError error = file.write(ByteCount(0), std::span(&content, 1));
  if (error == runtime::FileError::none) error = file.sync();
  std::string why;
  if (error != runtime::FileError::none) {
    why = runtime::to_string(error);
  } else if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    why = std::strerror(errno);
  }
  if (why.empty()) return {};
  ::unlink(temporary.c_str());
  return std::unexpected(environment(about(path, "cannot be written: " + why)));
}

}  // namespace swarmlab::torrentgen
