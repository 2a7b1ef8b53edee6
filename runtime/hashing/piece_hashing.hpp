// The piece hashes of files on disk (BEP 3, "pieces"), on all processors: what torrentgen creates and
// verifies with.  Blocking.
//
// The files stand in a row and are cut into pieces of equal length, the last one shorter; a piece may span
// files.  Files are opened when the first piece that needs them is begun, and closed after the last.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/units.hpp"
#include "runtime/file_system.hpp"

namespace swarmlab::runtime {

struct HashedFile {
  std::string path;
  ByteCount length;                  // must have at least as many bytes
};

struct PieceHashingOptions {
  ByteCount piece_length = {};       // > 0
  std::size_t threads = 0;           // 0: as many as there are processors
  // Called now and then on the calling thread with the bytes hashed so far.
  std::function<void(ByteCount done)> progress = {};
  // Pieces that a file could not be read for are left all zero instead of ending the work.
  bool goes_on_after_errors = false;
};

struct PieceHashingError {
  std::size_t file = 0;              // position in the list
  FileError error = FileError::none; // input_output also where the file is shorter than said
};

struct PieceHashes {
  std::vector<Sha1Digest> pieces;
  // With goes_on_after_errors: those pieces which have no digest, ascending.
  std::vector<std::size_t> unreadable;
};

std::expected<PieceHashes, PieceHashingError> hash_file_pieces(std::span<const HashedFile> files,
                                                               const PieceHashingOptions& options);

}  // namespace swarmlab::runtime
