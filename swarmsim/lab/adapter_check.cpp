#include "swarmsim/lab/adapter_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "protocol/assert.hpp"
#include "protocol/quantities.hpp"
#include "swarmsim/checks/catalogue.hpp"
#include "swarmsim/lab/client_version.hpp"
#include "swarmsim/lab/lab_run.hpp"
#include "swarmsim/lab/spoken_features.hpp"
#include "swarmsim/lab/until_decided.hpp"
#include "swarmsim/run/declaration.hpp"
#include "swarmsim/run/declared_facts.hpp"
#include "swarmsim/scenario/parse.hpp"

namespace swarmlab::swarmsim {
namespace {

using Mark = AdapterReport::Mark;

constexpr std::string_view kStory = R"(format: 1
scenario: A client seeds, leeches and is stopped
limit: 60 s
torrent: { size: 4 MiB, piece_length: 64 KiB }
tracker: { kind: http, interval: 10 s }
network:
  link: { up: 10 Mbit/s, down: 20 Mbit/s, delay: 10 ms, queue: 64 KiB }
peers:
  keeper:  { subject: true, have: all }
  source:  { have: all, link: { up: 1500 kbit/s } }   # so that others are needed, also one that unchokes every ten seconds
  fetcher: { subject: true, join: 2 s }
  taker:   { join: 2 s }
timeline:
  - { at: 0 s, partition: [[keeper], [fetcher]], for: 60 s }   # what a client says to itself nobody may be able to read
  - { at: 40 s, stop: [keeper, fetcher] }
checks:
  - completes: { who: fetcher }
  - contents_match: { who: fetcher }
  - completes: { who: taker }
  - expect: keeper.uploaded > 64 KiB
)";
enum Step : std::size_t { kFetches, kStores, kOthersFetch, kSeeds };

Scenario story() {
  Diagnostics diagnostics;
  auto scenario = parse_scenario(kStory, {}, diagnostics);
  SWARM_ASSERT(scenario.has_value(), diagnostics.empty() ? "" : diagnostics.sorted().front().what);
  return std::move(*scenario);
}

AdapterReport::Line version_line(const Adapter& adapter, const LabPrograms& programs, const std::filesystem::path& folder) {
  if (adapter.version.empty()) return {Mark::note, "version", "the adapter does not say how to ask for it"};
  const auto version = ask_version(adapter, programs, folder / "version");
  return version ? AdapterReport::Line{Mark::good, "version", version->line} : AdapterReport::Line{Mark::bad, "version", version.error()};
}

std::string what_is_not_declared(const RunFacts& facts, HostId peer) {
  std::string text;
  for (const std::string& name : facts.peers[peer.value()].undeclared) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::uint64_t checks_that_read(const RunFacts& facts, HostId peer) {
  const auto& undeclared = facts.peers[peer.value()].undeclared;
  return static_cast<std::uint64_t>(std::ranges::count_if(check_manuals(), [&](const CheckManual* manual) {
    return std::ranges::any_of(undeclared, [&](const std::string& name) { return manual->declared.find(name) != std::string_view::npos; });
  }));
}

AdapterReport::Line features_line(const Adapter& adapter, Features seen) {
  std::string unsaid, unseen;
  for (const Feature feature : kAllFeatures) {
    if (seen.has(feature) && !adapter.speaks.has(feature)) unsaid += fmt::format(" {}", to_string(feature));
    if (!seen.has(feature) && adapter.speaks.has(feature)) unseen += fmt::format(" {}", to_string(feature));
  }
  if (!unseen.empty()) return {Mark::bad, "speaks", fmt::format("the adapter says{}, which was not seen", unseen)};
  if (!unsaid.empty()) return {Mark::note, "speaks", fmt::format("it was seen to speak{}, which the adapter does not say", unsaid)};
  return {Mark::good, "speaks", seen.empty() ? "BEP 3 alone" : to_words(seen)};
}

}  // namespace

bool AdapterReport::is_good() const {
  return invalid.empty() && std::ranges::none_of(lines, [](const Line& line) { return line.mark == Mark::bad; });
}

AdapterReport check_adapter(const Adapter& adapter, const LabPrograms& programs, LabNetworkKind network,
                            const std::filesystem::path& folder) {
  const Scenario scenario = story();
  const HostId fetcher = scenario.cast.select("fetcher")->front();
  const HostId keeper = scenario.cast.select("keeper")->front();
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  AdapterReport report;
  report.lines.push_back(version_line(adapter, programs, folder));
  std::optional<SpokenFeatures> features;
  std::vector<ClientTimes> times;
  const RunResult run = until_decided([&] {
    features.emplace(scenario.cast.host_count());
    times.clear();
    return run_in_lab(scenario, {.client = &adapter, .programs = programs, .network = network, .folder = folder, .also = &*features,
                                 .times = &times});
  });
  report.invalid = run.invalid;
  // Nothing of the story depends on what a client speaks or declares: only the network can be the reason.
  if (run.invalid.empty() && run.checks[kFetches].judgement.verdict == Verdict::not_applicable)
    report.invalid = fmt::format("it cannot be tried over {}: {}", to_string(network), run.checks[kFetches].judgement.summary);
  if (!report.invalid.empty()) return report;
  for (const std::string& fault : run.faults) report.lines.push_back({Mark::bad, "runs", fault});
  const ClientTimes& leecher = times[fetcher.value()];
  const ClientTimes& seed = times[keeper.value()];
  report.lines.push_back({leecher.ready == kNever ? Mark::bad : Mark::good, "gets ready",
                          leecher.ready == kNever ? "never" : fmt::format("{} after its start", to_text(leecher.ready - leecher.started))});
  const auto add = [&](Step step, std::string name) {
    const Judgement& judgement = run.checks[step].judgement;
    const Verdict verdict = judgement.verdict;
    report.lines.push_back({verdict == Verdict::held ? Mark::good : verdict == Verdict::undecided ? Mark::note : Mark::bad,
                            std::move(name), verdict == Verdict::held ? judgement.measured : judgement.summary});
  };
  add(kFetches, "leeches");
  add(kStores, "stores");
  add(kSeeds, "seeds");
  add(kOthersFetch, "others fetch");
  if (adapter.complete.kind == Probe::Kind::none)
    report.lines.push_back({Mark::note, "says it is complete", "the adapter does not say how; its files are looked at"});
  else report.lines.push_back({leecher.complete == kNever ? Mark::bad : Mark::good, "says it is complete",
                               leecher.complete == kNever ? "never" : fmt::format("at {}", to_clock(leecher.complete))});
  for (const ClientTimes* one : {&leecher, &seed}) {
    const std::string step = fmt::format("stops ({})", one == &seed ? "a seed" : "a leecher");
    if (one->was_killed)
      report.lines.push_back({Mark::bad, step, fmt::format("it had to be killed after {}", to_text(adapter.stops_within))});
    else if (one->ended == kNever) report.lines.push_back({Mark::bad, step, "it did not end before the run did"});
    else if (one->told_to_end == kNever) report.lines.push_back({Mark::note, step, "it ended by itself"});
    else report.lines.push_back({Mark::good, step, fmt::format("{} after it was told to", to_text(one->ended - one->told_to_end))});
  }
  report.lines.push_back(features_line(adapter, features->of(fetcher)));
  const auto addresses = LabAddresses::of_namespaces(host_names(scenario.cast), scenario.cast.peer_count());   // declarations need none
  const RunFacts facts = LabCast(scenario, &adapter, nullptr, programs, addresses).facts(1);
  if (const std::string missing = what_is_not_declared(facts, fetcher); !missing.empty())
    report.lines.push_back({Mark::note, "declares", fmt::format("nothing of {}: {} will not apply to it", missing,
                                                                counted(checks_that_read(facts, fetcher), "check"))});
  return report;
}

std::string describe(const AdapterReport& report) {
  std::string text;
  for (const AdapterReport::Line& line : report.lines) {
    const std::string_view mark = line.mark == Mark::good ? "good" : line.mark == Mark::bad ? "BAD" : "note";
    text += fmt::format("  {:<5} {:<20} {}\n", mark, line.step, line.text);
  }
  if (!report.invalid.empty()) text += fmt::format("  INVALID {}\n", report.invalid);
  return text;
}

}  // namespace swarmlab::swarmsim
