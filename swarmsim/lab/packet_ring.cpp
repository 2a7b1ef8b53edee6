#include "swarmsim/lab/packet_ring.hpp"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {

PacketRing::PacketRing(ByteCount room) : size_(std::max<std::size_t>(room.size(), 256U << 10) / 8 * 8) {
  void* const memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  SWARM_ASSERT(memory != MAP_FAILED, size_);
  room_ = static_cast<std::byte*>(memory);
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  SWARM_ASSERT(wake_ >= 0);
}

PacketRing::~PacketRing() {
  munmap(room_, size_);
  close(wake_);
}

void PacketRing::put(PacketMoment moment, HostId host, Time at, Bytes packet) {
  const std::uint64_t needed = room_for(packet.size());
  std::uint64_t to = written_.load(std::memory_order_relaxed);
  // A record is not broken in two: where it does not fit before the end, the end stays empty.
  const std::uint64_t before_end = size_ - to % size_;
  const std::uint64_t skipped = needed > before_end ? before_end : 0;
  if (to + skipped + needed - read_.load(std::memory_order_acquire) > size_) {
    lost_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (skipped > 0) {
    // A rest too small for a record needs no mark: the reader knows by its size.
    if (skipped >= sizeof(Record)) {
      const Record skip{.bytes = kSkip};
      std::memcpy(room_ + to % size_, &skip, sizeof skip);
    }
    to += skipped;
  }
  const Record record{.at = at.time_since_epoch().count(), .host = host.value(),
                      .bytes = static_cast<std::uint32_t>(packet.size()), .moment = moment};
  std::memcpy(room_ + to % size_, &record, sizeof record);
  if (!packet.empty()) std::memcpy(room_ + to % size_ + sizeof record, packet.data(), packet.size());
  written_.store(to + needed, std::memory_order_seq_cst);
  if (is_asleep_.load(std::memory_order_seq_cst) && is_asleep_.exchange(false)) {
    const std::uint64_t one = 1;
    // Full means that it was woken some 2^64 times already.
    if (write(wake_, &one, sizeof one) < 0) return;
  }
}

std::size_t PacketRing::drain(PacketWatcher& watcher) {
  std::uint64_t count = 0;
  if (read(wake_, &count, sizeof count) < 0) count = 0;   // called without having been woken
  std::size_t shown = 0;
  while (true) {
    std::uint64_t from = read_.load(std::memory_order_relaxed);
    const std::uint64_t end = written_.load(std::memory_order_seq_cst);
    if (from == end) {
      // Whoever puts something in from here on sees that nobody is looking; what came in between is looked at now.
      if (is_asleep_.exchange(true)) return shown;
      if (written_.load(std::memory_order_seq_cst) == end) return shown;
      is_asleep_.store(false);
      continue;
    }
    const std::uint64_t before_end = size_ - from % size_;
    Record record{.bytes = kSkip};
    if (before_end >= sizeof record) std::memcpy(&record, room_ + from % size_, sizeof record);
    if (record.bytes == kSkip) {
      read_.store(from + before_end, std::memory_order_release);
      continue;
    }
    const Bytes packet(room_ + from % size_ + sizeof record, record.bytes);
    const Time at{Duration(record.at)};
    if (record.moment == PacketMoment::entered) watcher.on_entered(HostId(record.host), at, packet);
    else watcher.on_delivered(HostId(record.host), at, packet);
    ++shown;
    read_.store(from + room_for(record.bytes), std::memory_order_release);
  }
}

}  // namespace swarmlab::swarmsim
