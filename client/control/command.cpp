#include "client/control/command.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "protocol/assert.hpp"
#include "protocol/quantities.hpp"
#include "protocol/text.hpp"

namespace swarmlab::client::control {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

struct Word {
  std::string_view name;
  Node at;
  std::string_view help;
  bool takes_argument;
};

constexpr std::array kWords{
    Word{"add", Node::session_ctl, "add FILE|MAGNET: a torrent file or a magnet link joins the session", true},
    Word{"down", Node::session_ctl, "down RATE|unlimited: what all torrents together may download", true},
    Word{"up", Node::session_ctl, "up RATE|unlimited: what all torrents together may upload", true},
    Word{"quit", Node::session_ctl, "quit: goodbye to trackers and peers, then the client ends", false},
    Word{"start", Node::torrent_ctl, "start: go on after a stop or a failure", false},
    Word{"stop", Node::torrent_ctl, "stop: goodbye to trackers and peers, until it is started again", false},
    Word{"remove", Node::torrent_ctl, "remove: stop and forget it; its files stay", false},
    Word{"reannounce", Node::torrent_ctl, "reannounce: ask its trackers for peers now", false},
    Word{"scrape", Node::torrent_ctl, "scrape: ask its trackers how large the swarm is, also when it is stopped", false},
    Word{"down", Node::torrent_ctl, "down RATE|unlimited: what this torrent may download", true},
    Word{"up", Node::torrent_ctl, "up RATE|unlimited: what this torrent may upload", true},
    Word{"disconnect", Node::torrent_ctl, "disconnect K: end the connection to peer K", true},
    Word{"peer", Node::torrent_ctl, "peer ADDR:PORT: dial this peer, too", true},
    Word{"priority", Node::torrent_ctl, "priority skip|low|normal|high GLOB: of the files that match", true},
    Word{"priority", Node::file_ctl, "priority skip|low|normal|high: whether this file is fetched, and how soon", true},
    Word{"disconnect", Node::peer_ctl, "disconnect: end the connection to this peer", false},
};

std::expected<std::optional<BytesPerSecond>, std::string> parse_limit(std::string_view text) {
  if (text == "unlimited") return std::optional<BytesPerSecond>();
  const auto rate = parse_rate(text);
  if (!rate) return std::unexpected(rate.error());
  if (rate->value() == 0) return std::unexpected("0 would never let anything pass; write unlimited for no limit");
  return std::optional(*rate);
}

std::expected<Command, std::string> parse_priorities(const TreePath& at, std::string_view argument) {
  const std::size_t blank = argument.find_first_of(kBlanks);
  const std::string_view word = argument.substr(0, blank);
  const std::string_view glob = blank == std::string_view::npos ? std::string_view{} : trimmed(argument.substr(blank));
  const auto priority = parse_priority(word);
  if (!priority) return std::unexpected(fmt::format("'{}' is none of skip, low, normal, high", protocol::one_line(word, 40)));
  const bool wants_glob = at.node == Node::torrent_ctl;
  if (wants_glob && glob.empty()) return std::unexpected("of which files? write 'priority skip *.txt'");
  if (!wants_glob && !glob.empty()) return std::unexpected("is that of this file alone; globs are for the torrent's ctl");
  return Prioritise{*priority, std::string(glob)};
}

std::expected<Command, std::string> parse_argument(const Word& word, const TreePath& at, std::string_view argument) {
  if (word.name == "add") return Add{std::string(argument)};
  if (word.name == "quit") return Quit{};
  if (word.name == "start") return Start{};
  if (word.name == "stop") return Stop{};
  if (word.name == "remove") return Remove{};
  if (word.name == "reannounce") return Reannounce{};
  if (word.name == "scrape") return Scrape{};
  if (word.name == "down" || word.name == "up") {
    const auto limit = parse_limit(argument);
    if (!limit) return std::unexpected(limit.error());
    if (word.name == "down") return LimitDown{*limit};
    return LimitUp{*limit};
  }
  if (word.name == "disconnect") {
    if (at.node == Node::peer_ctl) return Disconnect{at.peer};
    const auto key = parse_count(argument, kNobody.value() - 1);
    if (!key) return std::unexpected(key.error());
    return Disconnect{PeerKey(static_cast<std::uint32_t>(*key))};
  }
  if (word.name == "priority") return parse_priorities(at, argument);
  const auto endpoint = Endpoint::parse(argument);
  if (!endpoint || endpoint->port == 0) {
    return std::unexpected(fmt::format("'{}' is no ADDR:PORT", protocol::one_line(argument, 60)));
  }
  return AddPeer{*endpoint};
}

std::expected<Command, std::string> parse_line(const TreePath& at, std::string_view line) {
  const std::size_t blank = line.find_first_of(kBlanks);
  const std::string_view name = line.substr(0, blank);
  const std::string_view argument = blank == std::string_view::npos ? std::string_view{} : trimmed(line.substr(blank));
  const auto word = std::ranges::find_if(kWords, [&](const Word& w) { return w.at == at.node && w.name == name; });
  if (word == kWords.end()) {
    std::string known;
    for (const Word& w : kWords) {
      if (w.at == at.node) known += fmt::format("{}{}", known.empty() ? "" : ", ", w.name);
    }
    return std::unexpected(fmt::format("'{}' is no command here; there are {}", protocol::one_line(name, 40), known));
  }
  if (word->takes_argument == argument.empty()) return std::unexpected(fmt::format("write '{}'", word->help));
  auto command = parse_argument(*word, at, argument);
  if (!command) return std::unexpected(fmt::format("{}: {}", name, command.error()));
  return command;
}

}  // namespace

std::vector<std::string_view> commands_of(Node at) {
  std::vector<std::string_view> all;
  for (const Word& word : kWords) {
    if (word.at == at) all.push_back(word.help);
  }
  return all;
}

std::expected<std::vector<Command>, std::string> parse_commands(const TreePath& at, std::string_view text) {
  SWARM_ASSERT(kind_of(at.node) == NodeKind::control);
  if (text.size() > kMaxCommandBytes) return std::unexpected("too long for commands");
  std::vector<Command> commands;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line.empty()) continue;
    auto command = parse_line(at, line);
    if (!command) return std::unexpected(std::move(command.error()));
    if (commands.size() == kMaxCommandLines) return std::unexpected(fmt::format("more than {} commands at once", kMaxCommandLines));
    commands.push_back(std::move(*command));
  }
  if (commands.empty()) return std::unexpected("there is no command; read this file for those it understands");
  return commands;
}

}  // namespace swarmlab::client::control
