#include "swarmsim/report/json_report.hpp"

#include <nlohmann/json.hpp>

#include "swarmsim/wire/fingerprint.hpp"

namespace swarmlab::swarmsim {
namespace {

using Json = nlohmann::ordered_json;

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

Json check_json(const CheckResult& check, const std::string& again) {
  Json story = Json::array();
  if (!check.judgement.summary.empty()) story.push_back(check.judgement.summary);
  for (const std::string& line : check.judgement.story) story.push_back(line);
  Json json = {{"check", check.manual->name},       {"who", check.who},
          {"verdict", to_string(check.judgement.verdict)}, {"measured", check.judgement.measured},
          {"limit", check.judgement.limit},    {"story", std::move(story)},
          {"again", again},
          {"line", check.line}};
  if (!check.known.empty()) json["known"] = check.known;
  return json;
}

Json run_json(const RunResult& run) {
  Json checks = Json::array();
  for (const CheckResult& check : run.checks) checks.push_back(check_json(check, run.again));
  Json json = {{"scenario", run.scenario},
               {"file", run.file},
               {"seed", run.seed},
               {"mode", run.mode},
               {"fingerprint", fingerprint_text(run.fingerprint)},
               {"virtual_s", seconds(run.virtual_time)},
               {"wall_s", seconds(run.wall_time)},
               {"verdict", to_string(run.verdict())},
               {"checks", std::move(checks)}};
  Json peers = Json::array();
  for (const Completion& completion : run.completions) {
    Json peer = {{"peer", completion.peer}, {"joined_s", seconds(completion.joined - kStart)}, {"completed_s", nullptr}};
    if (completion.completed != kNever) peer["completed_s"] = seconds(completion.completed - kStart);
    peers.push_back(std::move(peer));
  }
  json["peers"] = std::move(peers);
  if (!run.network.empty()) json["network"] = run.network;
  if (!run.client.empty()) json["client"] = run.client;
  if (!run.client_version.empty()) json["client_version"] = run.client_version;
  if (!run.trace.empty()) json["trace"] = run.trace;
  if (!run.pcap.empty()) json["pcap"] = run.pcap;
  if (!run.faults.empty()) json["faults"] = run.faults;
  if (!run.notes.empty()) json["notes"] = run.notes;
  if (!run.invalid.empty()) json["invalid"] = run.invalid;
  if (!run.rough.empty()) json["rough"] = run.rough;
  return json;
}

Json over_seeds_json(const OverSeedsResult& result) {
  Json checks = Json::array();
  for (const CheckResult& check : result.checks) checks.push_back(check_json(check, result.again));
  return {{"scenario", result.scenario},
          {"file", result.file},
          {"first_seed", result.seeds.first},
          {"last_seed", result.seeds.last},
          {"checks", std::move(checks)}};
}

Json number_json(const Number& number, Unit unit) {
  if (!number.is_finite()) return nullptr;
  const double value = static_cast<double>(number.raw()) / 1e6;
  return unit == Unit::time ? value / 1e9 : value;
}

std::string_view unit_name(Unit unit) {
  switch (unit) {
    case Unit::number: return "1";
    case Unit::share: return "share";
    case Unit::time: return "s";
    case Unit::size: return "B";
    case Unit::rate: return "B/s";
    case Unit::truth: return "truth";
  }
  return "";
}

Json seeds_json(const SeedSummary& summary) {
  Json numbers = Json::array();
  for (const Distribution& numbers_of : summary.distributions)
    numbers.push_back({{"of", numbers_of.of},
                       {"unit", unit_name(numbers_of.unit)},
                       {"min", number_json(numbers_of.min, numbers_of.unit)},
                       {"median", number_json(numbers_of.median, numbers_of.unit)},
                       {"p95", number_json(numbers_of.p95, numbers_of.unit)},
                       {"max", number_json(numbers_of.max, numbers_of.unit)}});
  Json json = {{"scenario", summary.scenario}, {"file", summary.file}, {"runs", summary.runs}, {"violated", summary.violated}};
  if (!summary.first_violated.empty()) json["first_violated"] = summary.first_violated;
  json["numbers"] = std::move(numbers);
  return json;
}

// Names and titles come from files of strangers, whose bytes need not be UTF-8.
std::string text(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace

std::string json_report(std::span<const RunResult> runs, std::span<const OverSeedsResult> over_seeds, ExitStatus status,
                        std::span<const std::string> complaints, std::span<const SeedSummary> seeds) {
  Json list = Json::array();
  for (const RunResult& run : runs) list.push_back(run_json(run));
  Json json = {{"runs", std::move(list)}};
  for (const OverSeedsResult& result : over_seeds) json["over_seeds"].push_back(over_seeds_json(result));
  for (const SeedSummary& summary : seeds) json["seeds"].push_back(seeds_json(summary));
  if (!complaints.empty()) json["known"] = std::vector(complaints.begin(), complaints.end());
  json["exit"] = static_cast<int>(status);
  return text(json);
}

std::string json_refusal(const std::string& error, ExitStatus status) {
  return text({{"runs", Json::array()}, {"error", error}, {"exit", static_cast<int>(status)}});
}

}  // namespace swarmlab::swarmsim
