// PlainOptions: the words of a command that has few options: positional ones, "--name VALUE", "--name=VALUE", "--flag".
//
// Nothing is guessed and nothing is passed over: what is not known is an error with the near name.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace swarmlab::swarmsim {

struct KnownOptions {
  std::vector<std::string_view> with_value;   // without dashes
  std::vector<std::string_view> flags;
};

class PlainOptions {
 public:
  // `command` is what errors begin with.
  static std::expected<PlainOptions, std::string> parse(std::string_view command, std::span<const std::string> words,
                                                        const KnownOptions& known);

  const std::vector<std::string>& positional() const { return positional_; }
  bool has(std::string_view name) const;
  // The last; nullopt where it is not given.
  std::optional<std::string> value(std::string_view name) const;
  std::vector<std::string> values(std::string_view name) const;

 private:
  std::vector<std::string> positional_;
  std::vector<std::pair<std::string, std::string>> given_;
};

}  // namespace swarmlab::swarmsim
