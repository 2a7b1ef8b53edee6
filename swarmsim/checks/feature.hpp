// Feature: a part of the protocol that a client may do without.
//
// A check that needs one is not applicable to clients that do not speak it, rather than vacuous: nothing is wrong with the
// scenario.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace swarmlab::swarmsim {

enum class Feature : std::uint8_t {
  fast,     // BEP 6
  ext,      // BEP 10
  magnet,   // BEP 9
  pex,      // BEP 11
};
inline constexpr Feature kAllFeatures[] = {Feature::fast, Feature::ext, Feature::magnet, Feature::pex};
constexpr std::string_view to_string(Feature feature) {
  switch (feature) {
    case Feature::fast: return "fast";
    case Feature::ext: return "ext";
    case Feature::magnet: return "magnet";
    case Feature::pex: return "pex";
  }
  return "";
}

class Features {
 public:
  constexpr Features() = default;
  constexpr Features(std::initializer_list<Feature> features) {
    for (const Feature feature : features) add(feature);
  }
  constexpr void add(Feature feature) { bits_ = static_cast<std::uint8_t>(bits_ | bit(feature)); }
  constexpr bool has(Feature feature) const { return (bits_ & bit(feature)) != 0; }
  constexpr bool has_all(Features others) const { return (bits_ & others.bits_) == others.bits_; }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  static constexpr std::uint8_t bit(Feature feature) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(feature));
  }
  std::uint8_t bits_ = 0;
};

// "ext, pex"
inline std::string to_words(Features features) {
  std::string words;
  for (const Feature feature : kAllFeatures)
    if (features.has(feature)) words.append(words.empty() ? "" : ", ").append(to_string(feature));
  return words;
}

}  // namespace swarmlab::swarmsim
