#include "protocol/bencode.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab::protocol::bencode {
namespace {

using test::from_text;
using test::text_of;

// The document written again from its tree: equal to the input where that is canonical.
void rewrite(const Node& node, Writer& out) {
  switch (node.kind()) {
    case Kind::integer: out.integer(*node.integer()); return;
    case Kind::string: out.string(*node.string()); return;
    case Kind::list:
      out.begin_list();
      for (auto item = node.first(); item; item = item->next()) rewrite(*item, out);
      out.end();
      return;
    case Kind::dictionary: {
      std::map<std::string_view, Node> sorted;
      for (auto item = node.first(); item; item = item->next()) sorted.emplace(item->key(), *item);
      out.begin_dictionary();
      for (const auto& [key, value] : sorted) {
        out.key(key);
        rewrite(value, out);
      }
      out.end();
      return;
    }
  }
}

std::string rewritten(const Document& document) {
  Writer out;
  rewrite(document.root(), out);
  return text_of(out.take());
}

const char* const kValid[] = {
    "i0e",
    "i1e",
    "i-1e",
    "i10e",
    "i9223372036854775807e",
    "i-9223372036854775808e",
    "0:",
    "1:a",
    "10:0123456789",
    "le",
    "de",
    "llee",
    "li1e1:ae",
    "d0:i1ee",
    "d1:ai1e1:b0:e",
    "d1:ad1:bd1:cleeee",
    "d2:aai1e2:abi2e1:bi3ee",
    "l0:0:0:e",
    "ld1:al1:bee1:ci-7ee",
};

TEST(Bencode, ReadsCanonicalValuesAndWritesThemTheSame) {
  for (const std::string text : kValid) {
    const auto input = from_text(text);
    const auto document = Document::decode(input);
    ASSERT_TRUE(document) << text << ": " << to_string(document.error());
    EXPECT_EQ(rewritten(*document), text);
    EXPECT_EQ(text_of(document->root().raw()), text);
    EXPECT_FALSE(document->unsorted_key_at());
  }
}

TEST(Bencode, RefusesEveryValueThatIsCut) {
  for (const std::string text : kValid) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      const auto input = from_text(text.substr(0, size));
      const auto document = Document::decode(input, Trailing::allow);
      ASSERT_FALSE(document) << text.substr(0, size);
      EXPECT_LE(document.error().at, size);
      EXPECT_FALSE(document.error().what.empty());
    }
  }
}

TEST(Bencode, RefusesWithPlaceAndReason) {
  struct Row {
    const char* input;
    std::size_t at;
    const char* what;
  };
  for (const auto& [text, at, what] : std::initializer_list<Row>{
           {"", 0, "the input is empty"},
           {"x", 0, "expected a value, found 'x'"},
           {"e", 0, "expected a value, found 'e'"},
           {"-1:a", 0, "expected a value, found '-'"},
           {"ie", 0, "an integer without digits"},
           {"i-e", 0, "an integer without digits"},
           {"i-0e", 0, "an integer is -0"},
           {"i00e", 0, "an integer has a leading zero"},
           {"i03e", 0, "an integer has a leading zero"},
           {"i-03e", 0, "an integer has a leading zero"},
           {"i+1e", 1, "expected a digit or 'e' in an integer, found '+'"},
           {"i 1e", 1, "expected a digit or 'e' in an integer, found ' '"},
           {"i1.5e", 2, "expected a digit or 'e' in an integer, found '.'"},
           {"i--1e", 2, "expected a digit or 'e' in an integer, found '-'"},
           {"i9223372036854775808e", 0, "an integer has more than 64 bits"},
           {"i-9223372036854775809e", 0, "an integer has more than 64 bits"},
           {"i1", 0, "the input ends inside an integer"},
           {"00:", 0, "a string's length has a leading zero"},
           {"01:a", 0, "a string's length has a leading zero"},
           {"3:ab", 0, "a string of 3 bytes is longer than the 2 bytes left"},
           {"2147483648:a", 0, "a string of 2147483648 bytes is longer than the 1 bytes left"},
           {"99999999999999999999:a", 0,
            "a string of 99999999999999999999 bytes is longer than the 1 bytes left"},
           {"1a", 1, "expected ':' behind a string's length, found 'a'"},
           {"12", 0, "the input ends inside a string's length"},
           {"l", 1, "the input ends inside a list that begins at byte 0"},
           {"li1ed", 5, "the input ends inside a dictionary that begins at byte 4"},
           {"di1ei2ee", 1, "expected a key, found 'i'"},
           {"d1:ae", 4, "expected a value, found 'e'"},
           {"d1:a", 4, "the input ends behind the key 'a'"},
           {"d1:ai1e1:ai2ee", 7, "a dictionary has the key 'a' twice"},
           {"i1ei2e", 3, "3 bytes follow the value"},
           {"i1e\n", 3, "1 bytes follow the value"},
           {"d1:\x1b", 4, "the input ends behind the key '%1B'"},
       }) {
    const auto document = Document::decode(from_text(text));
    ASSERT_FALSE(document) << text;
    EXPECT_EQ(document.error(), (Error{at, what})) << text;
  }
}

TEST(Bencode, FindsARepeatedKeyAlsoWhereKeysAreNotSorted) {
  const auto document = Document::decode(from_text("d1:bi1e1:ai2e1:ci3e1:bi4ee"));
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error(), (Error{19, "a dictionary has the key 'b' twice"}));
  // Equal keys of different dictionaries are nobody's concern.
  EXPECT_TRUE(Document::decode(from_text("d1:bd1:bi1e1:ai2ee1:ai3ee")));
}

