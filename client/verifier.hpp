// Verifier: pieces against their hashes, while their data arrives.
//
// Each piece that is being downloaded has a hash context that follows its blocks: what continues the hashed
// part is hashed at once, what came early is held (by reference) until the gap closes.  So a piece's verdict is
// there a moment after its last block, and nothing is read back from disk.  When every byte of a piece was added, one
// on_piece_hashed() follows, later; after abandon() none does.
//
// Cost: memory for pieces begun only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "protocol/metainfo.hpp"
#include "runtime/hasher.hpp"
#include "runtime/slice.hpp"

namespace swarmlab::client {

class VerifierHandler {
 public:
  virtual void on_piece_hashed(PieceIndex piece, bool matches) = 0;

 protected:
  ~VerifierHandler() = default;
};

class Verifier final : private runtime::HashHandler {
 public:
  Verifier(runtime::Hasher& hasher, std::shared_ptr<const protocol::Metainfo> metainfo,
           VerifierHandler& handler);
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;
  ~Verifier();

  // A block that was not added before.
  void add(const protocol::BlockRange& block, const runtime::Slices& data);
  // Forgets what was added of the piece.
  void abandon(PieceIndex piece);
  // Bytes held because something before them is missing.
  ByteCount held() const { return held_; }

 private:
  struct Early { std::uint32_t begin = 0; runtime::Slices data; };
  struct Piece {
    runtime::HashId context;
    std::uint32_t hashed = 0;              // bytes from the piece's beginning
    std::uint32_t generation = 0;          // tells answers for an abandoned attempt apart
    bool is_finished = false;              // the context was given its last byte
    std::vector<Early> early;              // sorted by begin, descending: the next one is at the back
  };

  void on_digest(const runtime::HashResult& result) override;
  void append(Piece& piece, const runtime::Slices& data);

  runtime::Hasher& hasher_;
  std::shared_ptr<const protocol::Metainfo> metainfo_;
  VerifierHandler& handler_;
  std::map<PieceIndex, Piece> pieces_;
  std::uint32_t generation_ = 0;
  ByteCount held_;
};

}  // namespace swarmlab::client
