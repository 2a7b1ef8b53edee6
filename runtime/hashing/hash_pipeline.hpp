// HashPipeline: the real Hasher: SHA-1 on worker threads.
//
//   owner's thread                         workers
//   open/append/finish, digest
//        -> strands that have work -> [ ready queue ] -> hash a strand's data in order
//   handlers <- one post per batch <- answers
//
// A context, and each request of a digest() batch, is a strand: its data is hashed in order, by one worker at a
// time; different strands in parallel.  Ranges of files are read by the worker that hashes them,
// straight from the file, in large parts.
//
// The queue is bounded by its users: backlog() tells what waits, and every user of Hasher stops at a bound of its
// own.  All calls come from one thread, the one that `completions` delivers on.  Symbolic slices belong to
// virtual worlds; here they are an error of the caller (asserted).
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "runtime/hasher.hpp"
#include "runtime/hashing/completions.hpp"
#include "runtime/posix_file.hpp"

namespace swarmlab::runtime {

struct HashStrand;

class HashPipeline final : public Hasher {
 public:
  // `files` find the ranges of files.  Requires threads > 0.
  HashPipeline(std::size_t threads, const OpenFiles& files, Completions& completions);
  HashPipeline(const HashPipeline&) = delete;
  HashPipeline& operator=(const HashPipeline&) = delete;
  // Drops what waits.
  ~HashPipeline();

  HashId open() override;
  void append(HashId context, std::span<const Slice> data) override;
  void finish(HashId context, HashHandler& handler, Tag tag) override;
  void drop(HashId context) override;
  void digest(std::span<const HashRequest> batch, HashHandler& handler) override;
  ByteCount backlog() const override { return ByteCount(backlog_.load(std::memory_order_relaxed)); }
  void forget(HashHandler& handler) override;

  // Strands that have been finished or requested and not answered yet.
  std::size_t unanswered() const { return unanswered_.size(); }

 private:
  void add(HashStrand& strand, std::span<const Slice> data);
  void make_ready(const std::shared_ptr<HashStrand>& strand);
  void await(const std::shared_ptr<HashStrand>& strand, HashHandler& handler, Tag tag);
  void work();
  void deliver();

  const OpenFiles& files_;
  Completions& completions_;
  std::unordered_map<std::uint32_t, std::shared_ptr<HashStrand>> contexts_;
  std::vector<std::shared_ptr<HashStrand>> unanswered_;
  HashId next_id_{1};
  std::shared_ptr<HashPipeline*> self_;   // outlives us in what was posted
  std::atomic<std::int64_t> backlog_ = 0;

  std::mutex mutex_;                      // guards what follows, and the shared part of strands
  std::condition_variable wake_;
  std::deque<std::shared_ptr<HashStrand>> ready_;
  std::vector<std::shared_ptr<HashStrand>> answered_;
  bool ends_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace swarmlab::runtime
