// A word as a shell takes it, quoted where it must be: what is printed as a command can be pasted.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace swarmlab::swarmsim {

inline std::string shell_word(const std::string& text) {
  const bool is_plain = !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./=,:%+@").find(c) != std::string_view::npos;
  });
  if (is_plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace swarmlab::swarmsim
