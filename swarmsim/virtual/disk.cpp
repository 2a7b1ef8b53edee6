#include "swarmsim/virtual/disk.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {

using runtime::FileError;
using runtime::FileId;
using runtime::OpenMode;
using runtime::Slice;
using runtime::Slices;

namespace {

constexpr std::size_t kLongestName = 255;

std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

bool is_below(std::string_view path, std::string_view directory) {
  return directory.empty() ||
         (path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/');
}

bool has_long_name(std::string_view path) {
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end - begin > kLongestName) return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace

std::string normal_path(std::string_view path) {
  std::string out;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    begin = end + 1;
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      out.resize(parent_of(out).size());
      continue;
    }
    if (!out.empty()) out += '/';
    out += name;
  }
  return out;
}

Disk::Disk(const DiskSpec& spec) : capacity_(spec.capacity), max_open_files_(spec.max_open_files) {
  const auto root = std::make_shared<Node>();
  root->is_directory = true;
  live_[""] = durable_[""] = root;
}

Disk::NodeRef Disk::find(std::string_view path) const {
  const auto found = live_.find(path);
  return found == live_.end() ? nullptr : found->second;
}

FileError Disk::fault_at(std::string_view path) const {
  const auto found = faults_.find(path);
  return found == faults_.end() ? FileError::none : found->second;
}

// Whether `path` could be an entry of a directory that is there.
FileError Disk::check_parent(std::string_view path) const {
  if (has_long_name(path)) return FileError::name_too_long;
  for (std::string_view above = parent_of(path);; above = parent_of(above)) {
    const NodeRef node = find(above);
    if (node != nullptr && !node->is_directory) return FileError::not_a_directory;
    if (node != nullptr) return above == parent_of(path) ? FileError::none : FileError::not_found;
  }
}

std::expected<FileId, FileError> Disk::open(std::string_view raw_path, OpenMode mode, Time now) {
  const std::string path = normal_path(raw_path);
  if (const FileError fault = fault_at(path); fault != FileError::none) return std::unexpected(fault);
  NodeRef node = find(path);
  if (node != nullptr && mode == OpenMode::create_new) return std::unexpected(FileError::exists);
  if (node != nullptr && node->is_directory) return std::unexpected(FileError::is_directory);
  if (node == nullptr) {
    if (const FileError error = check_parent(path); error != FileError::none) return std::unexpected(error);
    if (mode == OpenMode::read || mode == OpenMode::read_write) return std::unexpected(FileError::not_found);
  }
  if (open_.size() >= max_open_files_) return std::unexpected(FileError::too_many_open);
  if (node == nullptr) {
    node = std::make_shared<Node>();
    node->modified_ns = now.time_since_epoch().count();
    change_name({.path = path, .to = {}, .node = node});
  }
  const FileId id(next_file_++);
  open_.emplace(id, OpenFile{node, path, mode != OpenMode::read});
  return id;
}

void Disk::close(FileId file) {
  const auto found = open_.find(file);
  if (found == open_.end()) return;
  const NodeRef node = std::move(found->second.node);
  open_.erase(found);
  const auto names_it = [&node](const auto& entry) { return entry.second == node; };
  const auto opens_it = [&node](const auto& entry) { return entry.second.node == node; };
  if (std::ranges::none_of(live_, names_it) && std::ranges::none_of(open_, opens_it)) {
    used_ -= node->live.allocated();
  }
}

std::expected<Slices, FileError> Disk::read(FileId file, std::uint64_t offset, std::uint64_t length) const {
  const auto found = open_.find(file);
  if (found == open_.end()) return std::unexpected(FileError::other);
  if (const FileError fault = fault_at(found->second.path); fault != FileError::none) {
    return std::unexpected(fault);
  }
  return found->second.node->live.read(offset, length);
}

