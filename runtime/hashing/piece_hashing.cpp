#include "runtime/hashing/piece_hashing.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "protocol/assert.hpp"
#include "runtime/hashing/blocking_completions.hpp"
#include "runtime/hashing/hash_pipeline.hpp"

namespace swarmlab::runtime {
namespace {

// File i of the list has FileId i, while a piece needs it.
class ListedFiles final : public OpenFiles {
 public:
  explicit ListedFiles(std::span<const HashedFile> files) : files_(files) {}

  FileError open(std::size_t i) {
    if (open_.contains(i)) return FileError::none;
    auto opened = PosixFile::open(files_[i].path, OpenMode::read);
    if (!opened) return opened.error();
    open_.emplace(i, std::move(*opened));
    return FileError::none;
  }
  void close_before(std::size_t i) { open_.erase(open_.begin(), open_.lower_bound(i)); }
  std::shared_ptr<PosixFile> find(FileId file) const override {
    const auto found = open_.find(file.value());
    return found == open_.end() ? nullptr : found->second;
  }

 private:
  std::span<const HashedFile> files_;
  std::map<std::size_t, std::shared_ptr<PosixFile>> open_;
};

class PieceHashing final : public HashHandler {
 public:
  PieceHashing(std::span<const HashedFile> files, const PieceHashingOptions& options)
      : files_(files), options_(options), threads_(thread_count(options)), listed_(files),
        pipeline_(threads_, listed_, completions_) {
    SWARM_ASSERT(options.piece_length > ByteCount{}, options.piece_length);
    for (const HashedFile& file : files) total_ += file.length;
    const std::int64_t count = (total_.value() + options.piece_length.value() - 1) /
                               options.piece_length.value();
    hashes_.pieces.resize(static_cast<std::size_t>(count));
    files_of_.resize(hashes_.pieces.size());
  }

  std::expected<PieceHashes, PieceHashingError> run() {
    // Enough to keep every thread busy while the answers of the last pieces come in.
    const std::size_t ahead = 4 * threads_;
    std::size_t next = 0;
    while (!failed_ && (next < hashes_.pieces.size() || pipeline_.unanswered() > 0)) {
      while (!failed_ && next < hashes_.pieces.size() && pipeline_.unanswered() < ahead) begin(next++);
      if (!failed_ && pipeline_.unanswered() > 0) completions_.wait();
    }
    if (failed_) return std::unexpected(*failed_);
    std::ranges::sort(hashes_.unreadable);
    return std::move(hashes_);
  }

 private:
  static std::size_t thread_count(const PieceHashingOptions& options) {
    if (options.threads > 0) return options.threads;
    return std::max(1U, std::thread::hardware_concurrency());
  }

  ByteCount length_of_piece(std::size_t piece) const {
    const ByteCount begin = options_.piece_length * static_cast<std::int64_t>(piece);
    return std::min(options_.piece_length, total_ - begin);
  }

  // Pieces begin in order, so the position in the row of files only moves on.
  void begin(std::size_t piece) {
    while (files_[file_].length == offset_) next_file();
    listed_.close_before(file_);       // workers hold what they still read
    files_of_[piece].first = file_;
    Slices data;
    std::optional<PieceHashingError> error;
    for (ByteCount left = length_of_piece(piece); left > ByteCount{};) {
      if (files_[file_].length == offset_) next_file();
      const ByteCount part = std::min(left, files_[file_].length - offset_);
      if (part > ByteCount{}) {
        const FileError opened = listed_.open(file_);
        if (opened != FileError::none && !error) error = PieceHashingError{file_, opened};
        append(data, Slice::of_file(FileId(static_cast<std::uint32_t>(file_)), offset_, part));
      }
      offset_ += part;
      left -= part;
    }
    files_of_[piece].last = file_;
    if (error) return unreadable(piece, *error);
    const HashRequest request{data, piece};
    pipeline_.digest(std::span(&request, 1), *this);
  }

  void next_file() {
    ++file_;
    offset_ = ByteCount{};
  }

  void unreadable(std::size_t piece, const PieceHashingError& error) {
    if (!options_.goes_on_after_errors) {
      if (!failed_) failed_ = error;
      return;
    }
    hashes_.unreadable.push_back(piece);
    count_off(piece);
  }

  void count_off(std::size_t piece) {
    done_ += length_of_piece(piece);
    if (options_.progress) options_.progress(done_);
  }

  void on_digest(const HashResult& result) override {
    const auto piece = static_cast<std::size_t>(result.tag);
    if (result.error != FileError::none) return unreadable(piece, culprit(piece, result.error));
    hashes_.pieces[piece] = result.digest;
    count_off(piece);
  }

  // Which file of a piece failed: the first that cannot give what was said of it.
  PieceHashingError culprit(std::size_t piece, FileError error) const {
    for (std::size_t i = files_of_[piece].first; i <= files_of_[piece].last; ++i) {
      if (files_[i].length == ByteCount{}) continue;
      const auto opened = PosixFile::open(files_[i].path, OpenMode::read);
      if (!opened) return {i, opened.error()};
      std::byte last{};
      const auto got = (*opened)->read(files_[i].length - ByteCount(1), {&last, 1});
      if (!got) return {i, got.error()};
      if (*got == 0) return {i, FileError::input_output};
    }
    return {files_of_[piece].first, error};
  }

  std::span<const HashedFile> files_;
  const PieceHashingOptions& options_;
  const std::size_t threads_;
  ByteCount total_;
  ByteCount done_;
  std::size_t file_ = 0;               // where the next piece begins
  ByteCount offset_;
  struct FilesOf { std::size_t first = 0; std::size_t last = 0; };
  std::vector<FilesOf> files_of_;      // of each piece
  PieceHashes hashes_;
  std::optional<PieceHashingError> failed_;
  BlockingCompletions completions_;
  ListedFiles listed_;
  HashPipeline pipeline_;              // last: its threads use the others
};

}  // namespace

std::expected<PieceHashes, PieceHashingError> hash_file_pieces(std::span<const HashedFile> files,
                                                               const PieceHashingOptions& options) {
  return PieceHashing(files, options).run();
}

}  // namespace swarmlab::runtime
