#include "runtime/hashing/hash_pipeline.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/hash/sha1.hpp"

namespace swarmlab::runtime {

// Part of what is to be hashed: bytes, or a range of a file held open until it was read.
struct HashPart {
  Slice slice;
  std::shared_ptr<PosixFile> file;
  bool is_missing = false;             // a range of a file that is not open
};

struct HashStrand {
  // The owner's thread alone.
  HashHandler* handler = nullptr;      // null: forgotten, or not finished yet
  Tag tag = 0;
  std::size_t place = 0;               // in unanswered_

  // Under the pipeline's mutex.
  std::vector<HashPart> waiting;
  bool is_scheduled = false;           // in the ready queue, or with a worker
  bool is_finished = false;            // nothing more will be appended: answer when all is hashed
  bool is_dropped = false;

  // The worker that has it, then the owner once it is answered.
  protocol::Sha1 state;
  FileError error = FileError::none;
  Sha1Digest digest;
};

namespace {

// Large enough that reading ahead by the system pays off, small enough for a cache.
constexpr std::size_t kReadBytes = std::size_t{256} << 10;

FileError hash_file(protocol::Sha1& state, const PosixFile& file, const Slice& range,
                    std::vector<std::byte>& scratch) {
  scratch.resize(kReadBytes);
  for (std::size_t done = 0; done < range.size();) {
    const std::size_t wanted = std::min(range.size() - done, kReadBytes);
    const auto got = file.read(range.offset() + ByteCount::from_size(done), {scratch.data(), wanted});
    if (!got) return got.error();
    if (*got < wanted) return FileError::input_output;
    state.update({scratch.data(), wanted});
    done += wanted;
  }
  return FileError::none;
}

void hash(HashStrand& strand, const HashPart& part, std::vector<std::byte>& scratch) {
  if (strand.error != FileError::none) return;
  if (part.is_missing) {
    strand.error = FileError::not_found;
  } else if (part.file != nullptr) {
    strand.error = hash_file(strand.state, *part.file, part.slice, scratch);
  } else {
    strand.state.update(part.slice.bytes());
  }
}

}  // namespace

HashPipeline::HashPipeline(std::size_t threads, const OpenFiles& files, Completions& completions)
    : files_(files), completions_(completions), self_(std::make_shared<HashPipeline*>(this)) {
  SWARM_ASSERT(threads > 0);
  // Signals belong to the owner's thread.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

HashPipeline::~HashPipeline() {
  {
    const std::scoped_lock lock(mutex_);
    ends_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  *self_ = nullptr;
}

HashId HashPipeline::open() {
  const HashId id = next_id_;
  ++next_id_;
  contexts_.emplace(id.value(), std::make_shared<HashStrand>());
  return id;
}

void HashPipeline::add(HashStrand& strand, std::span<const Slice> data) {
  for (const Slice& slice : data) {
    if (slice.empty()) continue;
    SWARM_ASSERT(slice.kind() != Slice::Kind::symbolic);
    HashPart part{.slice = slice, .file = nullptr};
    if (slice.kind() == Slice::Kind::file) {
      part.file = files_.find(slice.file());
      part.is_missing = part.file == nullptr;
    }
    strand.waiting.push_back(std::move(part));
    backlog_.fetch_add(slice.length().value(), std::memory_order_relaxed);
  }
}

void HashPipeline::make_ready(const std::shared_ptr<HashStrand>& strand) {
  if (std::exchange(strand->is_scheduled, true)) return;
  ready_.push_back(strand);
  wake_.notify_one();
}

void HashPipeline::append(HashId context, std::span<const Slice> data) {
  const auto found = contexts_.find(context.value());
  SWARM_ASSERT(found != contexts_.end(), context);
  const std::scoped_lock lock(mutex_);
  add(*found->second, data);
  make_ready(found->second);
}

void HashPipeline::await(const std::shared_ptr<HashStrand>& strand, HashHandler& handler, Tag tag) {
  strand->handler = &handler;
  strand->tag = tag;
  strand->place = unanswered_.size();
  unanswered_.push_back(strand);
}

void HashPipeline::finish(HashId context, HashHandler& handler, Tag tag) {
  const auto found = contexts_.find(context.value());
  SWARM_ASSERT(found != contexts_.end(), context);
  const std::shared_ptr<HashStrand> strand = std::move(found->second);
  contexts_.erase(found);
  await(strand, handler, tag);
  const std::scoped_lock lock(mutex_);
  strand->is_finished = true;
  make_ready(strand);
}

void HashPipeline::drop(HashId context) {
  const auto found = contexts_.find(context.value());
  SWARM_ASSERT(found != contexts_.end(), context);
  const std::shared_ptr<HashStrand> strand = std::move(found->second);
  contexts_.erase(found);
  const std::scoped_lock lock(mutex_);
  strand->is_dropped = true;
  make_ready(strand);                  // whoever takes it counts off what waits
}

void HashPipeline::digest(std::span<const HashRequest> batch, HashHandler& handler) {
  const std::scoped_lock lock(mutex_);
  for (const HashRequest& request : batch) {
    auto strand = std::make_shared<HashStrand>();
    await(strand, handler, request.tag);
    add(*strand, request.data);
    strand->is_finished = true;
    make_ready(strand);
  }
}

void HashPipeline::forget(HashHandler& handler) {
  for (const std::shared_ptr<HashStrand>& strand : unanswered_) {
    if (strand->handler == &handler) strand->handler = nullptr;
  }
}

void HashPipeline::work() {
  std::vector<std::byte> scratch;
  std::vector<HashPart> parts;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return ends_ || !ready_.empty(); });
    if (ends_) return;
    std::shared_ptr<HashStrand> strand = std::move(ready_.front());
    ready_.pop_front();
    parts.swap(strand->waiting);
    const bool wanted = !strand->is_dropped;
    const bool is_last = strand->is_finished;
    lock.unlock();
    for (HashPart& part : parts) {
      if (wanted) hash(*strand, part, scratch);
      backlog_.fetch_sub(part.slice.length().value(), std::memory_order_relaxed);
      part = {};                       // buffers go back, files close, as early as possible
    }
    parts.clear();
    if (is_last) strand->digest = strand->state.finish();
    lock.lock();
    if (is_last) {
      answered_.push_back(std::move(strand));
      if (answered_.size() > 1) continue;  // whoever put the first has called the owner
      completions_.post([self = self_] {
        if (*self != nullptr) (*self)->deliver();
      });
      continue;
    }
    strand->is_scheduled = false;
    if (strand->is_finished || !strand->waiting.empty()) make_ready(strand);
  }
}

void HashPipeline::deliver() {
  std::vector<std::shared_ptr<HashStrand>> answered;
  {
    const std::scoped_lock lock(mutex_);
    answered.swap(answered_);
  }
  // Taken off the list one by one: a handler may forget() another, whose answer is in this batch too.
  for (const std::shared_ptr<HashStrand>& strand : answered) {
    std::swap(unanswered_[strand->place], unanswered_.back());
    unanswered_[strand->place]->place = strand->place;
    unanswered_.pop_back();
    if (strand->handler == nullptr) continue;
    strand->handler->on_digest({strand->tag, strand->error, strand->digest});
  }
}

}  // namespace swarmlab::runtime
