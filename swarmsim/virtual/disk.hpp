// Disk: the names and files of a simulated host, live and durable, without time.
//
// Every operation is carried out at once and answers with its error; VirtualFiles gives it time.  What a
// power cut leaves is kept beside what reads see, as the last durable state and the changes since then:
//
//   data      per file: writes and truncations since its last sync.  crash() keeps, loses or (a write)
//             cuts short each of them by itself.
//   names     creations, renamings and removals, in order, as a journal does: crash() keeps a beginning of
//             those not made durable by sync_directory(), so a renaming is never half done.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/file_system.hpp"
#include "runtime/random.hpp"
#include "runtime/slice.hpp"
#include "swarmsim/virtual/file_image.hpp"
#include "swarmsim/virtual/virtual_files.hpp"

namespace swarmlab::swarmsim {

class Disk {
 public:
  using FileError = runtime::FileError;

  explicit Disk(const DiskSpec& spec);

  std::expected<runtime::FileId, FileError> open(std::string_view path, runtime::OpenMode mode, Time now);
  void close(runtime::FileId file);
  bool is_open(runtime::FileId file) const { return open_.contains(file); }
  std::expected<runtime::Slices, FileError> read(runtime::FileId file, std::uint64_t offset,
                                                 std::uint64_t length) const;
  FileError write(runtime::FileId file, std::uint64_t offset, std::span<const runtime::Slice> data, Time now);
  FileError truncate(runtime::FileId file, std::uint64_t size, Time now);
  FileError allocate(runtime::FileId file, std::uint64_t size, Time now);
  FileError sync(runtime::FileId file);

  FileError make_directories(std::string_view path);
  FileError rename(std::string_view from, std::string_view to);
  FileError remove(std::string_view path);
  std::expected<runtime::FileStatus, FileError> stat(std::string_view path) const;
  std::expected<std::vector<runtime::DirectoryEntry>, FileError> list(std::string_view path) const;
  FileError sync_directory(std::string_view path);
  std::expected<ByteCount, FileError> free_space(std::string_view path) const;

  // Power was cut: open files are gone, of what was not durable chance decides.
  void crash(runtime::Random& chance);
  void close_all();

  void put_file(std::string_view path, std::span<const runtime::Slice> content, Time now = kStart);
  // Of a file that is there.
  void overwrite(std::string_view path, std::uint64_t offset, std::span<const runtime::Slice> content, Time now);
  std::optional<runtime::Slices> content(std::string_view path) const;
  std::vector<std::string> files_below(std::string_view directory) const;
  ByteCount used() const;
  void set_capacity(ByteCount capacity) { capacity_ = capacity; }
  void set_fault(std::string_view path, FileError error);

 private:
  struct DataChange {
    std::uint64_t offset = 0;    // of a write; the new size of a truncation
    runtime::Slice slice;        // empty: truncation
  };
  struct Node {
    bool is_directory = false;
    FileImage live;
    FileImage durable;
    std::vector<DataChange> unsynced;
    std::int64_t modified_ns = 0;
  };
  using NodeRef = std::shared_ptr<Node>;
  using Names = std::map<std::string, NodeRef, std::less<>>;   // path from the root, without a leading '/'
  struct NameChange {
    std::string path;
    std::string to;              // of a renaming; empty otherwise
    NodeRef node;                // of a creation; null: removal (or renaming)
  };
  struct OpenFile {
    NodeRef node;
    std::string path;
    bool writable = false;
  };

  FileError check_parent(std::string_view path) const;
  FileError fault_at(std::string_view path) const;
  NodeRef find(std::string_view path) const;
  static void apply(Names& names, const NameChange& change);
  void change_name(NameChange change);
  bool has_entries(std::string_view directory) const;
  void tear(Node& node, runtime::Random& chance);

  ByteCount capacity_;
  std::size_t max_open_files_;
  Names live_;
  Names durable_;
  std::vector<NameChange> unsynced_names_;
  std::map<runtime::FileId, OpenFile> open_;
  std::map<std::string, FileError, std::less<>> faults_;
  std::uint32_t next_file_ = 0;
  std::uint64_t used_ = 0;       // allocated in live files, removed but open ones included
};

// "a//b/./c/" -> "a/b/c"; ".." goes up as far as the root.
std::string normal_path(std::string_view path);

}  // namespace swarmlab::swarmsim
