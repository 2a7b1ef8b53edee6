// ClientProfile: what a client was seen to do, beside what its adapter declares of it.
//
// Measured from what the network carried, as checks see it.  Every number comes with how often it was seen and between which bounds:
// one sight is no measurement, and a claim that rests on too little is not sure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "swarmsim/profile/sample.hpp"

namespace swarmlab::swarmsim {

// One quantity.  An empty sample was looked for and not seen.
struct Finding {
  std::string what;                 // "requests open at 1 Mbit/s, 20 ms away"
  Quantity quantity = Quantity::count;
  Sample seen;
  std::string remark;               // "1.2 blocks would fill the round trip"; may be empty
};

struct Topic {
  std::string title;
  std::vector<Finding> findings;
};

// What an adapter may declare (run/declaration.hpp), as it was seen.
struct Claim {
  std::string name;                 // "upload_slots"
  Quantity quantity = Quantity::count;
  std::optional<std::int64_t> seen = std::nullopt;
  bool is_sure = false;             // enough for an adapter
  bool is_bound = false;            // what is declared is a limit that it keeps within
  std::string why = {};             // "7 turns between 29.9 s and 30.2 s"; why it was not seen, or is not sure
  std::optional<std::int64_t> declared = std::nullopt;   // by its adapter, or told through a setting

  // Whether what was seen surely is not what is declared.
  bool disagrees() const;
};

struct ClientProfile {
  std::string client;
  std::vector<std::string> told;    // "upload_slots 8": settings that its adapter gave it
  std::vector<Topic> topics;
  std::vector<Claim> claims;
  std::vector<std::string> problems;   // experiments that say nothing, and why

  bool disagrees() const;
};

}  // namespace swarmlab::swarmsim
