// WatchFolder: torrents put into a folder are added.
//
// Looks once a second.  Rules:
//  - a file ending in ".torrent" is tried when it has not changed between two looks: what is just being written is left
//    alone, and one that was written with pauses fails once and is tried again when it has changed.
//  - one that was added is never tried again while it lies there; one that goes away is forgotten, its torrent runs on.
//  - what is wrong with a file is said once for each state of the file.
// A folder that cannot be read is said once, and looked for again: it may be a disk that comes back.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>

#include "runtime/clock.hpp"
#include "runtime/file_system.hpp"
#include "runtime/timers.hpp"

namespace swarmlab::client {

class WatchFolderOwner {
 public:
  // The error, a sentence with the path, is not repeated by the folder.
  virtual std::expected<void, std::string> on_torrent_file(const std::string& path) = 0;
  virtual void on_watch_trouble(const std::string& what) = 0;

 protected:
  ~WatchFolderOwner() = default;
};

class WatchFolder final : private runtime::FileHandler, private runtime::TimerHandler {
 public:
  static constexpr Duration kInterval = 1s;
  static constexpr std::size_t kMaxFiles = 10'000;

  WatchFolder(runtime::FileSystem& files, runtime::Clock& clock, runtime::Timers& timers, std::string folder,
              WatchFolderOwner& owner);
  WatchFolder(const WatchFolder&) = delete;
  WatchFolder& operator=(const WatchFolder&) = delete;
  ~WatchFolder();

 private:
  struct Seen {
    std::uint64_t number = 0;           // its tag
    ByteCount size;
    std::int64_t modified_ns = -1;      // -1: not looked at yet
    bool was_tried = false;             // in this state
    bool is_added = false;
    bool is_there = false;              // in this look
  };

  void on_file(const runtime::FileResult& result) override;
  void on_timer(runtime::Tag tag) override;
  void on_listed(const runtime::FileResult& result);
  void on_status(Seen& file, const std::string& name, const runtime::FileResult& result);

  runtime::FileSystem& files_;
  runtime::Clock& clock_;
  std::string folder_;
  WatchFolderOwner& owner_;
  runtime::Timer timer_;
  std::map<std::string, Seen> seen_;    // by name
  std::uint64_t next_number_ = 1;
  std::size_t under_way_ = 0;           // answers that are to come in this look
  bool is_in_trouble_ = false;
};

}  // namespace swarmlab::client
