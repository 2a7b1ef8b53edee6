// FileImage: a file's content as extents of slices.
//
// Extents that continue each other are joined, so a file downloaded in any order ends as one extent when its
// content is symbolic.  What was never written reads as zeros.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "protocol/units.hpp"
#include "runtime/slice.hpp"

namespace swarmlab::swarmsim {

class FileImage {
 public:
  std::uint64_t size() const { return size_; }
  // Bytes that were written or reserved; holes take none.
  std::uint64_t allocated() const { return reserved_ + beyond_; }
  void write(std::uint64_t offset, runtime::Slice slice);
  void truncate(std::uint64_t size);
  // [0, size) takes room from now on, written or not; a shorter file grows.
  void reserve(std::uint64_t size);
  // What of [offset, offset + length) lies within the file.
  runtime::Slices read(std::uint64_t offset, std::uint64_t length) const;

 private:
  struct Extent {
    std::uint64_t begin = 0;
    runtime::Slice slice;
    std::uint64_t end() const { return begin + slice.size(); }
  };
  std::vector<Extent>::iterator first_ending_after(std::uint64_t offset);
  // How much of [begin, end) is not reserved anyway.
  std::uint64_t counted(std::uint64_t begin, std::uint64_t end) const;
  void erase(std::uint64_t begin, std::uint64_t end);

  std::vector<Extent> extents_;   // ascending, disjoint, within size_
  std::uint64_t size_ = 0;
  std::uint64_t reserved_ = 0;    // at most size_
  std::uint64_t beyond_ = 0;      // bytes of extents at or after reserved_
};

}  // namespace swarmlab::swarmsim
