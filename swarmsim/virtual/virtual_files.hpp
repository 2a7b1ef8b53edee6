// VirtualFiles: the disk of a simulated host.
//
// The asynchronous interface is what engines see; the accessors below it are for the harness, take no virtual
// time and may be called between events.  Contents are sequences of slices, joined where they continue each
// other, so a downloaded file of symbolic content is one extent.
//
// Two states are kept apart: what reads give (after write, create, rename, remove) and what a power cut
// leaves.  sync() makes a file's data and length durable, sync_directory() the names in that
// directory.  crash() goes back to the durable state, except that each write, truncation and name change
// since then may have reached the disk: each is kept, lost or (a write) cut short by seeded choice,
// in any combination, as disks do which reorder.
//
// Latency: reads take DiskSpec::read_latency, everything else DiskSpec::write_latency, all in parallel; StorageFaults::slow comes
// on top of each read and write.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/units.hpp"
#include "runtime/file_system.hpp"
#include "runtime/slice.hpp"
#include "swarmsim/virtual/storage_faults.hpp"

namespace swarmlab::swarmsim {

struct DiskSpec {
  ByteCount capacity{std::int64_t{1} << 50};   // of all files together; holes take none
  Duration read_latency = 100us;
  Duration write_latency = 10us;
  std::size_t max_open_files = 1u << 20;
};

class VirtualFiles : public runtime::FileSystem {
 public:
  // ---- for the harness ----
  // Makes or replaces a file (and its directories), durable at once.
  virtual void put_file(std::string_view path, std::span<const runtime::Slice> content) = 0;
  virtual void make_path(std::string_view directory) = 0;
  // What a reader would see now; nullopt where there is no such file.
  virtual std::optional<runtime::Slices> read_all(std::string_view path) const = 0;
  // Byte slices compare by their bytes, symbolic ones by identity, however either side is cut.
  virtual bool content_matches(std::string_view path, std::span<const runtime::Slice> expected) const = 0;
  // Every file below `directory` ("" for all), sorted, as paths from the root.
  virtual std::vector<std::string> list_files(std::string_view directory) const = 0;
  virtual std::vector<runtime::DirectoryEntry> list_now(std::string_view directory) const = 0;
  virtual bool remove_now(std::string_view path) = 0;
  virtual ByteCount used() const = 0;
  // All that read() and streams that send a part of a file have taken from files; hashing is not among it.
  virtual ByteCount bytes_read() const = 0;
  virtual void set_capacity(ByteCount capacity) = 0;
  // From now on operations on this path fail with `error` (none: work again): a broken disk, a permission.
  virtual void set_fault(std::string_view path, runtime::FileError error) = 0;
  // From now on the whole disk is like this.  Paths that are at fault by themselves stay so.
  virtual void set_storage_faults(const StorageFaults& faults) = 0;
  virtual const StorageFaults& storage_faults() const = 0;
  // How many reads and writes were refused or falsified by these.
  virtual std::uint64_t storage_bites() const = 0;
  // What the file holds from `offset` on is something else now, durably, and nobody was told.  Requires that it is there.
  virtual void overwrite(std::string_view path, std::uint64_t offset, std::span<const runtime::Slice> content) = 0;

 protected:
  ~VirtualFiles() = default;
};

}  // namespace swarmlab::swarmsim
