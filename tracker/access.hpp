// Access: for whom a tracker works.
//
// A whitelist names the torrents it tracks, passkeys the users it answers: `http://host/PASSKEY/announce`.  UDP
// announces carry no path, so a tracker with passkeys refuses them.  A tracker with either is private: it does not
// list its swarms.
//
// Both are text files: one entry a line, blank lines and what follows a '#' ignored.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ids.hpp"

namespace swarmlab::tracker {

struct AccessError {
  std::size_t line = 0;      // from 1
  std::string what;
};
std::string to_string(const AccessError& error);

// Info-hashes, 40 hex digits each.
std::expected<std::vector<InfoHashV1>, AccessError> parse_whitelist(std::string_view text);
// 1 to 64 letters, digits, '-' or '_' each; "announce" and "scrape" are taken.
std::expected<std::vector<std::string>, AccessError> parse_passkeys(std::string_view text);

class Access {
 public:
  // Open to everyone.
  Access() = default;
  void restrict_torrents(std::vector<InfoHashV1> whitelist);
  void restrict_users(std::vector<std::string> passkeys);

  bool tracks(const InfoHashV1& info_hash) const;
  bool wants_passkey() const { return wants_passkey_; }
  // True for every key, also an empty one, where none is wanted.
  bool admits(std::string_view passkey) const;
  bool is_private() const { return has_whitelist_ || wants_passkey_; }

 private:
  // Sorted.  An empty whitelist admits nothing, which differs from having none.
  std::vector<InfoHashV1> whitelist_;
  std::vector<std::string> passkeys_;
  bool has_whitelist_ = false;
  bool wants_passkey_ = false;
};

}  // namespace swarmlab::tracker
