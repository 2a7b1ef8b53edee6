// What peers have on their disks when a run begins.
#pragma once

#include "protocol/bitfield.hpp"
#include "protocol/quantities.hpp"
#include "runtime/random.hpp"
#include "swarmsim/run/swarm_torrent.hpp"
#include "swarmsim/virtual/virtual_files.hpp"

namespace swarmlab::swarmsim {

// `share` of the pieces (rounded down, but at least one of a share that is not nothing), chosen at random.
protocol::Bitfield choose_pieces(Share share, std::uint32_t piece_count, runtime::Random random);

// Writes every file of the torrent: true where `pieces` has it, otherwise wrong from end to end.  Nothing at all
// when `pieces` is empty.
void put_content(const SwarmTorrent& torrent, const protocol::Bitfield& pieces, VirtualFiles& files);

// What the files that are there hold of these pieces is wrong from now on.
void lose_content(const SwarmTorrent& torrent, const protocol::Bitfield& pieces, VirtualFiles& files);

}  // namespace swarmlab::swarmsim
