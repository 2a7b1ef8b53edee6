#include "client/control/ctl.hpp"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/control/command.hpp"
#include "client/control/token.hpp"
#include "protocol/ids.hpp"
#include "protocol/text.hpp"
#include "runtime/http/message_reader.hpp"

namespace swarmlab::client::control {
namespace {

constexpr std::string_view kHelp =
    "btclient ctl: looks into a running client, and tells it what to do.\n"
    "\n"
    "Usage: btclient ctl [options] PATH [COMMAND...]\n"
    "\n"
    "  btclient ctl torrents/                               every torrent\n"
    "  btclient ctl torrents/0/stats                        rates, totals, time left of one\n"
    "  btclient ctl torrents/0/peers/list                   its peers, and what trackers said\n"
    "  btclient ctl torrents/0/peers/3/state                everything about one peer\n"
    "  btclient ctl torrents/0/ctl down 1 MiB/s             a limit, from now on\n"
    "  btclient ctl torrents/0/ctl                          which commands there are\n"
    "  btclient ctl --follow torrents/0/events | jq .       what happens, as it happens\n"
    "  btclient ctl ctl add file.torrent\n"
    "\n"
    "Options:\n"
    "  --control ADDR:PORT   of the client (its --control; default: 127.0.0.1:6880)\n"
    "  --token-file FILE     its token (its --control-token; default: .btclient-token here)\n"
    "  --follow              print a stream as it comes\n"
    "  --help                this text\n"
    "\n"
    "Exit status: 0 done; 1 the client refused; 2 wrong arguments; 3 no client could be reached.\n";

constexpr ByteCount kMaxHeader = 16_KiB;
constexpr ByteCount kMaxBody = 64_MiB;       // the pieces of the largest torrents
constexpr std::size_t kReadBytes = std::size_t{64} << 10;
// One event: the bitfield of the largest torrent stands on one line.
constexpr std::size_t kMaxEventBytes = std::size_t{64} << 20;

std::string request_text(const CtlOptions& options, std::string_view token) {
  const std::string path = options.path.starts_with('/') ? options.path : '/' + options.path;
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n",
                                 options.command.empty() ? "GET" : "POST", path, to_string(options.at), token);
  if (!options.command.empty()) head += fmt::format("Content-Length: {}\r\n", options.command.size());
  return head + "\r\n" + options.command;
}

// The sentence in {"error": sentence}; anything else as it is.
std::string sentence_in(std::string_view body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string()) {
    return protocol::one_line(json["error"].get<std::string>());
  }
  return protocol::one_line(body, 200);
}

}  // namespace

std::expected<std::variant<CtlOptions, CtlHelp>, std::string> parse_ctl_options(const std::vector<std::string>& words,
                                                                                 std::string_view directory) {
  CtlOptions options;
  std::size_t next = 0;
  for (; next < words.size() && words[next].starts_with("--"); ++next) {
    std::string name = words[next];
    if (name == "--help") return CtlHelp{std::string(kHelp)};
    if (name == "--follow") {
      options.follow = true;
      continue;
    }
    std::string value;
    if (const std::size_t equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    } else if (next + 1 < words.size()) {
      value = words[++next];
    }
    if (name != "--control" && name != "--token-file") return std::unexpected(name + ": no such option; try btclient ctl --help");
    if (value.empty()) return std::unexpected(name + ": a value is missing");
    if (name == "--token-file") {
      options.token_file = value;
      continue;
    }
    const auto at = Endpoint::parse(value);
    if (!at || at->port == 0) return std::unexpected("--control: '" + value + "' is no ADDR:PORT");
    options.at = *at;
  }
  if (next == words.size()) return std::unexpected("no path was given; try btclient ctl --help");
  options.path = words[next++];
  const auto path = parse_tree_path(options.path);
  if (!path) return std::unexpected(path.error());
  if (path->node == Node::session_ctl && next + 1 < words.size() && words[next] == "add" &&
      !words[next + 1].starts_with('/') && !words[next + 1].starts_with("magnet:")) {
    options.command = "add " + std::string(directory) + '/';
    ++next;
  }
  for (; next < words.size(); ++next) {
    if (!options.command.empty() && !options.command.ends_with('/')) options.command += ' ';
    options.command += words[next];
  }
  const NodeKind kind = kind_of(path->node);
  if (!options.command.empty()) {
    if (kind != NodeKind::control) return std::unexpected(to_string(*path) + " takes no commands: write to a ctl");
    if (const auto commands = parse_commands(*path, options.command); !commands) return std::unexpected(commands.error());
  }
  if (options.follow && kind != NodeKind::stream) return std::unexpected(to_string(*path) + " is no stream; --follow is for events");
  options.follow = kind == NodeKind::stream;
  return options;
}

