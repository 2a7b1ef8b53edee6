// FileSystem: the files of one host, asynchronously, every error named.
//
// Each operation completes later with one FileResult, in any order: operations on the same file
// that are under way together are not ordered, so whoever needs an order waits for the completion.
// close() is the exception: it takes effect after everything started on that file before it.
//
// write() makes data readable at once; sync() makes a file's data survive a power loss, sync_directory()
// the creation, renaming and removal of names in it.  The virtual world keeps the two states apart, so that
// a crash can tear what was not synced.
//
// Paths use '/', and are relative to where the world roots them (the process' directory; a virtual host's root).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/units.hpp"
#include "runtime/slice.hpp"
#include "runtime/tag.hpp"

namespace swarmlab::runtime {

enum class FileError : std::uint8_t {
  none,
  not_found,
  exists,
  permission,
  no_space,
  too_large,          // EFBIG, or a quota of the process
  is_directory,
  not_a_directory,
  directory_not_empty,
  too_many_open,
  name_too_long,
  read_only,
  input_output,       // the device failed
  other,
};
std::string_view to_string(FileError error);

enum class OpenMode : std::uint8_t {
  read,               // must exist
  read_write,         // must exist
  create,             // read and write; made where missing (its directory must exist)
  create_new,         // read and write; must not exist
};

struct FileStatus {
  enum class Kind : std::uint8_t { file, directory, other } kind = Kind::file;
  ByteCount size;
  ByteCount allocated;            // bytes of the disk it takes, as far as that is known: holes take none
  std::int64_t modified_ns = 0;   // since 1970 in the real world, since the start of the run in the virtual one
};

struct DirectoryEntry {
  std::string name;
  FileStatus::Kind kind = FileStatus::Kind::file;
};

// What became of an operation.  Spans are valid during the call.
struct FileResult {
  Tag tag = 0;
  FileError error = FileError::none;
  FileId file;                                 // open: the new file; others: the one acted on
  ByteCount bytes;                             // read, write: how many; free_space: how many are free
  std::span<const Slice> data;                 // read: shorter than asked for only at the end of the file
  FileStatus status;                           // stat
  std::span<const DirectoryEntry> entries;     // list: sorted by name
};

class FileHandler {
 public:
  virtual void on_file(const FileResult& result) = 0;

 protected:
  ~FileHandler() = default;
};

class FileSystem {
 public:
  virtual void open(std::string_view path, OpenMode mode, FileHandler& handler, Tag tag) = 0;
  // No completion.
  virtual void close(FileId file) = 0;

  virtual void read(FileId file, ByteCount offset, ByteCount length, FileHandler& handler, Tag tag) = 0;
  // All slices in a row from `offset`; all or an error.
  virtual void write(FileId file, ByteCount offset, std::span<const Slice> data, FileHandler& handler,
                     Tag tag) = 0;
  // Cuts, or extends with zeros (sparse where the file system can).
  virtual void truncate(FileId file, ByteCount size, FileHandler& handler, Tag tag) = 0;
  // Reserves the bytes [0, size), so that no write among them can fail for want of room: holes there become zeros that take room, a
  // shorter file grows.  What is written stays.  no_space: the file is as long as it was, and nothing of what does not fit was tried
  // (a disk that is filled to its brim to find that out fails everybody else on it).
  virtual void allocate(FileId file, ByteCount size, FileHandler& handler, Tag tag) = 0;
  virtual void sync(FileId file, FileHandler& handler, Tag tag) = 0;

  virtual void make_directories(std::string_view path, FileHandler& handler, Tag tag) = 0;
  // Replaces `to` where it exists, atomically.
  virtual void rename(std::string_view from, std::string_view to, FileHandler& handler, Tag tag) = 0;
  // A file or an empty directory.
  virtual void remove(std::string_view path, FileHandler& handler, Tag tag) = 0;
  virtual void stat(std::string_view path, FileHandler& handler, Tag tag) = 0;
  virtual void list(std::string_view path, FileHandler& handler, Tag tag) = 0;
  virtual void sync_directory(std::string_view path, FileHandler& handler, Tag tag) = 0;
  virtual void free_space(std::string_view path, FileHandler& handler, Tag tag) = 0;

  // Operations under way go on; their completions are dropped (a file that an open() brings is closed).
  virtual void forget(FileHandler& handler) = 0;

 protected:
  ~FileSystem() = default;
};

}  // namespace swarmlab::runtime
