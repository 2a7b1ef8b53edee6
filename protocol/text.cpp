#include "protocol/text.hpp"

#include <algorithm>
#include <cstdint>

namespace swarmlab::protocol {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

// The length of the well-formed sequence at `at`, 0 where there is none (RFC 3629, section 4).
std::size_t sequence_at(std::string_view text, std::size_t at) {
  const std::uint8_t lead = byte_at(text, at);
  if (lead < 0x80) return 1;
  std::size_t size = 0;
  std::uint8_t lowest = 0x80, highest = 0xbf;  // of the second byte
  if (lead >= 0xc2 && lead <= 0xdf) {
    size = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    size = 3;
    if (lead == 0xe0) lowest = 0xa0;
    if (lead == 0xed) highest = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    size = 4;
    if (lead == 0xf0) lowest = 0x90;
    if (lead == 0xf4) highest = 0x8f;
  }
  if (size == 0 || text.size() - at < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    const std::uint8_t next = byte_at(text, at + i);
    if (next < (i == 1 ? lowest : 0x80) || next > (i == 1 ? highest : 0xbf)) return 0;
  }
  return size;
}

void append_escaped(std::string& out, std::uint8_t byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  out += '%';
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = sequence_at(text, at);
    if (size == 0) return false;
    at += size;
  }
  return true;
}

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = sequence_at(text, at);
    if (size == 0)
      append_escaped(out, byte_at(text, at));
    else
      out.append(text, at, size);
    at += size == 0 ? 1 : size;
  }
  return out;
}

std::string one_line(std::string_view text, std::size_t limit) {
  constexpr std::string_view kCut = "...";
  std::string out;
  std::size_t fits = 0;  // the longest beginning behind which there is room for kCut
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = sequence_at(text, at);
    const std::size_t step = size == 0 ? 1 : size;
    const std::uint8_t lead = byte_at(text, at);
    // U+0080..U+009F are control characters too, and some terminals obey them.
    const bool is_control = (size == 1 && (lead < 0x20 || lead == 0x7f)) ||
                            (size == 2 && lead == 0xc2 && byte_at(text, at + 1) < 0xa0);
    if (size == 0 || is_control) {
      for (std::size_t i = 0; i < step; ++i) append_escaped(out, byte_at(text, at + i));
    } else {
      out.append(text, at, size);
    }
    if (out.size() > limit) return out.substr(0, fits).append(kCut);
    if (out.size() + kCut.size() <= limit) fits = out.size();
    at += step;
  }
  return out;
}

std::string listed(std::span<const std::string> words, std::size_t most) {
  std::string text;
  for (const std::string& word : words.first(std::min(words.size(), most))) text.append(text.empty() ? "" : ", ").append(word);
  if (words.size() > most) text.append(" and ").append(std::to_string(words.size() - most)).append(" more");
  return text;
}

}  // namespace swarmlab::protocol
