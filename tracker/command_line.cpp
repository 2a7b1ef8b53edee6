#include "tracker/command_line.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "protocol/version.hpp"

namespace swarmlab::tracker {
namespace {

namespace po = boost::program_options;

constexpr char kHelp[] =
    "bttracker is a BitTorrent tracker for private swarms: HTTP and UDP on one list of peers.\n"
    "\n"
    "  bttracker [options]\n"
    "\n"
    "  --http ADDR:PORT    listen for HTTP announces; port 0 takes a free one; any number of times\n"
    "  --udp ADDR:PORT     listen for UDP announces (BEP 15); likewise.  Without --http and --udp both are on\n"
    "                      127.0.0.1:6969; nothing listens on outside addresses unless told\n"
    "  --interval S        seconds between announces (1800); peers silent for 2 x S + 10 s are forgotten\n"
    "  --min-interval S    the least that clients are asked to wait (60, or the interval)\n"
    "  --max-peers N       peers in a reply at most (200); 50 where a client does not say\n"
    "  --whitelist FILE    track these info-hashes only: 40 hex digits a line, # comments\n"
    "  --passkeys FILE     answer http://ADDR:PORT/PASSKEY/announce only; one passkey a line\n"
    "  --fault SPEC        misbehave: refuse[:REASON], drop:N/M (the first N of each M requests stay\n"
    "                      unanswered), truncate, malformed, slow:S (seconds), dead:N (list N peers that are not\n"
    "                      there), interval:S (tell this one), mirror (list the asker); any number of times\n"
    "  --verbose           a line on stderr for each announce; with --json as JSON, for swarmsim judge --tracker-log\n"
    "  --json              print the addresses as one JSON line when ready, and a summary at the end\n"
    "  --version           of this program\n"
    "\n"
    "GET / shows what is going on.  SIGINT and SIGTERM end it.\n"
    "Exit status: 0 ended as asked; 2 wrong usage or file; 3 cannot listen or read.\n"
    "\n"
    "Examples:\n"
    "  bttracker --interval 30\n"
    "  bttracker --http 10.77.0.1:6969 --udp 10.77.0.1:6969 --whitelist ours.txt\n"
    "  bttracker --http 127.0.0.1:0 --json --fault drop:1/3\n";

std::unexpected<CommandLineError> usage(std::string what) {
  return std::unexpected(CommandLineError{kUsage, std::move(what)});
}

using Strings = std::vector<std::string>;

po::options_description known_options() {
  po::options_description all;
  all.add_options()("help,h", po::bool_switch())("http", po::value<Strings>())("udp", po::value<Strings>())(
      "interval", po::value<std::int64_t>())("min-interval", po::value<std::int64_t>())(
      "max-peers", po::value<std::int64_t>())("whitelist", po::value<std::string>())(
      "passkeys", po::value<std::string>())("fault", po::value<Strings>())("verbose", po::bool_switch())(
      "json", po::bool_switch())("version", po::bool_switch());
  return all;
}

std::expected<po::variables_map, CommandLineError> read(const Strings& arguments) {
  po::variables_map values;
  // Boost reports by exception; this is the edge at which that ends.
  try {
    // No guessing: an option that is added later must not change what an abbreviation means.
    constexpr int kStyle = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    const po::positional_options_description none;
    po::store(po::command_line_parser(arguments).options(known_options()).positional(none).style(kStyle).run(), values);
  } catch (const po::too_many_positional_options_error&) {
    return usage("bttracker takes options only");
  } catch (const po::error& error) {
    return usage(error.what());
  }
  return values;
}

std::expected<std::vector<Endpoint>, CommandLineError> endpoints_of(const po::variables_map& values, const char* name) {
  std::vector<Endpoint> endpoints;
  if (values.count(name) == 0) return endpoints;
  for (const std::string& text : values[name].as<Strings>()) {
    const auto endpoint = Endpoint::parse(text);
    if (!endpoint) return usage(fmt::format("--{} '{}': an address and port are wanted, as in 127.0.0.1:6969 or [::1]:6969", name, text));
    endpoints.push_back(*endpoint);
  }
  return endpoints;
}

std::expected<void, CommandLineError> read_number(const po::variables_map& values, const char* name, std::int64_t least,
                                                  std::int64_t most, std::int64_t& number) {
  if (values.count(name) == 0) return {};
  number = values[name].as<std::int64_t>();
  if (number < least || number > most) return usage(fmt::format("--{} takes a number from {} to {}", name, least, most));
  return {};
}

std::expected<std::string, CommandLineError> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    const int status = errno == ENOENT ? kUsage : kEnvironment;
    return std::unexpected(CommandLineError{status, fmt::format("{}: {}", path, std::strerror(errno))});
  }
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) return std::unexpected(CommandLineError{kEnvironment, path + ": cannot be read"});
  return text;
}

