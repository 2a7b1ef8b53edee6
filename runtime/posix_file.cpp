#include "runtime/posix_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

namespace swarmlab::runtime {

void Descriptor::close() {
  // Not retried on EINTR: Linux has closed it by then.
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

FileError file_error_of(int system_error) {
  switch (system_error) {
    case 0: return FileError::none;
    case ENOENT: return FileError::not_found;
    case EEXIST: return FileError::exists;
    case EACCES:
    case EBADF:   // of descriptors that we own: not opened for this
    case EPERM: return FileError::permission;
    case ENOSPC:
    case EDQUOT: return FileError::no_space;
    case EFBIG:
    case EOVERFLOW: return FileError::too_large;
    case EISDIR: return FileError::is_directory;
    case ENOTDIR: return FileError::not_a_directory;
    case ENOTEMPTY: return FileError::directory_not_empty;
    case EMFILE:
    case ENFILE: return FileError::too_many_open;
    case ENAMETOOLONG: return FileError::name_too_long;
    case EROFS: return FileError::read_only;
    case EIO:
    case ENXIO:
    case ENODEV: return FileError::input_output;
    default: return FileError::other;
  }
}

namespace {

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::read: return O_RDONLY;
    case OpenMode::read_write: return O_RDWR;
    case OpenMode::create: return O_RDWR | O_CREAT;
    case OpenMode::create_new: return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

}  // namespace

std::expected<std::shared_ptr<PosixFile>, FileError> PosixFile::open(const std::string& path,
                                                                     OpenMode mode) {
  // Not blocking: a pipe in the way must not hold up a worker until somebody opens its other end.
  constexpr int kAlways = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  int number = -1;
  do {
    number = ::open(path.c_str(), flags_of(mode) | kAlways, 0666);
  } while (number < 0 && errno == EINTR);
  if (number < 0) return std::unexpected(file_error_of(errno));
  Descriptor descriptor(number);
  struct stat status {};
  if (::fstat(number, &status) != 0) return std::unexpected(file_error_of(errno));
  if (S_ISDIR(status.st_mode)) return std::unexpected(FileError::is_directory);
  return std::make_shared<PosixFile>(std::move(descriptor));
}

std::expected<std::size_t, FileError> PosixFile::read(ByteCount offset, MutableBytes out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread(descriptor_.number(), out.data() + done, out.size() - done,
                                offset.value() + static_cast<off_t>(done));
    if (got == 0) break;
    if (got > 0) {
      done += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      return std::unexpected(file_error_of(errno));
    }
  }
  return done;
}

std::optional<std::size_t> PosixFile::read_resident(ByteCount offset, MutableBytes out) const {
  const iovec part{out.data(), out.size()};
  const ssize_t got = ::preadv2(descriptor_.number(), &part, 1, offset.value(), RWF_NOWAIT);
  // An error here is met again, and named, by the blocking read that follows.
  if (got <= 0) return std::nullopt;
  return static_cast<std::size_t>(got);
}

FileError PosixFile::write(ByteCount offset, std::span<const Bytes> parts) const {
  constexpr std::size_t kGathered = 256;   // of IOV_MAX, 1024: a gathered write has a slice for each block or two
  std::array<iovec, kGathered> vector;
  std::size_t skipped = 0;   // bytes of parts.front() that are written already
  while (!parts.empty()) {
    const std::size_t count = std::min(parts.size(), kGathered);
    for (std::size_t i = 0; i < count; ++i) {
      const Bytes part = i == 0 ? parts[i].subspan(skipped) : parts[i];
      vector[i] = {const_cast<std::byte*>(part.data()), part.size()};
    }
    const ssize_t wrote =
        ::pwritev(descriptor_.number(), vector.data(), static_cast<int>(count), offset.value());
    if (wrote < 0) {
      if (errno == EINTR) continue;
      return file_error_of(errno);
    }
    offset += ByteCount(wrote);
    skipped += static_cast<std::size_t>(wrote);
    while (!parts.empty() && skipped >= parts.front().size()) {
      skipped -= parts.front().size();
      parts = parts.subspan(1);
    }
    // Nothing written and no reason given: nothing will be.
    if (wrote == 0 && !parts.empty()) return FileError::input_output;
  }
  return FileError::none;
}

FileError PosixFile::truncate(ByteCount size) const {
  while (::ftruncate(descriptor_.number(), size.value()) != 0) {
    if (errno == EINVAL) return FileError::permission;   // opened for reading
    if (errno != EINTR) return file_error_of(errno);
  }
  return FileError::none;
}

FileError PosixFile::allocate(ByteCount size) const {
  if (size <= ByteCount{}) return FileError::none;
  struct stat before {};
  struct statvfs disk {};
  if (::fstat(descriptor_.number(), &before) != 0) return file_error_of(errno);
  // ext4 and others take all there is before they say that it was not enough.  (Without a size of its own: no bound that we know.)
  if (::fstatvfs(descriptor_.number(), &disk) == 0 && disk.f_blocks > 0) {
    const ByteCount missing = size - ByteCount(std::int64_t{before.st_blocks} * 512);
    if (missing > ByteCount(static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize))) return FileError::no_space;
  }
  int error = 0;
  do {
    error = ::posix_fallocate(descriptor_.number(), 0, size.value());
  } while (error == EINTR);
  if (error == 0) return FileError::none;
  // What was reserved beyond the old end is given back.
  if (error == ENOSPC && before.st_size < size.value()) (void)truncate(ByteCount(before.st_size));
  return file_error_of(error);
}

FileError PosixFile::sync() const {
  // Not fdatasync(): resume data relies on the time of modification, which that may leave behind.
  while (::fsync(descriptor_.number()) != 0) {
    if (errno != EINTR) return file_error_of(errno);
  }
  return FileError::none;
}

}  // namespace swarmlab::runtime
