// Progress: a line on a terminal that says how far hashing has come; nothing in a pipe.
#pragma once

#include <functional>

#include "protocol/units.hpp"
#include "torrentgen/env.hpp"

namespace swarmlab::torrentgen {

// What to hand to hash_file_pieces(); empty where nothing is to be shown.  `env` must outlive it.
std::function<void(ByteCount)> progress_line(Env& env, ByteCount total);
// Wipes the line.
void end_progress(Env& env);

}  // namespace swarmlab::torrentgen
