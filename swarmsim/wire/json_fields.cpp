#include "swarmsim/wire/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/spelling.hpp"

namespace swarmlab::swarmsim {
namespace {

const nlohmann::json kEmptyObject = nlohmann::json::object();
const nlohmann::json kEmptyList = nlohmann::json::array();

}  // namespace

JsonFields::JsonFields(const Json& json) : json_(json.is_object() ? json : kEmptyObject) {
  if (!json.is_object()) error_ = "is no JSON object";
}

const nlohmann::json* JsonFields::optional(std::string_view key) {
  asked_.push_back(key);
  const auto found = json_.find(key);
  if (found == json_.end()) return nullptr;
  ++taken_;
  return &*found;
}

void JsonFields::require(std::string_view key) {
  if (!json_.contains(key)) fail(key, "is missing");
}

std::string JsonFields::text(std::string_view key) {
  const Json* value = optional(key);
  if (value == nullptr) return {};
  if (value->is_string()) return value->get_ref<const std::string&>();
  fail(key, "is no text");
  return {};
}

std::uint64_t JsonFields::number(std::string_view key, std::uint64_t most) {
  const Json* value = optional(key);
  if (value == nullptr) return 0;
  if (value->is_number_unsigned() && value->get<std::uint64_t>() <= most) return value->get<std::uint64_t>();
  fail(key, fmt::format("is no whole number from 0 to {}", most));
  return 0;
}

bool JsonFields::flag(std::string_view key) {
  const Json* value = optional(key);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  fail(key, "is neither true nor false");
  return false;
}

const nlohmann::json& JsonFields::list(std::string_view key) {
  const Json* value = optional(key);
  if (value == nullptr) return kEmptyList;
  if (value->is_array()) return *value;
  fail(key, "is no list");
  return kEmptyList;
}

std::vector<std::string> JsonFields::texts(std::string_view key) {
  std::vector<std::string> texts;
  for (const Json& item : list(key)) {
    if (item.is_string()) texts.push_back(item.get_ref<const std::string&>());
    else fail(key, "holds something that is no text");
  }
  return texts;
}

void JsonFields::fail(std::string_view key, std::string_view what) {
  if (error_.empty()) error_ = fmt::format("'{}' {}", key, what);
}

std::string JsonFields::finish() {
  if (!error_.empty() || taken_ == json_.size()) return error_;
  for (const auto& [key, value] : json_.items())
    if (std::ranges::find(asked_, std::string_view(key)) == asked_.end())
      return error_ = fmt::format("'{}' is no field of this line{}", key, suggestion(key, asked_));
  return error_;
}

}  // namespace swarmlab::swarmsim
