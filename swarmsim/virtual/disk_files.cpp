#include "swarmsim/virtual/disk_files.hpp"

#include "protocol/assert.hpp"
#include "swarmsim/virtual/content_digest.hpp"

namespace swarmlab::swarmsim {

using runtime::FileError;
using runtime::FileHandler;
using runtime::FileId;
using runtime::Slice;
using runtime::Slices;
using runtime::Tag;

namespace {

std::uint64_t as_unsigned(ByteCount bytes) {
  SWARM_ASSERT(bytes.value() >= 0, bytes);
  return static_cast<std::uint64_t>(bytes.value());
}

}  // namespace

std::uint32_t DiskFiles::start(FileHandler& handler, Tag tag, FileId file) {
  const std::uint32_t index = operations_.take();
  Operation& operation = operations_[index];
  operation.handler = &handler;
  operation.result = {.tag = tag, .error = FileError::none, .file = file, .bytes = {}, .data = {},
                      .status = {}, .entries = {}};
  operation.opens = false;
  operation.under_way = true;
  return index;
}

void DiskFiles::complete(std::uint32_t operation, Duration latency) {
  loop_.post(loop_.now() + latency, entity_, EventKind::file_done, host_, operation);
}

void DiskFiles::finish(FileHandler& handler, Tag tag, FileError error, FileId file, ByteCount bytes, Duration delay) {
  const std::uint32_t operation = start(handler, tag, file);
  operations_[operation].result.error = error;
  if (error == FileError::none) operations_[operation].result.bytes = bytes;
  complete(operation, spec_.write_latency + delay);
}

void DiskFiles::on_event(std::uint32_t index) {
  Operation& operation = operations_[index];
  FileHandler* const handler = operation.handler;
  operation.under_way = false;
  operation.handler = nullptr;
  if (handler != nullptr) {
    operation.result.data = operation.data;
    operation.result.entries = operation.entries;
    handler->on_file(operation.result);   // the record is not reused before this returns
  }
  Slices().swap(operation.data);
  std::vector<runtime::DirectoryEntry>().swap(operation.entries);
  operations_.release(index);
}

void DiskFiles::open(std::string_view path, runtime::OpenMode mode, FileHandler& handler, Tag tag) {
  const auto opened = disk_.open(path, mode, loop_.now());
  const std::uint32_t operation = start(handler, tag, opened.value_or(FileId{}));
  if (opened) {
    operations_[operation].opens = true;
  } else {
    operations_[operation].result.error = opened.error();
  }
  complete(operation, spec_.write_latency);
}

void DiskFiles::read(FileId file, ByteCount offset, ByteCount length, FileHandler& handler, Tag tag) {
  auto data = disk_.read(file, as_unsigned(offset), as_unsigned(length));
  if (data && storage_.refuses_read()) data = std::unexpected(FileError::input_output);
  const std::uint32_t operation = start(handler, tag, file);
  if (data) {
    storage_.deliver(*data);
    operations_[operation].result.bytes = runtime::length_of(*data);
    count_read(operations_[operation].result.bytes);
    operations_[operation].data = std::move(*data);
  } else {
    operations_[operation].result.error = data.error();
  }
  complete(operation, spec_.read_latency + storage_.delay());
}

void DiskFiles::write(FileId file, ByteCount offset, std::span<const Slice> data, FileHandler& handler,
                      Tag tag) {
  const FileError error = storage_.refuses_write() ? FileError::input_output
                                                   : disk_.write(file, as_unsigned(offset), data, loop_.now());
  if (error == FileError::no_space) storage_.note_full();
  finish(handler, tag, error, file, runtime::length_of(data), storage_.delay());
}

void DiskFiles::truncate(FileId file, ByteCount size, FileHandler& handler, Tag tag) {
  finish(handler, tag, disk_.truncate(file, as_unsigned(size), loop_.now()), file);
}

void DiskFiles::allocate(FileId file, ByteCount size, FileHandler& handler, Tag tag) {
  finish(handler, tag, disk_.allocate(file, as_unsigned(size), loop_.now()), file);
}

void DiskFiles::sync(FileId file, FileHandler& handler, Tag tag) {
  finish(handler, tag, disk_.sync(file), file);
}

void DiskFiles::make_directories(std::string_view path, FileHandler& handler, Tag tag) {
  finish(handler, tag, disk_.make_directories(path));
}

void DiskFiles::rename(std::string_view from, std::string_view to, FileHandler& handler, Tag tag) {
  finish(handler, tag, disk_.rename(from, to));
}

void DiskFiles::remove(std::string_view path, FileHandler& handler, Tag tag) {
  finish(handler, tag, disk_.remove(path));
}

void DiskFiles::stat(std::string_view path, FileHandler& handler, Tag tag) {
  const auto status = disk_.stat(path);
  const std::uint32_t operation = start(handler, tag);
  if (status) {
    operations_[operation].result.status = *status;
  } else {
    operations_[operation].result.error = status.error();
  }
  complete(operation, spec_.read_latency);
}

void DiskFiles::list(std::string_view path, FileHandler& handler, Tag tag) {
  auto entries = disk_.list(path);
  const std::uint32_t operation = start(handler, tag);
  if (entries) {
    operations_[operation].entries = std::move(*entries);
  } else {
    operations_[operation].result.error = entries.error();
  }
  complete(operation, spec_.read_latency);
}

void DiskFiles::sync_directory(std::string_view path, FileHandler& handler, Tag tag) {
  finish(handler, tag, disk_.sync_directory(path));
}

void DiskFiles::free_space(std::string_view path, FileHandler& handler, Tag tag) {
  const auto free = disk_.free_space(path);
  finish(handler, tag, free ? FileError::none : free.error(), {}, free.value_or(ByteCount{}));
}

void DiskFiles::forget(FileHandler& handler) {
  for (std::uint32_t i = 0; i < operations_.capacity(); ++i) {
    Operation& operation = operations_[i];
    if (!operation.under_way || operation.handler != &handler) continue;
    operation.handler = nullptr;
    if (operation.opens) disk_.close(operation.result.file);
  }
}

void DiskFiles::end_process() {
  for (std::uint32_t i = 0; i < operations_.capacity(); ++i) operations_[i].handler = nullptr;
  disk_.close_all();
}

void DiskFiles::set_storage_faults(const StorageFaults& faults) {
  storage_.set(faults);
  disk_.set_capacity(faults.full_at.value_or(spec_.capacity));
}

void DiskFiles::put_file(std::string_view path, std::span<const Slice> content) {
  disk_.put_file(path, content, loop_.now());
}

void DiskFiles::make_path(std::string_view directory) {
  const FileError error = disk_.make_directories(directory);
  SWARM_ASSERT(error == FileError::none, directory);
  for (std::string path = normal_path(directory);; path = normal_path(path + "/..")) {
    disk_.sync_directory(path);
    if (path.empty()) return;
  }
}

bool DiskFiles::content_matches(std::string_view path, std::span<const Slice> expected) const {
  const auto content = disk_.content(path);
  if (!content || runtime::length_of(*content) != runtime::length_of(expected)) return false;
  const auto digest = [this](std::span<const Slice> slices) {
    ContentDigest context;
    for (const Slice& slice : slices) context.append(contents_, slice);
    return context.finish();
  };
  return digest(*content) == digest(expected);
}

std::vector<std::string> DiskFiles::list_files(std::string_view directory) const {
  return disk_.files_below(directory);
}

std::vector<runtime::DirectoryEntry> DiskFiles::list_now(std::string_view directory) const {
  return disk_.list(directory).value_or(std::vector<runtime::DirectoryEntry>{});
}

bool DiskFiles::remove_now(std::string_view path) { return disk_.remove(path) == FileError::none; }

}  // namespace swarmlab::swarmsim
