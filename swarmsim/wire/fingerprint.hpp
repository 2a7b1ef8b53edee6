// Fingerprint: one number for everything that a run's network carried.
//
// Each host has a hash chain over the events at it, in their order: what it sent and received, with whom
// (by name) and when.  The chains are combined in the order of names, so the number depends neither on how
// simultaneous events of different hosts are interleaved nor on how hosts are numbered.
//
// Always computed, so it costs a few multiplications per event; not cryptographic.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

class Fingerprint {
 public:
  // `names` by HostId.
  explicit Fingerprint(std::span<const std::string> names);

  void add(const WireEvent& event);
  std::uint64_t value() const;

 private:
  void fold(HostId host, std::uint64_t value);
  static std::uint64_t hash(Bytes bytes);

  std::vector<std::uint64_t> keys_;     // of the names
  std::vector<std::uint64_t> chains_;   // by HostId
  std::vector<HostId> in_order_of_names_;
};

// 16 hexadecimal digits.
std::string fingerprint_text(std::uint64_t value);

}  // namespace swarmlab::swarmsim
