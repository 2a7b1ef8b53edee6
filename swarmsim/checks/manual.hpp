// CheckManual: what a check claims, how sure it is, and what it wants to be told.
//
// The one source for the scenario parser, `swarmsim explain` and the catalogue of checks.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "swarmsim/checks/feature.hpp"

namespace swarmlab::swarmsim {

enum class CheckLevel : std::uint8_t { must, should, quality, house };       // must: a BEP leaves no choice
enum class CheckMaturity : std::uint8_t { stable, experimental };             // experimental ones never fail a build
std::string_view to_string(CheckLevel level);
std::string_view to_string(CheckMaturity maturity);

enum class ParameterKind : std::uint8_t { peers, duration, count, share, expectation };
enum class Need : std::uint8_t { required, optional };

struct ParameterManual {
  std::string_view name;
  ParameterKind kind;
  Need need;
  std::string_view about;       // with the default, where optional
};

struct CheckManual {
  std::string_view name;        // as in scenarios and in the catalogue of bugs
  std::string_view claim;       // one sentence
  CheckLevel level;
  CheckMaturity maturity;
  std::string_view bugs;        // "B44"
  std::span<const ParameterManual> parameters;
  std::string_view text;        // the precise statement, when it is vacuous, how to provoke it
  std::string_view declared = {};      // "upload_slots, rechoke_interval": what of a client's declaration it judges by
  Features needs = {};                 // not applicable to clients that do not speak all of them
  std::string_view false_alarm = {};   // of a statistical check: how rarely it accuses a correct client
  bool of_tit_for_tat = false;         // those of its `who` that choke by another policy are not judged
};

}  // namespace swarmlab::swarmsim
