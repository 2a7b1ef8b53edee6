// The token that lets a program control the client, in a file that its user alone can read.
#pragma once

#include <expected>
#include <string>

namespace swarmlab::client::control {

// Where `btclient --control` leaves it and `btclient ctl` finds it, unless told otherwise.
inline constexpr const char* kDefaultTokenFile = ".btclient-token";

// The first line of the file.  A file that others may read is refused: whoever reads it can control the client.
std::expected<std::string, std::string> read_token(const std::string& path);
// The token in the file; makes the file with a new one, mode 0600, where there is none.
std::expected<std::string, std::string> read_or_make_token(const std::string& path);

}  // namespace swarmlab::client::control
