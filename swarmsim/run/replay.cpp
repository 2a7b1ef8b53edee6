#include "swarmsim/run/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/spelling.hpp"
#include "swarmsim/checks/catalogue.hpp"
#include "swarmsim/checks/expect.hpp"
#include "swarmsim/checks/judge.hpp"
#include "swarmsim/run/capture_limits.hpp"
#include "swarmsim/run/declaration.hpp"
#include "swarmsim/run/declared_facts.hpp"
#include "swarmsim/run/over_seeds.hpp"
#include "swarmsim/scenario/parse.hpp"
#include "swarmsim/wire/fingerprint.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::uint64_t kMostDeclared = std::uint64_t{1} << 62;   // beyond it is all the same

// What the trace says about disks at the end.
class StoredDisks final : public Disks {
 public:
  explicit StoredDisks(const TraceEnd& end)
      : problems_(end.disks), bytes_read_(end.bytes_read), storage_bites_(end.storage_bites), strays_(end.strays) {}
  bool is_whole(HostId peer) override { return problem(peer).empty(); }
  std::string problem(HostId peer) override { return problems_.at(peer.value()); }
  std::optional<ByteCount> bytes_read(HostId peer) override {
    if (bytes_read_.empty()) return std::nullopt;
    return ByteCount(static_cast<std::int64_t>(bytes_read_.at(peer.value())));
  }
  std::optional<std::uint64_t> storage_bites(HostId peer) override {
    if (storage_bites_.empty()) return std::nullopt;
    return storage_bites_.at(peer.value());
  }
  std::optional<std::vector<std::string>> strays(HostId peer) override {
    if (strays_.empty()) return std::nullopt;
    return strays_.at(peer.value());
  }

 private:
  std::vector<std::string> problems_;
  std::vector<std::uint64_t> bytes_read_;
  std::vector<std::uint64_t> storage_bites_;
  std::vector<std::vector<std::string>> strays_;
};

std::expected<Scenario, std::string> scenario_of(const TraceHeader& header) {
  std::vector<Override> overrides;
  for (const auto& [key, value] : header.set) overrides.push_back({key, value});
  Diagnostics diagnostics;
  auto scenario = parse_scenario(header.text, overrides, diagnostics);
  if (scenario) return std::move(*scenario);
  return std::unexpected("the scenario inside the trace is not valid: " +
                         to_string(header.file, diagnostics.sorted().front()));
}

// Old traces name a tracker even where the scenario has none.
bool have_same_hosts(const TraceHeader& header, const Cast& cast) {
  std::vector<std::string> names = header.names();
  if (cast.tracker_count() == 0 && header.trackers.size() == 1) names.pop_back();
  return names == host_names(cast);
}

// Where header and scenario disagree, the verdicts would be about another run.
std::string disagreement(const TraceHeader& header, const Scenario& scenario, const RunFacts& facts) {
  if (!have_same_hosts(header, scenario.cast)) return "the peers of the header are not those of its scenario";
  if (header.geometry.total() != facts.geometry.total() || header.geometry.piece_length() != facts.geometry.piece_length())
    return "the torrent of the header is not that of its scenario";
  for (std::size_t i = 0; i < facts.peers.size(); ++i) {
    if (header.peers[i].joins != facts.peers[i].joins)
      return fmt::format("{} joins at another time than its scenario says", facts.peers[i].name);
    if (header.peers[i].has != facts.peers[i].has_at_start)
      return fmt::format("{} has other pieces at the start than its scenario and seed give it", facts.peers[i].name);
  }
  return {};
}

