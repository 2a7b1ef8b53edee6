#include "tracker/slot_table.hpp"

#include <gtest/gtest.h>

#include <map>

#include "runtime/random.hpp"

namespace swarmlab::tracker {
namespace {

std::uint32_t find(const SlotTable& table, std::uint64_t hash, std::uint32_t slot) {
  return table.find(hash, [&](std::uint32_t candidate) { return candidate == slot; });
}

TEST(SlotTable, FindsNothingInAnEmptyTable) {
  EXPECT_EQ(find(SlotTable{}, 7, 7), kNoSlot);
}

TEST(SlotTable, TellsSlotsOfEqualHashApart) {
  SlotTable table;
  table.insert(42, 1);
  table.insert(42, 2);
  EXPECT_EQ(find(table, 42, 2), 2u);
  table.erase(42, 2);
  EXPECT_EQ(find(table, 42, 1), 1u);
  EXPECT_EQ(find(table, 42, 2), kNoSlot);
}

TEST(SlotTable, AgreesWithAMapOverRandomInsertionsAndErasures) {
  runtime::Random random(1);
  SlotTable table;
  std::map<std::uint32_t, std::uint64_t> model;
  for (std::uint32_t step = 0; step < 20'000; ++step) {
    const auto slot = static_cast<std::uint32_t>(random.below(300));
    if (const auto known = model.find(slot); known != model.end()) {
      table.erase(known->second, slot);
      model.erase(known);
    } else {
      // Few different hashes, so that runs of taken cells are long and wrap around the end.
      const std::uint64_t hash = random.below(40) << 32 | 0xfu;
      table.insert(hash, slot);
      model.emplace(slot, hash);
    }
    ASSERT_EQ(table.size(), model.size());
    if (step % 50 != 0) continue;
    for (const auto& [known, hash] : model) ASSERT_EQ(find(table, hash, known), known) << "step " << step;
  }
}

}  // namespace
}  // namespace swarmlab::tracker
