#include "protocol/bitfield.hpp"

#include <gtest/gtest.h>

#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab::protocol {
namespace {

using test::hex;

TEST(Bitfield, HasPieceZeroInTheHighBitOfTheFirstByte) {
  Bitfield field(10);
  EXPECT_TRUE(field.set(PieceIndex(0)));
  EXPECT_TRUE(field.set(PieceIndex(9)));
  EXPECT_FALSE(field.set(PieceIndex(9)));
  EXPECT_EQ(to_hex(field.wire()), "8040");
  EXPECT_EQ(field.count(), 2u);
  EXPECT_TRUE(field.reset(PieceIndex(0)));
  EXPECT_FALSE(field.reset(PieceIndex(0)));
  EXPECT_EQ(to_hex(field.wire()), "0040");
}

TEST(Bitfield, LeavesSpareBitsZeroWhenAllAreSet) {
  for (const std::uint32_t count : {1u, 7u, 8u, 9u, 15u, 16u, 17u}) {  // B14
    Bitfield field(count);
    field.set_all();
    EXPECT_TRUE(field.all());
    EXPECT_EQ(field.wire().size(), (count + 7) / 8);
    EXPECT_EQ(Bitfield::from_wire(field.wire(), count), field) << count;
    field.reset_all();
    EXPECT_TRUE(field.none());
  }
}

TEST(Bitfield, OfTheWireMustHaveItsLengthAndNoSpareBits) {
  struct Row {
    const char* rule;
    const char* payload;
    std::uint32_t count;
    bool valid;
  };
  for (const auto& [rule, payload, count, valid] : std::initializer_list<Row>{
           {"four of four, as libtorrent sends it", "f0", 4, true},
           {"a spare bit", "f8", 4, false},
           {"the last spare bit", "01", 7, false},
           {"no spare bits in 8", "01", 8, true},
           {"too short", "ff", 9, false},
           {"9 pieces", "ff80", 9, true},
           {"too long", "ff8000", 9, false},
           {"empty for something", "", 1, false},
           {"something for nothing", "00", 0, false},
           {"nothing for nothing", "", 0, true},
       }) {
    EXPECT_EQ(Bitfield::from_wire(hex(payload), count).has_value(), valid) << rule;
  }
}

TEST(Bitfield, DoesWhatAVectorOfBoolDoes) {
  test::Numbers numbers(7);
  for (const std::uint32_t size : {1u, 8u, 13u, 64u, 1313u}) {
    Bitfield field(size);
    std::vector<bool> model(size);
    for (int step = 0; step < 2000; ++step) {
      const std::uint32_t piece = numbers.below(size);
      const std::uint32_t what = numbers.below(100);
      if (what < 60) {
        EXPECT_EQ(field.set(PieceIndex(piece)), !model[piece]);
        model[piece] = true;
      } else if (what < 98) {
        EXPECT_EQ(field.reset(PieceIndex(piece)), model[piece]);
        model[piece] = false;
      } else if (what == 98) {
        field.set_all();
        model.assign(size, true);
      } else {
        field.reset_all();
        model.assign(size, false);
      }
      const auto members = static_cast<std::uint32_t>(std::count(model.begin(), model.end(), true));
      ASSERT_EQ(field.count(), members);
      ASSERT_EQ(field.test(PieceIndex(piece)), model[piece]);
      ASSERT_EQ(field.all(), members == size);
      ASSERT_EQ(field.none(), members == 0);
    }
    EXPECT_EQ(Bitfield::from_wire(field.wire(), size), field);
  }
}

TEST(BitfieldDeathTest, AbortsOnAPieceThatDoesNotExist) {
  Bitfield field(8);
  EXPECT_DEATH(field.set(PieceIndex(8)), "broken invariant.*8 8");
}

}  // namespace
}  // namespace swarmlab::protocol
