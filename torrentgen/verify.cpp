#include "torrentgen/verify.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "protocol/quantities.hpp"
#include "protocol/text.hpp"
#include "runtime/hashing/piece_hashing.hpp"
#include "torrentgen/progress.hpp"
#include "torrentgen/text.hpp"

namespace swarmlab::torrentgen {
namespace {

using Kind = FileProblem::Kind;
using protocol::FileEntry;
using protocol::Metainfo;

// Pad files read as zeros and are not on disk (BEP 47); this file has as many as are wanted.
constexpr char kZeros[] = "/dev/zero";

// Where the files of a torrent are when its content is at `root`.
std::string on_disk(const Metainfo& torrent, const FileEntry& file, const std::string& root) {
  std::string path = root;
  if (!torrent.is_multi_file) return path;
  for (std::size_t i = 1; i < file.path.size(); ++i) path += (path.ends_with('/') ? "" : "/") + file.path[i];
  return path;
}

std::optional<struct stat> look_at(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}
bool is_directory(const std::string& path) {
  const auto status = look_at(path);
  return status && S_ISDIR(status->st_mode);
}

std::string find_root(const Metainfo& torrent, const std::string& path) {
  if (!is_directory(path)) return path;
  const bool has_some = torrent.is_multi_file && std::ranges::any_of(torrent.files, [&](const FileEntry& file) {
    return !file.is_pad && look_at(on_disk(torrent, file, path));
  });
  if (has_some) return path;
  const std::string below = path + (path.ends_with('/') ? "" : "/") + torrent.name;
  return look_at(below) || !torrent.is_multi_file ? below : path;
}

std::optional<FileProblem> examine(const FileEntry& file, std::size_t index, const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const bool is_missing = errno == ENOENT || errno == ENOTDIR;
    return FileProblem{is_missing ? Kind::missing : Kind::unreadable, index, {}, {}};
  }
  if (!S_ISREG(status.st_mode)) return FileProblem{Kind::no_file, index, {}, {}};
  if (::access(path.c_str(), R_OK) != 0) return FileProblem{Kind::unreadable, index, {}, {}};
  const ByteCount size(status.st_size);
  if (size < file.length) return FileProblem{Kind::too_short, index, size, {}};
  if (size > file.length) return FileProblem{Kind::too_long, index, size, {}};
  return std::nullopt;
}

// Calls use(piece) for each piece with bytes of the file.
template <class Use>
void for_each_piece(const Metainfo& torrent, const FileEntry& file, Use&& use) {
  if (file.length.value() == 0) return;
  const auto first = file.offset / torrent.geometry.piece_length();
  const auto last = (file.offset + file.length - ByteCount(1)) / torrent.geometry.piece_length();
  for (auto piece = first; piece <= last; ++piece) use(static_cast<std::size_t>(piece));
}

// Adds what only hashing showed: whole files with bad pieces that no other file explains.
void blame(const Metainfo& torrent, const std::vector<std::size_t>& unreadable, Verification& verification) {
  std::set<std::size_t> explained;
  std::set<std::size_t> known;
  for (const FileProblem& problem : verification.problems) {
    known.insert(problem.file);
    if (problem.kind == Kind::too_long) continue;   // its own bytes may be right
    for_each_piece(torrent, torrent.files[problem.file], [&](std::size_t piece) { explained.insert(piece); });
  }
  for (std::size_t i = 0; i < torrent.files.size(); ++i) {
    if (known.contains(i) || torrent.files[i].is_pad) continue;
    FileProblem problem{Kind::corrupt, i, {}, {}};
    for_each_piece(torrent, torrent.files[i], [&](std::size_t piece) {
      if (explained.contains(piece) || !std::ranges::binary_search(verification.bad_pieces, piece)) return;
      problem.pieces.push_back(piece);
      if (std::ranges::binary_search(unreadable, piece)) problem.kind = Kind::unreadable;
    });
    if (!problem.pieces.empty()) verification.problems.push_back(std::move(problem));
  }
  std::ranges::sort(verification.problems, {}, &FileProblem::file);
}

std::string joined(const FileEntry& file) {
  std::string text;
  for (const std::string& element : file.path) text += (text.empty() ? "" : "/") + element;
  return protocol::one_line(text);
}

}  // namespace

