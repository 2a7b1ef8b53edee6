// The command line of btclient, read into plain values (DESIGN: "Command lines", a contract).
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/selection.hpp"
#include "client/settings.hpp"
#include "protocol/endpoint.hpp"

namespace swarmlab::client {

struct ExitWhenComplete {};
struct ExitAtRatio { std::uint32_t thousandths = 1000; };   // uploaded / size of what was torrented
struct ExitWhenIdle { Duration silence{}; };                // complete, and no payload moved for so long
using ExitWhen = std::variant<ExitWhenComplete, ExitAtRatio, ExitWhenIdle>;

struct Options {
  std::vector<std::string> torrents;        // paths and magnet links
  std::string directory = ".";
  std::vector<Endpoint> listen;             // none: 127.0.0.1, the first free port from 6881 to 6889
  std::vector<Endpoint> peers;
  std::optional<ExitWhen> exit_when;
  std::optional<std::string> save_torrent;  // where the torrent of a magnet link goes
  std::optional<std::string> state;         // nullopt: .swarmlab below the directory
  std::vector<SelectRule> select;           // of every torrent given here
  bool trust_data = false;
  bool check_only = false;
  bool json = false;
  bool plain = false;                       // lines on a terminal, too
  std::string tracker_ca;                   // file of PEM whose certificates https trackers must show; empty: the system's
  // ---- control ----
  std::optional<Endpoint> control;          // where the control tree is served
  std::string control_token_file;           // empty: the default one
  bool control_beyond_loopback = false;
  std::string mount;                        // folder that shows the control tree; empty: none
  std::string watch;                        // folder of torrents to be; empty: none
  // Whether it runs on without a torrent: something may bring one.
  bool may_get_torrents() const { return control.has_value() || !watch.empty() || !mount.empty(); }
  Settings settings;

  // Where the client keeps what it needs for its next start.
  std::string state_directory() const { return state.value_or(directory + "/.swarmlab"); }
};

// To be printed, and nothing else done: help, or the version.
struct TextWanted { std::string text; };
struct UsageError { std::string what; };      // one line, ready to be printed

std::expected<std::variant<Options, TextWanted>, UsageError> parse_options(const std::vector<std::string>& arguments);

}  // namespace swarmlab::client
