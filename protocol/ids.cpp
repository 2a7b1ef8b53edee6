#include "protocol/ids.hpp"

namespace swarmlab {
namespace {

// The value of a hexadecimal digit, -1 where it is none.
int digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    out += kDigits[std::to_integer<std::size_t>(byte >> 4)];
    out += kDigits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return out;
}

bool from_hex(std::string_view text, MutableBytes out) {
  if (text.size() % 2 != 0 || text.size() / 2 != out.size()) return false;
  for (const char digit : text) {
    if (digit_value(digit) < 0) return false;
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::byte>(digit_value(text[2 * i]) * 16 + digit_value(text[2 * i + 1]));
  }
  return true;
}

}  // namespace swarmlab
