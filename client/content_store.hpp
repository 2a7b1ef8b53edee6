// ContentStore: a torrent's content, laid over its files.
//
// Offsets are in the content (all files joined in order); an operation that spans files is split, and is complete
// when all its parts are.  Files are opened when first needed, at most `open_files` at a time (the least recently used
// idle one is closed, and who finds none waits), read-only until something is to be written.  Files and directories that are missing are
// made by the first write; files are sparse, unless reserve() made room for them.  Pad files (BEP 47) read as zeros and swallow
// writes.  The last `keep_recent` bytes that were written stay in memory, for who needs them again (recent_content.hpp).
//
// Every operation ends in one on_stored(), later; errors name the file.  Nothing is called back after forget().
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "client/recent_content.hpp"
#include "protocol/metainfo.hpp"
#include "runtime/file_system.hpp"
#include "runtime/slice.hpp"

namespace swarmlab::client {

// How much room is missing, where that could be found out.
struct Shortage {
  ByteCount needed;                                      // for the file, and those that were to be reserved after it
  ByteCount free;
};

struct StoreResult {
  runtime::Tag tag = 0;
  runtime::FileError error = runtime::FileError::none;   // the first that occurred
  std::string_view path;                                 // of the file it occurred in, or that is short
  std::span<const runtime::Slice> data;                  // read: all that was asked for, unless is_short
  bool is_short = false;                                 // read: a file ended early
  std::optional<Shortage> shortage{};                    // reserve: of no_space
};

class StoreHandler {
 public:
  virtual void on_stored(const StoreResult& result) = 0;

 protected:
  ~StoreHandler() = default;
};

class ContentStore final : private runtime::FileHandler {
 public:
  ContentStore(runtime::FileSystem& files, std::shared_ptr<const protocol::Metainfo> metainfo,
               std::string directory, std::uint32_t open_files, StoreHandler& handler, ByteCount keep_recent = {});
  ContentStore(const ContentStore&) = delete;
  ContentStore& operator=(const ContentStore&) = delete;
  ~ContentStore();

  void read(ByteCount offset, ByteCount length, runtime::Tag tag);
  void write(ByteCount offset, const runtime::Slices& data, runtime::Tag tag);
  // Of what was written, without asking the disk: all of the range, or nothing.
  std::optional<runtime::Slices> recent(ByteCount offset, ByteCount length) const { return recent_.find(offset, length); }
  // Reserves the whole of these files on the disk, one after another until one fails; writes to them wait for it.  Those that
  // were reserved before, or take all their room already, are let be.
  void reserve(const std::vector<std::uint32_t>& files, runtime::Tag tag);
  bool has_all_its_room(std::uint32_t file) const;
  // Looks which files are there: afterwards status_on_disk() answers.  A file that cannot be looked at for another
  // reason than its absence is an error.
  void survey(runtime::Tag tag);
  // Makes the files that no piece will ever write: empty ones, and their directories.
  void create_empty_files(runtime::Tag tag);
  // Everything written survives a power loss when this has completed, names below `directory` included.
  void sync(runtime::Tag tag);
  // sync(), and a look at each file before it is synced: status_on_disk() then tells sizes and times that are durable.
  void checkpoint(runtime::Tag tag);
  // What lies in this range of the content may be in the system's memory only, though not from us: the next sync() is to
  // take care of it.
  void needs_sync(ByteCount offset, ByteCount length);

  // From the last survey or checkpoint that looked at the file: nullopt where it is missing.
  const std::optional<runtime::FileStatus>& status_on_disk(std::size_t file) const { return files_[file].status; }
  // Bytes of writes that are not complete.
  ByteCount write_backlog() const { return write_backlog_; }
  bool is_idle() const { return operations_under_way_ == 0; }
  std::string path_of(std::size_t file) const;

 private:
  enum class Kind : std::uint8_t { read, write, stat, create, sync, checkpoint, reserve };
  struct Part {
    std::uint32_t file = 0;
    ByteCount offset;                 // in the file
    ByteCount length;
    runtime::Slices data;
    bool is_looked_at = false;        // checkpoint: what is left is to sync
  };
  struct Operation {
    Kind kind = Kind::read;
    runtime::Tag tag = 0;
    std::uint32_t parts_left = 0;
    runtime::FileError error = runtime::FileError::none;
    std::uint32_t failed_file = 0;
    bool is_short = false;
    ByteCount at;                     // write: in the content
    ByteCount bytes;
    std::optional<Shortage> shortage;
    std::vector<Part> parts;
  };
  struct Waiting { std::uint32_t operation = 0; std::uint32_t part = 0; };
  struct File {
    enum class State : std::uint8_t { closed, making_directory, opening, starved, open } state = State::closed;
    bool is_writable = false;
    bool opening_writable = false;
    bool is_dirty = false;            // written since the last sync began
    bool is_reserved = false;
    runtime::FileId id;
    std::uint32_t under_way = 0;      // parts issued and not complete
    std::uint64_t last_used = 0;
    std::optional<runtime::FileStatus> status;
    std::vector<Waiting> waiting;     // parts that need it open
  };

  void on_file(const runtime::FileResult& result) override;

  std::uint32_t new_operation(Kind kind, runtime::Tag tag);
  static bool needs_write(Kind kind);
  static Part whole(std::uint32_t file) { return {.file = file, .offset = {}, .length = {}, .data = {}}; }
  void begin_sync(Kind kind, runtime::Tag tag);
  void split(Operation& operation, ByteCount offset, ByteCount length, std::span<const runtime::Slice> data);
  void start(std::uint32_t index);
  void start_part(Waiting part);
  void open(std::uint32_t file);
  void go_on_opening(std::uint32_t file);
  void close(std::uint32_t file);
  void opened(std::uint32_t file, const runtime::FileResult& result);
  void issue(Waiting part);
  void part_done(std::uint32_t operation, std::uint32_t file, runtime::FileError error);
  void finish(std::uint32_t index);
  void close_surplus();
  bool close_oldest_idle();
  void feed_starved();
  void reserved(std::uint32_t file, runtime::FileError error);
  void ask_for_shortage(std::uint32_t operation);
  void note_names(std::uint32_t file);
  void fail_waiting(std::uint32_t file, runtime::FileError error);

  runtime::FileSystem& file_system_;
  std::shared_ptr<const protocol::Metainfo> metainfo_;
  std::string directory_;
  std::uint32_t open_limit_;
  StoreHandler& handler_;
  std::vector<File> files_;
  std::vector<Operation> operations_;         // slots; free ones are listed in free_
  std::vector<std::uint32_t> free_;
  std::uint32_t operations_under_way_ = 0;
  std::vector<std::uint32_t> open_;           // files in that state
  std::uint32_t opening_ = 0;                 // files being opened, or whose directory is being made
  std::uint64_t use_counter_ = 0;
  ByteCount write_backlog_;
  RecentContent recent_;
  std::map<std::uint32_t, std::vector<Waiting>> reserving_;   // files to be reserved, with the writes that wait for it
  std::set<std::string, std::less<>> made_directories_;
  std::map<std::string, std::uint32_t> unsynced_names_;   // directories in which files may be new; one such file
  std::deque<std::uint32_t> starved_;                     // files in that state, in order of asking
};

}  // namespace swarmlab::client
