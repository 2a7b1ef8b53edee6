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
  // Bytes that were written; holes take none.
  std::uint64_t allocated() const { return allocated_; }
  void write(std::uint64_t offset, runtime::Slice slice);
  void truncate(std::uint64_t size);
  // What of [offset, offset + length) lies within the file.
  runtime::Slices read(std::uint64_t offset, std::uint64_t length) const;

 private:
  struct Extent {
    std::uint64_t begin = 0;
    runtime::Slice slice;
    std::uint64_t end() const { return begin + slice.size(); }
  };
  std::vector<Extent>::iterator first_ending_after(std::uint64_t offset);
  void erase(std::uint64_t begin, std::uint64_t end);

  std::vector<Extent> extents_;   // ascending, disjoint, within size_
  std::uint64_t size_ = 0;
  std::uint64_t allocated_ = 0;
};

}  // namespace swarmlab::swarmsim
