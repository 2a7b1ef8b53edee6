#include "client/content_store.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::client {
namespace {

using runtime::FileError;
using runtime::OpenMode;
using runtime::Tag;

// What a completion belongs to: a part of an operation, the opening of a file, the making of its directory, or
// the names in a directory that are to be durable, or how much room there is.
enum class Concern : std::uint8_t { part, open, directory, names, room };
constexpr Tag make_tag(Concern concern, std::uint32_t a, std::uint32_t b) {
  return (Tag{static_cast<std::uint8_t>(concern)} << 61) | (Tag{a} << 31) | b;
}
constexpr Concern concern_of(Tag tag) { return static_cast<Concern>(tag >> 61); }
constexpr std::uint32_t first_of(Tag tag) { return static_cast<std::uint32_t>((tag >> 31) & 0x3fffffff); }
constexpr std::uint32_t second_of(Tag tag) { return static_cast<std::uint32_t>(tag & 0x7fffffff); }

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

}  // namespace

ContentStore::ContentStore(runtime::FileSystem& files, std::shared_ptr<const protocol::Metainfo> metainfo,
                           std::string directory, std::uint32_t open_files, StoreHandler& handler, ByteCount keep_recent)
    : file_system_(files), metainfo_(std::move(metainfo)), directory_(std::move(directory)),
      open_limit_(std::max(open_files, 1u)), handler_(handler), files_(metainfo_->files.size()), recent_(keep_recent) {}

ContentStore::~ContentStore() {
  file_system_.forget(*this);
  for (const File& file : files_) {
    if (file.state == File::State::open) file_system_.close(file.id);
  }
}

// A sync is content with a file that is open for reading: what it makes durable may be on a medium that we cannot write.
bool ContentStore::needs_write(Kind kind) {
  return kind == Kind::write || kind == Kind::create || kind == Kind::reserve;
}

std::string ContentStore::path_of(std::size_t file) const {
  std::string path = directory_;
  for (const std::string& element : metainfo_->files[file].path) {
    if (!path.empty()) path += '/';
    path += element;
  }
  return path;
}

std::uint32_t ContentStore::new_operation(Kind kind, Tag tag) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(operations_.size()));
    operations_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Operation& operation = operations_[index];
  operation.kind = kind;
  operation.tag = tag;
  operation.error = FileError::none;
  operation.parts_left = 0;
  operation.is_short = false;
  operation.bytes = {};
  operation.parts.clear();
  ++operations_under_way_;
  return index;
}

// Cuts a range of the content at file borders.
void ContentStore::split(Operation& operation, ByteCount offset, ByteCount length,
                         std::span<const runtime::Slice> data) {
  const auto& entries = metainfo_->files;
  auto entry = std::ranges::upper_bound(entries, offset, {}, &protocol::FileEntry::offset);
  SWARM_ASSERT(entry != entries.begin());
  --entry;
  std::size_t done = 0;
  while (done < length.size()) {
    SWARM_ASSERT(entry != entries.end(), offset, length);
    const ByteCount at = offset + ByteCount::from_size(done) - entry->offset;
    const ByteCount here = std::min(entry->length - at, length - ByteCount::from_size(done));
    if (here.value() > 0) {
      Part part{.file = static_cast<std::uint32_t>(entry - entries.begin()), .offset = at, .length = here, .data = {}};
      if (!data.empty()) part.data = runtime::sub(data, done, here.size());
      operation.parts.push_back(std::move(part));
      done += here.size();
    }
    ++entry;
  }
}

void ContentStore::read(ByteCount offset, ByteCount length, Tag tag) {
  const std::uint32_t index = new_operation(Kind::read, tag);
  split(operations_[index], offset, length, {});
  start(index);
}

void ContentStore::write(ByteCount offset, const runtime::Slices& data, Tag tag) {
  const std::uint32_t index = new_operation(Kind::write, tag);
  const ByteCount length = runtime::length_of(data);
  operations_[index].at = offset;
  operations_[index].bytes = length;
  write_backlog_ += length;
  recent_.put(offset, data);
  split(operations_[index], offset, length, data);
  start(index);
}

void ContentStore::survey(Tag tag) {
  const std::uint32_t index = new_operation(Kind::stat, tag);
  for (std::uint32_t file = 0; file < files_.size(); ++file) {
    operations_[index].parts.push_back(whole(file));
  }
  start(index);
}

void ContentStore::create_empty_files(Tag tag) {
  const std::uint32_t index = new_operation(Kind::create, tag);
  for (std::uint32_t file = 0; file < files_.size(); ++file) {
    const protocol::FileEntry& entry = metainfo_->files[file];
    if (entry.length.value() == 0 && !entry.is_pad) operations_[index].parts.push_back(whole(file));
  }
  start(index);
}

