// ProcessLimits: what the machine gives a client under test less of than it has.
//
// About processes: a bound of the system that every program meets some day.  What is wrong with a disk
// is a matter of storage_faults.hpp.
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

struct ProcessLimits {
  std::optional<std::uint32_t> open_files;   // sockets among them (RLIMIT_NOFILE)
  std::optional<ByteCount> file_size;        // a longer file cannot be written: EFBIG (RLIMIT_FSIZE)
  std::optional<ByteCount> disk;             // of its content's file system: ENOSPC
  bool any() const { return open_files || file_size || disk; }
};

}  // namespace swarmlab::swarmsim
