// swarmsim judge SCENARIO --capture FILE...: a scenario's checks on captured packets (docs/captures.md).
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"
#include "swarmsim/program.hpp"
#include "swarmsim/report/exit_status.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

struct CaptureCommand {
  std::string scenario;
  std::vector<std::string> captures;
  std::map<IpAddress, std::string> names;
  std::string client;                          // who played the subjects: an adapter's name or file; "": ours, or nobody knows
  std::vector<Override> overrides;
  std::optional<std::uint64_t> seed;           // instead of the scenario's
  std::optional<std::string> tracker_log;
  std::optional<std::string> torrent;          // these two together
  std::optional<std::string> content;
  std::vector<std::string> checks;             // only these; all of the scenario where empty
  std::optional<ByteCount> send_buffer;
  bool json = false;
};

// Whether these words behind `judge` are about captures, and not about traces.
bool is_about_captures(std::span<const std::string> words);
std::expected<CaptureCommand, std::string> parse_capture_judge(std::span<const std::string> words);

// Reports as `swarmsim run` does.
ExitStatus judge_capture_files(const CaptureCommand& command, Env& env);

}  // namespace swarmlab::swarmsim
