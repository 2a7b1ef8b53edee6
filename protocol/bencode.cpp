#include "protocol/bencode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "protocol/assert.hpp"
#include "protocol/ids.hpp"
#include "protocol/text.hpp"

namespace swarmlab::protocol::bencode {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::unexpected<Error> fail(std::size_t at, std::string what) {
  return std::unexpected(Error{at, std::move(what)});
}

std::string quoted(std::string_view text) { return fmt::format("'{}'", one_line(text, 60)); }

struct StringAt {
  std::size_t begin, end;  // of the bytes, behind the colon
};

// The string whose length begins at `at`; requires a digit there.
std::expected<StringAt, Error> read_string(std::string_view in, std::size_t at) {
  std::size_t colon = at;
  while (colon < in.size() && is_digit(in[colon])) ++colon;
  const std::string_view digits = in.substr(at, colon - at);
  if (digits.size() > 1 && digits[0] == '0')
    return fail(at, "a string's length has a leading zero");
  if (colon == in.size()) return fail(at, "the input ends inside a string's length");
  if (in[colon] != ':')
    return fail(colon, fmt::format("expected ':' behind a string's length, found {}",
                                   quoted(in.substr(colon, 1))));
  std::size_t size = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  const std::size_t rest = in.size() - colon - 1;
  if (read.ec != std::errc{} || size > rest) {
    return fail(at, fmt::format("a string of {} bytes is longer than the {} bytes left",
                                one_line(digits, 24), rest));
  }
  return StringAt{colon + 1, colon + 1 + size};
}

struct IntegerAt {
  std::int64_t value;
  std::size_t end;  // behind the 'e'
};

// The integer whose 'i' stands at `at`.
std::expected<IntegerAt, Error> read_integer(std::string_view in, std::size_t at) {
  std::size_t first = at + 1;
  if (first < in.size() && in[first] == '-') ++first;
  std::size_t end = first;
  while (end < in.size() && is_digit(in[end])) ++end;
  if (end == in.size()) return fail(at, "the input ends inside an integer");
  if (in[end] != 'e')
    return fail(end, fmt::format("expected a digit or 'e' in an integer, found {}",
                                 quoted(in.substr(end, 1))));
  if (end == first) return fail(at, "an integer without digits");
  if (in[first] == '0' && end - first > 1) return fail(at, "an integer has a leading zero");
  if (in[first] == '0' && in[at + 1] == '-') return fail(at, "an integer is -0");
  std::int64_t value = 0;
  if (std::from_chars(in.data() + at + 1, in.data() + end, value).ec != std::errc{}) {
    return fail(at, "an integer has more than 64 bits");
  }
  return IntegerAt{value, end + 1};
}

}  // namespace

std::string to_string(const Error& error) {
  return fmt::format("byte {}: {}", error.at, error.what);
}

