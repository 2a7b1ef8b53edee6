#include "swarmsim/report/known_failures.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "protocol/spelling.hpp"
#include "swarmsim/checks/catalogue.hpp"
#include "swarmsim/scenario/map_reader.hpp"
#include "swarmsim/scenario/yaml_tree.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::uint64_t kFormatOfLists = 1;

std::string to_text(Day day) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

// "2027-03-31" and nothing else.
std::optional<Day> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = parse_count(text.substr(0, 4), 9999);
  const auto month = parse_count(text.substr(5, 2), 12);
  const auto day = parse_count(text.substr(8, 2), 31);
  if (!year || !month || !day) return std::nullopt;
  const Day parsed{std::chrono::year(static_cast<int>(*year)), std::chrono::month(static_cast<unsigned>(*month)),
                   std::chrono::day(static_cast<unsigned>(*day))};
  return parsed.ok() ? std::optional(parsed) : std::nullopt;
}

// Whether `whole` ends in `part`, after a `separator` or as a whole.
bool ends_in(std::string_view whole, std::string_view part, char separator) {
  if (!whole.ends_with(part)) return false;
  return whole.size() == part.size() || whole[whole.size() - part.size() - 1] == separator;
}

bool is_version(std::string_view version, std::string_view part) {
  return version.starts_with(part) && (version.size() == part.size() || version[part.size()] == '.');
}

}  // namespace

std::expected<KnownFailures, std::string> KnownFailures::parse(std::string_view text, const std::string& file, Day today) {
  KnownFailures known(file, today);
  Diagnostics diagnostics;
  const auto root = parse_yaml(text, diagnostics);
  if (!root) return std::unexpected(describe(file, diagnostics));
  MapReader list(*root, "known failures", diagnostics);
  list.require("format", "format: 1");
  if (const auto format = list.count("format", 1'000'000); format && *format != kFormatOfLists)
    diagnostics.add(root->find("format")->at, fmt::format("format: {}; this version reads format {}", *format, kFormatOfLists));
  const YamlNode* items = list.require("known", "known: [ { scenario: FILE, check: bans, reason: WHY, until: 2027-03-31 } ]");
  list.finish();
  if (items != nullptr && items->kind != YamlNode::Kind::list && items->kind != YamlNode::Kind::empty)
    diagnostics.add(items->at, "known: a list of { scenario: FILE, check: NAME, reason: WHY, until: DAY } belongs here");
  std::vector<std::string_view> names;
  for (const CheckManual* manual : check_manuals()) names.push_back(manual->name);
  for (const YamlNode& item : items == nullptr ? std::vector<YamlNode>{} : items->items) {
    MapReader reader(item, "known", diagnostics);
    Entry entry;
    entry.line = item.at.line;
    reader.require("scenario", "scenario: choking/one_slot_serves_one_peer.yaml");
    reader.require("check", "check: bans");
    reader.require("reason", "reason: one slot too many while a torrent starts");
    reader.require("until", "until: 2027-03-31");
    entry.scenario = reader.text("scenario").value_or("");
    entry.check = reader.text("check").value_or("");
    if (!entry.check.empty() && find_check_manual(entry.check) == nullptr)
      diagnostics.add(item.find("check")->at, fmt::format("check: no check has the name '{}'{}", entry.check,
                                                          suggestion(entry.check, names)));
    entry.reason = reader.text("reason").value_or("");
    entry.link = reader.text("link").value_or("");
    entry.who = reader.text("who").value_or("");
    if (const auto until = reader.text("until")) {
      if (const auto day = parse_day(*until)) entry.until = *day;
      else diagnostics.add(item.find("until")->at, fmt::format("until: '{}'; a day like 2027-03-31", *until));
    }
    entry.client = reader.text("client").value_or(std::string(ClientIdentity::kOurs));
    entry.version = reader.text("version").value_or("");
    reader.finish();
    known.entries_.push_back(std::move(entry));
  }
  if (!diagnostics.empty()) return std::unexpected(describe(file, diagnostics));
  return known;
}

bool KnownFailures::concerns(const Entry& entry, std::string_view file) const {
  return ends_in(file, entry.scenario, '/') && entry.client == client_.name &&
         (entry.version.empty() || is_version(client_.version, entry.version));
}

void KnownFailures::excuse(RunResult& run) {
  if (!run.invalid.empty()) return;
  for (Entry& entry : entries_) {
    if (!concerns(entry, run.file)) continue;
    ++entry.runs;
    excuse(entry, run.checks);
  }
}

void KnownFailures::excuse(OverSeedsResult& result) {
  for (Entry& entry : entries_)
    if (concerns(entry, result.file)) excuse(entry, result.checks);
}

void KnownFailures::excuse(Entry& entry, std::vector<CheckResult>& checks) const {
  for (CheckResult& check : checks) {
    if (check.manual->name != entry.check || (!entry.who.empty() && check.who != entry.who)) continue;
    ++entry.checks;
    if (check.judgement.verdict == Verdict::held) ++entry.held;
    if (check.judgement.verdict != Verdict::violated) continue;
    ++entry.violated;
    if (entry.until < today_) continue;
    check.known = fmt::format("until {}: {}{}", to_text(entry.until), entry.reason,
                              entry.link.empty() ? "" : fmt::format(" ({})", entry.link));
  }
}

std::vector<std::string> KnownFailures::complaints() const {
  std::vector<std::string> all;
  for (const Entry& entry : entries_) {
    if (entry.runs == 0) continue;
    const std::string what = fmt::format("{}:{}: {}{} in {}", file_, entry.line, entry.check,
                                         entry.who.empty() ? "" : fmt::format(" of {}", entry.who), entry.scenario);
    if (entry.checks == 0)
      all.push_back(fmt::format("{} is no check of that scenario; correct the entry or take it out", what));
    else if (entry.until < today_)
      all.push_back(fmt::format("{} was excused until {}; mend it, or give a later day and a reason", what, to_text(entry.until)));
    else if (entry.held > 0 && entry.violated == 0)
      all.push_back(fmt::format("{} held in {} of {} runs and failed in none; it is mended: take the entry out", what,
                                entry.held, entry.runs));
  }
  return all;
}

}  // namespace swarmlab::swarmsim
