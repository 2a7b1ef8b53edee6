#include "swarmsim/profile/profile_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "swarmsim/run/declaration.hpp"

namespace swarmlab::swarmsim {
namespace {

using Json = nlohmann::ordered_json;

std::string range(const Finding& finding) {
  const Sample& seen = finding.seen;
  if (seen.smallest() == seen.largest()) return "";
  return fmt::format("{} - {}", quantity_text(finding.quantity, seen.smallest()), quantity_text(finding.quantity, seen.largest()));
}

std::string describe(const Finding& finding) {
  const Sample& seen = finding.seen;
  const std::string remark = finding.remark.empty() ? "" : "  " + finding.remark;
  if (seen.empty()) return fmt::format("    {:<36} not seen{}\n", finding.what, remark);
  return fmt::format("    {:<36} {:>10}  {:<21} {:>5} x{}\n", finding.what, quantity_text(finding.quantity, seen.median()), range(finding),
                     seen.size(), remark);
}

std::string text_or(const Claim& claim, const std::optional<std::int64_t>& value, std::string_view otherwise) {
  return value ? quantity_text(claim.quantity, *value) : std::string(otherwise);
}

std::string describe(const Claim& claim) {
  const std::string_view mark = claim.disagrees() ? "DIFFERS" : !claim.seen ? "" : claim.is_sure ? "sure" : "perhaps";
  return fmt::format("    {:<20} {:>10}  declared {:<10} {:<8} {}\n", claim.name, text_or(claim, claim.seen, "not seen"),
                     text_or(claim, claim.declared, "nothing"), mark, claim.why);
}

// Declarations that no experiment is about.
std::string not_measured(const ClientProfile& profile) {
  std::vector<std::string_view> names;
  for (const std::string_view name : declared_names())
    if (std::ranges::find(profile.claims, name, &Claim::name) == profile.claims.end()) names.push_back(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string_view unit(Quantity quantity) {
  switch (quantity) {
    case Quantity::count: return "";
    case Quantity::time: return "s";
    case Quantity::size: return "B";
    case Quantity::rate: return "B/s";
    case Quantity::share: return "of 1";
    case Quantity::truth: return "true or false";
  }
  return "";
}

Json number(Quantity quantity, const std::optional<std::int64_t>& value) {
  if (!value) return nullptr;
  if (quantity == Quantity::time) return std::chrono::duration<double>(Duration(*value)).count();
  if (quantity == Quantity::share) return static_cast<double>(*value) / 1e6;
  if (quantity == Quantity::truth) return *value != 0;
  return *value;
}

Json json_of(const Finding& finding) {
  const Sample& seen = finding.seen;
  const auto at = [&](std::size_t percent) {
    return number(finding.quantity, seen.empty() ? std::nullopt : std::optional(percent == 0 ? seen.smallest() : seen.percentile(percent)));
  };
  return {{"what", finding.what}, {"unit", unit(finding.quantity)}, {"seen", seen.size()}, {"min", at(0)}, {"median", at(50)},
          {"p95", at(95)}, {"max", at(100)}, {"remark", finding.remark}};
}

Json json_of(const Claim& claim) {
  return {{"name", claim.name}, {"unit", unit(claim.quantity)}, {"seen", number(claim.quantity, claim.seen)}, {"sure", claim.is_sure},
          {"declared", number(claim.quantity, claim.declared)}, {"disagrees", claim.disagrees()}, {"why", claim.why}};
}

Json json_of(const ClientProfile& profile) {
  Json topics = Json::array();
  for (const Topic& topic : profile.topics) {
    Json findings = Json::array();
    for (const Finding& finding : topic.findings) findings.push_back(json_of(finding));
    topics.push_back({{"title", topic.title}, {"findings", std::move(findings)}});
  }
  Json claims = Json::array();
  for (const Claim& claim : profile.claims) claims.push_back(json_of(claim));
  return {{"client", profile.client}, {"told", profile.told}, {"topics", std::move(topics)}, {"declares", std::move(claims)},
          {"problems", profile.problems}};
}

// In a cell: "30 s (29.9 s - 30.2 s, 7 x)".
std::string cell(const Finding& finding) {
  if (finding.seen.empty()) return "not seen";
  const std::string bounds = range(finding);
  const std::string median = quantity_text(finding.quantity, finding.seen.median());
  return fmt::format("{} ({}{}{} x)", median, bounds, bounds.empty() ? "" : ", ", finding.seen.size());
}

std::string cell(const Claim& claim) {
  if (!claim.seen) return "not seen";
  const std::string value = quantity_text(claim.quantity, *claim.seen);
  if (claim.disagrees()) return fmt::format("**{}**, declared {}", value, quantity_text(claim.quantity, *claim.declared));
  return claim.is_sure ? value : fmt::format("perhaps {}", value);
}

template <class Cell>
std::string row(std::string_view head, std::span<const ClientProfile> profiles, const Cell& cell_of) {
  std::string text = fmt::format("| {} |", head);
  for (const ClientProfile& profile : profiles) text += fmt::format(" {} |", cell_of(profile));
  return text + "\n";
}

std::string heading(std::string_view what, std::span<const ClientProfile> profiles) {
  std::string text = row(what, profiles, [](const ClientProfile& profile) { return profile.client; }) + "|---|";
  for (std::size_t i = 0; i < profiles.size(); ++i) text += "---|";
  return text + "\n";
}

}  // namespace

std::string describe(const ClientProfile& profile) {
  std::string text;
  for (const Topic& topic : profile.topics) {
    text += fmt::format("  {}\n", topic.title);
    for (const Finding& finding : topic.findings) text += describe(finding);
  }
  text += "  as an adapter declares it\n";
  for (const Claim& claim : profile.claims) text += describe(claim);
  text += fmt::format("    not measured: {}\n", not_measured(profile));
  if (!profile.told.empty()) text += fmt::format("  told by its adapter: {}\n", fmt::join(profile.told, ", "));
  for (const std::string& problem : profile.problems) text += fmt::format("  note: {}\n", problem);
  return text;
}

std::string declarations(const ClientProfile& profile) {
  std::string text = fmt::format("declares:   # of {}, as measured\n", profile.client);
  for (const Claim& claim : profile.claims) {
    if (!claim.seen) {
      text += fmt::format("  # {}: {}\n", claim.name, claim.why);
      continue;
    }
    const std::string value = quantity_text(claim.quantity, *claim.seen);
    text += fmt::format("  {}{}: {}   # {}\n", claim.is_sure ? "" : "# ", claim.name, value, claim.why);
  }
  return text;
}

std::string profiles_json(std::span<const ClientProfile> profiles, ExitStatus status) {
  Json list = Json::array();
  for (const ClientProfile& profile : profiles) list.push_back(json_of(profile));
  return Json{{"profiles", std::move(list)}, {"exit", static_cast<int>(status)}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string profiles_page(std::span<const ClientProfile> profiles) {
  std::string text = R"(# Profiles of clients

How clients were seen to behave, as their adapters start them: `swarmsim profile --client NAME` measures one (`docs/lab.md`), and this page
is made by `swarmsim profile --client all --markdown`. Real time: another run gives other numbers within the ranges. A median stands
before its range and before how often it was seen; "perhaps" marks what too little speaks for, and **bold** what is surely not as the
adapter declares it.

## As an adapter declares it

)";
  if (profiles.empty()) return text;
  text += heading("name", profiles);
  for (const std::string_view name : declared_names()) {
    const bool is_measured = std::ranges::any_of(profiles, [&](const ClientProfile& profile) {
      return std::ranges::find(profile.claims, name, &Claim::name) != profile.claims.end();
    });
    if (is_measured)
      text += row(fmt::format("`{}`", name), profiles, [&](const ClientProfile& profile) {
        const auto claim = std::ranges::find(profile.claims, name, &Claim::name);
        return claim == profile.claims.end() ? std::string("not measured") : cell(*claim);
      });
  }
  const auto fullest = std::ranges::max_element(profiles, {}, [](const ClientProfile& profile) { return profile.topics.size(); });
  for (const Topic& topic : fullest->topics) {
    std::string title = topic.title;
    title.front() = static_cast<char>(title.front() - 'a' + 'A');
    text += fmt::format("\n## {}\n\n", title) + heading("what", profiles);
    for (const Finding& finding : topic.findings)
      text += row(finding.what, profiles, [&](const ClientProfile& profile) {
        for (const Topic& other : profile.topics)
          for (const Finding& one : other.findings)
            if (other.title == topic.title && one.what == finding.what) return cell(one);
        return std::string("not measured");
      });
  }
  std::string notes;
  for (const ClientProfile& profile : profiles)
    for (const std::string& problem : profile.problems) notes += fmt::format("* {}: {}\n", profile.client, problem);
  return notes.empty() ? text : text + "\n## Notes\n\n" + notes;
}

}  // namespace swarmlab::swarmsim
