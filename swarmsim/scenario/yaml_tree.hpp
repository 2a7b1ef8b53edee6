// YamlTree: a YAML document as a plain tree with positions.
//
// Only what scenarios need, so that nothing surprising can be said: one document, no anchors and aliases (a
// few lines of which can stand for gigabytes), no tags, scalars as keys.  Size, depth and number of nodes are
// bounded before memory is taken.  A key that comes twice is an error here already.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "swarmsim/scenario/diagnostics.hpp"

namespace swarmlab::swarmsim {

inline constexpr std::size_t kMaxScenarioBytes = 256 * 1024;
inline constexpr std::size_t kMaxYamlNodes = 20'000;
inline constexpr std::size_t kMaxYamlDepth = 24;

struct YamlNode {
  enum class Kind { empty, scalar, list, map } kind = Kind::empty;
  Position at;
  std::string text;                  // of a scalar
  // Columns from `at` to the first character of the text; nullopt where it does not stand there as it is (a block).
  std::optional<int> text_column;
  std::vector<YamlNode> items;       // of a list; of a map the values, in order
  std::vector<std::string> keys;     // of a map, as many as items
  std::vector<Position> key_at;

  const YamlNode* find(std::string_view key) const;
};
std::string_view to_string(YamlNode::Kind kind);

// The same in one line, as YAML that means the same: {corrupt_blocks: "5%"}.
std::string to_flow(const YamlNode& node);

// nullopt when something was added to `diagnostics`.
std::optional<YamlNode> parse_yaml(std::string_view text, Diagnostics& diagnostics);

}  // namespace swarmlab::swarmsim
