// Bytes for tests: from hexadecimal with blanks, or from text.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "protocol/ids.hpp"

namespace swarmlab::test {

inline std::vector<std::byte> from_text(std::string_view text) {
  const Bytes bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

inline std::vector<std::byte> hex(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != ' ' && c != '\n') digits.push_back(c);
  }
  std::vector<std::byte> out(digits.size() / 2);
  EXPECT_TRUE(from_hex(digits, out)) << text;
  return out;
}

// A digest, info-hash or peer id of one byte again and again.
template <class Fixed>
Fixed filled(int byte) {
  Fixed out;
  out.bytes.fill(static_cast<std::byte>(byte));
  return out;
}

inline std::string text_of(Bytes bytes) { return std::string(as_text(bytes)); }

// Numbers that look random and are the same everywhere.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::uint32_t below(std::uint32_t limit) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(((state_ >> 32) * limit) >> 32);
  }

 private:
  std::uint64_t state_;
};

}  // namespace swarmlab::test