// One value is read per turn.  `levels` holds the lists and dictionaries that are open, the
// outermost first.
std::expected<Document, Error> Document::decode(Bytes input, Trailing trailing) {
  struct Level {
    std::uint32_t item;
    std::uint32_t last_child = 0;
    bool is_dictionary = false;
    bool is_unsorted = false;
  };
  if (input.size() >= std::numeric_limits<std::uint32_t>::max()) {
    return fail(0, "the input has 4 GiB or more");
  }
  Document document;
  document.input_ = input;
  const std::string_view in = as_text(input);
  auto& items = document.items_;
  std::vector<Level> levels;
  const auto key_of = [&](const Item& item) { return in.substr(item.key_begin, item.key_size); };
  // Where the key's encoding begins.
  const auto key_at = [](const Item& item) {
    return item.key_begin - 1 - std::to_string(item.key_size).size();
  };
  const auto small = [](std::size_t offset) { return static_cast<std::uint32_t>(offset); };

  // Sorted keys are compared as they come.  In a dictionary whose keys are not, equal ones need not
  // be neighbours: they are found by sorting once, when it closes.
  const auto repeated_key = [&](const Level& level) -> std::optional<Error> {
    std::vector<std::uint32_t> children;
    for (std::uint32_t i = level.item + 1; i != 0; i = items[i].next) children.push_back(i);
    std::ranges::sort(children, [&](std::uint32_t a, std::uint32_t b) {
      const int order = key_of(items[a]).compare(key_of(items[b]));
      return order != 0 ? order < 0 : a < b;
    });
    const auto twin = std::ranges::adjacent_find(children, [&](std::uint32_t a, std::uint32_t b) {
      return key_of(items[a]) == key_of(items[b]);
    });
    if (twin == children.end()) return std::nullopt;
    const Item& second = items[*(twin + 1)];
    return Error{key_at(second),
                 fmt::format("a dictionary has the key {} twice", quoted(key_of(second)))};
  };

  std::size_t at = 0;
  do {
    Item item;
    if (!levels.empty()) {
      Level& level = levels.back();
      if (at == in.size()) {
        return fail(
            at, fmt::format("the input ends inside a {} that begins at byte {}",
                            level.is_dictionary ? "dictionary" : "list", items[level.item].begin));
      }
      if (in[at] == 'e') {
        if (level.is_unsorted) {
          if (auto error = repeated_key(level)) return std::unexpected(std::move(*error));
        }
        items[level.item].end = small(++at);
        levels.pop_back();
        continue;
      }
      if (level.is_dictionary) {
        if (!is_digit(in[at]))
          return fail(at, fmt::format("expected a key, found {}", quoted(in.substr(at, 1))));
        const auto key = read_string(in, at);
        if (!key) return std::unexpected(key.error());
        item.key_begin = small(key->begin);
        item.key_size = small(key->end - key->begin);
        if (level.last_child != 0) {
          const int order = key_of(items[level.last_child]).compare(key_of(item));
          if (order == 0) {
            return fail(at, fmt::format("a dictionary has the key {} twice", quoted(key_of(item))));
          }
          if (order > 0) {
            level.is_unsorted = true;
            if (!document.unsorted_key_at_) document.unsorted_key_at_ = at;
          }
        }
        at = key->end;
        if (at == in.size())
          return fail(at, fmt::format("the input ends behind the key {}", quoted(key_of(item))));
      }
    }
    if (at == in.size()) return fail(at, "the input is empty");
    if (items.size() == kMaxValues) {
      return fail(at, fmt::format("there are more than {} values", kMaxValues));
    }
    const std::uint32_t index = small(items.size());
    if (!levels.empty()) {
      Level& level = levels.back();
      if (level.last_child != 0) items[level.last_child].next = index;
      level.last_child = index;
      ++items[level.item].children;
    }
    item.begin = small(at);
    const char head = in[at];
    if (head == 'i') {
      const auto read = read_integer(in, at);
      if (!read) return std::unexpected(read.error());
      item.kind = Kind::integer;
      item.integer = read->value;
      at = read->end;
    } else if (is_digit(head)) {
      const auto read = read_string(in, at);
      if (!read) return std::unexpected(read.error());
      item.kind = Kind::string;
      item.string_begin = small(read->begin);
      at = read->end;
    } else if (head == 'l' || head == 'd') {
      if (levels.size() == kMaxDepth) {
        return fail(at, fmt::format("values are nested more than {} deep", kMaxDepth));
      }
      item.kind = head == 'd' ? Kind::dictionary : Kind::list;
      levels.push_back({.item = index, .is_dictionary = head == 'd'});
      ++at;
    } else {
      return fail(at, fmt::format("expected a value, found {}", quoted(in.substr(at, 1))));
    }
    item.end = small(at);  // of a list or dictionary: corrected when it closes
    items.push_back(item);
  } while (!levels.empty());

  document.end_ = at;
  if (trailing == Trailing::refuse && at != in.size()) {
    return fail(at, fmt::format("{} bytes follow the value", in.size() - at));
  }
  return document;
}

Kind Node::kind() const { return document_->items_[index_].kind; }

std::optional<std::int64_t> Node::integer() const {
  const auto& item = document_->items_[index_];
  return item.kind == Kind::integer ? std::optional(item.integer) : std::nullopt;
}

std::optional<std::string_view> Node::string() const {
  const auto& item = document_->items_[index_];
  if (item.kind != Kind::string) return std::nullopt;
  return as_text(document_->input_.subspan(item.string_begin, item.end - item.string_begin));
}

std::size_t Node::size() const { return document_->items_[index_].children; }

Node Node::at(std::size_t i) const {
  SWARM_ASSERT(i < size(), i, size());
  std::uint32_t index = index_ + 1;
  for (; i > 0; --i) index = document_->items_[index].next;
  return Node(document_, index);
}

std::optional<Node> Node::first() const {
  if (size() == 0) return std::nullopt;
  return Node(document_, index_ + 1);
}

std::optional<Node> Node::next() const {
  const std::uint32_t next = document_->items_[index_].next;
  if (next == 0) return std::nullopt;
  return Node(document_, next);
}

std::string_view Node::key() const {
  const auto& item = document_->items_[index_];
  return as_text(document_->input_.subspan(item.key_begin, item.key_size));
}

std::optional<Node> Node::find(std::string_view key) const {
  if (!is_dictionary()) return std::nullopt;
  auto value = first();
  while (value && value->key() != key) value = value->next();
  return value;
}

Bytes Node::raw() const {
  const auto& item = document_->items_[index_];
  return document_->input_.subspan(item.begin, item.end - item.begin);
}

std::size_t Node::offset() const { return document_->items_[index_].begin; }

}  // namespace swarmlab::protocol::bencode
