#include "swarmsim/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "protocol/quantities.hpp"
#include "protocol/spelling.hpp"
#include "swarmsim/checks/catalogue.hpp"
#include "swarmsim/checks/expect.hpp"
#include "swarmsim/command_line.hpp"
#include "swarmsim/lab/adapter_catalogue.hpp"
#include "swarmsim/lab/adapter_check.hpp"
#include "swarmsim/lab/client_version.hpp"
#include "swarmsim/lab/lab_campaign.hpp"
#include "swarmsim/lab/sandbox.hpp"
#include "swarmsim/peers/catalogue.hpp"
#include "swarmsim/report/catalogue_json.hpp"
#include "swarmsim/report/exit_status.hpp"
#include "swarmsim/report/github_report.hpp"
#include "swarmsim/report/json_report.hpp"
#include "swarmsim/report/junit_report.hpp"
#include "swarmsim/report/known_failures.hpp"
#include "swarmsim/report/run_folder.hpp"
#include "swarmsim/report/seed_summary.hpp"
#include "swarmsim/report/terminal.hpp"
#include "swarmsim/run/campaign.hpp"
#include "swarmsim/run/over_seeds.hpp"
#include "swarmsim/scenario/schema.hpp"
#include "swarmsim/scenario_files.hpp"
#include "swarmsim/shell_word.hpp"
#include "swarmsim/trace_commands.hpp"

namespace swarmlab::swarmsim {
namespace {

std::string command_to_repeat(const RunCommand& command, const std::string& file, SeedRange seeds) {
  std::string text = fmt::format("swarmsim run {} ", shell_word(file));
  text += seeds.first == seeds.last ? fmt::format("--seed {}", seeds.first) : fmt::format("--seeds {}..{}", seeds.first, seeds.last);
  for (const Override& change : command.overrides)
    text += fmt::format(" --set {}", shell_word(fmt::format("{}={}", change.key, change.value)));
  if (command.lab) text += " --mode lab";
  if (command.network) text += fmt::format(" --network {}", to_string(*command.network));
  if (!command.client.empty()) text += fmt::format(" --client {}", shell_word(command.client));
  if (!command.tracker.empty()) text += fmt::format(" --tracker {}", shell_word(command.tracker));
  if (command.until) text += fmt::format(" --until {}ms", std::chrono::duration_cast<std::chrono::milliseconds>(*command.until).count());
  return seeds.first == seeds.last ? text + " --trace" : text;
}

enum class Plays : std::uint8_t { peers, trackers };

// The adapter of that name; nullopt for "".
std::expected<std::optional<Adapter>, std::string> find_player(const std::string& name, Plays what) {
  if (name.empty()) return std::nullopt;
  auto adapter = find_adapter(name);
  if (!adapter) return std::unexpected(adapter.error());
  if (adapter->is_tracker == (what == Plays::trackers)) return std::move(*adapter);
  const std::string_view is_a = adapter->is_tracker ? "tracker" : "client";
  return std::unexpected(fmt::format("{0} is a {1}: --{1} {0}", name, is_a));
}

// Which seeds a scenario runs over.
SeedRange seeds_of(const RunCommand& command, const Scenario& scenario) {
  if (command.seeds) return *command.seeds;
  SeedRange seeds = scenario.seeds;
  if (command.tier == RunTier::nightly) seeds.last = std::max(seeds.last, seeds.first + kSeedsOfANight - 1);
  return seeds;
}

std::expected<void, std::string> append_to_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::app);
  out << text << std::flush;
  if (out) return {};
  return std::unexpected(fmt::format("{}: cannot be written", path));
}

