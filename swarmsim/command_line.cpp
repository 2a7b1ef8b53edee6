#include "swarmsim/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <thread>

#include "protocol/quantities.hpp"
#include "protocol/spelling.hpp"
#include "protocol/version.hpp"
#include "swarmsim/checks/catalogue.hpp"
#include "swarmsim/plain_options.hpp"

namespace swarmlab::swarmsim {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kHelp = R"(swarmsim: runs scenarios of BitTorrent swarms in virtual time and judges what happened.

  swarmsim run FILE|DIR...      run scenarios; the report ends with the verdict
      --mode lab --client NAME  real processes, NAME or an adapter's file; --tracker NAME; --network auto, namespaces, relays, none
      --tier TIER               only those of smoke, pr, nightly, lab or lab-smoke
      --seed N | --seeds A..B   which random choices (default: the scenario's, else 1)
      --set KEY=VALUE           change the scenario: --set peers.leech.count=20, or of all groups: --set 'peers.*.count=20'
      --jobs N                  runs at once (default 1; 0: one per core); in lab mode as their links allow
      --require CHECK, --known FILE   undecided counts as violated; what is known to fail is excused
      --until TIME, --out DIR   end each run there (90s); where folders of runs go (default: runs)
      --junit FILE, --json      JUnit XML there too; one JSON document instead of the report
      --bisect                  exit status 125 where nothing could be judged, for git bisect run
      --trace, --pcap           write every event, every packet into the folder
      --show PEER               print the conversation that PEER had
  swarmsim judge TRACE...       the verdicts of a stored trace, or of packets: SCENARIO --capture FILE...; --check NAME, --json
  swarmsim trace TRACE          print it as a conversation; --peer A, --with B, --around T, --kind K
  swarmsim diff A B             the first event in which two traces differ
  swarmsim validate FILE...     say what is wrong with scenario files; swarmsim schema is their JSON Schema, for editors
  swarmsim explain [NAME]       what a check claims or a faulty peer does, precisely
  swarmsim list DIR             the scenarios below a directory; --tier TIER, --json; swarmsim --version
  swarmsim peer SPEC            a faulty peer on real sockets: --torrent FILE --dir DIR --listen ADDR:PORT
                                [--peer ADDR:PORT]... [--seed N]; SPEC as behind `behaviour:`, or honest
  swarmsim adapters             clients that it can start; new-adapter NAME, adapter-check NAME|FILE, profile --client NAME|FILE; up

Examples
  swarmsim run scenarios/quickstart.yaml
  swarmsim run scenarios --seeds 1..20 --jobs 2 --junit report.xml
  swarmsim run scenarios/quickstart.yaml --set torrent.size="64 MiB" --json

Exit status: 0 all held, 1 violated, 2 usage or invalid file, 3 could not run, 4 vacuous.
)";

using Refusal = std::unexpected<std::string>;

std::expected<RunTier, std::string> parse_tier(const std::string& name) {
  if (const auto tier = find_run_tier(name)) return *tier;
  return Refusal(fmt::format("--tier {}: no such tier{}", name, suggestion(name, run_tier_names())));
}

std::expected<SeedRange, std::string> parse_seeds(const std::string& text) {
  const std::size_t dots = text.find("..");
  constexpr std::uint64_t kMost = ~std::uint64_t{0} / 2;
  const auto first = parse_count(std::string_view(text).substr(0, dots), kMost);
  const auto last = dots == std::string::npos ? first : parse_count(std::string_view(text).substr(dots + 2), kMost);
  if (!first || !last || *first > *last || *last - *first >= 1'000'000)
    return Refusal(fmt::format("--seeds {}: a range like 1..20", text));
  return SeedRange{*first, *last};
}

// nullopt: the best that is to be had.
std::expected<std::optional<LabNetworkKind>, std::string> parse_network(const std::string& name) {
  if (name == "auto") return std::nullopt;
  const auto kind = std::ranges::find(kLabNetworkNames, std::string_view(name));
  if (kind != kLabNetworkNames.end()) return static_cast<LabNetworkKind>(kind - kLabNetworkNames.begin());
  return Refusal(fmt::format("--network {}: no such network{}", name, suggestion(name, kLabNetworkNames)));
}

po::options_description run_options() {
  po::options_description options;
  options.add_options()("mode", po::value<std::string>())("client", po::value<std::string>())("network", po::value<std::string>())(
      "tracker", po::value<std::string>())(
      "tier", po::value<std::string>())("seed", po::value<std::string>())(
      "seeds", po::value<std::string>())("set", po::value<std::vector<std::string>>()->composing())(
      "jobs", po::value<std::string>())("out", po::value<std::string>())("junit", po::value<std::string>())(
      "json", po::bool_switch())("bisect", po::bool_switch())("trace", po::bool_switch())("pcap", po::bool_switch())(
      "show", po::value<std::vector<std::string>>()->composing())("until", po::value<std::string>())(
      "known", po::value<std::string>())(
      "require", po::value<std::vector<std::string>>()->composing())("path", po::value<std::vector<std::string>>());
  return options;
}

std::expected<Command, std::string> parse_run(const std::vector<std::string>& arguments) {
  po::positional_options_description positional;
  positional.add("path", -1);
  po::variables_map values;
  const po::options_description options = run_options();
  // No guessing of abbreviated names: scripts that rely on it break when an option is added.
  const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  po::store(po::command_line_parser(arguments).options(options).positional(positional).style(style).run(), values);

  RunCommand command;
  if (values.contains("path")) command.paths = values["path"].as<std::vector<std::string>>();
  if (command.paths.empty()) return Refusal("run: which scenario? swarmsim run FILE|DIR...");
  if (values.contains("mode")) {
    constexpr std::array<std::string_view, 2> kModes{"sim", "lab"};
    const std::string& mode = values["mode"].as<std::string>();
    if (std::ranges::find(kModes, std::string_view(mode)) == kModes.end())
      return Refusal(fmt::format("--mode {}: no such mode{}", mode, suggestion(mode, kModes)));
    command.lab = mode == "lab";
  }
  if (values.contains("client")) {
    command.client = values["client"].as<std::string>();
    if (!command.lab) return Refusal("--client is for real processes: --mode lab --client NAME");
  }
  if (values.contains("network")) {
    if (!command.lab) return Refusal("--network is for real processes: --mode lab --network relays");
    const auto network = parse_network(values["network"].as<std::string>());
    if (!network) return Refusal(network.error());
    command.network = *network;
  }
  if (values.contains("tracker")) {
    command.tracker = values["tracker"].as<std::string>();
    if (!command.lab) return Refusal("--tracker is for real processes: --mode lab --tracker NAME");
  }
  if (values.contains("seed") && values.contains("seeds")) return Refusal("either --seed or --seeds");
  for (const char* key : {"seed", "seeds"}) {
    if (!values.contains(key)) continue;
    const auto seeds = parse_seeds(values[key].as<std::string>());
    if (!seeds) return Refusal(seeds.error());
    command.seeds = *seeds;
  }
  if (values.contains("set"))
    for (const std::string& text : values["set"].as<std::vector<std::string>>()) {
      const std::size_t equals = text.find('=');
      if (equals == std::string::npos || equals == 0)
        return Refusal(fmt::format("--set {}: write it like --set peers.leech.count=20", text));
      command.overrides.push_back({text.substr(0, equals), text.substr(equals + 1)});
    }
  if (values.contains("jobs")) {
    const auto jobs = parse_count(values["jobs"].as<std::string>(), 1024);
    if (!jobs) return Refusal(fmt::format("--jobs: {}", jobs.error()));
    command.jobs = *jobs == 0 ? std::max(1u, std::thread::hardware_concurrency()) : static_cast<unsigned>(*jobs);
  }
  if (values.contains("out")) command.out = values["out"].as<std::string>();
  if (values.contains("junit")) command.junit = values["junit"].as<std::string>();
  command.json = values["json"].as<bool>();
  command.bisect = values["bisect"].as<bool>();
  if (values.contains("tier")) {
    const auto tier = parse_tier(values["tier"].as<std::string>());
    if (!tier) return Refusal(tier.error());
    command.tier = *tier;
  }
  command.pcap = values["pcap"].as<bool>();
  if (values.contains("show")) command.shown = values["show"].as<std::vector<std::string>>();
  if (command.json && !command.shown.empty()) return Refusal("either --json, a document for programs, or --show, a text for people");
  command.trace = values["trace"].as<bool>() || !command.shown.empty();
  if (values.contains("until")) {
    const auto until = parse_duration(values["until"].as<std::string>());
    if (!until) return Refusal(fmt::format("--until: {}", until.error()));
    command.until = *until;
  }
  if (command.jobs > 1 && command.network && *command.network != LabNetworkKind::namespaces)
    return Refusal(fmt::format("--jobs: over {} all runs would have the same addresses of loopback; they go one after another",
                               to_string(*command.network)));
  if (values.contains("known")) command.known = values["known"].as<std::string>();
  if (values.contains("require")) command.required = values["require"].as<std::vector<std::string>>();
  std::vector<std::string_view> names;
  for (const CheckManual* manual : check_manuals()) names.push_back(manual->name);
  for (const std::string& name : command.required)
    if (find_check_manual(name) == nullptr)
      return Refusal(fmt::format("--require {}: no check has that name{}", name, suggestion(name, names)));
  return command;
}

std::expected<Command, std::string> parse_check_adapter(const std::vector<std::string>& words) {
  const auto options = PlainOptions::parse("adapter-check", words, {.with_value = {"network"}, .flags = {}});
  if (!options) return Refusal(options.error());
  if (options->positional().size() != 1) return Refusal("adapter-check: which one? swarmsim adapter-check NAME|FILE");
  CheckAdapterCommand command{options->positional().front(), std::nullopt};
  if (const auto name = options->value("network")) {
    const auto network = parse_network(*name);
    if (!network) return Refusal(network.error());
    if (*network == LabNetworkKind::none) return Refusal("adapter-check: over none nobody can see what the client says");
    command.network = *network;
  }
  return command;
}

std::expected<Command, std::string> parse_list(const std::vector<std::string>& words) {
  const auto options = PlainOptions::parse("list", words, {.with_value = {"tier"}, .flags = {"json"}});
  if (!options) return Refusal(options.error());
  if (options->positional().empty()) return Refusal("list: which directory?");
  ListCommand command{options->positional(), std::nullopt, options->has("json")};
  if (const auto name = options->value("tier")) {
    const auto tier = parse_tier(*name);
    if (!tier) return Refusal(tier.error());
    command.tier = *tier;
  }
  return command;
}

std::expected<Command, std::string> parse_explain(const std::vector<std::string>& words) {
  const auto options = PlainOptions::parse("explain", words, {.with_value = {}, .flags = {"json"}});
  if (!options) return Refusal(options.error());
  if (options->positional().size() > 1) return Refusal("explain: one name, or none for all");
  if (options->has("json") && !options->positional().empty()) return Refusal("explain: --json is all of them; leave the name out");
  return ExplainCommand{options->positional().empty() ? std::nullopt : std::optional(options->positional().front()), options->has("json")};
}

}  // namespace

