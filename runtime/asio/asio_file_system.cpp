#include "runtime/asio/asio_file_system.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "protocol/assert.hpp"
#include "runtime/asio/file_operations.hpp"

namespace swarmlab::runtime {

// One operation on its way through the pool.  `handler`, `previous` and `next` belong to the loop's
// thread alone; the others to whoever holds the job.
struct FileOperation final : Job {
  explicit FileOperation(std::function<FileError(FileOperation&)> what) : act(std::move(what)) {}

  void work(std::size_t number) override {
    worker = number;
    error = act(*this);
    // The last reference closes the file: here, where that may take its time.
    source.reset();
    sources.clear();
    act = nullptr;
  }
  void done() override { owner->finish(*this); }

  AsioFileSystem* owner = nullptr;
  FileHandler* handler = nullptr;    // null: forgotten
  FileOperation* previous = nullptr;
  FileOperation* next = nullptr;

  std::function<FileError(FileOperation&)> act;
  std::size_t worker = 0;
  std::shared_ptr<PosixFile> source;
  std::vector<std::shared_ptr<PosixFile>> sources;  // of file slices being written, in their order
  Slices data;

  Tag tag = 0;
  FileId file;
  FileError error = FileError::none;
  ByteCount bytes;
  FileStatus status;
  std::vector<DirectoryEntry> entries;
  std::shared_ptr<PosixFile> opened;
};

namespace {

FileError read_into(FileOperation& operation, BumpBuffer& buffer, ByteCount offset, ByteCount length) {
  while (operation.bytes < length) {
    const MutableBytes room = buffer.room((length - operation.bytes).size());
    const auto got = operation.source->read(offset + operation.bytes, room);
    if (!got) return got.error();
    append(operation.data, buffer.take(*got));
    operation.bytes += ByteCount::from_size(*got);
    if (*got < room.size()) break;   // the end of the file
  }
  return FileError::none;
}

FileError write_all(FileOperation& operation, ByteCount offset) {
  std::vector<Bytes> parts;
  ByteCount gathered;
  const auto flush = [&] {
    const FileError error = operation.source->write(offset, parts);
    offset += gathered;
    operation.bytes += gathered;
    gathered = ByteCount{};
    parts.clear();
    return error;
  };
  std::size_t next_source = 0;
  for (const Slice& slice : operation.data) {
    if (slice.kind() == Slice::Kind::bytes) {
      parts.push_back(slice.bytes());
      gathered += slice.length();
      continue;
    }
    SWARM_ASSERT(slice.kind() == Slice::Kind::file);  // a symbolic slice has no place on a real disk
    if (const FileError error = flush(); error != FileError::none) return error;
    std::vector<std::byte> copy(slice.size());
    const auto got = operation.sources[next_source++]->read(slice.offset(), copy);
    if (!got) return got.error();
    if (*got < copy.size()) return FileError::input_output;
    parts.emplace_back(copy);
    gathered += slice.length();
    if (const FileError error = flush(); error != FileError::none) return error;
  }
  const FileError error = flush();
  operation.data.clear();
  return error;
}

}  // namespace

AsioFileSystem::AsioFileSystem(ThreadPool& workers, BufferPool& buffers, std::string root)
    : workers_(workers), root_(std::move(root)) {
  for (std::size_t i = 0; i < workers.threads(); ++i) {
    read_buffers_.push_back(std::make_unique<BumpBuffer>(buffers));
  }
}

std::string AsioFileSystem::full(std::string_view path) const {
  if (root_.empty() || path.starts_with('/')) return std::string(path);
  return path.empty() ? root_ : root_ + '/' + std::string(path);
}

std::shared_ptr<PosixFile> AsioFileSystem::find(FileId file) const {
  const auto found = open_.find(file.value());
  return found == open_.end() ? nullptr : found->second;
}

void AsioFileSystem::start(std::unique_ptr<FileOperation> operation, FileHandler* handler, Tag tag) {
  operation->owner = this;
  operation->handler = handler;
  operation->tag = tag;
  operation->next = first_;
  if (first_ != nullptr) first_->previous = operation.get();
  first_ = operation.get();
  ++operations_;
  workers_.submit(std::move(operation));
}

void AsioFileSystem::start_on(FileId file, std::unique_ptr<FileOperation> operation,
                              FileHandler& handler, Tag tag) {
  operation->source = find(file);
  SWARM_ASSERT(operation->source != nullptr, file);
  operation->file = file;
  start(std::move(operation), &handler, tag);
}

void AsioFileSystem::finish(FileOperation& operation) {
  if (operation.previous != nullptr) operation.previous->next = operation.next;
  if (operation.next != nullptr) operation.next->previous = operation.previous;
  if (first_ == &operation) first_ = operation.next;
  --operations_;
  if (operation.handler == nullptr) return;
  if (operation.opened != nullptr) {
    operation.file = next_id_;
    ++next_id_;
    open_.emplace(operation.file.value(), std::move(operation.opened));
  }
  operation.handler->on_file({.tag = operation.tag,
                              .error = operation.error,
                              .file = operation.file,
                              .bytes = operation.bytes,
                              .data = operation.data,
                              .status = operation.status,
                              .entries = operation.entries});
}

void AsioFileSystem::forget(FileHandler& handler) {
  for (FileOperation* operation = first_; operation != nullptr; operation = operation->next) {
    if (operation->handler == &handler) operation->handler = nullptr;
  }
}

void AsioFileSystem::open(std::string_view path, OpenMode mode, FileHandler& handler, Tag tag) {
  start(std::make_unique<FileOperation>([path = full(path), mode](FileOperation& operation) {
          auto opened = PosixFile::open(path, mode);
          if (!opened) return opened.error();
          operation.opened = std::move(*opened);
          return FileError::none;
        }),
        &handler, tag);
}

void AsioFileSystem::close(FileId file) {
  const auto found = open_.find(file.value());
  SWARM_ASSERT(found != open_.end(), file);
  auto operation = std::make_unique<FileOperation>([](FileOperation&) { return FileError::none; });
  operation->source = std::move(found->second);
  open_.erase(found);
  start(std::move(operation), nullptr, 0);
}

void AsioFileSystem::read(FileId file, ByteCount offset, ByteCount length, FileHandler& handler,
                          Tag tag) {
  SWARM_ASSERT(offset >= ByteCount{} && length >= ByteCount{}, offset, length);
  const auto act = [this, offset, length](FileOperation& operation) {
    return read_into(operation, *read_buffers_[operation.worker], offset, length);
  };
  start_on(file, std::make_unique<FileOperation>(act), handler, tag);
}

void AsioFileSystem::write(FileId file, ByteCount offset, std::span<const Slice> data,
                           FileHandler& handler, Tag tag) {
  SWARM_ASSERT(offset >= ByteCount{}, offset);
  auto operation = std::make_unique<FileOperation>(
      [offset](FileOperation& self) { return write_all(self, offset); });
  for (const Slice& slice : data) {
    if (slice.empty()) continue;
    if (slice.kind() == Slice::Kind::file) {
      operation->sources.push_back(find(slice.file()));
      SWARM_ASSERT(operation->sources.back() != nullptr, slice.file());
    }
    operation->data.push_back(slice);
  }
  start_on(file, std::move(operation), handler, tag);
}

void AsioFileSystem::truncate(FileId file, ByteCount size, FileHandler& handler, Tag tag) {
  SWARM_ASSERT(size >= ByteCount{}, size);
  const auto act = [size](FileOperation& operation) { return operation.source->truncate(size); };
  start_on(file, std::make_unique<FileOperation>(act), handler, tag);
}

void AsioFileSystem::allocate(FileId file, ByteCount size, FileHandler& handler, Tag tag) {
  SWARM_ASSERT(size >= ByteCount{}, size);
  const auto act = [size](FileOperation& operation) { return operation.source->allocate(size); };
  start_on(file, std::make_unique<FileOperation>(act), handler, tag);
}

void AsioFileSystem::sync(FileId file, FileHandler& handler, Tag tag) {
  const auto act = [](FileOperation& operation) { return operation.source->sync(); };
  start_on(file, std::make_unique<FileOperation>(act), handler, tag);
}

void AsioFileSystem::make_directories(std::string_view path, FileHandler& handler, Tag tag) {
  const auto act = [path = full(path)](FileOperation&) {
    return file_operations::make_directories(path);
  };
  start(std::make_unique<FileOperation>(act), &handler, tag);
}

void AsioFileSystem::rename(std::string_view from, std::string_view to, FileHandler& handler, Tag tag) {
  const auto act = [from = full(from), to = full(to)](FileOperation&) {
    return file_operations::rename(from, to);
  };
  start(std::make_unique<FileOperation>(act), &handler, tag);
}

void AsioFileSystem::remove(std::string_view path, FileHandler& handler, Tag tag) {
  const auto act = [path = full(path)](FileOperation&) { return file_operations::remove(path); };
  start(std::make_unique<FileOperation>(act), &handler, tag);
}

void AsioFileSystem::stat(std::string_view path, FileHandler& handler, Tag tag) {
  const auto act = [path = full(path)](FileOperation& operation) {
    return file_operations::stat(path, operation.status);
  };
  start(std::make_unique<FileOperation>(act), &handler, tag);
}

void AsioFileSystem::list(std::string_view path, FileHandler& handler, Tag tag) {
  const auto act = [path = full(path)](FileOperation& operation) {
    return file_operations::list(path, operation.entries);
  };
  start(std::make_unique<FileOperation>(act), &handler, tag);
}

void AsioFileSystem::sync_directory(std::string_view path, FileHandler& handler, Tag tag) {
  const auto act = [path = full(path)](FileOperation&) {
    return file_operations::sync_directory(path);
  };
  start(std::make_unique<FileOperation>(act), &handler, tag);
}

void AsioFileSystem::free_space(std::string_view path, FileHandler& handler, Tag tag) {
  const auto act = [path = full(path)](FileOperation& operation) {
    return file_operations::free_space(path, operation.bytes);
  };
  start(std::make_unique<FileOperation>(act), &handler, tag);
}

}  // namespace swarmlab::runtime
