// ContentDigest: the digest of a sequence of slices, symbolic ones included, however it is cut.
//
// A sequence of bytes alone has its SHA-1.  Symbolic content has no bytes, so its identity is hashed in their
// place: the sequence is brought into canonical form (neighbours that continue each other joined, as are
// neighbouring byte runs) and the digest is the SHA-1 over one record per run, in order:
//
//   symbolic   's'  identity (20 bytes)  offset (8)  length (8)  spoiler (4)
//   bytes      'b'  length (8)  SHA-1 of the bytes (20)
//
// numbers big-endian.  A content's identity is the SHA-1 of the text it was added under, never its number,
// so a digest does not depend on what else the world holds.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/hash/sha1.hpp"
#include "protocol/ids.hpp"
#include "runtime/slice.hpp"

namespace swarmlab::swarmsim {

// The contents of a world, by number.
class ContentTable {
 public:
  // Requires an identity that is new.
  runtime::ContentId add(std::string_view identity);
  const Sha1Digest& identity(runtime::ContentId content) const;

 private:
  std::vector<Sha1Digest> identities_;
};

Sha1Digest content_identity(std::string_view text);

class ContentDigest {
 public:
  // Requires a slice that is not a range of a file.
  void append(const ContentTable& contents, const runtime::Slice& slice);
  void append_symbolic(const Sha1Digest& identity, std::uint64_t offset, std::uint64_t length,
                       std::uint32_t spoiler);
  Sha1Digest finish();

 private:
  void end_bytes();
  void end_symbolic();

  protocol::Sha1 records_;
  protocol::Sha1 bytes_;               // of the present byte run
  std::uint64_t bytes_length_ = 0;
  struct Run {
    Sha1Digest identity;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::uint32_t spoiler = 0;
  } run_;                              // length 0: none
  bool has_symbolic_ = false;
};

}  // namespace swarmlab::swarmsim