FileError Disk::write(FileId file, std::uint64_t offset, std::span<const Slice> data, Time now) {
  const auto found = open_.find(file);
  if (found == open_.end()) return FileError::other;
  if (!found->second.writable) return FileError::permission;
  if (const FileError fault = fault_at(found->second.path); fault != FileError::none) return fault;
  Slices resolved;
  for (const Slice& slice : data) {
    if (slice.kind() != Slice::Kind::file) {
      runtime::append(resolved, slice);
      continue;
    }
    auto part = read(slice.file(), static_cast<std::uint64_t>(slice.offset().value()), slice.size());
    if (!part) return part.error();
    for (Slice& s : *part) runtime::append(resolved, std::move(s));
  }
  Node& node = *found->second.node;
  FileImage written = {};
  const std::uint64_t before = node.live.allocated();
  const bool may_not_fit = used_ + static_cast<std::uint64_t>(runtime::length_of(resolved).value()) >
                           static_cast<std::uint64_t>(capacity_.value());
  if (may_not_fit) written = node.live;   // overwriting takes no room, so only the attempt tells
  std::uint64_t at = offset;
  for (const Slice& slice : resolved) {
    node.live.write(at, slice);
    at += slice.size();
  }
  const bool needs_room = node.live.allocated() > before;
  if (needs_room && used_ - before + node.live.allocated() > static_cast<std::uint64_t>(capacity_.value())) {
    node.live = std::move(written);
    return FileError::no_space;
  }
  used_ = used_ - before + node.live.allocated();
  node.modified_ns = now.time_since_epoch().count();
  at = offset;
  for (Slice& slice : resolved) {
    const std::uint64_t next = at + slice.size();
    // A run written in pieces is one change: it can still be cut anywhere.
    if (!node.unsynced.empty() && !node.unsynced.back().slice.empty() &&
        node.unsynced.back().offset + node.unsynced.back().slice.size() == at &&
        node.unsynced.back().slice.try_append(slice)) {
      at = next;
      continue;
    }
    node.unsynced.push_back({at, std::move(slice)});
    at = next;
  }
  return FileError::none;
}

FileError Disk::truncate(FileId file, std::uint64_t size, Time now) {
  const auto found = open_.find(file);
  if (found == open_.end()) return FileError::other;
  if (!found->second.writable) return FileError::permission;
  if (const FileError fault = fault_at(found->second.path); fault != FileError::none) return fault;
  Node& node = *found->second.node;
  used_ -= node.live.allocated();
  node.live.truncate(size);
  used_ += node.live.allocated();
  node.modified_ns = now.time_since_epoch().count();
  node.unsynced.push_back({size, {}});
  return FileError::none;
}

FileError Disk::allocate(FileId file, std::uint64_t size, Time now) {
  const auto found = open_.find(file);
  if (found == open_.end()) return FileError::other;
  if (!found->second.writable) return FileError::permission;
  if (const FileError fault = fault_at(found->second.path); fault != FileError::none) return fault;
  Node& node = *found->second.node;
  FileImage grown = node.live;
  grown.reserve(size);
  const std::uint64_t used = used_ - node.live.allocated() + grown.allocated();
  if (used > static_cast<std::uint64_t>(capacity_.value())) return FileError::no_space;
  used_ = used;
  node.live = std::move(grown);
  node.modified_ns = now.time_since_epoch().count();
  node.unsynced.push_back({node.live.size(), {}});   // to a crash it is a file that grew
  return FileError::none;
}

FileError Disk::sync(FileId file) {
  const auto found = open_.find(file);
  if (found == open_.end()) return FileError::other;
  if (const FileError fault = fault_at(found->second.path); fault != FileError::none) return fault;
  Node& node = *found->second.node;
  if (!node.unsynced.empty()) node.durable = node.live;
  std::vector<DataChange>().swap(node.unsynced);
  return FileError::none;
}

void Disk::apply(Names& names, const NameChange& change) {
  if (change.node != nullptr) {
    names[change.path] = change.node;
    return;
  }
  if (change.to.empty()) {
    names.erase(change.path);
    return;
  }
  // A directory takes along what is below it.
  std::vector<std::pair<std::string, NodeRef>> moved;
  for (auto at = names.lower_bound(change.path); at != names.end();) {
    if (at->first != change.path && !at->first.starts_with(change.path)) break;
    if (at->first == change.path || is_below(at->first, change.path)) {
      moved.emplace_back(change.to + at->first.substr(change.path.size()), at->second);
      at = names.erase(at);
    } else {
      ++at;
    }
  }
  for (auto& [path, node] : moved) names[path] = std::move(node);
}

void Disk::change_name(NameChange change) {
  apply(live_, change);
  unsynced_names_.push_back(std::move(change));
}

FileError Disk::make_directories(std::string_view raw_path) {
  const std::string path = normal_path(raw_path);
  if (has_long_name(path)) return FileError::name_too_long;
  if (const FileError fault = fault_at(path); fault != FileError::none) return fault;
  std::size_t end = 0;
  while (end < path.size()) {
    end = std::min(path.find('/', end + 1), path.size());
    const std::string above = path.substr(0, end);
    const NodeRef node = find(above);
    if (node != nullptr && !node->is_directory) {
      return end == path.size() ? FileError::exists : FileError::not_a_directory;
    }
    if (node != nullptr) continue;
    const auto made = std::make_shared<Node>();
    made->is_directory = true;
    change_name({.path = above, .to = {}, .node = made});
  }
  return FileError::none;
}

