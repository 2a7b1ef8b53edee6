#include "swarmsim/lab/declaration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <variant>

#include "protocol/quantities.hpp"
#include "protocol/spelling.hpp"

namespace swarmlab::swarmsim {
namespace {

using Member = std::variant<std::uint32_t PeerFacts::*, Duration PeerFacts::*, ByteCount PeerFacts::*, bool PeerFacts::*>;
struct Name {
  std::string_view name;
  Member member;
};

const std::array kNames{
    Name{"announce_to_all_tiers", &PeerFacts::announces_to_all_tiers},
    Name{"ban_time", &PeerFacts::ban_time},
    Name{"end_game_requesters", &PeerFacts::end_game_requesters},
    Name{"in_order", &PeerFacts::in_order},
    Name{"keepalive_interval", &PeerFacts::keepalive_interval},
    Name{"max_peers", &PeerFacts::max_peers},
    Name{"newcomer_age", &PeerFacts::newcomer_age},
    Name{"optimistic", &PeerFacts::optimistic},
    Name{"optimistic_interval", &PeerFacts::optimistic_interval},
    Name{"rate_window", &PeerFacts::rate_window},
    Name{"reaction_time", &PeerFacts::reaction_time},
    Name{"rechoke_interval", &PeerFacts::rechoke_interval},
    Name{"request_size", &PeerFacts::request_size},
    Name{"request_timeout", &PeerFacts::request_timeout},
    Name{"seed_turn_time", &PeerFacts::seed_turn_time},
    Name{"tit_for_tat", &PeerFacts::tit_for_tat},
    Name{"upload_slots", &PeerFacts::upload_slots},
};

const std::array<std::string_view, kNames.size()> kWords = [] {
  std::array<std::string_view, kNames.size()> words;
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = kNames[i].name;
  return words;
}();

struct Assign {
  std::string_view text;
  PeerFacts& facts;

  std::expected<void, std::string> operator()(std::uint32_t PeerFacts::*member) const {
    return take(parse_count(text, 1'000'000), [&](std::uint64_t value) { facts.*member = static_cast<std::uint32_t>(value); });
  }
  std::expected<void, std::string> operator()(Duration PeerFacts::*member) const {
    return take(parse_duration(text), [&](Duration value) { facts.*member = value; });
  }
  std::expected<void, std::string> operator()(ByteCount PeerFacts::*member) const {
    return take(parse_size(text), [&](ByteCount value) { facts.*member = value; });
  }
  std::expected<void, std::string> operator()(bool PeerFacts::*member) const {
    if (text != "true" && text != "false") return std::unexpected(fmt::format("'{}'; it is true or false", text));
    facts.*member = text == "true";
    return {};
  }

 private:
  template <class Value, class Set>
  static std::expected<void, std::string> take(const Parsed<Value>& parsed, const Set& set) {
    if (!parsed) return std::unexpected(parsed.error());
    set(*parsed);
    return {};
  }
};

}  // namespace

std::span<const std::string_view> declared_names() { return kWords; }

std::expected<void, std::string> declare(std::string_view name, std::string_view text, PeerFacts& facts) {
  const auto found = std::ranges::find(kNames, name, &Name::name);
  if (found == kNames.end()) return std::unexpected(fmt::format("nothing of that name can be declared{}", suggestion(name, kWords)));
  return std::visit(Assign{text, facts}, found->member);
}

}  // namespace swarmlab::swarmsim
