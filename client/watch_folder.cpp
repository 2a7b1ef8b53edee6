#include "client/watch_folder.hpp"

#include <algorithm>
#include <utility>

namespace swarmlab::client {
namespace {

constexpr runtime::Tag kList = 0;   // other tags are numbers of files

}  // namespace

WatchFolder::WatchFolder(runtime::FileSystem& files, runtime::Clock& clock, runtime::Timers& timers, std::string folder,
                         WatchFolderOwner& owner)
    : files_(files), clock_(clock), folder_(std::move(folder)), owner_(owner), timer_(timers, *this) {
  timer_.arm(clock_.now());
}

WatchFolder::~WatchFolder() { files_.forget(*this); }

void WatchFolder::on_timer(runtime::Tag) {
  timer_.expired();
  under_way_ = 1;
  files_.list(folder_, *this, kList);
}

void WatchFolder::on_file(const runtime::FileResult& result) {
  --under_way_;
  if (result.tag == kList) {
    on_listed(result);
  } else {
    const auto file = std::ranges::find(seen_, result.tag, [](const auto& one) { return one.second.number; });
    if (file != seen_.end()) on_status(file->second, file->first, result);
  }
  if (under_way_ == 0) timer_.arm(clock_.now() + kInterval);
}

void WatchFolder::on_listed(const runtime::FileResult& result) {
  if (result.error != runtime::FileError::none) {
    if (!std::exchange(is_in_trouble_, true)) {
      owner_.on_watch_trouble("cannot look into " + folder_ + ": " + std::string(to_string(result.error)));
    }
    return;
  }
  is_in_trouble_ = false;
  for (auto& [name, file] : seen_) file.is_there = false;
  for (const runtime::DirectoryEntry& entry : result.entries) {
    if (entry.kind != runtime::FileStatus::Kind::file || !entry.name.ends_with(".torrent")) continue;
    if (seen_.size() >= kMaxFiles && !seen_.contains(entry.name)) continue;
    Seen& file = seen_[entry.name];
    if (file.number == 0) file.number = next_number_++;
    file.is_there = true;
    if (file.is_added) continue;
    ++under_way_;
    files_.stat(folder_ + '/' + entry.name, *this, file.number);
  }
  std::erase_if(seen_, [](const auto& one) { return !one.second.is_there; });
}

void WatchFolder::on_status(Seen& file, const std::string& name, const runtime::FileResult& result) {
  if (result.error != runtime::FileError::none) return;   // gone again: the next look knows
  if (result.status.size != file.size || result.status.modified_ns != file.modified_ns) {
    file.size = result.status.size;
    file.modified_ns = result.status.modified_ns;
    file.was_tried = false;
    return;
  }
  if (std::exchange(file.was_tried, true)) return;
  const auto added = owner_.on_torrent_file(folder_ + '/' + name);
  file.is_added = added.has_value();
  if (!added) owner_.on_watch_trouble(added.error());
}

}  // namespace swarmlab::client
