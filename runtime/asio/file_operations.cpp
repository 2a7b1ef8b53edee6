#include "runtime/asio/file_operations.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "runtime/descriptor.hpp"
#include "runtime/posix_file.hpp"

namespace swarmlab::runtime::file_operations {
namespace {

FileError last_error() { return file_error_of(errno); }

FileStatus::Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileStatus::Kind::file;
  if (S_ISDIR(mode)) return FileStatus::Kind::directory;
  return FileStatus::Kind::other;
}

FileError make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return FileError::none;
  if (errno != EEXIST) return last_error();
  FileStatus status;
  const FileError error = stat(path, status);
  if (error != FileError::none) return error;
  return status.kind == FileStatus::Kind::directory ? FileError::none : FileError::exists;
}

}  // namespace

FileError make_directories(const std::string& path) {
  // From the leaf up: what exists may lie below directories that may not be written, or even looked into.
  const FileError error = make_directory(path);
  if (error != FileError::not_found) return error;
  const std::size_t end = path.find_last_not_of('/');
  const std::size_t slash = end == std::string::npos ? end : path.rfind('/', end);
  if (slash == std::string::npos || slash == 0) return error;
  const FileError above = make_directories(path.substr(0, slash));
  // A file in the middle of the path.
  if (above == FileError::exists) return FileError::not_a_directory;
  return above == FileError::none ? make_directory(path) : above;
}

FileError rename(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? FileError::none : last_error();
}

FileError remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return FileError::none;
  if (errno != EISDIR) return last_error();
  if (::rmdir(path.c_str()) == 0) return FileError::none;
  return errno == EEXIST ? FileError::directory_not_empty : last_error();
}

FileError stat(const std::string& path, FileStatus& status) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return last_error();
  status.kind = kind_of(found.st_mode);
  status.size = ByteCount(found.st_size);
  status.allocated = ByteCount(std::int64_t{found.st_blocks} * 512);   // of 512 bytes whatever the file system's are (stat(3type))
  status.modified_ns = std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec;
  return FileError::none;
}

FileError list(const std::string& path, std::vector<DirectoryEntry>& entries) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), &::closedir);
  if (directory == nullptr) return last_error();
  for (;;) {
    errno = 0;
    const dirent* const found = ::readdir(directory.get());
    if (found == nullptr) break;
    const std::string name = found->d_name;
    if (name == "." || name == "..") continue;
    struct stat status {};
    // Gone since it was read, or a link that leads nowhere.
    if (::fstatat(::dirfd(directory.get()), found->d_name, &status, 0) != 0) status.st_mode = 0;
    entries.push_back({name, kind_of(status.st_mode)});
  }
  if (errno != 0) return last_error();
  std::ranges::sort(entries, {}, &DirectoryEntry::name);
  return FileError::none;
}

FileError sync_directory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return last_error();
  return ::fsync(directory.number()) == 0 ? FileError::none : last_error();
}

FileError free_space(const std::string& path, ByteCount& free) {
  struct statvfs found {};
  if (::statvfs(path.c_str(), &found) != 0) return last_error();
  free = ByteCount(static_cast<std::int64_t>(found.f_bavail * found.f_frsize));
  return FileError::none;
}

}  // namespace swarmlab::runtime::file_operations