TEST(Bencode, AcceptsUnsortedKeysAndSaysWhere) {
  const auto input = from_text("d1:bi1e1:ai2ee");
  const auto document = Document::decode(input);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->unsorted_key_at(), 7u);
  EXPECT_EQ(document->root().find("a")->integer(), 2);
  EXPECT_EQ(document->root().find("b")->integer(), 1);
}

TEST(Bencode, AcceptsTrailingBytesOnlyWhereAsked) {
  const auto input = from_text("i1e\r\n");
  EXPECT_FALSE(Document::decode(input));
  const auto document = Document::decode(input, Trailing::allow);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->trailing_bytes(), 2u);
}

TEST(Bencode, NestsAHundredDeepAndNoDeeper) {
  const std::string hundred = std::string(100, 'l') + std::string(100, 'e');
  EXPECT_TRUE(Document::decode(from_text(hundred)));
  const auto deeper = Document::decode(from_text("l" + hundred + "e"));
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error(), (Error{100, "values are nested more than 100 deep"}));
  // B78: 20,000 levels once overflowed the stack of others.
  EXPECT_FALSE(Document::decode(from_text(std::string(20'000, 'l'))));
  std::string dictionaries;
  for (int i = 0; i < 20'000; ++i) dictionaries += "d1:a";
  EXPECT_FALSE(Document::decode(from_text(dictionaries)));
}

TEST(Bencode, HoldsNoMoreThanTheLimitOfValues) {
  std::string text = "l";
  for (std::size_t i = 0; i < kMaxValues; ++i) text += "0:";
  const auto document = Document::decode(from_text(text + "e"));
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error(),
            (Error{1 + 2 * (kMaxValues - 1), "there are more than 2097152 values"}));
}

TEST(Bencode, WalksTheTree) {
  const auto input = from_text("d4:listli1e2:abdee3:numi-5e3:str3:xyze");
  const auto document = Document::decode(input);
  ASSERT_TRUE(document);
  const Node root = document->root();
  EXPECT_EQ(root.kind(), Kind::dictionary);
  ASSERT_EQ(root.size(), 3u);
  EXPECT_EQ(root.key(), "");
  const Node list = *root.find("list");
  EXPECT_EQ(list.key(), "list");
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list.at(0).integer(), 1);
  EXPECT_EQ(list.at(1).string(), "ab");
  EXPECT_TRUE(list.at(2).is_dictionary());
  EXPECT_EQ(list.at(2).size(), 0u);
  EXPECT_FALSE(list.at(2).first());
  EXPECT_FALSE(list.at(2).next());
  EXPECT_EQ(list.offset(), 7u);
  EXPECT_EQ(text_of(list.raw()), "li1e2:abdee");
  EXPECT_EQ(list.next()->key(), "num");
  EXPECT_EQ(root.at(2).string(), "xyz");
  EXPECT_FALSE(root.find("absent"));
  EXPECT_FALSE(list.find("num"));            // no dictionary
  EXPECT_FALSE(root.find("num")->string());  // another kind
  EXPECT_FALSE(root.find("str")->integer());
  EXPECT_FALSE(root.integer());
}

TEST(BencodeWriter, WritesCanonicalForm) {
  Writer out;
  out.begin_dictionary().key("a").begin_list().integer(std::numeric_limits<std::int64_t>::min());
  out.string("x").raw(from_text("i7e")).end().key("b").string("").end();
  EXPECT_EQ(text_of(out.take()), "d1:ali-9223372036854775808e1:xi7ee1:b0:e");
}

TEST(BencodeWriterDeathTest, AbortsOnWhatWouldNotBeCanonical) {
  EXPECT_DEATH(Writer().begin_dictionary().key("b").integer(1).key("a"), "broken invariant");
  EXPECT_DEATH(Writer().begin_dictionary().key("b").integer(1).key("b"), "broken invariant");
  EXPECT_DEATH(Writer().begin_dictionary().integer(1), "broken invariant");
  EXPECT_DEATH(Writer().begin_dictionary().key("a").end(), "broken invariant");
  EXPECT_DEATH(Writer().begin_list().take(), "broken invariant");
  EXPECT_DEATH(Writer().integer(1).integer(2), "broken invariant");
  EXPECT_DEATH(Writer().take(), "broken invariant");
}

// A random tree survives writing and reading.
void write_random(test::Numbers& numbers, int depth, Writer& out) {
  switch (numbers.below(depth > 0 ? 4 : 2)) {
    case 0: {
      const std::uint32_t magnitude = numbers.below(1'000'000);
      const bool negative = numbers.below(2) == 0;
      out.integer(negative ? -std::int64_t{magnitude} : std::int64_t{magnitude});
      return;
    }
    case 1: out.string(std::string(numbers.below(12), 's')); return;
    case 2:
      out.begin_list();
      for (std::uint32_t n = numbers.below(5); n > 0; --n) write_random(numbers, depth - 1, out);
      out.end();
      return;
    case 3:
      out.begin_dictionary();
      for (std::uint32_t i = 0, n = numbers.below(5); i < n; ++i) {
        out.key(std::string(i + 1, 'k'));
        write_random(numbers, depth - 1, out);
      }
      out.end();
      return;
  }
}

TEST(Bencode, SurvivesTheWayThereAndBack) {
  test::Numbers numbers(1);
  for (int i = 0; i < 500; ++i) {
    Writer out;
    write_random(numbers, 6, out);
    const auto bytes = out.take();
    const auto document = Document::decode(bytes);
    ASSERT_TRUE(document) << text_of(bytes) << to_string(document.error());
    EXPECT_EQ(rewritten(*document), text_of(bytes));
  }
}

}  // namespace
}  // namespace swarmlab::protocol::bencode
