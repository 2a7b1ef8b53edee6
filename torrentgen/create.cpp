#include "torrentgen/create.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ostream>
#include <utility>

#include "protocol/text.hpp"
#include "runtime/hashing/piece_hashing.hpp"
#include "torrentgen/file_walk.hpp"
#include "torrentgen/piece_length.hpp"
#include "torrentgen/progress.hpp"
#include "torrentgen/text.hpp"
#include "torrentgen/torrent_file.hpp"

namespace swarmlab::torrentgen {
namespace {

using protocol::one_line;

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat first {};
  struct stat second {};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

std::expected<void, Failure> check_output(const CreateOptions& options) {
  struct stat status {};
  if (::stat(options.output.c_str(), &status) != 0) {
    // Found out now rather than after an hour of hashing.
    const auto slash = options.output.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : options.output.substr(0, slash + 1);
    if (::access(directory.c_str(), W_OK | X_OK) == 0) return {};
    return std::unexpected(environment(one_line(options.output) + ": cannot be written: " + std::strerror(errno)));
  }
  if (S_ISDIR(status.st_mode)) return std::unexpected(usage(one_line(options.output) + ": is a directory"));
  if (!options.overwrites) {
    return std::unexpected(usage(one_line(options.output) + ": exists already; --force overwrites it"));
  }
  return {};
}

std::expected<ByteCount, Failure> choose_piece_length(const CreateOptions& options, const Walk& walk, Env& env) {
  const ByteCount length = options.piece_length.value_or(automatic_piece_length(walk.total));
  const std::int64_t count = (walk.total.value() - 1) / length.value() + 1;
  if (count > protocol::kMaxPieceCount) {
    return std::unexpected(usage("pieces of " + human_size(length) + " would be " + std::to_string(count) +
                                 "; a torrent has " + std::to_string(protocol::kMaxPieceCount) + " at most"));
  }
  if (!is_customary(length) && !options.json) {
    env.err << "torrentgen: warning: a piece length of " << length.value()
            << " bytes is no power of two from 16 KiB on; some clients will not like it\n";
  }
  return length;
}

std::expected<std::vector<Sha1Digest>, Failure> hash(const Walk& walk, ByteCount piece_length,
                                                     std::size_t threads, Env& env) {
  std::vector<runtime::HashedFile> files;
  for (const WalkedFile& file : walk.files) files.push_back({file.on_disk, file.length});
  runtime::PieceHashingOptions how;
  how.piece_length = piece_length;
  how.threads = threads;
  how.progress = progress_line(env, walk.total);
  auto hashed = runtime::hash_file_pieces(files, how);
  end_progress(env);
  // A file that shrank shows as a read error: the likelier cause goes first.
  for (const WalkedFile& file : walk.files) {
    if (!is_unchanged(file)) {
      return std::unexpected(environment(one_line(file.on_disk) + ": changed while it was read"));
    }
  }
  if (!hashed) {
    return std::unexpected(environment(one_line(files[hashed.error().file].path) + ": " +
                                       std::string(runtime::to_string(hashed.error().error))));
  }
  return std::move(hashed->pieces);
}

}  // namespace

std::expected<protocol::DecodedMetainfo, Failure> create(const CreateOptions& options, Env& env) {
  if (auto checked = check_output(options); !checked) return std::unexpected(std::move(checked.error()));
  auto walk = walk_files(options.path, options.links);
  if (!walk) {
    const bool is_input = walk.error().kind == WalkError::Kind::input;
    return std::unexpected(Failure{is_input ? kUsage : kEnvironment, std::move(walk.error().what)});
  }
  for (const WalkedFile& file : walk->files) {
    if (is_same_file(file.on_disk, options.output)) {
      return std::unexpected(usage(one_line(options.output) + ": would be overwritten, and lies in " + one_line(options.path)));
    }
  }
  const auto piece_length = choose_piece_length(options, *walk, env);
  if (!piece_length) return std::unexpected(piece_length.error());
  auto hashes = hash(*walk, *piece_length, options.threads, env);
  if (!hashes) return std::unexpected(std::move(hashes.error()));

  protocol::NewTorrent torrent;
  torrent.name = walk->name;
  for (const WalkedFile& file : walk->files) torrent.files.push_back({file.path, file.length});
  torrent.piece_length = *piece_length;
  torrent.piece_hashes = std::move(*hashes);
  torrent.is_private = options.is_private;
  torrent.source = options.source;
  torrent.trackers = options.trackers;
  torrent.web_seeds = options.web_seeds;
  torrent.comment = options.comment;
  torrent.created_by = "swarmlab";
  torrent.creation_date = options.date;
  const std::vector<std::byte> bytes = protocol::encode_metainfo(torrent);
  if (ByteCount::of(bytes) > protocol::kMaxTorrentFileBytes) {
    return std::unexpected(usage("the torrent file would have " + human_size(ByteCount::of(bytes)) +
                                 ", more than clients read: take larger pieces"));
  }
  auto decoded = protocol::decode_metainfo(bytes);
  if (!decoded) {
    return std::unexpected(usage(one_line(options.path) + ": gives a torrent that clients would refuse: " +
                                 protocol::to_string(decoded.error())));
  }
  if (auto written = write_torrent(options.output, bytes); !written) {
    return std::unexpected(std::move(written.error()));
  }
  return std::move(*decoded);
}

}  // namespace swarmlab::torrentgen
