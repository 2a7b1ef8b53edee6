#include "torrentgen/options.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "protocol/url.hpp"
#include "protocol/version.hpp"
#include "torrentgen/piece_length.hpp"

namespace swarmlab::torrentgen {
namespace {

namespace po = boost::program_options;

constexpr char kHelp[] =
    "torrentgen makes, shows and checks torrent files.\n"
    "\n"
    "  torrentgen create PATH -o FILE [options]   a torrent of a file or directory\n"
    "  torrentgen show [--json] FILE              what a torrent file says\n"
    "  torrentgen verify [--json] FILE PATH       is the content at PATH what it says?\n"
    "  torrentgen magnet FILE                     its magnet link\n"
    "  torrentgen --version\n"
    "\n"
    "Options of create:\n"
    "  -o, --output FILE      the torrent file to write\n"
    "  -a, --announce URL     a tracker; each is a tier of its own, URLs joined by commas one tier\n"
    "  --piece-length N|auto  as in 256KiB or 262144; auto aims at 1,500 pieces at most\n"
    "  --mode v1              v2 and hybrid come with BitTorrent v2 support\n"
    "  --private              peers from its trackers only (BEP 27)\n"
    "  --web-seed URL         a server that has the content (BEP 19); any number\n"
    "  --comment S --source S free text; source is part of the info-hash\n"
    "  --date S               seconds since 1970; without it none, so that equal input gives equal output\n"
    "  --follow-links         take what symbolic links point to; they are refused otherwise\n"
    "  --threads N            of hashing; default: one per processor (also of verify)\n"
    "  --force                overwrite FILE\n"
    "  --json                 print the result as JSON (also of show and verify)\n"
    "\n"
    "Exit status: 0 done; 1 verify found a difference; 2 wrong usage or file; 3 cannot read or write.\n"
    "\n"
    "Examples:\n"
    "  torrentgen create album -o album.torrent --announce http://127.0.0.1:6969/announce\n"
    "  torrentgen create disk.img -o disk.torrent --piece-length 1MiB --private --source lab\n"
    "  torrentgen show --json album.torrent | jq .info_hash_v1\n"
    "  torrentgen verify album.torrent downloads/album\n";

std::vector<std::string> split_tier(const std::string& text) {
  std::vector<std::string> urls;
  std::istringstream in(text);
  for (std::string url; std::getline(in, url, ',');) urls.push_back(url);
  return urls;
}

std::expected<void, Failure> check_url(const std::string& text, std::initializer_list<std::string_view> schemes,
                                       std::string_view option) {
  const auto url = protocol::parse_url(text);
  if (!url) return std::unexpected(usage(std::string(option) + " '" + text + "': " + url.error().what));
  if (std::ranges::find(schemes, url->scheme) == schemes.end()) {
    return std::unexpected(usage(std::string(option) + " '" + text + "': " + url->scheme + " is not among " +
                                 [&] {
                                   std::string list;
                                   for (const auto scheme : schemes) list += (list.empty() ? "" : ", ") + std::string(scheme);
                                   return list;
                                 }()));
  }
  return {};
}

po::options_description options_of_create() {
  po::options_description all;
  all.add_options()("path", po::value<std::string>())("output,o", po::value<std::string>())(
      "announce,a", po::value<std::vector<std::string>>())("piece-length", po::value<std::string>())(
      "mode", po::value<std::string>())("private", po::bool_switch())(
      "web-seed", po::value<std::vector<std::string>>())("comment", po::value<std::string>())(
      "source", po::value<std::string>())("date", po::value<std::int64_t>())(
      "follow-links", po::bool_switch())("threads", po::value<std::int64_t>())("force", po::bool_switch())(
      "json", po::bool_switch());
  return all;
}

std::expected<po::variables_map, Failure> read(const std::vector<std::string>& arguments,
                                               const po::options_description& options,
                                               const po::positional_options_description& positions) {
  po::variables_map values;
  // Boost reports by exception; this is the edge at which that ends.
  try {
    // No guessing: an option that is added later must not change what an abbreviation means.
    constexpr int kStyle = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(arguments).options(options).positional(positions).style(kStyle).run(), values);
  } catch (const po::too_many_positional_options_error&) {
    return std::unexpected(usage("too many arguments"));
  } catch (const po::error& error) {
    return std::unexpected(usage(error.what()));
  }
  return values;
}

std::optional<std::string> text_of(const po::variables_map& values, const char* name) {
  if (values.count(name) == 0) return std::nullopt;
  return values[name].as<std::string>();
}

std::expected<std::size_t, Failure> threads_of(const po::variables_map& values) {
  if (values.count("threads") == 0) return 0;
  const auto threads = values["threads"].as<std::int64_t>();
  if (threads < 1 || threads > 256) return std::unexpected(usage("--threads takes a number from 1 to 256"));
  return static_cast<std::size_t>(threads);
}

std::expected<void, Failure> read_urls(const po::variables_map& values, CreateOptions& create) {
  if (values.count("announce") != 0) {
    for (const std::string& text : values["announce"].as<std::vector<std::string>>()) {
      create.trackers.push_back(split_tier(text));
      for (const std::string& url : create.trackers.back()) {
        if (auto checked = check_url(url, {"http", "https", "udp"}, "--announce"); !checked) return checked;
      }
      if (create.trackers.back().empty()) return std::unexpected(usage("--announce wants a URL"));
    }
  }
  if (values.count("web-seed") != 0) {
    create.web_seeds = values["web-seed"].as<std::vector<std::string>>();
    for (const std::string& url : create.web_seeds) {
      if (auto checked = check_url(url, {"http", "https"}, "--web-seed"); !checked) return checked;
    }
  }
  return {};
}

std::expected<Options, Failure> parse_create(const std::vector<std::string>& arguments) {
  const auto values = read(arguments, options_of_create(), po::positional_options_description().add("path", 1));
  if (!values) return std::unexpected(values.error());
  CreateOptions create;
  const auto path = text_of(*values, "path");
  const auto output = text_of(*values, "output");
  if (!path || path->empty()) return std::unexpected(usage("create wants the PATH of a file or directory"));
  if (!output || output->empty()) return std::unexpected(usage("create wants -o FILE, the torrent to write"));
  create.path = *path;
  create.output = *output;
  if (const auto mode = text_of(*values, "mode"); mode && *mode != "v1") {
    const bool is_known = *mode == "v2" || *mode == "hybrid";
    return std::unexpected(usage("--mode " + *mode + (is_known ? ": comes with BitTorrent v2 support; only v1 can be made now"
                                                               : ": there are v1, v2 and hybrid")));
  }
  if (const auto length = text_of(*values, "piece-length"); length && *length != "auto") {
    auto parsed = parse_piece_length(*length);
    if (!parsed) return std::unexpected(usage("--piece-length " + parsed.error()));
    create.piece_length = *parsed;
  }
  if (auto read = read_urls(*values, create); !read) return std::unexpected(std::move(read.error()));
  create.is_private = (*values)["private"].as<bool>();
  create.comment = text_of(*values, "comment");
  create.source = text_of(*values, "source");
  if (values->count("date") != 0) create.date = (*values)["date"].as<std::int64_t>();
  if (create.date && *create.date < 0) return std::unexpected(usage("--date takes seconds since 1970"));
  create.links = (*values)["follow-links"].as<bool>() ? Links::follow : Links::refuse;
  const auto threads = threads_of(*values);
  if (!threads) return std::unexpected(threads.error());
  create.threads = *threads;
  create.overwrites = (*values)["force"].as<bool>();
  create.json = (*values)["json"].as<bool>();
  return create;
}

// show, verify and magnet: one torrent, and what verify has beside it.
std::expected<Options, Failure> parse_reading(const std::string& command, const std::vector<std::string>& arguments) {
  po::options_description all;
  all.add_options()("torrent", po::value<std::string>());
  po::positional_options_description positions;
  positions.add("torrent", 1);
  if (command != "magnet") all.add_options()("json", po::bool_switch());
  if (command == "verify") {
    all.add_options()("path", po::value<std::string>())("threads", po::value<std::int64_t>());
    positions.add("path", 1);
  }
  const auto values = read(arguments, all, positions);
  if (!values) return std::unexpected(values.error());
  const auto torrent = text_of(*values, "torrent");
  if (!torrent || torrent->empty()) return std::unexpected(usage(command + " wants a torrent FILE"));
  if (command == "magnet") return MagnetOptions{*torrent};
  const bool json = (*values)["json"].as<bool>();
  if (command == "show") return ShowOptions{*torrent, json};
  const auto path = text_of(*values, "path");
  if (!path || path->empty()) return std::unexpected(usage("verify wants the PATH of the content after the torrent"));
  const auto threads = threads_of(*values);
  if (!threads) return std::unexpected(threads.error());
  return VerifyOptions{*torrent, *path, *threads, json};
}

}  // namespace

std::expected<Options, Failure> parse_options(const std::vector<std::string>& arguments) {
  const auto is_help = [](const std::string& text) { return text == "--help" || text == "-h"; };
  const auto options_end = std::ranges::find(arguments, "--");
  if (std::find_if(arguments.begin(), options_end, is_help) != options_end) return TextWanted{kHelp};
  if (arguments.empty()) return std::unexpected(usage("a command is wanted: create, show, verify or magnet"));
  const std::string& command = arguments.front();
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (command == "help") return TextWanted{kHelp};
  if (command == "--version") return TextWanted{fmt::format("torrentgen {}\n", protocol::version())};
  if (command == "create") return parse_create(rest);
  if (command == "show" || command == "verify" || command == "magnet") return parse_reading(command, rest);
  return std::unexpected(usage("unknown command '" + command + "': there are create, show, verify and magnet"));
}

bool wants_json(const std::vector<std::string>& arguments) {
  const auto options_end = std::ranges::find(arguments, "--");
  return std::find(arguments.begin(), options_end, "--json") != options_end;
}

}  // namespace swarmlab::torrentgen
