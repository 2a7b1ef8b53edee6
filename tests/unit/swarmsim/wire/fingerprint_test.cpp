#include "swarmsim/wire/fingerprint.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

WireEvent have(WireEventKind kind, std::uint32_t from, std::uint32_t to, std::uint32_t piece, Duration at) {
  WireEvent event;
  event.kind = kind;
  event.from = HostId(from);
  event.to = HostId(to);
  event.at = kStart + at;
  event.message.kind = MessageKind::have;
  event.message.piece = PieceIndex(piece);
  return event;
}

std::uint64_t of(std::vector<std::string> names, const std::vector<WireEvent>& events) {
  Fingerprint fingerprint(names);
  for (const WireEvent& event : events) fingerprint.add(event);
  return fingerprint.value();
}

constexpr auto kSent = WireEventKind::sent;
constexpr auto kReceived = WireEventKind::received;

TEST(Fingerprint, DependsOnWhatWithWhomAndWhen) {
  const std::uint64_t base = of({"a", "b", "c"}, {have(kSent, 0, 1, 5, 1s)});
  EXPECT_EQ(base, of({"a", "b", "c"}, {have(kSent, 0, 1, 5, 1s)}));
  EXPECT_NE(base, of({"a", "b", "c"}, {have(kSent, 0, 1, 6, 1s)}));
  EXPECT_NE(base, of({"a", "b", "c"}, {have(kSent, 0, 2, 5, 1s)}));
  EXPECT_NE(base, of({"a", "b", "c"}, {have(kSent, 0, 1, 5, 1s + 1ns)}));
  EXPECT_NE(base, of({"a", "b", "c"}, {have(kReceived, 0, 1, 5, 1s)}));
}

TEST(Fingerprint, DoesNotDependOnHowEventsOfDifferentHostsInterleave) {
  const auto one = have(kSent, 0, 1, 5, 1s);
  const auto two = have(kSent, 2, 1, 7, 1s);
  EXPECT_EQ(of({"a", "b", "c"}, {one, two}), of({"a", "b", "c"}, {two, one}));
}

TEST(Fingerprint, DependsOnTheOrderAtOneHost) {
  const auto one = have(kSent, 0, 1, 5, 1s);
  const auto two = have(kSent, 0, 1, 7, 1s);
  EXPECT_NE(of({"a", "b"}, {one, two}), of({"a", "b"}, {two, one}));
}

TEST(Fingerprint, GoesByNamesNotByNumbers) {
  EXPECT_EQ(of({"a", "b"}, {have(kSent, 0, 1, 5, 1s)}), of({"b", "a"}, {have(kSent, 1, 0, 5, 1s)}));
}

TEST(Fingerprint, IsSixteenHexadecimalDigits) { EXPECT_EQ(fingerprint_text(0xabc), "0000000000000abc"); }

}  // namespace
}  // namespace swarmlab::swarmsim
