// FaultyStorage: the box between a host's file operations and its disk that makes them fail, lie or take long.
//
// It decides by a random stream of its own, from which nothing is drawn while nothing is wrong; how full the disk may be is the
// disk's own business (Disk::set_capacity).
#pragma once

#include <cstdint>
#include <utility>

#include "runtime/random.hpp"
#include "runtime/slice.hpp"
#include "swarmsim/virtual/storage_faults.hpp"

namespace swarmlab::swarmsim {

class FaultyStorage {
 public:
  explicit FaultyStorage(runtime::Random chance) : chance_(std::move(chance)) {}

  void set(const StorageFaults& faults) { faults_ = faults; }
  const StorageFaults& faults() const { return faults_; }

  // Each is asked once for every write, or read.
  bool refuses_write() { return bites(faults_.write_error); }
  bool refuses_read() { return bites(faults_.read_error); }
  // What a read brings, perhaps falsified in one byte.
  void deliver(runtime::Slices& data);
  // A write found no room.
  void note_full() { bites_ += faults_.full_at ? 1 : 0; }
  Duration delay() const { return faults_.slow; }

  // How many operations were refused or falsified.
  std::uint64_t bites() const { return bites_; }

 private:
  bool bites(Share share) {
    if (share.millionths == 0 || !chance_.chance(share.millionths, Share::kWhole)) return false;
    ++bites_;
    return true;
  }

  runtime::Random chance_;
  StorageFaults faults_;
  std::uint64_t bites_ = 0;
};

}  // namespace swarmlab::swarmsim