std::string_view to_string(FileProblem::Kind kind) {
  switch (kind) {
    case Kind::missing: return "missing";
    case Kind::no_file: return "no file";
    case Kind::too_short: return "too short";
    case Kind::too_long: return "too long";
    case Kind::corrupt: return "corrupt";
    case Kind::unreadable: return "unreadable";
  }
  return {};
}

bool Verification::is_unreadable() const {
  return std::ranges::any_of(problems, [](const FileProblem& problem) { return problem.kind == Kind::unreadable; });
}

Verification verify(const Metainfo& torrent, const std::string& path, std::size_t threads, Env& env) {
  Verification verification;
  verification.root = find_root(torrent, path);
  std::vector<runtime::HashedFile> files;
  for (std::size_t i = 0; i < torrent.files.size(); ++i) {
    const FileEntry& file = torrent.files[i];
    files.push_back({file.is_pad ? kZeros : on_disk(torrent, file, verification.root), file.length});
    if (file.is_pad) continue;
    if (auto problem = examine(file, i, files.back().path)) {
      // Hashing need not try it again, and must not hang on a pipe.
      if (problem->kind != Kind::too_short && problem->kind != Kind::too_long) files.back().path.clear();
      verification.problems.push_back(std::move(*problem));
    }
  }
  runtime::PieceHashingOptions how;
  how.piece_length = torrent.geometry.piece_length();
  how.threads = threads;
  how.progress = progress_line(env, torrent.geometry.total());
  how.goes_on_after_errors = true;
  const auto hashed = runtime::hash_file_pieces(files, how);
  end_progress(env);
  SWARM_ASSERT(hashed.has_value());
  for (std::size_t piece = 0; piece < torrent.piece_hashes.size(); ++piece) {
    const bool is_unreadable = std::ranges::binary_search(hashed->unreadable, piece);
    if (is_unreadable || hashed->pieces[piece] != torrent.piece_hashes[piece]) verification.bad_pieces.push_back(piece);
  }
  blame(torrent, hashed->unreadable, verification);
  return verification;
}

std::string to_text(const Metainfo& torrent, const Verification& verification) {
  std::string text;
  for (const FileProblem& problem : verification.problems) {
    const FileEntry& file = torrent.files[problem.file];
    text += fmt::format("{}: {}", joined(file), to_string(problem.kind));
    if (problem.kind == Kind::too_short || problem.kind == Kind::too_long) {
      text += fmt::format(", {} bytes instead of {}", problem.found.value(), file.length.value());
    }
    if (!problem.pieces.empty()) {
      text += fmt::format(" in {} {}", problem.pieces.size() == 1 ? "piece" : "pieces", ranges(problem.pieces));
    }
    text += '\n';
  }
  const std::uint32_t count = torrent.geometry.piece_count();
  if (verification.is_good()) {
    return fmt::format("{}: all {} and {} are good\n", protocol::one_line(verification.root),
                       counted(torrent.files.size(), "file"), counted(count, "piece"));
  }
  if (verification.bad_pieces.empty()) return text + fmt::format("all {} are good\n", counted(count, "piece"));
  return text + fmt::format("{} of {} bad: {}\n", verification.bad_pieces.size(), counted(count, "piece"),
                            ranges(verification.bad_pieces));
}

std::string to_json(const Metainfo& torrent, const Verification& verification) {
  using Json = nlohmann::ordered_json;
  Json problems = Json::array();
  for (const FileProblem& problem : verification.problems) {
    const FileEntry& file = torrent.files[problem.file];
    Json entry{{"path", file.path}, {"problem", to_string(problem.kind)}, {"length", file.length.value()}};
    if (problem.kind == Kind::too_short || problem.kind == Kind::too_long) entry["found"] = problem.found.value();
    if (!problem.pieces.empty()) entry["pieces"] = problem.pieces;
    problems.push_back(std::move(entry));
  }
  const Json json{{"name", torrent.name},
                  {"info_hash_v1", to_string(torrent.info_hash)},
                  {"path", verification.root},
                  {"good", verification.is_good()},
                  {"piece_count", torrent.geometry.piece_count()},
                  {"bad_pieces", verification.bad_pieces},
                  {"problems", std::move(problems)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace swarmlab::torrentgen