std::expected<Command, std::string> parse_command_line(const std::vector<std::string>& arguments) {
  constexpr std::array<std::string_view, 14> kCommands{"run",  "judge", "trace",  "diff",     "validate",    "explain",       "list",
                                                       "peer", "up",    "schema", "adapters", "new-adapter", "adapter-check", "profile"};
  if (std::ranges::any_of(arguments, [](const std::string& a) { return a == "--help" || a == "-h"; }))
    return TextCommand{std::string(kHelp)};
  if (arguments == std::vector<std::string>{"--version"}) return TextCommand{fmt::format("swarmsim {}\n", protocol::version())};
  if (arguments.empty()) return Refusal("a command is missing; swarmsim --help lists them");
  const std::string& name = arguments.front();
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (name == "run") {
    try {
      return parse_run(rest);
    } catch (const po::error& wrong) {
      return Refusal(wrong.what());
    }
  }
  if (name == "judge" && is_about_captures(rest)) return parse_capture_judge(rest);
  if (name == "judge") return parse_judge(rest);
  if (name == "trace") return parse_trace(rest);
  if (name == "diff") return parse_diff(rest);
  if (name == "peer") return parse_peer(rest);
  if (name == "adapter-check") return parse_check_adapter(rest);
  if (name == "profile") return parse_profile(rest);
  if (name == "up") return parse_up(rest);
  if (name == "list") return parse_list(rest);
  if (name == "explain") return parse_explain(rest);
  for (const std::string& argument : rest)
    if (argument.starts_with("-")) return Refusal(fmt::format("{} has no option {}", name, argument));
  if (name == "validate") {
    if (rest.empty()) return Refusal("validate: which file?");
    return ValidateCommand{rest};
  }
  if (name == "adapters") {
    if (!rest.empty()) return Refusal("adapters: takes no arguments");
    return AdaptersCommand{};
  }
  if (name == "new-adapter") {
    if (rest.size() != 1) return Refusal("new-adapter: for which client? swarmsim new-adapter NAME > NAME.yaml");
    return NewAdapterCommand{rest.front()};
  }
  if (name == "schema") {
    if (!rest.empty()) return Refusal("schema: takes no arguments");
    return SchemaCommand{};
  }
  return Refusal(fmt::format("'{}' is no command{}", name, suggestion(name, kCommands)));
}

}  // namespace swarmlab::swarmsim
