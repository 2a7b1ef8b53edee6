// PacketRing: what the router saw, on its way to whoever watches: one thread puts in, one takes out, neither waits.
//
// Bounded: a record for which there is no room is dropped and counted, and a run that lost one is not to be judged.  The
// descriptor becomes readable when something is put in after the reader had taken all.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "protocol/units.hpp"
#include "swarmsim/wire/packet_watcher.hpp"

namespace swarmlab::swarmsim {

enum class PacketMoment : std::uint8_t { entered, delivered };

class PacketRing {
 public:
  // Room for so many bytes of packets and of 24 more for each; memory is taken as it is first used.  At least 256 KiB.
  explicit PacketRing(ByteCount room);
  ~PacketRing();
  PacketRing(const PacketRing&) = delete;
  PacketRing& operator=(const PacketRing&) = delete;

  // ---- the writer's ----
  void put(PacketMoment moment, HostId host, Time at, Bytes packet);

  // ---- the reader's ----
  // Shows everything that has been put in so far, in order; gives how many.
  std::size_t drain(PacketWatcher& watcher);
  int descriptor() const { return wake_; }

  // ---- anybody's ----
  std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  struct Record {
    std::int64_t at = 0;
    std::uint32_t host = 0;
    std::uint32_t bytes = 0;      // kSkip: the rest of the room is empty, go on at its beginning
    PacketMoment moment{};
  };
  static constexpr std::uint32_t kSkip = 0xffff'ffff;
  static std::uint64_t room_for(std::size_t bytes) { return (sizeof(Record) + bytes + 7) / 8 * 8; }

  std::size_t size_;
  std::byte* room_;
  int wake_ = -1;
  // Positions count on for ever; each is written by one side.  written - read <= size_.
  alignas(64) std::atomic<std::uint64_t> written_{0};
  alignas(64) std::atomic<std::uint64_t> read_{0};
  std::atomic<bool> is_asleep_{true};   // the reader has taken all: the next record has to wake it
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace swarmlab::swarmsim
