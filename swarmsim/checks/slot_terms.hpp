// SlotTerms: how many slots a client has, and how long somebody may wait for one: as a check is told, else as declared.
#pragma once

#include <optional>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

class SlotTerms {
 public:
  static constexpr ParameterManual kSlots{"slots", ParameterKind::count, Need::optional,
                                          "how many (default: each peer's declared upload_slots)"};

  // Reads the parameters `slots` and `within`.
  explicit SlotTerms(const CheckArguments& arguments)
      : slots_(arguments.count("slots")), within_(arguments.duration("within", Duration{})) {}

  std::uint64_t slots(const PeerFacts& client) const { return slots_.value_or(client.upload_slots); }
  // A rechoke round, and 1 s for timers and lines.
  Duration within(const PeerFacts& client) const {
    return within_ > Duration{} ? within_ : client.rechoke_interval + Duration(1s);
  }

 private:
  std::optional<std::uint64_t> slots_;
  Duration within_;
};

}  // namespace swarmlab::swarmsim