bool ContentStore::has_all_its_room(std::uint32_t file) const {
  const protocol::FileEntry& entry = metainfo_->files[file];
  const auto& status = files_[file].status;
  return entry.is_pad || files_[file].is_reserved || (status && status->size >= entry.length && status->allocated >= entry.length);
}

void ContentStore::reserve(const std::vector<std::uint32_t>& files, Tag tag) {
  const std::uint32_t index = new_operation(Kind::reserve, tag);
  for (const std::uint32_t file : files) {
    if (has_all_its_room(file) || !reserving_.try_emplace(file).second) continue;
    operations_[index].parts.push_back(whole(file));
  }
  start(index);
}

void ContentStore::reserved(std::uint32_t index, FileError error) {
  if (error == FileError::none) files_[index].is_reserved = true;
  const auto waiting = reserving_.extract(index);
  for (const Waiting& at : waiting.mapped()) start_part(at);
}

// The room that is missing is that of the file, and of those that would have been next.
void ContentStore::ask_for_shortage(std::uint32_t index) {
  Operation& operation = operations_[index];
  Shortage& shortage = operation.shortage.emplace();
  for (const Part& part : operation.parts) {
    if (files_[part.file].is_reserved) continue;
    const auto& status = files_[part.file].status;
    const ByteCount length = metainfo_->files[part.file].length;
    shortage.needed += length - (status ? std::min(status->allocated, length) : 0_B);
  }
  const std::string directory = directory_of(path_of(operation.failed_file));
  file_system_.free_space(directory.empty() ? "." : directory, *this, make_tag(Concern::room, index, 0));
}

void ContentStore::sync(Tag tag) { begin_sync(Kind::sync, tag); }
void ContentStore::checkpoint(Tag tag) { begin_sync(Kind::checkpoint, tag); }

void ContentStore::needs_sync(ByteCount offset, ByteCount length) {
  const auto& entries = metainfo_->files;
  auto entry = std::ranges::upper_bound(entries, offset, {}, &protocol::FileEntry::offset);
  for (--entry; entry != entries.end() && entry->offset < offset + length; ++entry) {
    const auto file = static_cast<std::uint32_t>(entry - entries.begin());
    if (entry->is_pad || std::exchange(files_[file].is_dirty, true)) continue;
    note_names(file);
  }
}

void ContentStore::begin_sync(Kind kind, Tag tag) {
  const std::uint32_t index = new_operation(kind, tag);
  for (std::uint32_t file = 0; file < files_.size(); ++file) {
    if (std::exchange(files_[file].is_dirty, false)) operations_[index].parts.push_back(whole(file));
  }
  // A file that is durable under no name is lost all the same.
  const auto names = std::exchange(unsynced_names_, {});
  if (names.empty() || !operations_[index].parts.empty()) start(index);
  operations_[index].parts_left += static_cast<std::uint32_t>(names.size());
  for (const auto& [directory, file] : names) {
    file_system_.sync_directory(directory.empty() ? "." : directory, *this, make_tag(Concern::names, index, file));
  }
}

void ContentStore::start(std::uint32_t index) {
  const auto count = static_cast<std::uint32_t>(operations_[index].parts.size());
  // With nothing to do at all the file system is asked for something harmless, so that the answer comes from an event.
  operations_[index].parts_left = count == 0 ? 1 : count;
  if (count == 0) {
    file_system_.stat(directory_.empty() ? "." : directory_, *this, make_tag(Concern::part, index, 0x7fffffff));
    return;
  }
  // Room is taken file by file: who fails shall find the others untouched.
  const std::uint32_t at_once = operations_[index].kind == Kind::reserve ? 1 : count;
  for (std::uint32_t part = 0; part < at_once; ++part) start_part({index, part});
}

void ContentStore::start_part(Waiting at) {
  const Operation& operation = operations_[at.operation];
  const std::uint32_t index = operation.parts[at.part].file;
  File& file = files_[index];
  const Tag tag = make_tag(Concern::part, at.operation, at.part);
  if (operation.kind == Kind::stat || metainfo_->files[index].is_pad) {
    // For a pad only the event is wanted; its bytes are zeros.
    file_system_.stat(path_of(index), *this, tag);
    return;
  }
  if (operation.kind == Kind::checkpoint && !operation.parts[at.part].is_looked_at) {
    file_system_.stat(path_of(index), *this, tag);
    return;
  }
  if (operation.kind == Kind::write && !reserving_.empty()) {
    if (const auto reserving = reserving_.find(index); reserving != reserving_.end()) {
      reserving->second.push_back(at);
      return;
    }
  }
  const bool wants_write = needs_write(operation.kind);
  if (file.state == File::State::open && (file.is_writable || !wants_write)) {
    issue(at);
    return;
  }
  file.waiting.push_back(at);
  if (file.state == File::State::open) {
    // Read-only so far.  What is under way on the old descriptor completes before it closes.
    close(index);
  }
  if (file.state == File::State::closed) open(index);
}

