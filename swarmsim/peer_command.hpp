// `swarmsim peer SPEC`: one peer on real sockets, faulty or honest, for a swarm of any clients.
//
//   swarmsim peer 'corrupt_blocks: 5%' --torrent FILE --dir DIR --listen 127.0.0.1:6881 [--peer ADDR:PORT]... [--seed N]
//                 [--settings '{upload_slots: 2}'] [--magnet LINK]
//
// SPEC is what stands behind `behaviour:` in a scenario, or `honest`; settings are as behind `settings:` there.  With a
// magnet link its engine begins without the metadata; the torrent file only tells what its lies are made of.  The same boxes
// and scripts as in virtual time, over runtime/asio.  Trackers of the torrent are told; when the peer listens at a loopback
// address, only those on this machine.  It runs until SIGINT or SIGTERM and then says how often it misbehaved.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/settings.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/magnet.hpp"
#include "swarmsim/peers/behaviour.hpp"
#include "swarmsim/program.hpp"
#include "swarmsim/report/exit_status.hpp"

namespace swarmlab::swarmsim {

struct PeerCommand {
  std::vector<BehaviourSpec> behaviours;      // none: an honest peer
  std::string torrent;
  std::string files_as;                       // a torrent with other names for its files, which are taken; empty: its own
  std::string directory = ".";
  Endpoint listen;
  std::vector<Endpoint> peers;                // dialled at once
  std::uint64_t seed = 1;                     // of its misdeeds; its engine draws from the system
  client::Settings settings;
  std::optional<protocol::Magnet> magnet;     // what its engine begins with, instead of the torrent
};

std::expected<PeerCommand, std::string> parse_peer(std::span<const std::string> words);
// Returns when a signal has ended the peer.
ExitStatus run_peer(const PeerCommand& command, Env& env);

}  // namespace swarmlab::swarmsim
