// AsioFileSystem: the files of this machine, through a pool of threads.
//
// The pool starts operations in the order they were asked for and works on as many at once as it has threads; the
// others wait, and backlog() counts them all: an engine that writes faster than the disk sees its own
// completions fall behind, and is expected to stop reading from the network then.
//
// Relative paths start at `root`, or at the process' directory where that is empty.  What was read lies in
// buffers of the pool given.  A file closes when the last operation on it, and the last slice of it that waits in
// a stream, is through.  The pool of threads must have stopped before this object goes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/asio/thread_pool.hpp"
#include "runtime/buffer_pool.hpp"
#include "runtime/file_system.hpp"
#include "runtime/posix_file.hpp"

namespace swarmlab::runtime {

struct FileOperation;

class AsioFileSystem final : public FileSystem, public OpenFiles {
 public:
  AsioFileSystem(ThreadPool& workers, BufferPool& buffers, std::string root);
  AsioFileSystem(const AsioFileSystem&) = delete;
  AsioFileSystem& operator=(const AsioFileSystem&) = delete;

  void open(std::string_view path, OpenMode mode, FileHandler& handler, Tag tag) override;
  void close(FileId file) override;
  void read(FileId file, ByteCount offset, ByteCount length, FileHandler& handler, Tag tag) override;
  void write(FileId file, ByteCount offset, std::span<const Slice> data, FileHandler& handler,
             Tag tag) override;
  void truncate(FileId file, ByteCount size, FileHandler& handler, Tag tag) override;
  void allocate(FileId file, ByteCount size, FileHandler& handler, Tag tag) override;
  void sync(FileId file, FileHandler& handler, Tag tag) override;
  void make_directories(std::string_view path, FileHandler& handler, Tag tag) override;
  void rename(std::string_view from, std::string_view to, FileHandler& handler, Tag tag) override;
  void remove(std::string_view path, FileHandler& handler, Tag tag) override;
  void stat(std::string_view path, FileHandler& handler, Tag tag) override;
  void list(std::string_view path, FileHandler& handler, Tag tag) override;
  void sync_directory(std::string_view path, FileHandler& handler, Tag tag) override;
  void free_space(std::string_view path, FileHandler& handler, Tag tag) override;
  void forget(FileHandler& handler) override;

  std::shared_ptr<PosixFile> find(FileId file) const override;
  // Operations asked for and not yet answered.
  std::size_t backlog() const { return operations_; }

 private:
  friend struct FileOperation;
  std::string full(std::string_view path) const;
  void start(std::unique_ptr<FileOperation> operation, FileHandler* handler, Tag tag);
  void start_on(FileId file, std::unique_ptr<FileOperation> operation, FileHandler& handler, Tag tag);
  void finish(FileOperation& operation);

  ThreadPool& workers_;
  std::vector<std::unique_ptr<BumpBuffer>> read_buffers_;   // one per worker, used by it alone
  const std::string root_;
  std::unordered_map<std::uint32_t, std::shared_ptr<PosixFile>> open_;
  FileId next_id_{1};
  FileOperation* first_ = nullptr;   // all operations under way, for forget()
  std::size_t operations_ = 0;
};

}  // namespace swarmlab::runtime
