// Behaviours: the ways in which a peer of a scenario may misbehave, as people name and set them.
//
// A BehaviourManual is the one source for the scenario parser, `swarmsim explain`, docs/behaviours.md and `swarmsim
// peer`.  A BehaviourSpec is one of them with its parameters, all of which have values: what is not said has the
// manual's default.  In a scenario
//
//     behaviour: [ tar_pit ]                                   all defaults
//     behaviour: [ corrupt_blocks: 5% ]                        its first parameter
//     behaviour: [ { corrupt_blocks: { rate: 5%, after: 8 } } ]
//
// Several compose in the order in which they are listed, the first nearest to the engine.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/quantities.hpp"
#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

enum class BehaviourKind : std::uint8_t {
  box,      // stands between an engine and its streams (see Box)
  script,   // a raw peer without engine, which speaks for itself and composes with nothing (see RawPeer)
};

enum class BehaviourValueKind : std::uint8_t { share, duration, count, rate, word, pieces };

struct BehaviourParameter {
  std::string_view name;
  BehaviourValueKind kind;
  std::string_view standard;                         // the default, as one would write it
  std::string_view about;
  std::span<const std::string_view> words = {};      // of kind word: what it may be
};

struct BehaviourManual {
  std::string_view name;
  std::string_view claim;                            // one sentence: what the peer does
  BehaviourKind kind;
  std::string_view bugs;                             // that it provokes: "B19, B33"
  std::span<const BehaviourParameter> parameters;    // the first may be given alone
  std::string_view text;                             // precisely, and what a correct client makes of it
};

// Pieces by number: "0, 3..7", both ends included, or "all".  Numbers beyond the torrent name nothing.
struct PieceRanges {
  struct Range { std::uint32_t first = 0; std::uint32_t last = 0; };
  std::vector<Range> ranges;
  bool has(PieceIndex piece) const {
    for (const Range& range : ranges)
      if (range.first <= piece.value() && piece.value() <= range.last) return true;
    return false;
  }
};
Parsed<PieceRanges> parse_pieces(std::string_view text);

// The position of a word among BehaviourParameter::words.
struct WordIndex { std::size_t value = 0; };

using BehaviourValue = std::variant<Share, Duration, std::uint64_t, BytesPerSecond, WordIndex, PieceRanges>;
Parsed<BehaviourValue> parse_value(const BehaviourParameter& parameter, std::string_view text);

class BehaviourSpec {
 public:
  // All parameters at their defaults.
  explicit BehaviourSpec(const BehaviourManual& manual);

  const BehaviourManual& manual() const { return *manual_; }
  // Requires a parameter of the manual.
  std::expected<void, std::string> set(std::string_view parameter, std::string_view text);

  // Require a parameter of that name and kind.
  Share share(std::string_view parameter) const { return std::get<Share>(value(parameter)); }
  Duration duration(std::string_view parameter) const { return std::get<Duration>(value(parameter)); }
  std::uint64_t count(std::string_view parameter) const { return std::get<std::uint64_t>(value(parameter)); }
  BytesPerSecond rate(std::string_view parameter) const { return std::get<BytesPerSecond>(value(parameter)); }
  std::string_view word(std::string_view parameter) const;
  const PieceRanges& pieces(std::string_view parameter) const { return std::get<PieceRanges>(value(parameter)); }

 private:
  std::size_t index_of(std::string_view parameter) const;
  const BehaviourValue& value(std::string_view parameter) const { return values_[index_of(parameter)]; }

  const BehaviourManual* manual_;
  std::vector<BehaviourValue> values_;               // by position in manual_->parameters
};

}  // namespace swarmlab::swarmsim