bool Disk::has_entries(std::string_view directory) const {
  const auto next = live_.upper_bound(std::string(directory) + '/');
  return directory.empty() ? live_.size() > 1 : next != live_.end() && is_below(next->first, directory);
}

FileError Disk::rename(std::string_view raw_from, std::string_view raw_to) {
  const std::string from = normal_path(raw_from);
  const std::string to = normal_path(raw_to);
  for (const std::string& path : {from, to}) {
    if (const FileError fault = fault_at(path); fault != FileError::none) return fault;
  }
  const NodeRef source = find(from);
  if (source == nullptr) {
    const FileError error = check_parent(from);
    return error == FileError::none ? FileError::not_found : error;
  }
  if (const FileError error = check_parent(to); error != FileError::none) return error;
  if (from == to) return FileError::none;
  if (from.empty() || to.empty() || is_below(to, from)) return FileError::other;
  const NodeRef target = find(to);
  if (target != nullptr) {
    if (target->is_directory && !source->is_directory) return FileError::is_directory;
    if (!target->is_directory && source->is_directory) return FileError::not_a_directory;
    if (target->is_directory && has_entries(to)) return FileError::directory_not_empty;
    const auto opens_it = [&target](const auto& entry) { return entry.second.node == target; };
    if (std::ranges::none_of(open_, opens_it)) used_ -= target->live.allocated();
  }
  change_name({.path = from, .to = to, .node = nullptr});
  return FileError::none;
}

FileError Disk::remove(std::string_view raw_path) {
  const std::string path = normal_path(raw_path);
  if (const FileError fault = fault_at(path); fault != FileError::none) return fault;
  const NodeRef node = find(path);
  if (node == nullptr) {
    const FileError error = check_parent(path);
    return error == FileError::none ? FileError::not_found : error;
  }
  if (path.empty()) return FileError::other;
  if (node->is_directory && has_entries(path)) return FileError::directory_not_empty;
  const auto opens_it = [&node](const auto& entry) { return entry.second.node == node; };
  if (std::ranges::none_of(open_, opens_it)) used_ -= node->live.allocated();
  change_name({.path = path, .to = {}, .node = nullptr});
  return FileError::none;
}

std::expected<runtime::FileStatus, FileError> Disk::stat(std::string_view raw_path) const {
  const std::string path = normal_path(raw_path);
  if (const FileError fault = fault_at(path); fault != FileError::none) return std::unexpected(fault);
  const NodeRef node = find(path);
  if (node == nullptr) {
    const FileError error = check_parent(path);
    return std::unexpected(error == FileError::none ? FileError::not_found : error);
  }
  using Kind = runtime::FileStatus::Kind;
  return runtime::FileStatus{.kind = node->is_directory ? Kind::directory : Kind::file,
                             .size = ByteCount(static_cast<std::int64_t>(node->live.size())),
                             .allocated = ByteCount(static_cast<std::int64_t>(node->live.allocated())),
                             .modified_ns = node->modified_ns};
}

std::expected<std::vector<runtime::DirectoryEntry>, FileError> Disk::list(std::string_view raw_path) const {
  const std::string path = normal_path(raw_path);
  if (const FileError fault = fault_at(path); fault != FileError::none) return std::unexpected(fault);
  const auto status = stat(path);
  if (!status) return std::unexpected(status.error());
  using Kind = runtime::FileStatus::Kind;
  if (status->kind != Kind::directory) return std::unexpected(FileError::not_a_directory);
  std::vector<runtime::DirectoryEntry> entries;
  for (auto at = live_.lower_bound(path.empty() ? path : path + '/'); at != live_.end(); ++at) {
    if (at->first.empty()) continue;
    if (!is_below(at->first, path)) break;
    if (parent_of(at->first) != path) continue;
    const std::size_t begin = path.empty() ? 0 : path.size() + 1;
    entries.push_back({.name = at->first.substr(begin),
                       .kind = at->second->is_directory ? Kind::directory : Kind::file});
  }
  std::ranges::sort(entries, {}, &runtime::DirectoryEntry::name);
  return entries;
}

