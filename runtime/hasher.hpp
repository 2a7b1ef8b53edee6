// Hasher: digests of slices, off the caller's path.
//
// Two forms.  A context follows data as it arrives (one per piece being downloaded): append() in order,
// then finish().  digest() answers a batch of independent requests at once (block digests, pieces read for
// a check); its slices may be ranges of files, which the hasher reads itself.
//
// All three kinds of slice have digests.  Symbolic slices are hashed by their identity: the digest of a
// sequence is a function of what its bytes stand for, however it is cut into slices, and a new torrent's piece hashes
// are taken the same way.
#pragma once

#include <cstdint>
#include <span>

#include "protocol/ids.hpp"
#include "protocol/units.hpp"
#include "runtime/file_system.hpp"
#include "runtime/slice.hpp"
#include "runtime/tag.hpp"

namespace swarmlab::runtime {

using HashId = Index<struct HashTag>;

struct HashResult {
  Tag tag = 0;
  FileError error = FileError::none;   // a file range could not be read (or was shorter: input_output)
  Sha1Digest digest;
};

class HashHandler {
 public:
  virtual void on_digest(const HashResult& result) = 0;

 protected:
  ~HashHandler() = default;
};

struct HashRequest {
  std::span<const Slice> data;         // copied (by reference count) before digest() returns
  Tag tag = 0;
};

class Hasher {
 public:
  virtual HashId open() = 0;
  virtual void append(HashId context, std::span<const Slice> data) = 0;
  // Answers with the digest of all that was appended; the context is gone.
  virtual void finish(HashId context, HashHandler& handler, Tag tag) = 0;
  // The context is gone without an answer.
  virtual void drop(HashId context) = 0;

  virtual void digest(std::span<const HashRequest> batch, HashHandler& handler) = 0;

  // Bytes accepted and not yet hashed: who feeds a disk's worth of pieces stops at a bound of its own.
  virtual ByteCount backlog() const = 0;
  virtual void forget(HashHandler& handler) = 0;

 protected:
  ~Hasher() = default;
};

}  // namespace swarmlab::runtime
