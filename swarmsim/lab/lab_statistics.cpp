#include "swarmsim/lab/lab_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "protocol/quantities.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kAlwaysAllowed = 5ms;
constexpr Duration kRough = 1s;
constexpr std::uint32_t kMostOfThem = 990;   // thousandths
constexpr std::uint32_t kHalfOfThem = 500;
constexpr std::int64_t kStarved = 10;        // who waits more than a tenth of its time
constexpr std::int64_t kLost = 2;            // more than half

// "0.021 ms": finer than to_text() writes it.
std::string in_milliseconds(Duration time) {
  const std::int64_t micros = time.count() / 1000;
  std::string fraction = std::to_string(micros % 1000);
  return std::to_string(micros / 1000) + "." + std::string(3 - fraction.size(), '0') + fraction + " ms";
}

}  // namespace

// Buckets 0 to 15 are microseconds themselves; from there on each power of two has sixteen.
std::size_t DurationHistogram::bucket_of(Duration value) {
  const auto micros = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0) / 1000);
  if (micros < kPerOctave) return static_cast<std::size_t>(micros);
  const auto octave = static_cast<std::size_t>(std::bit_width(micros)) - 5;   // 16..31 us: 0
  const std::size_t within = static_cast<std::size_t>(micros >> octave) - kPerOctave;
  return std::min((octave + 1) * kPerOctave + within, kPerOctave * kOctaves - 1);
}

Duration DurationHistogram::upper_end(std::size_t bucket) {
  if (bucket < kPerOctave) return std::chrono::microseconds(bucket + 1);
  const std::size_t octave = bucket / kPerOctave - 1;
  return std::chrono::microseconds((kPerOctave + bucket % kPerOctave + 1) << octave);
}

void DurationHistogram::add(Duration value) {
  ++buckets_[bucket_of(value)];
  ++count_;
  largest_ = std::max(largest_, value);
}

Duration DurationHistogram::quantile(std::uint32_t thousandths) const {
  if (count_ == 0) return Duration{0};
  const std::uint64_t wanted = std::max<std::uint64_t>((count_ * thousandths + 999) / 1000, 1);
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    passed += buckets_[i];
    if (passed >= wanted) return std::min(upper_end(i), largest_);
  }
  return largest_;
}

void Trust::add(Trust other) {
  if (invalid.empty()) invalid = std::move(other.invalid);
  if (rough.empty()) rough = std::move(other.rough);
}

Trust trust_in(const LabStatistics& statistics, Duration smallest_delay) {
  const Duration allowed = std::max(kAlwaysAllowed, smallest_delay / 10);
  const Duration late = statistics.lateness.quantile(kMostOfThem);
  Trust trust;
  if (late > allowed) {
    trust.rough = fmt::format("the {} was late: by {} for one timer in a hundred, where {} are allowed; give the machine less to do, "
                              "or slower links", statistics.carrier, in_milliseconds(late), in_milliseconds(allowed));
    const bool is_overloaded = late > std::max(kRough, allowed) || statistics.lateness.quantile(kHalfOfThem) > allowed;
    if (is_overloaded) trust.invalid = trust.rough;
  }
  const auto lost = [&trust](std::string why) { trust.add({why, why}); };
  if (statistics.unseen > 0)
    lost(counted(statistics.unseen, "packet") + " passed unseen, since whoever judges them did not keep up");
  if (statistics.drops.missed > 0)
    lost(fmt::format("the {} did not keep up: {} lost before it could read them", statistics.carrier,
                     counted(statistics.drops.missed, "packet")));
  if (statistics.drops.too_many > 0)
    lost(fmt::format("more was on its way than the {} keeps: {} lost for that", statistics.carrier,
                     counted(statistics.drops.too_many, "packet")));
  return trust;
}

Trust trust_in_process(std::string_view name, Duration waited, Duration elapsed) {
  if (waited * kStarved <= elapsed) return {};
  Trust trust;
  trust.rough = fmt::format("{} was ready to run and had no processor for {} of {}: the machine is too busy", name, to_text(waited),
                            to_text(elapsed));
  if (waited * kLost > elapsed) trust.invalid = trust.rough;
  return trust;
}

std::string describe(const LabStatistics& statistics) {
  const DurationHistogram& late = statistics.lateness;
  const PacketDrops& drops = statistics.drops;
  std::string text(statistics.carrier);
  text += (statistics.has_priority ? " with real-time priority: " : ": ") + counted(statistics.entered_packets, "packet") + " in, " +
          std::to_string(statistics.delivered_packets) + " out; lateness p50 " + in_milliseconds(late.quantile(kHalfOfThem)) + ", p99 " +
          in_milliseconds(late.quantile(kMostOfThem)) + ", max " + in_milliseconds(late.largest());
  auto add = [&text, separator = "; dropped: "](std::uint64_t number, const char* why) mutable {
    if (number == 0) return;
    text += separator + std::to_string(number) + " " + why;
    separator = ", ";
  };
  add(drops.queue_full, "by full queues");
  add(drops.line_loss, "by lossy lines");
  add(drops.partitioned, "between partitions");
  add(drops.offline, "of hosts without cable");
  add(drops.nat, "by NATs");
  add(drops.outside, "addressed outside");
  add(drops.missed, "before they could be read");
  add(drops.refused, "refused by a host");
  add(drops.too_many, "beyond what is kept");
  return text;
}

}  // namespace swarmlab::swarmsim
