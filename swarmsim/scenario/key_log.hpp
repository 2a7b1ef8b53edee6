// KeyLog: which keys the parser asked of which map, and as what: the source of the scenarios' JSON Schema.
//
// Kept only where Diagnostics::log_keys() asked for it.  A map that is read several times stands there several times.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace swarmlab::swarmsim {

enum class KeyKind : std::uint8_t {
  structure,   // taken as it is: a map, a list, or a value of several kinds
  text, flag, count, size, rate, duration, share, word,
};

struct LoggedKey {
  std::string name;
  KeyKind kind = KeyKind::structure;
  bool is_required = false;
  std::uint64_t most = 0;            // of a count
  std::vector<std::string> words;    // of a word
};

struct LoggedMap {
  std::string what;                  // as errors call it: "peers.leech.link"
  std::vector<LoggedKey> keys;       // in the order in which they were asked for first

  LoggedKey& key(std::string_view name) {
    const auto found = std::ranges::find(keys, name, &LoggedKey::name);
    if (found != keys.end()) return *found;
    return keys.emplace_back(LoggedKey{.name = std::string(name), .words = {}});
  }
};

struct KeyLog {
  std::vector<LoggedMap> maps;
};

}  // namespace swarmlab::swarmsim