std::expected<void, CommandLineError> read_access(const po::variables_map& values, Access& access) {
  if (values.count("whitelist") != 0) {
    const auto path = values["whitelist"].as<std::string>();
    const auto text = read_file(path);
    if (!text) return std::unexpected(text.error());
    auto hashes = parse_whitelist(*text);
    if (!hashes) return usage(fmt::format("{}: {}", path, to_string(hashes.error())));
    access.restrict_torrents(std::move(*hashes));
  }
  if (values.count("passkeys") != 0) {
    const auto path = values["passkeys"].as<std::string>();
    const auto text = read_file(path);
    if (!text) return std::unexpected(text.error());
    auto passkeys = parse_passkeys(*text);
    if (!passkeys) return usage(fmt::format("{}: {}", path, to_string(passkeys.error())));
    access.restrict_users(std::move(*passkeys));
  }
  return {};
}

std::expected<void, CommandLineError> read_addresses(const po::variables_map& values, TrackerOptions& tracker) {
  auto http = endpoints_of(values, "http");
  if (!http) return std::unexpected(std::move(http.error()));
  auto udp = endpoints_of(values, "udp");
  if (!udp) return std::unexpected(std::move(udp.error()));
  tracker.http = std::move(*http);
  tracker.udp = std::move(*udp);
  const bool wants_passkey = tracker.service.access.wants_passkey();
  if (tracker.http.empty() && tracker.udp.empty()) {
    const Endpoint usual{IpAddress::v4(127, 0, 0, 1), 6969};
    tracker.http = {usual};
    if (!wants_passkey) tracker.udp = {usual};
  }
  if (wants_passkey && tracker.http.empty()) {
    return usage("--passkeys needs --http: UDP announces cannot carry a passkey");
  }
  return {};
}

}  // namespace

std::expected<std::variant<CommandLine, TextWanted>, CommandLineError> parse_command_line(const Strings& arguments) {
  const auto values = read(arguments);
  if (!values) return std::unexpected(values.error());
  if ((*values)["help"].as<bool>()) return TextWanted{kHelp};
  if ((*values)["version"].as<bool>()) return TextWanted{fmt::format("bttracker {}\n", protocol::version())};
  CommandLine line;
  ServiceOptions& service = line.tracker.service;

  std::int64_t interval = service.announce.interval.count();
  std::int64_t max_peers = service.announce.max_peers;
  if (auto read = read_number(*values, "interval", 1, 86'400, interval); !read) return std::unexpected(read.error());
  std::int64_t min_interval = std::min<std::int64_t>(interval, service.announce.min_interval.count());
  if (auto read = read_number(*values, "min-interval", 1, interval, min_interval); !read) return std::unexpected(read.error());
  if (auto read = read_number(*values, "max-peers", 1, 5'000, max_peers); !read) return std::unexpected(read.error());
  service.announce.interval = std::chrono::seconds(interval);
  service.announce.min_interval = std::chrono::seconds(min_interval);
  service.announce.max_peers = static_cast<std::uint32_t>(max_peers);

  if (values->count("fault") != 0) {
    for (const std::string& spec : (*values)["fault"].as<Strings>()) {
      auto fault = parse_fault(spec);
      if (!fault) return usage("--fault: " + fault.error());
      service.faults.push_back(std::move(*fault));
    }
  }
  if (auto read = read_access(*values, service.access); !read) return std::unexpected(std::move(read.error()));
  if (auto read = read_addresses(*values, line.tracker); !read) return std::unexpected(std::move(read.error()));
  line.json = (*values)["json"].as<bool>();
  line.verbose = (*values)["verbose"].as<bool>();
  return line;
}

}  // namespace swarmlab::tracker
