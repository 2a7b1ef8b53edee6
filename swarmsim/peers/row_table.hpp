// Tables of misdeeds: a parameter names one row, or "all" for one after another.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace swarmlab::swarmsim {

// "all", then the names of the rows: the words that the parameter allows.
template <class Row, std::size_t kCount>
constexpr std::array<std::string_view, kCount + 1> words_of(const std::array<Row, kCount>& rows) {
  std::array<std::string_view, kCount + 1> words{"all"};
  for (std::size_t i = 0; i < kCount; ++i) words[i + 1] = rows[i].name;
  return words;
}

// `word` is one of words_of(rows); `turn` counts the rows that "all" has had.
template <class Row, std::size_t kCount>
const Row& next_row(const std::array<Row, kCount>& rows, std::string_view word, std::uint64_t& turn) {
  if (word == "all") return rows[turn++ % kCount];
  std::size_t row = 0;
  while (rows[row].name != word) ++row;
  return rows[row];
}

}  // namespace swarmlab::swarmsim
