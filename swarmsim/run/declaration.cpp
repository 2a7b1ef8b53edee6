#include "swarmsim/run/declaration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <variant>

#include "protocol/assert.hpp"
#include "protocol/quantities.hpp"
#include "protocol/spelling.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kLongest = 10'000h;
constexpr std::int64_t kMostBytes = std::int64_t{1} << 50;

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

using Outcome = std::expected<void, std::string>;

struct AssignNumber {
  std::int64_t number;
  PeerFacts& facts;
  Outcome operator()(std::uint32_t PeerFacts::*member) const {
    return set(1'000'000, [&] { facts.*member = static_cast<std::uint32_t>(number); });
  }
  Outcome operator()(Duration PeerFacts::*member) const { return set(kLongest.count(), [&] { facts.*member = Duration(number); }); }
  Outcome operator()(ByteCount PeerFacts::*member) const { return set(kMostBytes, [&] { facts.*member = ByteCount(number); }); }
  Outcome operator()(bool PeerFacts::*member) const { return set(1, [&] { facts.*member = number == 1; }); }

 private:
  template <class Set>
  Outcome set(std::int64_t most, const Set& set) const {
    if (number < 0 || number > most) return std::unexpected(fmt::format("{}; 0 to {} is possible", number, most));
    set();
    return {};
  }
};

struct AsNumber {
  const PeerFacts& facts;
  std::int64_t operator()(std::uint32_t PeerFacts::*member) const { return facts.*member; }
  std::int64_t operator()(Duration PeerFacts::*member) const { return (facts.*member).count(); }
  std::int64_t operator()(ByteCount PeerFacts::*member) const { return (facts.*member).value(); }
  std::int64_t operator()(bool PeerFacts::*member) const { return facts.*member ? 1 : 0; }
};

const Name* find(std::string_view name) {
  const auto found = std::ranges::find(kNames, name, &Name::name);
  return found == kNames.end() ? nullptr : &*found;
}

Outcome unknown(std::string_view name) {
  return std::unexpected(fmt::format("nothing of that name can be declared{}", suggestion(name, kWords)));
}

}  // namespace

std::span<const std::string_view> declared_names() { return kWords; }

std::string_view setting_behind(std::string_view declared) { return declared == "in_order" ? "sequential" : declared; }

std::expected<void, std::string> declare(std::string_view name, std::string_view text, PeerFacts& facts) {
  const Name* const found = find(name);
  if (found == nullptr) return unknown(name);
  return std::visit(Assign{text, facts}, found->member);
}

std::int64_t declared_number(std::string_view name, const PeerFacts& facts) {
  const Name* const found = find(name);
  SWARM_ASSERT(found != nullptr, name);
  return std::visit(AsNumber{facts}, found->member);
}

std::expected<void, std::string> declare_number(std::string_view name, std::int64_t number, PeerFacts& facts) {
  const Name* const found = find(name);
  if (found == nullptr) return unknown(name);
  return std::visit(AssignNumber{number, facts}, found->member);
}

}  // namespace swarmlab::swarmsim
