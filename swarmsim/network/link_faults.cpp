#include "swarmsim/network/link_faults.hpp"

#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kMemory = 100ms;

}  // namespace

LinkFaults::LinkFaults(const LinkFaultSpec& spec, runtime::Random random) : spec_(spec), random_(std::move(random)) {
  SWARM_ASSERT(spec.loss_burst >= 1 && spec.loss.millionths < Share::kWhole, spec.loss_burst, spec.loss.millionths);
}

bool LinkFaults::loses(Time now) {
  const std::uint64_t loss = spec_.loss.millionths;
  if (loss == 0) return false;
  if (spec_.loss_burst == 1) return random_.chance(loss, Share::kWhole);
  if (now >= forgets_at_) is_bad_ = random_.chance(loss, Share::kWhole);
  forgets_at_ = now + kMemory;
  const bool is_lost = is_bad_;
  // Bad becomes good with chance 1 / burst, good bad with the chance p that makes p / (p + 1 / burst) the loss.
  if (is_bad_) is_bad_ = !random_.chance(1, spec_.loss_burst);
  else is_bad_ = random_.chance(loss, spec_.loss_burst * (Share::kWhole - loss));
  return is_lost;
}

Duration LinkFaults::holds_back() {
  if (spec_.reorder.millionths == 0 || !random_.chance(spec_.reorder.millionths, Share::kWhole)) return Duration{0};
  return spec_.reorder_by;
}

bool LinkFaults::doubles() {
  return spec_.duplicate.millionths > 0 && random_.chance(spec_.duplicate.millionths, Share::kWhole);
}

Duration LinkFaults::jitter() {
  if (spec_.jitter <= Duration{0}) return Duration{0};
  return Duration(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(spec_.jitter.count()) + 1)));
}

}  // namespace swarmlab::swarmsim
