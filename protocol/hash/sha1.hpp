// SHA-1 of bytes in memory: piece hashes and info-hashes (BEP 3).
//
// Pure: no allocation, no shared state, usable from any thread (one Sha1 object from one at a
// time). Files, threads and batches are runtime/hashing's business, which calls these kernels.
#pragma once

#include <array>
#include <cstddef>

#include "protocol/ids.hpp"
#include "protocol/units.hpp"

namespace swarmlab::protocol {

Sha1Digest sha1(Bytes data);

// The digest of bytes that come in parts.  A copy continues from the same state.
class Sha1 {
 public:
  Sha1();
  void update(Bytes data);
  // The digest of everything since construction or the last finish(); the object starts anew.
  Sha1Digest finish();

 private:
  static constexpr std::size_t kStateBytes = 96;
  alignas(8) std::array<std::byte, kStateBytes> state_;
};

}  // namespace swarmlab::protocol
