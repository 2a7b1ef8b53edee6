// `swarmsim up`: a lab that stands until SIGINT or SIGTERM; what `./lab up --namespaces` is made of.
//
//   swarmsim up --torrent FILE --content DIR --folder DIR [--seeder CLIENT]... [--leecher CLIENT]... [--link '{down: 8 Mbit/s}']
//               [--guests N] [--restart N/TIME]
//
// CLIENT is an adapter's name or file.  It is asked at the socket FOLDER/control, a line of JSON each (lab/lab_request.hpp); what happens
// to whom is printed, what clients print is in FOLDER/NAME.log.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "protocol/units.hpp"
#include "swarmsim/network/link_spec.hpp"
#include "swarmsim/program.hpp"
#include "swarmsim/report/exit_status.hpp"

namespace swarmlab::swarmsim {

struct UpCommand {
  static constexpr std::uint64_t kMostHosts = 1000;   // of each kind

  std::string torrent;
  std::string content;
  std::string folder;
  std::vector<std::string> seeders;
  std::vector<std::string> leechers;
  LinkChange link;
  std::uint32_t guests = 4;
  std::uint32_t restarts = 0;
  Duration restarts_within = 1min;
};

std::expected<UpCommand, std::string> parse_up(std::span<const std::string> words);
// Returns when it has been told to end and everything has.  Must be called in the sandbox.
ExitStatus run_up(const UpCommand& command, Env& env);

}  // namespace swarmlab::swarmsim