// Within the limit, what is being opened included: a burst of small files must not take the descriptors of the sockets.
void ContentStore::open(std::uint32_t index) {
  if (open_.size() + opening_ >= open_limit_ && !close_oldest_idle()) {
    files_[index].state = File::State::starved;
    starved_.push_back(index);
    return;
  }
  ++opening_;
  go_on_opening(index);
}

void ContentStore::go_on_opening(std::uint32_t index) {
  File& file = files_[index];
  file.opening_writable = std::ranges::any_of(
      file.waiting, [&](const Waiting& at) { return needs_write(operations_[at.operation].kind); });
  const std::string path = path_of(index);
  const std::string directory = directory_of(path);
  if (file.opening_writable && !directory.empty() && !made_directories_.contains(directory)) {
    file.state = File::State::making_directory;
    file_system_.make_directories(directory, *this, make_tag(Concern::directory, index, 0));
    return;
  }
  file.state = File::State::opening;
  file_system_.open(path, file.opening_writable ? OpenMode::create : OpenMode::read, *this,
                    make_tag(Concern::open, index, 0));
}

void ContentStore::opened(std::uint32_t index, const runtime::FileResult& result) {
  File& file = files_[index];
  file.state = File::State::closed;
  --opening_;
  if (result.error == FileError::too_many_open && open_.size() + opening_ > 0) {
    // Others of the process hold descriptors: make do with as many as we have.  Another file's is taken when it is idle.
    open_limit_ = std::max(static_cast<std::uint32_t>(open_.size()), 1u);
    file.state = File::State::starved;
    starved_.push_back(index);
    feed_starved();
    return;
  }
  if (result.error != FileError::none) {
    fail_waiting(index, result.error);
    feed_starved();
    return;
  }
  file.state = File::State::open;
  file.id = result.file;
  file.is_writable = file.opening_writable;
  open_.push_back(index);
  if (file.is_writable) note_names(index);
  for (const Waiting& at : std::exchange(file.waiting, {})) start_part(at);
  close_surplus();
}

// Opens files that had to wait for a descriptor, with that of another which is idle; asked again when an operation completes.
void ContentStore::feed_starved() {
  while (!starved_.empty() && (open_.size() + opening_ < open_limit_ || close_oldest_idle())) {
    const std::uint32_t index = starved_.front();
    starved_.pop_front();
    ++opening_;
    go_on_opening(index);
  }
}

// A file that is writable may have been made just now: its name, and those of the directories above it up to ours, are
// durable when these were synced.
void ContentStore::note_names(std::uint32_t index) {
  std::string directory = directory_of(path_of(index));
  while (unsynced_names_.emplace(directory, index).second && directory.size() > directory_.size()) {
    directory = directory_of(directory);
  }
}

void ContentStore::fail_waiting(std::uint32_t index, FileError error) {
  for (const Waiting& at : std::exchange(files_[index].waiting, {})) {
    Operation& operation = operations_[at.operation];
    // A file that is not there reads as short: to a check that is an answer, not a fault.
    if (operation.kind == Kind::read && error == FileError::not_found) operation.is_short = true;
    part_done(at.operation, index, error);
  }
}

void ContentStore::issue(Waiting at) {
  const Operation& operation = operations_[at.operation];
  const Part& part = operation.parts[at.part];
  File& file = files_[part.file];
  const Tag tag = make_tag(Concern::part, at.operation, at.part);
  file.last_used = ++use_counter_;
  ++file.under_way;
  switch (operation.kind) {
    case Kind::read: file_system_.read(file.id, part.offset, part.length, *this, tag); break;
    case Kind::write:
      file.is_dirty = true;
      file_system_.write(file.id, part.offset, part.data, *this, tag);
      break;
    case Kind::reserve:
      file.is_dirty = true;
      file_system_.allocate(file.id, metainfo_->files[part.file].length, *this, tag);
      break;
    case Kind::create: file_system_.truncate(file.id, ByteCount(0), *this, tag); break;
    case Kind::sync:
    case Kind::checkpoint: file_system_.sync(file.id, *this, tag); break;
    case Kind::stat: SWARM_ASSERT(false); break;
  }
}

