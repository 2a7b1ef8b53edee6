// The command line of swarmsim, read into a command.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/units.hpp"
#include "swarmsim/capture_command.hpp"
#include "swarmsim/lab/lab_network_kind.hpp"
#include "swarmsim/peer_command.hpp"
#include "swarmsim/profile_command.hpp"
#include "swarmsim/scenario/parse.hpp"
#include "swarmsim/scenario/run_tiers.hpp"
#include "swarmsim/scenario/scenario.hpp"
#include "swarmsim/trace_commands.hpp"
#include "swarmsim/up_command.hpp"

namespace swarmlab::swarmsim {

struct RunCommand {
  std::vector<std::string> paths;          // files, or directories with *.yaml below
  std::optional<RunTier> tier;             // only scenarios of that tier
  bool lab = false;                        // real processes instead of virtual time
  std::optional<LabNetworkKind> network;   // what stands between them; nullopt: the best that is to be had
  std::string client;                      // who plays the subjects there: an adapter's name or file; "": ours
  std::string tracker;                     // who plays its trackers there; "": ours
  std::optional<SeedRange> seeds;          // instead of the scenario's
  std::vector<Override> overrides;
  unsigned jobs = 1;
  std::string out = "runs";
  std::optional<std::string> junit;
  bool json = false;
  bool bisect = false;                     // exit statuses as `git bisect run` reads them
  std::optional<Duration> until;
  std::vector<std::string> required;       // names of checks
  std::optional<std::string> known;        // the list of known failures
  bool trace = false;                      // write every event into the folder
  bool pcap = false;                       // and every packet
  std::vector<std::string> shown;          // selectors of peers whose conversations are printed
};
struct ValidateCommand { std::vector<std::string> paths; };
struct ExplainCommand { std::optional<std::string> name; bool json = false; };
struct ListCommand { std::vector<std::string> paths; std::optional<RunTier> tier; bool json = false; };
struct SchemaCommand {};                   // the JSON Schema of scenario files
struct AdaptersCommand {};                 // which there are
struct NewAdapterCommand { std::string name; };
struct CheckAdapterCommand {
  std::string name;
  std::optional<LabNetworkKind> network;   // nullopt: the best that is to be had
};
// To be printed, and nothing else done: help, or the version.
struct TextCommand { std::string text; };
using Command = std::variant<RunCommand, ValidateCommand, ExplainCommand, ListCommand, JudgeCommand, CaptureCommand,
                             TraceCommand, DiffCommand, PeerCommand, SchemaCommand, AdaptersCommand, NewAdapterCommand,
                             CheckAdapterCommand, ProfileCommand, UpCommand, TextCommand>;

// An error is one sentence for the user.
std::expected<Command, std::string> parse_command_line(const std::vector<std::string>& arguments);

}  // namespace swarmlab::swarmsim
