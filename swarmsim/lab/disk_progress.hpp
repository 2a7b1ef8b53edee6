// DiskProgress: how much of a torrent a client has, by what is on its disk.
//
// Clients that are not ours say in their own words, or not at all, how far they are; what is in the files is true whoever wrote
// it.  A piece counts once its hash was good.  Looks are cheap: where a file has a hole nothing is read, what was good is not read
// again, and one look hashes no more than it is allowed to.
#pragma once

#include <filesystem>
#include <map>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/metainfo.hpp"

namespace swarmlab::swarmsim {

class DiskProgress {
 public:
  // `torrent` outlives it.  The files are below `directory`, some day.
  DiskProgress(const protocol::Metainfo& torrent, std::filesystem::path directory)
      : torrent_(torrent), directory_(std::move(directory)), pieces_(torrent.geometry.piece_count()) {}

  // Goes on where the last look ended; hashes at most `budget`, and one piece at least.
  void look(ByteCount budget);
  // The content was made elsewhere, and is whole.
  void trust() { pieces_.set_all(); }

  const protocol::Bitfield& pieces() const { return pieces_; }
  bool is_complete() const { return pieces_.all(); }

 private:
  class OpenFiles;
  // Reads the piece where all of it has been written; empty where it has not.
  bool read(PieceIndex piece, OpenFiles& files);

  const protocol::Metainfo& torrent_;
  std::filesystem::path directory_;
  protocol::Bitfield pieces_;
  std::uint32_t next_ = 0;
  std::vector<std::byte> buffer_;
};

}  // namespace swarmlab::swarmsim
