#include "swarmsim/lab/disk_progress.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "protocol/hash/sha1.hpp"

namespace swarmlab::swarmsim {

// The file read last stays open: pieces come in the order of files.
class DiskProgress::OpenFiles {
 public:
  explicit OpenFiles(const DiskProgress& of) : of_(of) {}
  ~OpenFiles() { forget(); }
  OpenFiles(const OpenFiles&) = delete;
  OpenFiles& operator=(const OpenFiles&) = delete;

  // -1: it is not there, or is nothing that has bytes.
  int descriptor_of(const protocol::FileEntry& file) {
    if (&file == file_) return descriptor_;
    forget();
    std::filesystem::path path = of_.directory_;
    for (const std::string& element : file.path) path /= element;
    file_ = &file;
    descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status {};
    if (descriptor_ >= 0 && (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode))) {
      forget();
      file_ = &file;
    }
    return descriptor_;
  }

 private:
  void forget() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
    file_ = nullptr;
  }

  const DiskProgress& of_;
  const protocol::FileEntry* file_ = nullptr;
  int descriptor_ = -1;
};

namespace {

bool is_written(int descriptor, off_t begin, off_t end) {
  if (lseek(descriptor, begin, SEEK_DATA) != begin) return false;
  return lseek(descriptor, begin, SEEK_HOLE) >= end;
}

}  // namespace

bool DiskProgress::read(PieceIndex piece, OpenFiles& files) {
  const ByteCount begin = torrent_.geometry.offset_of(piece);
  const ByteCount end = begin + torrent_.geometry.length_of(piece);
  buffer_.assign((end - begin).size(), std::byte{0});
  auto file = std::ranges::upper_bound(torrent_.files, begin, {}, &protocol::FileEntry::offset);
  for (--file; file != torrent_.files.end() && file->offset < end; ++file) {
    const ByteCount from = std::max(begin, file->offset);
    const ByteCount to = std::min(end, file->offset + file->length);
    if (file->is_pad || from >= to) continue;
    const int descriptor = files.descriptor_of(*file);
    const off_t at = (from - file->offset).value();
    if (descriptor < 0 || !is_written(descriptor, at, at + (to - from).value())) return false;
    const ssize_t got = pread(descriptor, buffer_.data() + (from - begin).size(), (to - from).size(), at);
    if (got != static_cast<ssize_t>((to - from).size())) return false;
  }
  return true;
}

void DiskProgress::look(ByteCount budget) {
  OpenFiles files(*this);
  ByteCount hashed;
  for (std::uint32_t looked = 0; looked < pieces_.size() && hashed <= budget && !pieces_.all(); ++looked) {
    const PieceIndex piece(next_);
    next_ = (next_ + 1) % pieces_.size();
    if (pieces_.test(piece) || !read(piece, files)) continue;
    hashed += torrent_.geometry.length_of(piece);
    if (protocol::sha1(buffer_) == torrent_.piece_hashes[piece.value()]) pieces_.set(piece);
  }
}

}  // namespace swarmlab::swarmsim
