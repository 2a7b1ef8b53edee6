#include <fmt/format.h>

#include <ostream>
#include <variant>

#include "protocol/quantities.hpp"
#include "protocol/text.hpp"
#include "torrentgen/create.hpp"
#include "torrentgen/env.hpp"
#include "torrentgen/options.hpp"
#include "torrentgen/show.hpp"
#include "torrentgen/text.hpp"
#include "torrentgen/torrent_file.hpp"
#include "torrentgen/verify.hpp"

namespace swarmlab::torrentgen {
namespace {

using Outcome = std::expected<int, Failure>;

template <class... Cases>
struct Match : Cases... { using Cases::operator()...; };

void warn(const protocol::DecodedMetainfo& torrent, Env& env) {
  for (const std::string& warning : torrent.warnings) {
    env.err << "torrentgen: warning: " << protocol::one_line(warning) << '\n';
  }
}

Outcome run_create(const CreateOptions& options, Env& env) {
  const auto torrent = create(options, env);
  if (!torrent) return std::unexpected(torrent.error());
  if (options.json) {
    env.out << to_json(*torrent) << '\n';
    return kHeld;
  }
  warn(*torrent, env);
  const auto& metainfo = torrent->metainfo;
  env.out << fmt::format("{}: {}, {}, {} of {}, info-hash {}\n", protocol::one_line(options.output),
                         counted(metainfo.files.size(), "file"), human_size(metainfo.geometry.total()),
                         counted(metainfo.geometry.piece_count(), "piece"),
                         human_size(metainfo.geometry.piece_length()), to_string(metainfo.info_hash));
  return kHeld;
}

Outcome run_show(const ShowOptions& options, Env& env) {
  const auto torrent = read_torrent(options.torrent);
  if (!torrent) return std::unexpected(torrent.error());
  if (!options.json) warn(*torrent, env);
  env.out << (options.json ? to_json(*torrent) + "\n" : to_text(*torrent));
  return kHeld;
}

Outcome run_verify(const VerifyOptions& options, Env& env) {
  const auto torrent = read_torrent(options.torrent);
  if (!torrent) return std::unexpected(torrent.error());
  const Verification result = verify(torrent->metainfo, options.path, options.threads, env);
  env.out << (options.json ? to_json(torrent->metainfo, result) + "\n" : to_text(torrent->metainfo, result));
  if (result.is_unreadable()) return kEnvironment;
  return result.is_good() ? kHeld : kMismatch;
}

Outcome run_magnet(const MagnetOptions& options, Env& env) {
  const auto torrent = read_torrent(options.torrent);
  if (!torrent) return std::unexpected(torrent.error());
  env.out << magnet_link(torrent->metainfo) << '\n';
  return kHeld;
}

int complain(const Failure& failure, Env& env) {
  if (wants_json(env.arguments)) {
    env.out << error_json(failure.what) << '\n';
  } else {
    env.err << "torrentgen: " << failure.what << '\n';
  }
  return failure.status;
}

}  // namespace

int run(Env& env) {
  const auto options = parse_options(env.arguments);
  if (!options) {
    const int status = complain(options.error(), env);
    if (!wants_json(env.arguments)) env.err << "torrentgen --help tells how to use it\n";
    return status;
  }
  const Outcome outcome = std::visit(
      Match{[&](const CreateOptions& chosen) { return run_create(chosen, env); },
            [&](const ShowOptions& chosen) { return run_show(chosen, env); },
            [&](const VerifyOptions& chosen) { return run_verify(chosen, env); },
            [&](const MagnetOptions& chosen) { return run_magnet(chosen, env); },
            [&](const TextWanted& wanted) -> Outcome {
              env.out << wanted.text;
              return kHeld;
            }},
      *options);
  return outcome ? *outcome : complain(outcome.error(), env);
}

}  // namespace swarmlab::torrentgen
