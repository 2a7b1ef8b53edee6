// SendQueue: what a stream's owner wrote and the transport has not taken yet, in order.
//
// Small writes are gathered behind each other, slices are kept as they are.  A file slice turns into bytes
// when its turn comes: at once where the page cache has it, else by the pool of threads, which is asked for
// a few of them ahead; until the first is there, nothing behind it goes out.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/buffer_pool.hpp"
#include "runtime/posix_file.hpp"
#include "runtime/slice.hpp"

namespace swarmlab::runtime {

class SendQueue {
 public:
  // Starts a read on the pool of threads; its answer comes as file_read() with the same sequence.
  using StartRead = std::function<void(std::uint64_t sequence, std::shared_ptr<PosixFile> file,
                                       ByteCount offset, ByteCount length)>;

  void push(Bytes bytes);
  void push(Slice slice, std::shared_ptr<PosixFile> file);   // `file` only of a file slice

  std::size_t bytes() const { return bytes_; }
  bool empty() const { return entries_.empty(); }

  // The front of the queue as byte slices, up to about `wanted` bytes: a view, for gathering.  Turns
  // file slices into bytes on the way; stops at one that must be read, having asked `start` for it and for
  // those close behind.
  void gather(std::size_t wanted, BumpBuffer& buffer, const StartRead& start, std::vector<Bytes>& parts);
  // The first `count` bytes were sent.
  void sent(std::size_t count);
  // The answer to a StartRead.
  void file_read(std::uint64_t sequence, Slices data);
  void clear();

 private:
  struct Entry {
    Slice slice;                        // bytes or a file range; empty where `small` is used
    std::vector<std::byte> small;       // small messages, copied one behind the other
    std::size_t small_sent = 0;
    std::shared_ptr<PosixFile> file;    // of a file range: kept open until it is read
    std::uint64_t sequence = 0;         // of a read under way; 0: none

    std::size_t size() const { return small.empty() ? slice.size() : small.size() - small_sent; }
    bool is_file() const { return slice.kind() == Slice::Kind::file; }
  };

  bool make_resident(std::size_t at, std::size_t wanted, BumpBuffer& buffer);
  void read_ahead(std::size_t from, const StartRead& start);
  // Cuts the file range at `at` so that it is at most `length` long.
  void split(std::size_t at, std::size_t length);

  std::deque<Entry> entries_;
  std::uint64_t next_sequence_ = 1;
  std::size_t bytes_ = 0;               // of all entries
};

}  // namespace swarmlab::runtime
