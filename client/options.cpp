#include "client/options.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include "protocol/quantities.hpp"
#include "protocol/version.hpp"

namespace swarmlab::client {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kIntroduction =
    "btclient: a BitTorrent client that shows what it does.\n"
    "\n"
    "Usage: btclient [options] TORRENT|MAGNET...\n"
    "       btclient ctl [options] PATH [COMMAND...]      look into a running one; see btclient ctl --help\n"
    "\n"
    "  btclient --dir downloads file.torrent                      download, then seed until Ctrl-C\n"
    "  btclient --dir downloads --exit-when complete file.torrent\n"
    "  btclient --dir downloads 'magnet:?xt=urn:btih:...&x.pe=127.0.0.1:6881'\n"
    "  btclient --dir data --check-only file.torrent              is everything there and right?\n"
    "  btclient --dir downloads --control 127.0.0.1:6880 --watch inbox     runs until told to quit\n"
    "  btclient --dir data --listen 10.0.0.5:6881 --json file.torrent | jq .\n"
    "\n"
    "Trackers and peers elsewhere are left alone unless --listen names an address that is not loopback.\n"
    "\n";

constexpr std::string_view kConclusion =
    "\nExit status: 0 done; 1 a download is incomplete; 2 wrong arguments or an invalid torrent;\n"
    "3 the environment does not allow it (a port in use, say).\n";

po::options_description describe() {
  po::options_description all("Options");
  auto add = all.add_options();
  add("dir", po::value<std::string>()->value_name("DIR"), "where the content is, or goes (default: here)");
  add("listen", po::value<std::vector<std::string>>()->value_name("ADDR:PORT"),
      "accept peers there; may be repeated (default: 127.0.0.1, a port from 6881 to 6889)");
  add("peer", po::value<std::vector<std::string>>()->value_name("ADDR:PORT"), "dial this peer; may be repeated");
  add("exit-when", po::value<std::string>()->value_name("WHEN"), "complete, ratio:R (1.5) or idle:T (30s)");
  add("state", po::value<std::string>()->value_name("DIR"), "for resume data (default: .swarmlab in --dir)");
  add("select", po::value<std::vector<std::string>>()->value_name("GLOB[=PRIORITY]"),
      "only these; PRIORITY: skip, low, normal, high");
  add("allocate", po::value<std::string>()->value_name("HOW"), "sparse (default), or full: reserve room first");
  add("sequential", "fetch pieces in order instead of rarest first");
  add("no-resume", "no resume data: check all files at every start");
  add("trust-data", "take the files for complete without hashing them");
  add("check-only", "hash what is there, say so, and end");
  add("save-torrent", po::value<std::string>()->value_name("FILE"), "write the torrent file of a magnet link there");
  add("upload-slots", po::value<std::string>()->value_name("N|auto"), "peers served at a time, per torrent (default: 4)");
  add("session-slots", po::value<std::string>()->value_name("N"), "of all torrents together (default: no bound)");
  add("choker", po::value<std::string>()->value_name("POLICY"), "while leeching: tit-for-tat, bittyrant, propshare");
  add("seed-choker", po::value<std::string>()->value_name("POLICY"), "time-quota, fastest-upload, anti-leech or new-seed");
  add("rechoke-interval", po::value<std::string>()->value_name("T"), "between two rounds of the choker (10s)");
  add("optimistic-interval", po::value<std::string>()->value_name("T"), "how long an optimistic slot stays (30s)");
  add("super-seed", "show each peer one piece at a time (BEP 16)");
  add("max-peers", po::value<std::string>()->value_name("N"), "connections per torrent (default: 150)");
  add("up-limit", po::value<std::string>()->value_name("RATE"), "at most this much up: 1MiB/s, 4Mbit/s");
  add("down-limit", po::value<std::string>()->value_name("RATE"), "at most this much down");
  add("tracker-ca", po::value<std::string>()->value_name("FILE"), "certificates to trust at https trackers (PEM)");
  add("control", po::value<std::string>()->value_name("ADDR:PORT"), "serve the control tree there, over HTTP");
  add("control-token", po::value<std::string>()->value_name("FILE"), "its token, made if missing (.btclient-token here)");
  add("control-beyond-loopback", "let --control be where others can reach it");
  add("mount", po::value<std::string>()->value_name("DIR"), "show the control tree as files there");
  add("watch", po::value<std::string>()->value_name("DIR"), "add every torrent that is put into this folder");
  add("restart", po::value<std::string>()->value_name("POLICY"), "of failed torrents: never, one-for-one:3/10min");
  add("plain", "lines instead of the screen, on a terminal");
  add("json", "one JSON object a line for everything that happens");
  add("version", "of this program");
  add("help", "this text");
  return all;
}

template <class T>
struct Reader {
  const po::variables_map& values;
  std::string& error;

