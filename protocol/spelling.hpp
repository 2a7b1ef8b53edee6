// Which known word a misspelt one was meant to be.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace swarmlab {

// Edits (insert, delete, replace, swap of neighbours) that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest of `known`, when it is near enough to be what was meant; otherwise "".
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> known);

// "; did you mean 'piece_length'?", or where nothing is near "; known are: a, b, c", or what to do `instead` of
// reading a list that is too long.
std::string suggestion(std::string_view word, std::span<const std::string_view> known, std::string_view instead = {});

}  // namespace swarmlab