std::expected<KnownFailures, std::string> read_known_failures(const std::string& file) {
  const auto text = read_yaml_file(file);
  if (!text) return std::unexpected(text.error());
  const Day today(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
  return KnownFailures::parse(*text, file, today);
}

class Program {
 public:
  explicit Program(Env& env) : env_(env) {}

  ExitStatus operator()(const TextCommand& command) {
    env_.out << command.text;
    return ExitStatus::held;
  }

  ExitStatus operator()(const ExplainCommand& command) {
    if (command.json) {
      env_.out << catalogue_json();
      return ExitStatus::held;
    }
    if (!command.name) {
      env_.out << "Checks\n";
      for (const CheckManual* manual : check_manuals())
        env_.out << fmt::format("  {:<24} {} ({})\n", manual->name, manual->claim, manual->bugs);
      env_.out << "\nBehaviours of faulty peers\n";
      for (const BehaviourManual* manual : behaviour_manuals())
        env_.out << fmt::format("  {:<24} {} ({})\n", manual->name, manual->claim, manual->bugs);
      env_.out << "\nMetrics for expect:\n";
      for (const MetricManual& manual : metric_manuals())
        env_.out << fmt::format("  {:<24} {}; {}\n", manual.name, to_string(manual.unit).substr(2), manual.about);
      return ExitStatus::held;
    }
    if (*command.name == "checks") {
      env_.out << checks_page();
      return ExitStatus::held;
    }
    if (*command.name == "behaviours") {
      env_.out << behaviours_page();
      return ExitStatus::held;
    }
    if (*command.name == "metrics") {
      env_.out << metrics_page();
      return ExitStatus::held;
    }
    if (const MetricManual* metric = find_metric_manual(*command.name)) {
      env_.out << explain(*metric);
      return ExitStatus::held;
    }
    if (const CheckManual* check = find_check_manual(*command.name)) {
      env_.out << explain(*check);
      return ExitStatus::held;
    }
    if (const BehaviourManual* behaviour = find_behaviour_manual(*command.name)) {
      env_.out << explain(*behaviour);
      return ExitStatus::held;
    }
    std::vector<std::string_view> names;
    for (const CheckManual* known : check_manuals()) names.push_back(known->name);
    for (const BehaviourManual* known : behaviour_manuals()) names.push_back(known->name);
    for (const MetricManual& known : metric_manuals()) names.push_back(known.name);
    return refuse(fmt::format("'{}' is no check, no behaviour and no metric{}", *command.name, suggestion(*command.name, names)));
  }

  ExitStatus operator()(const ValidateCommand& command) {
    const auto files = find_scenarios(command.paths);
    if (!files) return refuse(files.error());
    ExitStatus status = ExitStatus::held;
    for (const std::string& file : *files) {
      const auto scenario = load_scenario(file, {});
      if (!scenario) {
        complain(scenario.error());
        status = ExitStatus::usage;
        continue;
      }
      const Scenario& valid = **scenario;
      std::vector<HostId> subjects;
      for (std::uint32_t i = 0; i < valid.cast.peer_count(); ++i)
        if (valid.group_of(HostId(i)).is_subject) subjects.push_back(HostId(i));
      env_.out << fmt::format("{}: valid; {} peers, {}, {} checks{}{}\n", file, valid.cast.peer_count(),
                              to_text(valid.torrent.total), valid.checks.size() + valid.over_seeds.size(),
                              subjects.empty() ? "" : fmt::format(", subjects: {}", valid.cast.describe(subjects)),
                              valid.tiers == RunTiers{} ? "" : fmt::format(", tiers: {}", tiers_text(valid.tiers)));
    }
    return status;
  }

  ExitStatus operator()(const ListCommand& command) {
    json_ = command.json;
    const auto files = find_scenarios(command.paths);
    if (!files) return refuse(files.error());
    std::vector<ListedScenario> listed;
    std::string errors;
    for (const std::string& file : *files) {
      auto scenario = load_scenario(file, {});
      if (!scenario) errors += fmt::format("{}{}", errors.empty() ? "" : "\n", scenario.error());
      else if (!command.tier || (*scenario)->tiers.belongs_to(*command.tier)) listed.push_back({file, std::move(*scenario)});
    }
    if (json_ && !errors.empty()) return refuse(errors);   // half a list looks like a whole one
    if (json_) {
      env_.out << scenarios_json(listed);
      return ExitStatus::held;
    }
    for (const ListedScenario& one : listed) env_.out << fmt::format("{}\n    {}\n", one.file, one.scenario->title);
    return errors.empty() ? ExitStatus::held : refuse(errors);
  }

  ExitStatus operator()(const JudgeCommand& command) { return judge_traces(command, env_); }
  ExitStatus operator()(const CaptureCommand& command) { return judge_capture_files(command, env_); }

  ExitStatus operator()(const AdaptersCommand&) {
    for (const BuiltInAdapter& adapter : built_in_adapters()) {
      const auto read = find_adapter(std::string(adapter.client));
      if (!read) return refuse(read.error());
      env_.out << fmt::format("  {:<16} {}{}\n", adapter.client, read->about,
                              read->package.empty() ? "" : fmt::format(" (Debian's package {})", read->package));
    }
    return ExitStatus::held;
  }

  ExitStatus operator()(const NewAdapterCommand& command) {
    const auto text = adapter_to_begin_with(command.name);
    if (!text) return refuse(text.error());
    env_.out << *text;
    return ExitStatus::held;
  }

  ExitStatus operator()(const CheckAdapterCommand& command) {
    const auto adapter = find_adapter(command.name);
    if (!adapter) return refuse(adapter.error());
    if (adapter->is_tracker)
      return refuse(fmt::format("{0} is a tracker: try it with swarmsim run FILE --mode lab --tracker {0}", command.name));
    const auto folder = RunFolder::create("runs", adapter->client);
    if (!folder) return refuse(folder.error(), ExitStatus::environment);
    env_.out << fmt::format("adapter {}: it seeds, leeches and is stopped; a minute at most\n", adapter->client) << std::flush;
    const AdapterReport report = check_adapter(*adapter, env_.programs, network_, folder->path());
    env_.out << describe(report) << fmt::format("what was said: {}\n", folder->path().string());
    if (!report.invalid.empty()) return ExitStatus::environment;
    if (network_ == LabNetworkKind::namespaces)   // without them there are no profiles
      env_.out << fmt::format("what it should declare: swarmsim profile --client {}\n", shell_word(command.name));
    env_.out << (report.is_good() ? "HELD\n" : "VIOLATED\n");
    return report.is_good() ? ExitStatus::held : ExitStatus::violated;
  }

  ExitStatus operator()(const ProfileCommand& command) { return measure_profiles(command, env_); }

  ExitStatus operator()(const SchemaCommand&) {
    env_.out << scenario_schema();
    return ExitStatus::held;
  }
  ExitStatus operator()(const TraceCommand& command) { return show_trace(command, env_); }
  ExitStatus operator()(const DiffCommand& command) { return diff_traces(command, env_); }
  ExitStatus operator()(const PeerCommand& command) { return run_peer(command, env_); }
  ExitStatus operator()(const UpCommand& command) { return run_up(command, env_); }

  ExitStatus operator()(const RunCommand& command) {
    json_ = command.json;
    bisects_ = command.bisect;
    std::vector<PlannedRun> plan;
    const auto files = find_scenarios(command.paths);
    if (!files) return refuse(files.error());
    std::string errors;
    for (const std::string& file : *files) {
      // Overrides are meant for those that run.  What is for the night alone runs when it is asked for, by its tier or its name.
      const bool is_named = std::ranges::find(command.paths, file) != command.paths.end();
      if (command.tier || !is_named) {
        const RunTier tier = command.tier.value_or(RunTier::pr);
        if (const auto as_written = load_scenario(file, {}); as_written && !(*as_written)->tiers.belongs_to(tier)) continue;
      }
      const auto scenario = load_scenario(file, command.overrides);
      if (!scenario) {
        errors += fmt::format("{}{}", errors.empty() ? "" : "\n", scenario.error());
        continue;
      }
      const SeedRange seeds = seeds_of(command, **scenario);
      for (std::uint64_t seed = seeds.first; seed <= seeds.last; ++seed)
        plan.push_back({file, *scenario, seed, command_to_repeat(command, file, {seed, seed}), ""});
    }
    if (!errors.empty()) return refuse(errors);   // nothing is run: half a suite looks like a whole one
    if (plan.empty())
      return refuse(fmt::format("--tier {}: none of the {} is of it", to_string(command.tier.value_or(RunTier::pr)),
                                counted(files->size(), "scenario")));
    if (const std::string missing = missing_check(command, plan); !missing.empty())
      return refuse(fmt::format("--require {}: none of the scenarios has that check", missing));
    if (const std::string error = nobody_to_show(command, plan); !error.empty()) return refuse(fmt::format("--show: {}", error));

    const auto client = find_player(command.client, Plays::peers);
    if (!client) return refuse(client.error());
    const auto tracker = find_player(command.tracker, Plays::trackers);
    if (!tracker) return refuse(tracker.error());

    std::optional<KnownFailures> known;
    if (command.known) {
      auto list = read_known_failures(*command.known);
      if (!list) return refuse(list.error());
      known = std::move(*list);
    }

    const auto folder = RunFolder::create(command.out, std::filesystem::path(plan.front().file).stem().string());
    if (!folder) return refuse(folder.error(), ExitStatus::environment);
    for (PlannedRun& run : plan) {
      run.log_path = folder->path_of(run.file, run.seed, "log");
      if (command.pcap) run.pcap_path = folder->path_of(run.file, run.seed, "pcapng");
      if (command.trace) run.trace_path = folder->path_of(run.file, run.seed, "trace.jsonl");
    }

    const ClientIdentity identity = identity_of(*client, *folder);
    if (known) known->set_client(identity);

    const Colours colours = env_.out_is_terminal ? Colours::on : Colours::off;
    std::size_t finished = 0;
    const auto when_done = [&](RunResult& run) {
      ++finished;
      if (!run.client.empty()) run.client_version = identity.version;
      if (known) known->excuse(run);
      if (!json_) env_.out << describe_run(run, colours) << '\n' << std::flush;
      show_conversations(command, *plan[finished - 1].scenario, run);
      if (env_.error_is_terminal && plan.size() > 1 && finished < plan.size())
        env_.error << fmt::format("\r{} of {} runs\r", finished, plan.size()) << std::flush;
    };
    const auto results = command.lab ? run_lab_campaign(plan, {*client, *tracker, env_.programs, network_, command.until, command.jobs},
                                                       when_done)
                                     : run_campaign(plan, {.jobs = command.jobs, .until = command.until}, when_done);

    auto over_seeds = judge_over_seeds(results, [&](const OverSeedsResult& result) {
      return command_to_repeat(command, result.file, result.seeds);
    });
    if (known)
      for (OverSeedsResult& result : over_seeds) known->excuse(result);
    if (!json_)
      for (const OverSeedsResult& result : over_seeds) env_.out << describe_over_seeds(result, colours) << '\n';
    const std::vector<SeedSummary> seeds = summarise_seeds(results);
    if (!json_)
      for (const SeedSummary& summary : seeds) env_.out << describe_seeds(summary, colours) << '\n';
    const std::vector<std::string> complaints = known ? known->complaints() : std::vector<std::string>{};
    ExitStatus status = command.bisect ? status_for_bisect(results, over_seeds, command.required)
                                       : status_of(results, over_seeds, command.required);
    // Whether a list is up to date says nothing about the version at hand.
    if (!complaints.empty() && !command.bisect) status = worse(status, ExitStatus::violated);
    const std::string junit = junit_report(results, over_seeds, complaints);
    for (const auto& written :
         {command.junit ? write_file(*command.junit, junit) : std::expected<void, std::string>{},
          write_file(folder->path() / "junit.xml", junit)}) {
      if (written) continue;
      env_.error << "swarmsim: " << written.error() << '\n';
      status = failed(status);
    }
    if (env_.github.is_there) {
      if (env_.error_is_terminal) env_.error << '\n';
      env_.error << annotations(results, over_seeds, command.required, complaints, env_.github) << std::flush;
    }
    if (!env_.github.step_summary.empty()) {
      const std::string summary = markdown_summary(results, over_seeds, status, command.required, complaints);
      if (const auto written = append_to_file(env_.github.step_summary, summary); !written) {
        env_.error << "swarmsim: " << written.error() << '\n';
        status = failed(status);
      }
    }
    const std::string json = json_report(results, over_seeds, status, complaints, seeds);
    if (const auto written = write_file(folder->path() / "verdict.json", json); !written) {
      env_.error << "swarmsim: " << written.error() << '\n';
      status = failed(status);
    }
    if (json_) env_.out << json;
    else env_.out << fmt::format("report: {}\n", folder->path().string()) << describe_end(results, status, colours, complaints);
    return status;
  }

  // What stands between real processes; `why` is said where it is not the best.
  void use_network(LabNetworkKind kind, const std::string& why) {
    network_ = kind;
    if (why.empty()) return;
    env_.error << fmt::format("swarmsim: real processes meet on loopback, over {}: {}\n", to_string(kind), why) << std::flush;
  }

  // From now on a refusal is one of a version that cannot be tested.
  void judge_for_bisect() { bisects_ = true; }

  ExitStatus refuse(const std::string& why, ExitStatus status = ExitStatus::usage) {
    if (bisects_) status = ExitStatus::not_judged;
    if (json_) env_.out << json_refusal(why, status);
    else if (why.find(':') != std::string::npos && why.find('\n') != std::string::npos) env_.error << why << '\n';
    else env_.error << "swarmsim: " << why << '\n';
    if (env_.github.is_there) env_.error << annotations_of_text(why, env_.github);
    return status;
  }

 private:
  // Who is under test.
  ClientIdentity identity_of(const std::optional<Adapter>& client, const RunFolder& folder) {
    if (!client) return {};
    if (client->version.empty()) return {client->client, ""};
    const auto version = ask_version(*client, env_.programs, folder.path() / "version");
    if (version) return {client->client, version->number};
    env_.error << fmt::format("swarmsim: the version of {} is not known: {}\n", client->client, version.error()) << std::flush;
    return {client->client, ""};
  }

  void complain(const std::string& why) {
    env_.error << why << '\n';
    if (env_.github.is_there) env_.error << annotations_of_text(why, env_.github);
  }

  // What the runs came to is lost.
  ExitStatus failed(ExitStatus status) const { return bisects_ ? ExitStatus::not_judged : worse(status, ExitStatus::environment); }

  // The error of a selector that fits none of the scenarios; "" where each fits one.
  static std::string nobody_to_show(const RunCommand& command, const std::vector<PlannedRun>& plan) {
    for (const std::string& selector : command.shown) {
      std::string why;
      for (const PlannedRun& run : plan) {
        const auto peers = run.scenario->cast.select(selector);
        why = peers ? "" : peers.error();
        if (peers) break;
      }
      if (!why.empty()) return why;
    }
    return {};
  }

  void show_conversations(const RunCommand& command, const Scenario& scenario, const RunResult& run) {
    for (const std::string& selector : command.shown) {
      const auto peers = scenario.cast.select(selector);
      if (!peers) continue;
      for (const HostId peer : *peers) {
        TraceCommand show;
        show.trace = run.trace;
        show.peer = scenario.cast.name(peer);
        const auto text = conversation_text(show);
        env_.out << (text ? *text : fmt::format("--show {}: {}\n", *show.peer, text.error())) << '\n' << std::flush;
      }
    }
  }

  static std::string missing_check(const RunCommand& command, const std::vector<PlannedRun>& plan) {
    for (const std::string& name : command.required) {
      const bool is_there = std::ranges::any_of(plan, [&](const PlannedRun& run) {
        return std::ranges::any_of(run.scenario->checks, [&](const CheckSpec& check) { return check.manual->name == name; }) ||
               (name == kExpect.name && !run.scenario->over_seeds.empty());
      });
      if (!is_there) return name;
    }
    return {};
  }

  Env& env_;
  bool json_ = false;
  bool bisects_ = false;
  LabNetworkKind network_ = LabNetworkKind::namespaces;
};

bool asks_to_bisect(const std::vector<std::string>& arguments) { return std::ranges::find(arguments, "--bisect") != arguments.end(); }

}  // namespace