  // Reads option `name` with `parse`, if it was given and nothing was wrong before.
  template <class Parse>
  void operator()(const char* name, T& into, Parse&& parse) const {
    if (!error.empty() || values.count(name) == 0) return;
    auto value = parse(values[name].template as<std::string>());
    if (value) {
      into = std::move(*value);
    } else {
      error = std::string("--") + name + ": " + value.error();
    }
  }
};

std::expected<Endpoint, std::string> parse_endpoint(const std::string& text) {
  const auto endpoint = Endpoint::parse(text);
  if (endpoint) return *endpoint;
  return std::unexpected("'" + text + "' is no ADDR:PORT; write 127.0.0.1:6881 or [::1]:6881");
}

std::expected<ExitWhen, std::string> parse_exit_when(const std::string& text) {
  const std::string expected = "'" + text + "' is none of complete, ratio:R, idle:T";
  if (text == "complete") return ExitWhenComplete{};
  if (text.starts_with("idle:")) {
    const auto silence = parse_duration(std::string_view(text).substr(5));
    if (!silence) return std::unexpected(silence.error());
    return ExitWhenIdle{*silence};
  }
  if (!text.starts_with("ratio:")) return std::unexpected(expected);
  // A ratio is a share of the content's size: 1.5 is 150 %.
  const std::string number = text.substr(6);
  const auto point = number.find('.');
  const std::string fraction = point == std::string::npos ? "" : number.substr(point + 1);
  const auto whole = parse_count(number.substr(0, point), 1'000'000);
  const auto thousandths = parse_count((fraction + "000").substr(0, 3), 999);
  if (!whole || !thousandths || (point != std::string::npos && fraction.empty())) {
    return std::unexpected("'" + number + "' is no ratio; write ratio:1.5");
  }
  return ExitAtRatio{static_cast<std::uint32_t>(*whole * 1000 + *thousandths)};
}

// "never", "one-for-one" or "one-for-one:N/T": at most N times within T.
std::expected<Duration, std::string> parse_interval(const std::string& text) {
  const auto interval = parse_duration(text);
  if (interval && *interval < 1s) return std::unexpected("a second at least, not '" + text + "'");
  return interval;
}

std::expected<RestartPolicy, std::string> parse_restart(const std::string& text) {
  static constexpr std::string_view kStrategy = "one-for-one";
  RestartPolicy policy;
  if (text == "never") return policy;
  policy.strategy = RestartStrategy::one_for_one;
  if (text == kStrategy) return policy;
  const std::string_view rest = text.starts_with(kStrategy) ? std::string_view(text).substr(kStrategy.size()) : "";
  const std::size_t slash = rest.find('/');
  if (!rest.starts_with(':') || slash == std::string_view::npos) {
    return std::unexpected("'" + text + "' is none of never, one-for-one, one-for-one:3/10min");
  }
  const auto most = parse_count(rest.substr(1, slash - 1), 1000);
  if (!most) return std::unexpected(most.error());
  const auto within = parse_duration(rest.substr(slash + 1));
  if (!within) return std::unexpected(within.error());
  policy.max_restarts = static_cast<std::uint32_t>(*most);
  policy.within = *within;
  return policy;
}

std::expected<Allocation, std::string> parse_allocation(const std::string& text) {
  if (text == "sparse") return Allocation::sparse;
  if (text == "full") return Allocation::full;
  return std::unexpected("'" + text + "' is neither sparse nor full");
}

std::expected<std::uint32_t, std::string> parse_positive(const std::string& text) {
  const auto count = parse_count(text, 100'000);
  if (!count) return std::unexpected(count.error());
  if (*count == 0) return std::unexpected("0 is too few; at least 1");
  return static_cast<std::uint32_t>(*count);
}

struct Slots {
  std::uint32_t count = 0;
  bool is_automatic = false;
};

std::expected<Slots, std::string> parse_slots(const std::string& text) {
  if (text == "auto") return Slots{.count = Settings().upload_slots, .is_automatic = true};
  const auto count = parse_positive(text);
  if (!count) return std::unexpected(count.error() + " (or write auto)");
  return Slots{.count = *count};
}

std::expected<SeedPolicy, std::string> parse_seed_choker(const std::string& text) {
  if (text == "time-quota") return SeedPolicy::time_quota;
  if (text == "fastest-upload") return SeedPolicy::fastest_upload;
  if (text == "anti-leech") return SeedPolicy::anti_leech;
  if (text == "new-seed") return SeedPolicy::new_seed;
  return std::unexpected("'" + text + "' is none of time-quota, fastest-upload, anti-leech, new-seed");
}

std::expected<LeechPolicy, std::string> parse_choker(const std::string& text) {
  if (text == "tit-for-tat") return LeechPolicy::tit_for_tat;
  if (text == "bittyrant") return LeechPolicy::bittyrant;
  if (text == "propshare") return LeechPolicy::propshare;
  return std::unexpected("'" + text + "' is none of tit-for-tat, bittyrant, propshare");
}

std::expected<std::optional<BytesPerSecond>, std::string> parse_limit(const std::string& text) {
  const auto rate = parse_rate(text);
  if (!rate) return std::unexpected(rate.error());
  if (rate->value() == 0) return std::unexpected("0 would never let anything pass; leave the option out for no limit");
  return std::optional(*rate);
}

}  // namespace

std::expected<std::variant<Options, TextWanted>, UsageError> parse_options(const std::vector<std::string>& arguments) {
  const po::options_description named = describe();
  po::options_description all;
  all.add(named).add_options()("torrent", po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add("torrent", -1);

  po::variables_map values;
  try {
    // No guessing: an abbreviated option that works today is ambiguous tomorrow.
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(arguments).options(all).positional(positional).style(style).run(), values);
  } catch (const po::error& error) {
    return std::unexpected(UsageError{error.what()});
  }
  if (values.count("version") != 0) return TextWanted{fmt::format("btclient {}\n", protocol::version())};
  if (values.count("help") != 0) {
    std::ostringstream text;
    text << kIntroduction << named << kConclusion;
    return TextWanted{text.str()};
  }

  Options options;
  if (values.count("torrent") != 0) options.torrents = values["torrent"].as<std::vector<std::string>>();
  if (values.count("mount") != 0) options.mount = values["mount"].as<std::string>();
  if (values.count("watch") != 0) options.watch = values["watch"].as<std::string>();
  if (options.torrents.empty() && options.watch.empty() && options.mount.empty() && values.count("control") == 0) {
    return std::unexpected(UsageError{"no torrent was given; try --help"});
  }
  if (values.count("dir") != 0) options.directory = values["dir"].as<std::string>();
  if (values.count("save-torrent") != 0) options.save_torrent = values["save-torrent"].as<std::string>();
  if (values.count("state") != 0) options.state = values["state"].as<std::string>();
  options.settings.sequential = values.count("sequential") != 0;
  options.settings.resume_data = values.count("no-resume") == 0;
  options.trust_data = values.count("trust-data") != 0;
  options.check_only = values.count("check-only") != 0;
  options.json = values.count("json") != 0;
  options.plain = values.count("plain") != 0;
  if (options.trust_data && options.check_only) {
    return std::unexpected(UsageError{"--trust-data and --check-only contradict each other"});
  }

  std::string error;
  if (values.count("tracker-ca") != 0) options.tracker_ca = values["tracker-ca"].as<std::string>();
  if (values.count("listen") != 0) {
    for (const std::string& text : values["listen"].as<std::vector<std::string>>()) {
      const auto at = parse_endpoint(text);
      if (at) options.listen.push_back(*at);
      else if (error.empty()) error = "--listen: " + at.error();
    }
  }
  Reader<std::optional<Endpoint>>{values, error}("control", options.control, parse_endpoint);
  if (values.count("control-token") != 0) options.control_token_file = values["control-token"].as<std::string>();
  options.control_beyond_loopback = values.count("control-beyond-loopback") != 0;
  if (error.empty() && !options.control && (options.control_beyond_loopback || !options.control_token_file.empty())) {
    error = "--control-token and --control-beyond-loopback are for --control ADDR:PORT";
  }
  Reader<Allocation>{values, error}("allocate", options.settings.allocate, parse_allocation);
  Reader<RestartPolicy>{values, error}("restart", options.settings.restart, parse_restart);
  Reader<std::optional<ExitWhen>>{values, error}("exit-when", options.exit_when, parse_exit_when);
  const Reader<std::uint32_t> number{values, error};
  Slots slots{.count = options.settings.upload_slots};
  Reader<Slots>{values, error}("upload-slots", slots, parse_slots);
  options.settings.upload_slots = slots.count;
  options.settings.auto_upload_slots = slots.is_automatic;
  Reader<std::optional<std::uint32_t>>{values, error}("session-slots", options.settings.session_upload_slots, parse_positive);
  Reader<SeedPolicy>{values, error}("seed-choker", options.settings.seed_choker, parse_seed_choker);
  const Reader<Duration> interval{values, error};
  interval("rechoke-interval", options.settings.rechoke_interval, parse_interval);
  interval("optimistic-interval", options.settings.optimistic_interval, parse_interval);
  if (error.empty() && options.settings.optimistic_interval < options.settings.rechoke_interval) {
    error = "--optimistic-interval: an optimistic slot stays for a round of the choker at least";
  }
  number("max-peers", options.settings.max_peers, parse_positive);
  options.settings.super_seeding = values.count("super-seed") != 0;
  const Reader<std::optional<BytesPerSecond>> rate{values, error};
  rate("up-limit", options.settings.up_limit, parse_limit);
  rate("down-limit", options.settings.down_limit, parse_limit);
  Reader<LeechPolicy>{values, error}("choker", options.settings.choker, parse_choker);
  if (error.empty() && options.settings.choker != LeechPolicy::tit_for_tat && !options.settings.up_limit) {
    error = "--choker: this one shares out the upload, and needs to know how much there is: --up-limit";
  }
  if (values.count("peer") != 0) {
    for (const std::string& text : values["peer"].as<std::vector<std::string>>()) {
      const auto peer = parse_endpoint(text);
      if (peer && peer->port != 0) {
        options.peers.push_back(*peer);
      } else if (error.empty()) {
        error = "--peer: " + (peer ? "port 0 cannot be dialled" : peer.error());
      }
    }
  }
  if (values.count("select") != 0) {
    for (const std::string& text : values["select"].as<std::vector<std::string>>()) {
      auto rule = parse_select_rule(text);
      if (rule) {
        options.select.push_back(std::move(*rule));
      } else if (error.empty()) {
        error = "--select: " + rule.error();
      }
    }
  }
  if (!error.empty()) return std::unexpected(UsageError{error});
  options.settings.optimistic = std::min(options.settings.optimistic, options.settings.upload_slots);
  options.settings.loopback_only =
      std::ranges::all_of(options.listen, [](const Endpoint& at) { return at.address.is_loopback(); });
  return options;
}

}  // namespace swarmlab::client
