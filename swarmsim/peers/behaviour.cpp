#include "swarmsim/peers/behaviour.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/assert.hpp"
#include "protocol/spelling.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::uint64_t kMostCount = 1'000'000;
constexpr std::uint64_t kMostPiece = 0xffff'ffff;

template <class T>
Parsed<BehaviourValue> as_value(Parsed<T> parsed) {
  if (!parsed) return std::unexpected(parsed.error());
  return BehaviourValue(std::move(*parsed));
}

}  // namespace

Parsed<PieceRanges> parse_pieces(std::string_view text) {
  PieceRanges pieces;
  if (text == "all") return PieceRanges{{{0, 0xffff'ffff}}};
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    const std::size_t dots = part.find("..");
    const auto first = parse_count(part.substr(0, dots), kMostPiece);
    const auto last = dots == std::string_view::npos ? first : parse_count(part.substr(dots + 2), kMostPiece);
    if (!first || !last || *first > *last)
      return std::unexpected(fmt::format("'{}'; pieces are numbers and ranges from 0: 0, 3..7; or all", part));
    pieces.ranges.push_back({static_cast<std::uint32_t>(*first), static_cast<std::uint32_t>(*last)});
    if (comma == std::string_view::npos) return pieces;
    text.remove_prefix(comma + 1);
  }
}

Parsed<BehaviourValue> parse_value(const BehaviourParameter& parameter, std::string_view text) {
  switch (parameter.kind) {
    case BehaviourValueKind::share: return as_value(parse_share(text));
    case BehaviourValueKind::count: return as_value(parse_count(text, kMostCount));
    case BehaviourValueKind::pieces: return as_value(parse_pieces(text));
    case BehaviourValueKind::duration: {
      const auto time = parse_duration(text);
      if (time && (*time < 1ms || *time > 24h))
        return std::unexpected(fmt::format("'{}'; from 1 ms to 24 h", text));
      return as_value(time);
    }
    case BehaviourValueKind::rate: {
      const auto rate = parse_rate(text);
      if (rate && rate->value() < 10) return std::unexpected(fmt::format("'{}'; 10 B/s at least", text));
      return as_value(rate);
    }
    case BehaviourValueKind::word: {
      const auto found = std::ranges::find(parameter.words, text);
      if (found != parameter.words.end())
        return BehaviourValue(WordIndex{static_cast<std::size_t>(found - parameter.words.begin())});
      const std::string_view near = nearest_word(text, parameter.words);
      return std::unexpected(fmt::format("'{}' is none of: {}{}", text, fmt::join(parameter.words, ", "),
                                         near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
    }
  }
  return std::unexpected(std::string());
}

BehaviourSpec::BehaviourSpec(const BehaviourManual& manual) : manual_(&manual) {
  for (const BehaviourParameter& parameter : manual.parameters) {
    auto value = parse_value(parameter, parameter.standard);
    SWARM_ASSERT(value.has_value(), manual.name, parameter.name);
    values_.push_back(std::move(*value));
  }
}

std::size_t BehaviourSpec::index_of(std::string_view parameter) const {
  const auto found = std::ranges::find(manual_->parameters, parameter, &BehaviourParameter::name);
  SWARM_ASSERT(found != manual_->parameters.end(), manual_->name, parameter);
  return static_cast<std::size_t>(found - manual_->parameters.begin());
}

std::expected<void, std::string> BehaviourSpec::set(std::string_view parameter, std::string_view text) {
  const std::size_t index = index_of(parameter);
  auto value = parse_value(manual_->parameters[index], text);
  if (!value) return std::unexpected(value.error());
  values_[index] = std::move(*value);
  return {};
}

std::string_view BehaviourSpec::word(std::string_view parameter) const {
  const std::size_t index = index_of(parameter);
  return manual_->parameters[index].words[std::get<WordIndex>(values_[index]).value];
}

}  // namespace swarmlab::swarmsim