// As the run knew them: what its scenario declares, and of peers that a client under test plays what is said of that.
std::expected<RunFacts, std::string> facts_of(const TraceHeader& header, const Scenario& scenario) {
  RunFacts facts = declared_facts(scenario, header.seed);
  for (std::size_t i = 0; i < std::min(facts.peers.size(), header.peers.size()); ++i) {
    if (!header.peers[i].client) continue;
    const TraceDeclarations& client = *header.peers[i].client;
    PeerFacts& peer = facts.peers[i];
    peer.speaks = {};
    for (const std::string& word : client.speaks) {
      const auto feature = std::ranges::find(kAllFeatures, word, [](Feature one) { return to_string(one); });
      if (feature == std::end(kAllFeatures)) return std::unexpected(fmt::format("{} speaks '{}', which nobody knows", peer.name, word));
      peer.speaks.add(*feature);
    }
    peer.undeclared.assign(declared_names().begin(), declared_names().end());
    for (const auto& [name, number] : client.declares) {
      const auto good = declare_number(name, static_cast<std::int64_t>(std::min<std::uint64_t>(number, kMostDeclared)), peer);
      if (!good) return std::unexpected(fmt::format("{} declares {}: {}", peer.name, name, good.error()));
      std::erase(peer.undeclared, name);
    }
  }
  return facts;
}

std::vector<const CheckSpec*> chosen_checks(const Scenario& scenario, std::span<const std::string> only) {
  std::vector<const CheckSpec*> chosen;
  for (const CheckSpec& check : scenario.checks)
    if (only.empty() || std::ranges::find(only, check.manual->name) != only.end()) chosen.push_back(&check);
  return chosen;
}

std::string missing_check(const Scenario& scenario, std::span<const std::string> only) {
  std::vector<std::string_view> names;
  for (const CheckSpec& check : scenario.checks) names.push_back(check.manual->name);
  if (!scenario.over_seeds.empty()) names.push_back(kExpect.name);
  for (const std::string& name : only)
    if (std::ranges::find(names, name) == names.end())
      return fmt::format("--check {}: the scenario of the trace has no such check{}", name, suggestion(name, names));
  return {};
}

void compare_with_stored(const TraceEnd& end, RunResult& result) {
  std::vector<bool> is_taken(end.verdicts.size(), false);   // a scenario may have a check of the same peers twice
  for (const CheckResult& now : result.checks) {
    const auto then = std::ranges::find_if(end.verdicts, [&](const TraceVerdict& verdict) {
      return verdict.check == now.manual->name && verdict.who == now.who &&
          !is_taken[static_cast<std::size_t>(&verdict - end.verdicts.data())];
    });
    if (then != end.verdicts.end()) is_taken[static_cast<std::size_t>(then - end.verdicts.begin())] = true;
    if (then == end.verdicts.end() || then->verdict == to_string(now.judgement.verdict)) continue;
    result.notes.push_back(fmt::format("{} of {} is {} by this trace; when it was written it was {}", now.manual->name,
                                       now.who, to_string(now.judgement.verdict), then->verdict));
  }
}

}  // namespace

TraceDeclarations declarations_of(const PeerFacts& peer) {
  TraceDeclarations client;
  for (const Feature feature : kAllFeatures)
    if (peer.speaks.has(feature)) client.speaks.emplace_back(to_string(feature));
  for (const std::string_view name : declared_names())
    if (std::ranges::find(peer.undeclared, name) == peer.undeclared.end())
      client.declares.emplace_back(name, static_cast<std::uint64_t>(declared_number(name, peer)));
  return client;
}

TraceHeader header_of_trace(const Scenario& scenario, const std::string& file, std::uint64_t seed, const RunFacts& facts,
                            std::span<const IpAddress> addresses, const InfoHashV1& info_hash) {
  TraceHeader header;
  header.title = scenario.title;
  header.file = file;
  header.text = scenario.source.text;
  for (const Override& change : scenario.source.overrides) header.set.emplace_back(change.key, change.value);
  header.seed = seed;
  header.geometry = facts.geometry;
  header.info_hash = info_hash;
  for (std::size_t i = 0; i < facts.peers.size(); ++i) {
    const PeerFacts& peer = facts.peers[i];
    header.peers.push_back({peer.name, to_string(addresses[i]), peer.joins, peer.has_at_start});
  }
  for (std::size_t i = facts.peers.size(); i < addresses.size(); ++i)
    header.trackers.push_back({facts.name(HostId(static_cast<std::uint32_t>(i))), to_string(addresses[i])});
  return header;
}