int status_after_exception(const std::vector<std::string>& arguments) {
  return static_cast<int>(asks_to_bisect(arguments) ? ExitStatus::not_judged : ExitStatus::environment);
}

int run_program(Env& env) {
  Program program(env);
  const auto command = parse_command_line(env.arguments);
  if (!command && asks_to_bisect(env.arguments)) program.judge_for_bisect();
  const auto* const run = command ? std::get_if<RunCommand>(&*command) : nullptr;
  const auto* const check = command ? std::get_if<CheckAdapterCommand>(&*command) : nullptr;
  const auto* const profile = command ? std::get_if<ProfileCommand>(&*command) : nullptr;
  // What knows no other network than namespaces.
  const bool needs_namespaces =
      command && (std::holds_alternative<UpCommand>(*command) || (profile != nullptr && !profile->clients.empty()));
  const bool is_lab = (run != nullptr && run->lab) || check != nullptr;
  const auto body = [&] {
    const ExitStatus inside = std::visit(program, *command);
    env.out.flush();
    return static_cast<int>(inside);
  };
  const auto wanted = check != nullptr ? check->network : is_lab ? run->network : std::nullopt;
  if (needs_namespaces || (is_lab && (!wanted || *wanted == LabNetworkKind::namespaces))) {
    const auto status = run_in_sandbox(body);
    if (status) return *status;
    if (needs_namespaces || wanted) {
      const ExitStatus refused = program.refuse(fmt::format("real processes cannot be given a network of their own here: {}\n{}",
                                                            status.error().reason, status.error().remedy), ExitStatus::environment);
      env.out.flush();
      return static_cast<int>(refused);
    }
    const char* const order = run != nullptr && run->jobs > 1 ? " Runs go one after another here, whatever --jobs says." : "";
    program.use_network(LabNetworkKind::relays, fmt::format("{}. {}{}", status.error().reason, status.error().remedy, order));
    return run_under_keeper(body);
  }
  if (is_lab) {
    program.use_network(*wanted, "");
    return run_under_keeper(body);
  }
  const ExitStatus status = command ? std::visit(program, *command) : program.refuse(command.error());
  env.out.flush();
  return static_cast<int>(status);
}

}  // namespace swarmlab::swarmsim
