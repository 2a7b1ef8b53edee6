// StorageFaults: what is wrong with a peer's storage, as a scenario states it.
//
// Bugs B45, B47, B48 and B50: disks that are full for a while, devices that fail now and then, slow ones, and such as give back
// what nobody wrote.  With nothing stated a disk is sound.
#pragma once

#include <optional>

#include "protocol/quantities.hpp"
#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

struct StorageFaults {
  std::optional<ByteCount> full_at;   // what would make all files together larger than this fails with no_space
  Share write_error;                  // of the writes fail with input_output, nothing of them written
  Share read_error;                   // of the reads fail with input_output
  Share flip_on_read;                 // of the reads bring one byte that is not what was written; the disk keeps the true one
  Duration slow{};                    // how much longer every read and write takes

  bool refuses_writes() const { return full_at.has_value() || write_error.millionths > 0; }
  bool refuses_reads() const { return read_error.millionths > 0; }
  bool lies() const { return flip_on_read.millionths > 0; }
};

}  // namespace swarmlab::swarmsim
