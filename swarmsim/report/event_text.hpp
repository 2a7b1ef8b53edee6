// Events in words, as a person reads them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/units.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

// "REQUEST piece 21, begin 0, length 16 KiB", "BITFIELD 5 of 16 pieces", "HANDSHAKE -SL0100-", "EXTENDED handshake",
// "TRACKER REQUEST announce event=started left=0 uploaded=0 downloaded=0": the message, and what matters of its payload.
std::string message_text(const WireEvent& event, std::uint32_t piece_count);

// "leech[0] -> seeder  sent REQUEST piece 21, begin 0, length 16 KiB", "leech[0] joins".
std::string event_text(const WireEvent& event, std::span<const std::string> names, std::uint32_t piece_count);

// A time as stories print it ("03:22.104", "1:03:22.104") or as scenarios have it ("90 s").
std::optional<Time> parse_clock(std::string_view text);

}  // namespace swarmlab::swarmsim
