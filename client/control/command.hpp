// Command: a line written to a `ctl` of the control tree, as a value.
//
//   /ctl                      add FILE|MAGNET   down RATE|unlimited   up RATE|unlimited   quit
//   /torrents/N/ctl           start   stop   remove   reannounce   scrape   down RATE|unlimited   up RATE|unlimited
//                             disconnect K   peer ADDR:PORT   priority skip|low|normal|high GLOB
//   /torrents/N/files/F/ctl   priority skip|low|normal|high
//   /torrents/N/peers/K/ctl   disconnect
//
// One command a line; blanks around it and empty lines count for nothing.  Rates are written as everywhere: 1 MiB/s, 4 Mbit/s.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "client/control/tree_path.hpp"
#include "client/selection.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"

namespace swarmlab::client::control {

inline constexpr std::size_t kMaxCommandBytes = 16 * 1024;    // all lines of one write
inline constexpr std::size_t kMaxCommandLines = 64;

struct Add { std::string source; friend bool operator==(const Add&, const Add&) = default; };
struct Quit { friend bool operator==(const Quit&, const Quit&) = default; };
struct Start { friend bool operator==(const Start&, const Start&) = default; };
struct Stop { friend bool operator==(const Stop&, const Stop&) = default; };
struct Remove { friend bool operator==(const Remove&, const Remove&) = default; };
struct Reannounce { friend bool operator==(const Reannounce&, const Reannounce&) = default; };
struct Scrape { friend bool operator==(const Scrape&, const Scrape&) = default; };
struct LimitDown { std::optional<BytesPerSecond> rate; friend bool operator==(const LimitDown&, const LimitDown&) = default; };
struct LimitUp { std::optional<BytesPerSecond> rate; friend bool operator==(const LimitUp&, const LimitUp&) = default; };
struct Disconnect { PeerKey peer; friend bool operator==(const Disconnect&, const Disconnect&) = default; };
struct AddPeer { Endpoint peer; friend bool operator==(const AddPeer&, const AddPeer&) = default; };
// Of the files that match, or without a glob of the one that it is said to.
struct Prioritise { Priority priority; std::string glob; friend bool operator==(const Prioritise&, const Prioritise&) = default; };
using Command = std::variant<Add, Quit, Start, Stop, Remove, Reannounce, Scrape, LimitDown, LimitUp, Disconnect, AddPeer, Prioritise>;

// What `at` (a control) understands, a line each, with what it does.
std::vector<std::string_view> commands_of(Node at);
// The commands in `text` for the control `at`: all of them, or the first thing that is wrong, and then none is to be obeyed.
// Requires kind_of(at.node) == control.
std::expected<std::vector<Command>, std::string> parse_commands(const TreePath& at, std::string_view text);

}  // namespace swarmlab::client::control
