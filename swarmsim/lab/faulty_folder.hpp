// FaultyFolder: a folder that programs use like any other, while what they read and write there fails, lies or takes long.
//
//   client --- FOLDER, a FUSE file system --- threads of this process: FaultyStorage --- BACKING, a real folder
//
// The same words as for simulated disks (StorageFaults), befalling whatever the kernel asks for.  What that means:
//   * The kernel keeps what it has read or written and does not ask twice; while reads are faulty or slow it keeps nothing (what
//     read() brings is new each time; pages that a client has mapped are read when they are touched first).
//   * It reads ahead, up to 128 KiB at a time: shares are of its reads, not of the client's.
//   * A client that maps its files gets SIGBUS for a page that could not be read, as from a bad device.
//   * Writes to one file come one after another, and so do their delays.
//
// Nobody in this process may use FOLDER; whoever wants to know what is there looks at BACKING.  It is unmounted at its end, and
// by the kernel when the process dies.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "runtime/random.hpp"
#include "swarmsim/virtual/storage_faults.hpp"

namespace swarmlab::swarmsim {

class FaultyFolder {
 public:
  // Why there can be none here, and what would help; "" where there can.
  static std::string why_unavailable();
  // Both are folders that are there.  Errors are one sentence.
  static std::expected<std::unique_ptr<FaultyFolder>, std::string> mount(const std::filesystem::path& backing,
                                                                         const std::filesystem::path& folder, runtime::Random chance);
  ~FaultyFolder();
  FaultyFolder(const FaultyFolder&) = delete;
  FaultyFolder& operator=(const FaultyFolder&) = delete;

  // From now on.
  void set(const StorageFaults& faults);
  StorageFaults faults() const;
  // How many operations were refused or falsified.
  std::uint64_t bites() const;

  struct State;

 private:
  explicit FaultyFolder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace swarmlab::swarmsim