CtlRequest::CtlRequest(runtime::Network& network, const CtlOptions& options, std::string token, Print print, OnEnd on_end)
    : network_(network), options_(options), token_(std::move(token)), print_(std::move(print)), on_end_(std::move(on_end)),
      stream_(network.connect(options.at, std::nullopt, *this)) {}

CtlRequest::~CtlRequest() {
  if (is_open_) network_.reset(stream_);
}

void CtlRequest::on_connected(runtime::StreamId stream) {
  network_.write(stream, as_bytes(request_text(options_, token_)));
}

void CtlRequest::on_readable(runtime::StreamId stream) {
  while (is_open_) {
    const runtime::ReadResult result = network_.read(stream, kReadBytes);
    if (result.state == runtime::ReadResult::State::nothing_yet) return;
    if (result.state == runtime::ReadResult::State::end_of_stream) return finish();
    take(as_text(result.slice.bytes()));
  }
}

void CtlRequest::on_closed(runtime::StreamId, runtime::NetworkError why) {
  is_open_ = false;
  if (has_head_) return end(std::unexpected(Error{Failure::unreachable, "the client has gone"}));
  end(std::unexpected(Error{Failure::unreachable, fmt::format("no client answers at {}: {}", to_string(options_.at), to_string(why))}));
}

void CtlRequest::take(std::string_view text) {
  received_ += text;
  if (received_.size() > kMaxEventBytes + kMaxHeader.size()) {
    return end(std::unexpected(Error{Failure::unreachable, "the answer is larger than any of a client"}));
  }
  if (!options_.follow) return;
  if (!has_head_) {
    const std::size_t head_end = received_.find("\r\n\r\n");
    // Another answer than the stream ends by itself, and is judged then.
    if (head_end == std::string::npos || !received_.starts_with("HTTP/1.1 200 ")) return;
    has_head_ = true;
    received_.erase(0, head_end + 4);
  }
  take_events();
}

void CtlRequest::take_events() {
  static constexpr std::string_view kData = "data: ";
  std::string lines;
  std::size_t begin = 0;
  for (std::size_t line_end; (line_end = received_.find('\n', begin)) != std::string::npos; begin = line_end + 1) {
    const std::string_view line = std::string_view(received_).substr(begin, line_end - begin);
    if (line.starts_with(kData)) lines.append(line.substr(kData.size())) += '\n';
  }
  received_.erase(0, begin);
  if (!lines.empty()) print_(lines);
}

void CtlRequest::finish() {
  if (has_head_) return end({});
  runtime::http::ReplyReader reader({.header = kMaxHeader, .body = kMaxBody});
  reader.feed(as_bytes(received_));
  if (reader.state() == runtime::http::ReadState::needs_more) reader.feed_end();
  if (reader.state() != runtime::http::ReadState::complete) {
    return end(std::unexpected(Error{Failure::unreachable, fmt::format("what answers at {} is no btclient", to_string(options_.at))}));
  }
  const std::vector<std::byte> body = reader.body();
  if (reader.status() != 200) return end(std::unexpected(Error{Failure::refused, sentence_in(as_text(body))}));
  print_(as_text(body));
  end({});
}

void CtlRequest::end(std::expected<void, Error> how) {
  if (std::exchange(is_open_, false)) network_.close(stream_);
  if (on_end_) std::exchange(on_end_, nullptr)(std::move(how));
}

}  // namespace swarmlab::client::control
