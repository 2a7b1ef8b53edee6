// A torrent whose names lead out of the download directory (bug B77), for those who share it all the same.
//
// No program of ours opens such a torrent.  Somebody has to serve it to the client under test, though: peers that know its files by
// harmless names, and its info-hash and info dictionary as they are.
#pragma once

#include <expected>
#include <string>

#include "protocol/metainfo.hpp"
#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

// The torrent of `file`, with the names of `harmless` and all else that this has.  Errors are one sentence.
std::expected<protocol::Metainfo, std::string> with_harmless_names(Bytes file, protocol::Metainfo harmless);

}  // namespace swarmlab::swarmsim
