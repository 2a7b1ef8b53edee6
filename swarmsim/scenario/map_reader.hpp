// MapReader: takes a YAML map apart by its keys, so that nothing in it is overlooked.
//
// Every key must be taken, or be one that a later version will have ("not supported yet"); finish() reports the
// others with the nearest known key.  Values that are not what was asked for are reported in place, so one
// pass finds all errors of a file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/scenario/diagnostics.hpp"
#include "swarmsim/scenario/key_log.hpp"
#include "swarmsim/scenario/yaml_tree.hpp"

namespace swarmlab::swarmsim {

class MapReader {
 public:
  // `what` names the map in errors: "torrent", "peers.leech".  A node that is no map is reported here.
  MapReader(const YamlNode& node, std::string what, Diagnostics& diagnostics);

  bool has(std::string_view key) const { return node_.find(key) != nullptr; }
  // The value; null where the key is absent.
  const YamlNode* take(std::string_view key);
  // The same, and an error where it is absent.
  const YamlNode* require(std::string_view key, std::string_view example);

  // Scalars; nullopt when absent or wrong (which has been reported then).
  std::optional<std::string> text(std::string_view key);
  std::optional<bool> flag(std::string_view key);
  std::optional<std::uint64_t> count(std::string_view key, std::uint64_t most);
  std::optional<ByteCount> size(std::string_view key) { return quantity(key, parse_size); }
  std::optional<BytesPerSecond> rate(std::string_view key) { return quantity(key, parse_rate); }
  std::optional<Duration> duration(std::string_view key) { return quantity(key, parse_duration); }
  std::optional<Share> share(std::string_view key) { return quantity(key, parse_share); }
  // One of `words`, as its index.
  std::optional<std::size_t> word(std::string_view key, std::span<const std::string_view> words);

  // Keys of the format that this version does not have.
  void not_supported_yet(std::span<const std::string_view> keys);
  void finish();

  // False where something else stands, which the constructor has reported: what is missing in it is no second error.
  bool is_map() const { return node_.kind == YamlNode::Kind::map || node_.kind == YamlNode::Kind::empty; }
  Position at() const { return node_.at; }
  const std::string& what() const { return what_; }
  Diagnostics& diagnostics() { return diagnostics_; }

 private:
  template <class T>
  std::optional<T> quantity(std::string_view key, Parsed<T> (*parse)(std::string_view)) {
    log(key, kind_of<T>());
    const YamlNode* value = scalar(key);
    if (value == nullptr) return std::nullopt;
    Parsed<T> parsed = parse(value->text);
    if (parsed) return *parsed;
    complain(*value, key, parsed.error());
    return std::nullopt;
  }
  template <class T>
  static constexpr KeyKind kind_of() {
    if constexpr (std::is_same_v<T, ByteCount>) return KeyKind::size;
    else if constexpr (std::is_same_v<T, BytesPerSecond>) return KeyKind::rate;
    else if constexpr (std::is_same_v<T, Duration>) return KeyKind::duration;
    else return KeyKind::share;
  }
  // Where keys are logged: the key's entry, which is a structure's unless it has been asked for as something else.
  LoggedKey* log(std::string_view key, KeyKind kind = KeyKind::structure);
  const YamlNode* scalar(std::string_view key);
  void complain(const YamlNode& value, std::string_view key, std::string_view what);

  const YamlNode& node_;
  std::string what_;
  Diagnostics& diagnostics_;
  std::vector<std::string_view> known_;
  std::size_t logged_as_ = 0;   // position in the log
};

// A single value or a list of them, each handed to `each`.
void for_each_scalar(const YamlNode& node, const std::string& what, Diagnostics& diagnostics,
                     const std::function<void(const YamlNode&)>& each);

}  // namespace swarmlab::swarmsim
