// create: a torrent file of a file or directory.
//
// The result is a function of content, names and options alone: no clock, no order of the file system, no number
// of threads goes in.  What was written has been read back by our own decoder before.
#pragma once

#include <expected>

#include "protocol/metainfo.hpp"
#include "torrentgen/env.hpp"
#include "torrentgen/failure.hpp"
#include "torrentgen/options.hpp"

namespace swarmlab::torrentgen {

// Writes the torrent file.  Refuses an output that exists, unless told to overwrite it, and content that
// changes while it is read.
std::expected<protocol::DecodedMetainfo, Failure> create(const CreateOptions& options, Env& env);

}  // namespace swarmlab::torrentgen
