#include "swarmsim/expect/tokens.hpp"

#include <fmt/format.h>

#include <array>

#include "protocol/quantities.hpp"

namespace swarmlab::swarmsim {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
// As in the names of groups, which may hold '-'.
bool is_of_name(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; }

// Rates first: "MB/s" is no "MB" that is divided.
constexpr std::array<std::string_view, 25> kUnits{
    "kbit/s", "Mbit/s", "Gbit/s", "bit/s", "KiB/s", "MiB/s", "GiB/s", "kB/s", "MB/s", "GB/s", "B/s", "KiB", "MiB",
    "GiB",    "TiB",    "kB",     "MB",    "GB",    "min",   "ns",    "us",   "ms",   "B",    "s",   "h"};

std::size_t length_of_unit(std::string_view text) {
  if (text.starts_with('%')) return 1;
  for (const std::string_view unit : kUnits)
    if (text.starts_with(unit) && (text.size() == unit.size() || !is_of_name(text[unit.size()]))) return unit.size();
  return 0;
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  std::expected<std::vector<Token>, TokenError> split() {
    for (;;) {
      while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
      if (at_ == text_.size()) break;
      if (!take()) return std::unexpected(error_);
    }
    tokens_.push_back({.offset = text_.size()});
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  bool refuse(std::size_t offset, std::string what) {
    error_ = {offset, std::move(what)};
    return false;
  }

  bool take() {
    if (is_digit(peek())) return take_quantity();
    if (is_letter(peek())) return take_name();
    constexpr std::array<std::string_view, 14> kSymbols{"<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")", ",", "."};
    for (const std::string_view symbol : kSymbols) {
      if (!text_.substr(at_).starts_with(symbol)) continue;
      add(Token::Kind::symbol, symbol.size());
      return true;
    }
    if (peek() == '=') return refuse(at_, "'=' compares nothing here; write ==");
    // Of a character that is more than one byte, all of them.
    std::size_t length = 1;
    while (at_ + length < text_.size() && (static_cast<unsigned char>(text_[at_ + length]) & 0xc0) == 0x80) ++length;
    return refuse(at_, fmt::format("'{}' belongs to no expectation", text_.substr(at_, length)));
  }

  Token& add(Token::Kind kind, std::size_t length) {
    tokens_.push_back({.kind = kind, .offset = at_, .text = text_.substr(at_, length)});
    at_ += length;
    return tokens_.back();
  }

  bool take_quantity() {
    std::size_t length = 0;
    while (is_digit(peek(length)) || (peek(length) == '.' && is_digit(peek(length + 1)))) ++length;
    std::size_t blanks = 0;
    while (peek(length + blanks) == ' ') ++blanks;
    const std::size_t unit = length_of_unit(text_.substr(at_ + length + blanks));
    if (unit == 0 && is_letter(peek(length + blanks))) {
      std::size_t word = 0;
      while (is_of_name(peek(length + blanks + word))) ++word;
      return refuse(at_ + length + blanks,
                    fmt::format("'{}' is no unit; times have ns us ms s min h, sizes B kB MB GB KiB MiB GiB TiB, rates bit/s "
                                "Mbit/s MiB/s and the like, shares %",
                                text_.substr(at_ + length + blanks, word)));
    }
    Token& token = add(Token::Kind::quantity, length + (unit > 0 ? blanks + unit : 0));
    const std::string digits(token.text.substr(0, length));
    return unit == 0 ? read_number(token, digits) : read_unit(token);
  }

  bool read_number(Token& token, const std::string& digits) {
    const std::size_t point = digits.find('.');
    const std::string fraction = point == std::string::npos ? "" : digits.substr(point + 1);
    const auto whole = parse_count(digits.substr(0, point), 1'000'000'000'000);
    if (!whole || fraction.size() > 6 || fraction.find('.') != std::string::npos)
      return refuse(token.offset, fmt::format("'{}' is no number; at most a million million, with at most six "
          "digits after the point", digits));
    detail::Int128 millionths = static_cast<detail::Int128>(*whole) * 1'000'000;
    detail::Int128 place = 100'000;
    for (const char c : fraction) {
      millionths += place * (c - '0');
      place /= 10;
    }
    token.value = Number::of_millionths(millionths);
    return true;
  }

  bool read_unit(Token& token) {
    const auto read = [&](auto parsed, Unit unit) {
      if (!parsed) return refuse(token.offset, parsed.error());
      token.value = Number::of(*parsed);
      token.unit = unit;
      return true;
    };
    if (token.text.ends_with('%')) return read_percent(token);
    if (token.text.ends_with("/s")) return read(parse_rate(token.text), Unit::rate);
    if (token.text.ends_with('B')) return read(parse_size(token.text), Unit::size);
    return read(parse_duration(token.text), Unit::time);
  }

  // Here, unlike elsewhere, more than the whole makes sense: 120 % of what the line can carry.
  bool read_percent(Token& token) {
    std::string digits(token.text.substr(0, token.text.find_first_not_of("0123456789.")));
    if (!read_number(token, digits)) return false;
    token.value = quotient(token.value, Unit::number, Number::of(std::int64_t{100}), Unit::number);
    token.unit = Unit::share;
    return true;
  }

  bool take_name() {
    std::size_t length = 0;
    while (is_of_name(peek(length))) ++length;
    if (peek(length) == '[') {
      const std::size_t bracket = text_.find(']', at_ + length);
      if (bracket == std::string_view::npos) return refuse(at_ + length, "'[' has no closing bracket; write name[2] or name[1..3]");
      add(Token::Kind::selector, bracket + 1 - at_);
      return true;
    }
    add(peek(length) == '.' ? Token::Kind::selector : Token::Kind::name, length);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
  TokenError error_;
};

}  // namespace

std::expected<std::vector<Token>, TokenError> split_into_tokens(std::string_view text) { return Splitter(text).split(); }

}  // namespace swarmlab::swarmsim