FileError Disk::sync_directory(std::string_view raw_path) {
  const std::string path = normal_path(raw_path);
  if (const FileError fault = fault_at(path); fault != FileError::none) return fault;
  const auto status = stat(path);
  if (!status) return status.error();
  if (status->kind != runtime::FileStatus::Kind::directory) return FileError::not_a_directory;
  std::vector<NameChange> left;
  for (NameChange& change : unsynced_names_) {
    if (parent_of(change.path) == path || (!change.to.empty() && parent_of(change.to) == path)) {
      apply(durable_, change);
    } else {
      left.push_back(std::move(change));
    }
  }
  unsynced_names_ = std::move(left);
  return FileError::none;
}

std::expected<ByteCount, FileError> Disk::free_space(std::string_view path) const {
  if (find(normal_path(path)) == nullptr) return std::unexpected(FileError::not_found);
  return std::max(ByteCount{}, capacity_ - used());
}

void Disk::tear(Node& node, runtime::Random& chance) {
  FileImage image = node.durable;
  for (DataChange& change : node.unsynced) {
    const std::uint64_t fate = chance.below(3);   // lost, kept, cut short
    if (fate == 0) continue;
    if (change.slice.empty()) {
      image.truncate(change.offset);
      continue;
    }
    if (fate == 2) change.slice = change.slice.sub(0, static_cast<std::size_t>(chance.below(change.slice.size())));
    image.write(change.offset, std::move(change.slice));
  }
  node.unsynced.clear();
  node.live = image;
  node.durable = std::move(image);
}

void Disk::crash(runtime::Random& chance) {
  open_.clear();
  const auto kept = chance.below(unsynced_names_.size() + 1);
  for (std::uint64_t i = 0; i < kept; ++i) apply(durable_, unsynced_names_[i]);
  unsynced_names_.clear();
  // A name whose directory did not reach the disk cannot be found.
  for (auto at = durable_.begin(); at != durable_.end();) {
    const auto above = durable_.find(parent_of(at->first));
    at = above == durable_.end() ? durable_.erase(at) : std::next(at);
  }
  for (auto& [path, node] : durable_) tear(*node, chance);
  live_ = durable_;
  used_ = 0;
  for (const auto& [path, node] : live_) used_ += node->live.allocated();
}

void Disk::close_all() {
  while (!open_.empty()) close(open_.begin()->first);
}

void Disk::put_file(std::string_view raw_path, std::span<const Slice> content, Time now) {
  const std::string path = normal_path(raw_path);
  const FileError made = make_directories(parent_of(path));
  SWARM_ASSERT(made == FileError::none, path);
  if (const NodeRef old = find(path); old != nullptr) {
    SWARM_ASSERT(!old->is_directory, path);
    used_ -= old->live.allocated();
  }
  const auto node = std::make_shared<Node>();
  node->modified_ns = now.time_since_epoch().count();
  std::uint64_t at = 0;
  for (const Slice& slice : content) {
    node->live.write(at, slice);
    at += slice.size();
  }
  node->durable = node->live;
  used_ += node->live.allocated();
  change_name({.path = path, .to = {}, .node = node});
  for (std::string_view above = path; !above.empty();) {
    above = parent_of(above);
    sync_directory(above);
  }
}

void Disk::overwrite(std::string_view path, std::uint64_t offset, std::span<const Slice> content, Time now) {
  const NodeRef node = find(normal_path(path));
  SWARM_ASSERT(node != nullptr && !node->is_directory, path);
  used_ -= node->live.allocated();
  for (const Slice& slice : content) {
    node->live.write(offset, slice);
    node->durable.write(offset, slice);
    offset += slice.size();
  }
  used_ += node->live.allocated();
  node->modified_ns = now.time_since_epoch().count();
}

std::optional<Slices> Disk::content(std::string_view path) const {
  const NodeRef node = find(normal_path(path));
  if (node == nullptr || node->is_directory) return std::nullopt;
  return node->live.read(0, node->live.size());
}

std::vector<std::string> Disk::files_below(std::string_view raw_directory) const {
  const std::string directory = normal_path(raw_directory);
  std::vector<std::string> paths;
  for (const auto& [path, node] : live_) {
    if (!node->is_directory && is_below(path, directory)) paths.push_back(path);
  }
  return paths;
}

ByteCount Disk::used() const { return ByteCount(static_cast<std::int64_t>(used_)); }

void Disk::set_fault(std::string_view path, FileError error) {
  if (error == FileError::none) {
    faults_.erase(normal_path(path));
  } else {
    faults_[normal_path(path)] = error;
  }
}

}  // namespace swarmlab::swarmsim
