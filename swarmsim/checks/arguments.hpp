// CheckArguments: the parameters of one check of a scenario, names already resolved to peers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/quantities.hpp"
#include "protocol/units.hpp"
#include "swarmsim/expect/expression.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

class CheckArguments {
 public:
  using Value = std::variant<std::vector<HostId>, Duration, std::uint64_t, Share, std::shared_ptr<const Expectation>>;

  void set(std::string_view name, Value value) { values_.emplace_back(std::string(name), std::move(value)); }

  // Takes those away for which `is_meant` is false.
  template <class IsMeant>
  void keep_peers(std::string_view name, IsMeant&& is_meant) {
    for (auto& [key, value] : values_)
      if (key == name) std::erase_if(std::get<std::vector<HostId>>(value), [&](HostId peer) { return !is_meant(peer); });
  }

  // Sorted, without repetition; empty where the scenario does not say.
  std::vector<HostId> peers(std::string_view name) const {
    return get<std::vector<HostId>>(name).value_or(std::vector<HostId>{});
  }
  Duration duration(std::string_view name, Duration otherwise) const {
    return get<Duration>(name).value_or(otherwise);
  }
  std::optional<std::uint64_t> count(std::string_view name) const { return get<std::uint64_t>(name); }
  Share share(std::string_view name, Share otherwise) const { return get<Share>(name).value_or(otherwise); }
  // Null where the scenario does not say.
  std::shared_ptr<const Expectation> expectation(std::string_view name) const {
    return get<std::shared_ptr<const Expectation>>(name).value_or(nullptr);
  }

  // That the check finds nothing to look at is no fault of the scenario.
  bool may_be_vacuous = false;

 private:
  template <class T>
  std::optional<T> get(std::string_view name) const {
    for (const auto& [key, value] : values_)
      if (key == name) return std::get<T>(value);
    return std::nullopt;
  }

  std::vector<std::pair<std::string, Value>> values_;
};

}  // namespace swarmlab::swarmsim