void ContentStore::on_file(const runtime::FileResult& result) {
  const std::uint32_t first = first_of(result.tag);
  switch (concern_of(result.tag)) {
    case Concern::directory:
      if (result.error != FileError::none) {
        files_[first].state = File::State::closed;
        --opening_;
        fail_waiting(first, result.error);
        feed_starved();
        return;
      }
      made_directories_.insert(directory_of(path_of(first)));
      go_on_opening(first);
      return;
    case Concern::open: opened(first, result); return;
    case Concern::names: part_done(first, second_of(result.tag), result.error); return;
    case Concern::room:
      if (result.error == FileError::none) {
        operations_[first].shortage->free = result.bytes;
      } else {
        operations_[first].shortage.reset();
      }
      finish(first);
      return;
    case Concern::part: break;
  }
  const Waiting at{first, second_of(result.tag)};
  Operation& operation = operations_[at.operation];
  if (operation.parts.empty()) {
    finish(at.operation);
    return;
  }
  Part& part = operation.parts[at.part];
  File& file = files_[part.file];
  FileError error = result.error;
  if (metainfo_->files[part.file].is_pad) {
    error = FileError::none;
    if (operation.kind == Kind::read) {
      part.data = {runtime::Slice::copy_of(std::vector<std::byte>(part.length.size()))};
    }
  } else if (operation.kind == Kind::stat || (operation.kind == Kind::checkpoint && !part.is_looked_at)) {
    file.status.reset();
    if (error == FileError::none && result.status.kind == runtime::FileStatus::Kind::directory) {
      error = FileError::is_directory;
    }
    if (error == FileError::none) file.status = result.status;
    if (operation.kind == Kind::checkpoint && error == FileError::none) {
      part.is_looked_at = true;
      start_part(at);
      return;
    }
    if (error == FileError::not_found && operation.kind == Kind::stat) error = FileError::none;
  } else {
    --file.under_way;
    if (needs_write(operation.kind)) file.is_dirty = true;   // a sync that began meanwhile may have come too early for it
    if (operation.kind == Kind::read && error == FileError::none) {
      part.data.assign(result.data.begin(), result.data.end());
      if (result.bytes < part.length) {
        operation.is_short = true;
        operation.failed_file = part.file;
      }
    }
  }
  part_done(at.operation, part.file, error);
  feed_starved();
  close_surplus();
}

void ContentStore::part_done(std::uint32_t index, std::uint32_t file, FileError error) {
  Operation& operation = operations_[index];
  if (error != FileError::none && operation.error == FileError::none) {
    operation.error = error;
    operation.failed_file = file;
  }
  SWARM_ASSERT(operation.parts_left > 0);
  --operation.parts_left;
  if (operation.kind == Kind::reserve) {
    const auto count = static_cast<std::uint32_t>(operation.parts.size());
    if (error == FileError::none && operation.parts_left > 0) {
      reserved(file, error);
      start_part({index, count - operation.parts_left});
      return;
    }
    std::vector<std::uint32_t> rest;
    for (std::uint32_t part = count - operation.parts_left - 1; part < count; ++part) rest.push_back(operation.parts[part].file);
    operation.parts_left = 0;
    const bool wants_room = operation.error == FileError::no_space;
    for (const std::uint32_t each : rest) reserved(each, operation.error);
    if (wants_room) {
      ask_for_shortage(index);
      return;
    }
  }
  if (operation.parts_left == 0) finish(index);
}

void ContentStore::finish(std::uint32_t index) {
  // The slot is free before the handler runs: it may start the next operation from there.
  Operation operation = std::exchange(operations_[index], {});
  free_.push_back(index);
  --operations_under_way_;
  write_backlog_ -= operation.bytes;
  if (operation.kind == Kind::write && operation.error != FileError::none) recent_.drop(operation.at, operation.bytes);
  StoreResult result{.tag = operation.tag, .error = operation.error, .path = {}, .data = {},
                     .is_short = operation.is_short, .shortage = operation.shortage};
  std::string path;
  if (operation.error != FileError::none || operation.is_short) {
    path = path_of(operation.failed_file);
    result.path = path;
  }
  runtime::Slices joined;
  if (operation.kind == Kind::read && operation.error == FileError::none) {
    if (operation.parts.size() == 1) {
      joined = std::move(operation.parts.front().data);
    } else {
      for (Part& part : operation.parts) {
        for (runtime::Slice& slice : part.data) runtime::append(joined, std::move(slice));
      }
    }
    result.data = joined;
  }
  handler_.on_stored(result);
}

void ContentStore::close_surplus() {
  while (open_.size() > open_limit_ && close_oldest_idle()) {}
}

void ContentStore::close(std::uint32_t index) {
  file_system_.close(files_[index].id);
  files_[index].state = File::State::closed;
  std::erase(open_, index);
}

bool ContentStore::close_oldest_idle() {
  // Among those that are open: a torrent may have a hundred thousand.
  File* oldest = nullptr;
  for (const std::uint32_t index : open_) {
    File& file = files_[index];
    if (file.under_way > 0) continue;
    if (oldest == nullptr || file.last_used < oldest->last_used) oldest = &file;
  }
  if (oldest == nullptr) return false;
  close(static_cast<std::uint32_t>(oldest - files_.data()));
  return true;
}

}  // namespace swarmlab::client
