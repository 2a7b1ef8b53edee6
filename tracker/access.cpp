#include "tracker/access.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace swarmlab::tracker {
namespace {

constexpr std::size_t kLongestPasskey = 64;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// Calls use(entry) -> reason why it is wrong, empty for a good one.
template <class Use>
std::expected<void, AccessError> for_each_entry(std::string_view text, Use&& use) {
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = text.find('\n');
    const std::string_view whole = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const std::string_view entry = trim(whole.substr(0, whole.find('#')));
    if (entry.empty()) continue;
    if (std::string wrong = use(entry); !wrong.empty()) {
      return std::unexpected(AccessError{line, std::move(wrong)});
    }
  }
  return {};
}

bool is_passkey_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

std::string to_string(const AccessError& error) {
  return "line " + std::to_string(error.line) + ": " + error.what;
}

std::expected<std::vector<InfoHashV1>, AccessError> parse_whitelist(std::string_view text) {
  std::vector<InfoHashV1> hashes;
  const auto read = for_each_entry(text, [&](std::string_view entry) -> std::string {
    InfoHashV1 hash;
    if (!from_hex(entry, hash.bytes)) {
      return fmt::format("'{}' is no info-hash of 40 hex digits", entry);
    }
    hashes.push_back(hash);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return hashes;
}

std::expected<std::vector<std::string>, AccessError> parse_passkeys(std::string_view text) {
  std::vector<std::string> passkeys;
  const auto read = for_each_entry(text, [&](std::string_view entry) -> std::string {
    if (entry.size() > kLongestPasskey) return "a passkey has 64 characters at most";
    if (!std::ranges::all_of(entry, is_passkey_character)) {
      return fmt::format("'{}' has characters other than letters, digits, '-' and '_'", entry);
    }
    if (entry == "announce" || entry == "scrape") {
      return fmt::format("'{}' is the name of a page, not a passkey", entry);
    }
    passkeys.emplace_back(entry);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return passkeys;
}

void Access::restrict_torrents(std::vector<InfoHashV1> whitelist) {
  whitelist_ = std::move(whitelist);
  std::ranges::sort(whitelist_);
  has_whitelist_ = true;
}

void Access::restrict_users(std::vector<std::string> passkeys) {
  passkeys_ = std::move(passkeys);
  std::ranges::sort(passkeys_);
  wants_passkey_ = true;
}

bool Access::tracks(const InfoHashV1& info_hash) const {
  return !has_whitelist_ || std::ranges::binary_search(whitelist_, info_hash);
}

bool Access::admits(std::string_view passkey) const {
  return !wants_passkey_ || std::ranges::binary_search(passkeys_, passkey);
}

}  // namespace swarmlab::tracker
