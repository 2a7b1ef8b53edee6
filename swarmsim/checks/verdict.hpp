// Verdict: what a check, a run and a whole invocation may come to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "swarmsim/expect/number.hpp"

namespace swarmlab::swarmsim {

enum class Verdict : std::uint8_t {
  held,
  violated,
  vacuous,          // there was nothing to look at
  not_applicable,   // the client does not speak what the check needs, the mode lacks it, or the scenario allows it to be vacuous
  undecided,        // this run could not show it
};
std::string_view to_string(Verdict verdict);

// The number that `measured` is about, where there is one: what distributions over seeds are made of.
struct MeasuredNumber {
  std::string what;        // "slowest": of what, together with the check's name
  Number value;
  Unit unit = Unit::number;
};

struct Judgement {
  Verdict verdict = Verdict::held;
  std::string measured;              // beside `limit`, also when it holds
  std::string limit;
  std::string summary;               // one sentence, of everything but held
  std::vector<std::string> story;    // what led there, at most eight lines; of a violation
  std::optional<MeasuredNumber> number = std::nullopt;
};

}  // namespace swarmlab::swarmsim
