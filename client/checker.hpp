// Checker: which pieces are on disk already.
//
// Looks which files are there, believes what may be believed of a resume record (resume_record.hpp), then reads and
// hashes every other piece that lies wholly inside of what exists.
// Reading runs ahead of hashing by a bounded number of bytes, so that all cores hash and memory stays small
// whatever the torrent's size.  A file that is missing or too short costs its pieces, not an error; one that cannot be
// read is an error, and the check ends there.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/content_store.hpp"
#include "client/resume_record.hpp"
#include "protocol/bitfield.hpp"
#include "protocol/metainfo.hpp"
#include "runtime/hasher.hpp"

namespace swarmlab::client {

class CheckHandler {
 public:
  // One of the two ends a check.  The checker may be destroyed from within.
  virtual void on_checked(const protocol::Bitfield& found) = 0;
  virtual void on_check_failed(std::string_view path, runtime::FileError why) = 0;

 protected:
  ~CheckHandler() = default;
};

// The owner of the content store passes results with the checker's tags on to on_stored().
class Checker final : private runtime::HashHandler {
 public:
  // Tags from `first_tag` to first_tag + pieces are the checker's.
  Checker(ContentStore& store, runtime::Hasher& hasher,
          std::shared_ptr<const protocol::Metainfo> metainfo, runtime::Tag first_tag,
          CheckHandler& handler);
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;
  ~Checker();

  void start(std::optional<ResumeClaims> claims = std::nullopt);
  const protocol::Bitfield& found() const { return found_; }
  // Of what was found: not hashed, but claimed by a record.
  const protocol::Bitfield& trusted() const { return trusted_; }
  void on_stored(const StoreResult& result);

 private:
  static constexpr ByteCount kReadAhead = 32_MiB;

  void on_digest(const runtime::HashResult& result) override;
  bool is_on_disk(PieceIndex piece) const;
  void advance();
  void finish_if_done();

  ContentStore& store_;
  runtime::Hasher& hasher_;
  std::shared_ptr<const protocol::Metainfo> metainfo_;
  runtime::Tag first_tag_;
  CheckHandler& handler_;
  std::optional<ResumeClaims> claims_;
  protocol::Bitfield found_;
  protocol::Bitfield trusted_;
  PieceIndex next_;
  std::uint32_t under_way_ = 0;
  ByteCount bytes_under_way_;
  bool has_ended_ = false;
};

}  // namespace swarmlab::client
