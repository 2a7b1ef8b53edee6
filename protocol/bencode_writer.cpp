#include <array>
#include <charconv>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/bencode.hpp"
#include "protocol/ids.hpp"

namespace swarmlab::protocol::bencode {
namespace {

void append(std::vector<std::byte>& out, std::string_view text) {
  const Bytes bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_number(std::vector<std::byte>& out, std::int64_t value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  append(out, {digits.data(), end});
}

}  // namespace

void Writer::before_value() {
  if (levels_.empty()) {
    SWARM_ASSERT(out_.empty(), out_.size());  // one value at the top
    return;
  }
  Level& level = levels_.back();
  SWARM_ASSERT(!level.is_dictionary || level.has_key);
  level.has_key = false;
}

Writer& Writer::integer(std::int64_t value) {
  before_value();
  append(out_, "i");
  append_number(out_, value);
  append(out_, "e");
  return *this;
}

Writer& Writer::string(std::string_view value) { return string(as_bytes(value)); }

Writer& Writer::string(Bytes value) {
  before_value();
  append_number(out_, static_cast<std::int64_t>(value.size()));
  append(out_, ":");
  out_.insert(out_.end(), value.begin(), value.end());
  return *this;
}

Writer& Writer::raw(Bytes encoded) {
  SWARM_ASSERT_DEEP(Document::decode(encoded).has_value());
  before_value();
  out_.insert(out_.end(), encoded.begin(), encoded.end());
  return *this;
}

Writer& Writer::begin_list() {
  before_value();
  append(out_, "l");
  levels_.push_back({});
  return *this;
}

Writer& Writer::begin_dictionary() {
  before_value();
  append(out_, "d");
  levels_.push_back({.is_dictionary = true, .has_key = false, .last_key = {}});
  return *this;
}

Writer& Writer::key(std::string_view key) {
  SWARM_ASSERT(!levels_.empty());
  Level& level = levels_.back();
  SWARM_ASSERT(level.is_dictionary && !level.has_key);
  SWARM_ASSERT(!level.last_key || *level.last_key < key);
  level.last_key = key;
  level.has_key = true;
  append_number(out_, static_cast<std::int64_t>(key.size()));
  append(out_, ":");
  append(out_, key);
  return *this;
}

Writer& Writer::end() {
  SWARM_ASSERT(!levels_.empty() && !levels_.back().has_key);
  levels_.pop_back();
  append(out_, "e");
  return *this;
}

std::vector<std::byte> Writer::take() {
  SWARM_ASSERT(levels_.empty() && !out_.empty(), levels_.size(), out_.size());
  return std::exchange(out_, {});
}

}  // namespace swarmlab::protocol::bencode
