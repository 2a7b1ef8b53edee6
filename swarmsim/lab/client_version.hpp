// ClientVersion: what a client says of its version, asked by the `version` command of its adapter.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "swarmsim/lab/adapter.hpp"
#include "swarmsim/lab/lab_cast.hpp"

namespace swarmlab::swarmsim {

struct ClientVersion {
  std::string line;     // "transmission-daemon 3.00 (bb6b5a062e)"
  std::string number;   // "3.00"
};

// The first line that has a number.  The command runs in `folder`, which is made, is its HOME and keeps what it printed as version.log
// (64 KiB at most).  Requires that the adapter says how to ask.  The error, a sentence: the command cannot be started, fails, goes on
// for longer than ten seconds, or says no number.
std::expected<ClientVersion, std::string> ask_version(const Adapter& adapter, const LabPrograms& programs,
                                                      const std::filesystem::path& folder);

// Digits and points with which the first word begins that begins with a digit, or with a v and a digit; "" where none does.
std::string version_number(std::string_view line);

}  // namespace swarmlab::swarmsim
