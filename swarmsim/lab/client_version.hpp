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
  std::string number;   // "3.00"; "" where the line has none
};

// The first line with a digit in it.  `output` gets all that is printed, and nothing else.  Requires that the adapter says how to ask.
// The error: the command cannot be started, or says no such line within ten seconds.
std::expected<ClientVersion, std::string> ask_version(const Adapter& adapter, const LabPrograms& programs,
                                                      const std::filesystem::path& output);

// The first word that begins with a digit, or with a v and a digit, without what is no part of a number at its end.
std::string version_number(std::string_view line);

}  // namespace swarmlab::swarmsim
