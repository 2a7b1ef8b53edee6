// DiskFiles: a Disk in virtual time.
//
// An operation takes effect when it is called (so that a write can be read at once) and its completion comes
// after the disk's latency, as an event of the host.  What is wrong with the storage (faulty_storage.hpp) befalls read() and
// write(); what a stream sends from a file and a hasher reads from one is as the disk has it.
#pragma once

#include <cstdint>

#include "swarmsim/virtual/disk.hpp"
#include "swarmsim/virtual/event_loop.hpp"
#include "swarmsim/virtual/faulty_storage.hpp"
#include "swarmsim/virtual/pool.hpp"
#include "swarmsim/virtual/virtual_files.hpp"

namespace swarmlab::swarmsim {

class ContentTable;

class DiskFiles final : public VirtualFiles {
 public:
  DiskFiles(EventLoop& loop, Entity& entity, std::uint32_t host, const DiskSpec& spec,
            const ContentTable& contents, runtime::Random chance)
      : loop_(loop), entity_(entity), host_(host), spec_(spec), contents_(contents), disk_(spec),
        storage_(std::move(chance)) {}

  void open(std::string_view path, runtime::OpenMode mode, runtime::FileHandler& handler,
            runtime::Tag tag) override;
  void close(runtime::FileId file) override { disk_.close(file); }
  void read(runtime::FileId file, ByteCount offset, ByteCount length, runtime::FileHandler& handler,
            runtime::Tag tag) override;
  void write(runtime::FileId file, ByteCount offset, std::span<const runtime::Slice> data,
             runtime::FileHandler& handler, runtime::Tag tag) override;
  void truncate(runtime::FileId file, ByteCount size, runtime::FileHandler& handler, runtime::Tag tag) override;
  void allocate(runtime::FileId file, ByteCount size, runtime::FileHandler& handler, runtime::Tag tag) override;
  void sync(runtime::FileId file, runtime::FileHandler& handler, runtime::Tag tag) override;
  void make_directories(std::string_view path, runtime::FileHandler& handler, runtime::Tag tag) override;
  void rename(std::string_view from, std::string_view to, runtime::FileHandler& handler,
              runtime::Tag tag) override;
  void remove(std::string_view path, runtime::FileHandler& handler, runtime::Tag tag) override;
  void stat(std::string_view path, runtime::FileHandler& handler, runtime::Tag tag) override;
  void list(std::string_view path, runtime::FileHandler& handler, runtime::Tag tag) override;
  void sync_directory(std::string_view path, runtime::FileHandler& handler, runtime::Tag tag) override;
  void free_space(std::string_view path, runtime::FileHandler& handler, runtime::Tag tag) override;
  void forget(runtime::FileHandler& handler) override;

  void put_file(std::string_view path, std::span<const runtime::Slice> content) override;
  void make_path(std::string_view directory) override;
  std::optional<runtime::Slices> read_all(std::string_view path) const override { return disk_.content(path); }
  bool content_matches(std::string_view path, std::span<const runtime::Slice> expected) const override;
  std::vector<std::string> list_files(std::string_view directory) const override;
  std::vector<runtime::DirectoryEntry> list_now(std::string_view directory) const override;
  bool remove_now(std::string_view path) override;
  ByteCount used() const override { return disk_.used(); }
  ByteCount bytes_read() const override { return bytes_read_; }
  void set_capacity(ByteCount capacity) override { disk_.set_capacity(capacity); }
  void set_fault(std::string_view path, runtime::FileError error) override { disk_.set_fault(path, error); }
  void set_storage_faults(const StorageFaults& faults) override;
  const StorageFaults& storage_faults() const override { return storage_.faults(); }
  std::uint64_t storage_bites() const override { return storage_.bites(); }
  void overwrite(std::string_view path, std::uint64_t offset, std::span<const runtime::Slice> content) override {
    disk_.overwrite(path, offset, content, loop_.now());
  }

  // ---- the world's calls ----
  // A stream took so much from a file.
  void count_read(ByteCount length) { bytes_read_ += length; }
  Disk& disk() { return disk_; }
  const Disk& disk() const { return disk_; }
  void on_event(std::uint32_t operation);
  // Completions under way are dropped, open files closed.
  void end_process();

 private:
  struct Operation {
    runtime::FileHandler* handler = nullptr;   // null: forgotten
    runtime::FileResult result;
    runtime::Slices data;
    std::vector<runtime::DirectoryEntry> entries;
    bool opens = false;
    bool under_way = false;
  };
  std::uint32_t start(runtime::FileHandler& handler, runtime::Tag tag, runtime::FileId file = {});
  void complete(std::uint32_t operation, Duration latency);
  void finish(runtime::FileHandler& handler, runtime::Tag tag, runtime::FileError error,
              runtime::FileId file = {}, ByteCount bytes = {}, Duration delay = {});

  EventLoop& loop_;
  Entity& entity_;
  std::uint32_t host_;
  DiskSpec spec_;
  const ContentTable& contents_;
  Disk disk_;
  FaultyStorage storage_;
  ByteCount bytes_read_;
  Pool<Operation, 16> operations_;
};

}  // namespace swarmlab::swarmsim