TraceEnd end_of_trace(const RunResult& result) {
  TraceEnd end;
  end.fingerprint = result.fingerprint;
  end.messages = result.messages;
  end.blocks = result.blocks;
  end.open_connections = result.open_connections;
  end.invalid = result.invalid;
  end.rough = result.rough;
  end.faults = result.faults;
  end.notes = result.notes;
  for (const CheckResult& check : result.checks) {
    const Judgement& judgement = check.judgement;
    end.verdicts.push_back({std::string(check.manual->name), check.who, std::string(to_string(judgement.verdict)),
                            judgement.measured, judgement.limit, judgement.summary, judgement.story});
  }
  return end;
}

std::expected<RunResult, std::string> judge_trace(TraceReader& trace, std::span<const std::string> only) {
  const TraceHeader& header = trace.header();
  if (header.mode == "lab" && header.network != "namespaces")
    return std::unexpected(std::string("this trace is of real processes on loopback, where each knows the others by addresses of "
                                       "its own, which are not in it; swarmsim trace and swarmsim diff read it"));
  const auto scenario = scenario_of(header);
  if (!scenario) return std::unexpected(scenario.error());
  const auto known = facts_of(header, *scenario);
  if (!known) return std::unexpected(known.error());
  const RunFacts& facts = *known;
  if (std::string error = disagreement(header, *scenario, facts); !error.empty()) return std::unexpected(std::move(error));
  if (std::string error = missing_check(*scenario, only); !error.empty()) return std::unexpected(std::move(error));

  const std::vector<const CheckSpec*> checks = chosen_checks(*scenario, only);
  Judge judge(facts);
  for (const CheckSpec* check : checks) judge.add(*check->manual, check->arguments);
  const bool judges_over_seeds = only.empty() || std::ranges::find(only, kExpect.name) != only.end();
  if (judges_over_seeds)
    for (const auto& expectation : scenario->over_seeds) judge.measure(*expectation);
  Fingerprint fingerprint(header.names());
  for (;;) {
    const auto line = trace.next();
    if (!line) return std::unexpected(line.error());
    if (const auto* event = std::get_if<WireEvent>(&*line)) {
      fingerprint.add(*event);
      judge.on_event(*event);
      continue;
    }
    const TraceEnd& end = std::get<TraceEnd>(*line);
    RunResult result;
    result.scenario = header.title;
    result.file = header.file;
    result.mode = header.mode;
    result.client = header.client;
    result.seed = header.seed;
    result.fingerprint = fingerprint.value();
    result.virtual_time = end.at - kStart;
    result.messages = end.messages;
    result.blocks = end.blocks;
    result.open_connections = end.open_connections;
    result.invalid = end.invalid;
    result.rough = end.rough;
    result.faults = end.faults;
    result.notes = end.notes;
    if (result.fingerprint != end.fingerprint)
      result.notes.push_back(fmt::format("the events of this trace give the fingerprint {}, its last line says {}: it was changed",
                                         fingerprint_text(result.fingerprint), fingerprint_text(end.fingerprint)));
    StoredDisks disks(end);
    const std::vector<Judgement> judgements = judge.conclude({end.at, end.was_cut_short}, disks);
    for (std::size_t i = 0; i < checks.size(); ++i)
      result.checks.push_back({checks[i]->manual, checks[i]->who, judgements[i], "", checks[i]->at.line});
    if (header.mode == "lab") {
      const StreamsReport streams{.hosts = end.unread};
      const CaptureLimits limits{.facts = facts, .streams = streams, .knows_disks = true, .met_false_blocks = {}};
      restrict_lab_run(checks, limits, result);
    }
    result.was_cut_short = end.was_cut_short;
    if (judges_over_seeds) result.over_seeds = samples_over_seeds(*scenario, facts, judge, end.at);
    compare_with_stored(end, result);
    return result;
  }
}

}  // namespace swarmlab::swarmsim
