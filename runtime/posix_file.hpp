// PosixFile: one open file of this machine, for whoever reads and writes on worker threads.
//
// Calls block, may be made from several threads at once, and retry what was interrupted or done in
// part.  The file closes with the last reference to it, so that whatever is under way on it ends first.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "protocol/units.hpp"
#include "runtime/descriptor.hpp"
#include "runtime/file_system.hpp"

namespace swarmlab::runtime {

// What an errno means to us.
FileError file_error_of(int system_error);

class PosixFile {
 public:
  static std::expected<std::shared_ptr<PosixFile>, FileError> open(const std::string& path, OpenMode mode);
  explicit PosixFile(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  // Fills `out`; fewer bytes only where the file ends.
  std::expected<std::size_t, FileError> read(ByteCount offset, MutableBytes out) const;
  // Only what is in memory already: nullopt where the first byte is not, or where the system cannot tell.
  // May be shorter than `out`.
  std::optional<std::size_t> read_resident(ByteCount offset, MutableBytes out) const;
  // All of the parts in a row.
  FileError write(ByteCount offset, std::span<const Bytes> parts) const;
  FileError truncate(ByteCount size) const;
  FileError allocate(ByteCount size) const;
  FileError sync() const;

 private:
  Descriptor descriptor_;
};

// Where file slices lead: whoever gives out FileIds can find the open file of one; null where it is not
// open.  Called on the thread that owns the files.
class OpenFiles {
 public:
  virtual std::shared_ptr<PosixFile> find(FileId file) const = 0;

 protected:
  ~OpenFiles() = default;
};

}  // namespace swarmlab::runtime
