// JsonFields: takes a JSON object of a trace apart, field by field, and forgets none.
//
// The first thing that is wrong stays as the error: which field, and what would be right.  What comes after it
// yields defaults, so that a reader needs one question at its end.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace swarmlab::swarmsim {

class JsonFields {
 public:
  using Json = nlohmann::json;

  // `json` outlives it.  What is no object is the first error.
  explicit JsonFields(const Json& json);

  // Null where it is missing.
  const Json* optional(std::string_view key);
  // An error where it is missing.
  void require(std::string_view key);

  // A missing field gives the default; a wrong one too, and an error.
  std::string text(std::string_view key);
  std::uint64_t number(std::string_view key, std::uint64_t most);
  bool flag(std::string_view key);
  // As many texts as the list has; none where it is missing.
  std::vector<std::string> texts(std::string_view key);
  const Json& list(std::string_view key);

  void fail(std::string_view key, std::string_view what);
  // Fields that nobody asked for are an error as well.  "" when all was right.
  std::string finish();

 private:
  const Json& json_;
  std::size_t taken_ = 0;
  std::vector<std::string_view> asked_;
  std::string error_;
};

}  // namespace swarmlab::swarmsim
