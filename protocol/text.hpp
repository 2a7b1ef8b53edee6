// Text that strangers wrote, made fit for names, JSON and terminals.
//
// BEP 3 asks for UTF-8; files made long ago hold other encodings, and hostile ones hold escape
// sequences.  Bytes that cannot stay are written as %XX, so that different texts stay different.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace swarmlab::protocol {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);
// The text with every byte that is no part of valid UTF-8 written as %XX.
std::string repair_utf8(std::string_view text);
// Fit for one line of a log: repaired, control characters written as %XX, cut to `limit` bytes (the
// last three being "..." then).  What came out goes in again unchanged.
std::string one_line(std::string_view text, std::size_t limit = 1024);

// "a, b, c and 4 more": `most` of them at most.
std::string listed(std::span<const std::string> words, std::size_t most);

}  // namespace swarmlab::protocol
