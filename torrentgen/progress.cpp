#include "torrentgen/progress.hpp"

#include <ostream>

namespace swarmlab::torrentgen {

std::function<void(ByteCount)> progress_line(Env& env, ByteCount total) {
  if (!env.shows_progress || total.value() == 0) return {};
  return [&env, total, shown = std::int64_t{-1}](ByteCount done) mutable {
    const std::int64_t percent = done * 100 / total;
    if (percent == shown) return;
    shown = percent;
    env.err << "\rhashing " << percent << " %" << std::flush;
  };
}

void end_progress(Env& env) {
  if (env.shows_progress) env.err << "\r\x1b[K" << std::flush;
}

}  // namespace swarmlab::torrentgen
