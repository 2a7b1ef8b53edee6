// ResumeRecord: what a client noted about a torrent's files, so that its next start need not hash them all.
//
// A record claims pieces: each was verified, and its bytes were synced before the record was written.  Whether a
// claim may still be believed is a question of what happened to the files since, and of that only their sizes and
// times of modification tell.  trusted_pieces() believes a file under these rules, and else hashes whatever lies in it:
//
//   final record    written when nothing was under way and nothing would follow (stop, completion).  Size and time of
//                   modification must be the noted ones.
//   open record     written in the midst of a download: writes of ours follow it, and a crash comes after any of them.
//                   Those writes move the time of modification, but touch pieces that nobody claims: a verified
//                   piece is never written again, so however they are torn, claims stand.  The file may only have grown, and
//                   must have been modified no earlier than noted and no later than `lease` after the record was
//                   written (the record's own time of modification: one file system's clock for both).  The client
//                   that writes renews the lease by a new record before it ends, or stops writing.
//
// Files of one size that were last written in the same tick of the clock (4 ms on Linux) could have changed names since, and nothing would
// tell: none of them is believed, and they are hashed at every start.
//
// So after a crash only what was not claimed is hashed; and who changes a file later than `lease` after our end is
// found out.  Not found out: a change within the lease of a crash (two files of one size that change names among them), and one that
// puts back the time of modification.
// A clock that jumps costs a check, no more.  A power loss cannot move the time of modification below the noted one: it is
// noted before the sync that makes it durable.
//
// Bytes: a bencoded dictionary {"checksum": SHA-1 of "record", "format": "swarmlab resume", "record": bencoded
// dictionary, "version": 1}.  Whatever does not decode, or is another torrent's, is not believed at all.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/metainfo.hpp"
#include "runtime/file_system.hpp"

namespace swarmlab::client {

struct ResumeRecord {
  struct File {
    ByteCount size;
    std::int64_t modified_ns = 0;
    friend bool operator==(const File&, const File&) = default;
  };

  InfoHashV1 info_hash;
  protocol::Bitfield pieces;                 // claimed
  std::vector<std::optional<File>> files;    // in the torrent's order; nullopt: was not there
  bool is_final = false;
  Duration lease{};                          // of an open record
  friend bool operator==(const ResumeRecord&, const ResumeRecord&) = default;
};

std::vector<std::byte> encode(const ResumeRecord& record);
// The error says what is wrong with it, in words that complete "the record ...".
std::expected<ResumeRecord, std::string> decode_resume_record(Bytes bytes, const protocol::Metainfo& metainfo);

// A record as it was found.
struct ResumeClaims {
  ResumeRecord record;
  std::int64_t written_ns = 0;               // the record file's time of modification
};

// The claimed pieces all of whose files may be believed.  `now_on_disk` answers for each file of the torrent.
using StatusOf = std::function<std::optional<runtime::FileStatus>(std::size_t file)>;
protocol::Bitfield trusted_pieces(const ResumeClaims& claims, const protocol::Metainfo& metainfo,
                                  const StatusOf& now_on_disk);

}  // namespace swarmlab::client
