// The words of an expectation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "swarmsim/expect/number.hpp"

namespace swarmlab::swarmsim {

struct Token {
  enum class Kind : std::uint8_t {
    quantity,    // 1.2, 90 s, 5%
    name,        // median, content
    selector,    // leech[1..3]; a name that '[' or '.' follows
    symbol,      // + - * / ( ) , . < <= > >= == !=
    end,
  };
  Kind kind = Kind::end;
  std::size_t offset = 0;
  std::string_view text{};
  Number value{};           // quantity
  Unit unit = Unit::number;
};

struct TokenError {
  std::size_t offset = 0;
  std::string what;
};

// Ends with a token of Kind::end.  The tokens refer to `text`.
std::expected<std::vector<Token>, TokenError> split_into_tokens(std::string_view text);

}  // namespace swarmlab::swarmsim
