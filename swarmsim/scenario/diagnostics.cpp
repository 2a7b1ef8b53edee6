#include "swarmsim/scenario/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kLongestWord = 120;      // a path, or a list in brackets
constexpr std::size_t kLongestText = 2000;

// The second and later bytes of a character in UTF-8 are not where it can be cut.
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::string_view cut(std::string_view text, std::size_t most) {
  std::size_t end = std::min(text.size(), most);
  while (end > 0 && end < text.size() && is_continuation(text[end])) --end;
  return text.substr(0, end);
}

// Control characters spelt out: those of ASCII, and those that UTF-8 writes as C2 80 to C2 9F.
std::string spelt_out(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0u;
    if (byte == '\n') out += "\\n";
    else if (byte == '\t') out += "\\t";
    else if (byte < 0x20 || byte == 0x7f) out += fmt::format("\\x{:02x}", byte);
    else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    else out += text[i];
  }
  return out;
}

}  // namespace

std::string showable(std::string_view text) {
  const std::string plain = spelt_out(cut(text, kLongestText));
  std::string out;
  for (std::string_view rest = plain; !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
    if (word.size() <= kLongestWord) {
      out += word;
    } else {
      out += cut(word, kLongestWord / 2);
      out += "...";
      if (word.ends_with('\'')) out += '\'';   // of the quotation
    }
    for (; rest.starts_with(' '); rest.remove_prefix(1)) out += ' ';
  }
  return text.size() <= kLongestText ? out : out + "...";
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> all = list_;
  std::ranges::sort(all);
  return all;
}

std::string to_string(const std::string& file, const Diagnostic& diagnostic) {
  if (diagnostic.at.line == 0) return fmt::format("{}: {}", file, diagnostic.what);
  return fmt::format("{}:{}:{}: {}", file, diagnostic.at.line, diagnostic.at.column, diagnostic.what);
}

std::string describe(const std::string& file, const Diagnostics& diagnostics) {
  std::string all;
  for (const Diagnostic& diagnostic : diagnostics.sorted())
    all += fmt::format("{}{}", all.empty() ? "" : "\n", to_string(file, diagnostic));
  if (diagnostics.left_out() > 0) all += fmt::format("\n{}: and {} errors more", file, diagnostics.left_out());
  return all;
}

}  // namespace swarmlab::swarmsim
