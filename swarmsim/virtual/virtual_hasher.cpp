#include "swarmsim/virtual/virtual_hasher.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {

using runtime::FileError;
using runtime::HashHandler;
using runtime::HashId;
using runtime::Slice;
using runtime::Tag;

HashId VirtualHasher::open() {
  const HashId id(next_context_++);
  contexts_.try_emplace(id);
  return id;
}

void VirtualHasher::add(Context& context, std::span<const Slice> data) {
  busy_until_ = std::max(busy_until_, loop_.now()) + runtime::length_of(data) / rate_;
  for (const Slice& slice : data) {
    if (slice.kind() != Slice::Kind::file) {
      context.digest.append(contents_, slice);
      continue;
    }
    const auto content =
        disk_.read(slice.file(), static_cast<std::uint64_t>(slice.offset().value()), slice.size());
    if (!content) {
      context.error = content.error();
    } else if (runtime::length_of(*content) != slice.length()) {
      context.error = FileError::input_output;
    } else {
      for (const Slice& part : *content) context.digest.append(contents_, part);
    }
  }
}

void VirtualHasher::answer(Context& context, HashHandler& handler, Tag tag) {
  const std::uint32_t index = requests_.take();
  Request& request = requests_[index];
  request.handler = &handler;
  request.result = {.tag = tag, .error = context.error, .digest = {}};
  if (context.error == FileError::none) request.result.digest = context.digest.finish();
  loop_.post(busy_until_, entity_, EventKind::hash_done, host_, index);
}

void VirtualHasher::append(HashId id, std::span<const Slice> data) {
  const auto found = contexts_.find(id);
  SWARM_ASSERT(found != contexts_.end(), id);
  add(found->second, data);
}

void VirtualHasher::finish(HashId id, HashHandler& handler, Tag tag) {
  const auto found = contexts_.find(id);
  SWARM_ASSERT(found != contexts_.end(), id);
  answer(found->second, handler, tag);
  contexts_.erase(found);
}

void VirtualHasher::drop(HashId context) { contexts_.erase(context); }

void VirtualHasher::digest(std::span<const runtime::HashRequest> batch, HashHandler& handler) {
  for (const runtime::HashRequest& request : batch) {
    Context context;
    add(context, request.data);
    answer(context, handler, request.tag);
  }
}

ByteCount VirtualHasher::backlog() const {
  return busy_until_ <= loop_.now() ? ByteCount{} : rate_ * (busy_until_ - loop_.now());
}

void VirtualHasher::forget(HashHandler& handler) {
  for (std::uint32_t i = 0; i < requests_.capacity(); ++i) {
    if (requests_[i].handler == &handler) requests_[i].handler = nullptr;
  }
}

void VirtualHasher::on_event(std::uint32_t index) {
  HashHandler* const handler = std::exchange(requests_[index].handler, nullptr);
  const runtime::HashResult result = requests_[index].result;
  requests_.release(index);
  if (handler != nullptr) handler->on_digest(result);
}

void VirtualHasher::end_process() {
  contexts_.clear();
  for (std::uint32_t i = 0; i < requests_.capacity(); ++i) requests_[i].handler = nullptr;
}

}  // namespace swarmlab::swarmsim
