// Bencode (BEP 3, "bencoding"): bytes -> a tree of views, and a writer of canonical form.
//
// Decoding is total and strict: leading zeros, -0, integers beyond 64 bits, duplicate keys, strings
// longer than the input, nesting over 100 and more than 2^21 values are errors with their byte
// offset.  Two things that real torrent files contain are read and reported as oddities: keys out of
// order and, where asked for, bytes after the top-level value.  Memory is bounded by the input: one
// node per value, no recursion.  An input of 4 GiB or more is refused: offsets have 32 bits.
//
// The tree borrows the input: a Node is valid while the Document and its input are.  raw() gives a
// value's exact bytes, which is how an info-hash must be taken.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/units.hpp"

namespace swarmlab::protocol::bencode {

inline constexpr int kMaxDepth = 100;
// A node takes twenty times the bytes of the shortest value; torrents of 500,000 files stay below.
inline constexpr std::size_t kMaxValues = std::size_t{1} << 21;

struct Error {
  std::size_t at = 0;          // byte offset
  std::string what;
  friend bool operator==(const Error&, const Error&) = default;
};
std::string to_string(const Error& error);

enum class Kind : std::uint8_t { integer, string, list, dictionary };
enum class Trailing : std::uint8_t { refuse, allow };

class Document;

// A value in a document; copied freely.
class Node {
 public:
  Kind kind() const;
  bool is_dictionary() const { return kind() == Kind::dictionary; }
  // The value where the kind fits, nullopt otherwise.
  std::optional<std::int64_t> integer() const;
  std::optional<std::string_view> string() const;
  // Members of a list, values of a dictionary; 0 for scalars.
  std::size_t size() const;
  // The i-th member or value; requires i < size().  Constant time per step from the front; iterate
  // with first()/next() where order is enough.
  Node at(std::size_t i) const;
  std::optional<Node> first() const;
  std::optional<Node> next() const;           // the following sibling
  std::string_view key() const;               // of a dictionary's value; empty elsewhere
  // The value under `key`; nullopt when absent or when this is no dictionary.
  std::optional<Node> find(std::string_view key) const;
  Bytes raw() const;                          // the value's exact encoding
  std::size_t offset() const;                 // of raw() in the input

 private:
  friend class Document;
  Node(const Document* document, std::uint32_t index) : document_(document), index_(index) {}
  const Document* document_;
  std::uint32_t index_;
};

class Document {
 public:
  static std::expected<Document, Error> decode(Bytes input, Trailing trailing = Trailing::refuse);

  Node root() const { return Node(this, 0); }
  std::optional<std::size_t> unsorted_key_at() const { return unsorted_key_at_; }
  std::size_t trailing_bytes() const { return input_.size() - end_; }

 private:
  friend class Node;
  struct Item {
    std::uint32_t begin = 0, end = 0;          // raw encoding in the input
    std::uint32_t key_begin = 0, key_size = 0;
    std::uint32_t next = 0;                    // following sibling, 0: none
    std::uint32_t children = 0;
    std::uint32_t string_begin = 0;            // of a string's bytes
    Kind kind = Kind::integer;
    std::int64_t integer = 0;
  };
  Document() = default;
  Bytes input_;
  std::vector<Item> items_;                    // pre-order: a first child follows its parent
  std::size_t end_ = 0;
  std::optional<std::size_t> unsorted_key_at_;
};

// Writes canonical form.  Dictionaries must be given their keys in rising order (asserted); begin and
// end must balance (asserted by take()).
class Writer {
 public:
  Writer& integer(std::int64_t value);
  Writer& string(std::string_view value);
  Writer& string(Bytes value);
  Writer& raw(Bytes encoded);                  // an already encoded value
  Writer& begin_list();
  Writer& begin_dictionary();
  Writer& key(std::string_view key);
  Writer& end();
  std::vector<std::byte> take();

 private:
  struct Level { bool is_dictionary = false; bool has_key = false; std::optional<std::string> last_key; };
  void before_value();
  std::vector<std::byte> out_;
  std::vector<Level> levels_;
};

}  // namespace swarmlab::protocol::bencode
