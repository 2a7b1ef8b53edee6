// Router: the thread that carries real packets between hosts as their links allow.
//
//   host's stack --> port --> [taken apart] --> LabLinks::depart --> (wait) --> LabLinks::arrive --> (wait) --> port --> stack
//                      |                                                                                |
//                      +----------------------------> ring of what was seen <---------------------------+
//
// One epoll loop and one heap of events in the order of their times; packets that are late keep the times they should have had, so
// that lateness does not add up.  A port is always read dry: the emulated queues are the only ones that fill.
// Super-packets are taken apart before a line that is slow or bad, else carried whole.
//
// It works on a thread of its own (lab_thread.hpp), to which others speak by call() alone.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "swarmsim/lab/connection_table.hpp"
#include "swarmsim/lab/lab_link.hpp"
#include "swarmsim/lab/lab_statistics.hpp"
#include "swarmsim/lab/lab_thread.hpp"
#include "swarmsim/lab/packet_port.hpp"
#include "swarmsim/lab/packet_ring.hpp"

namespace swarmlab::swarmsim {

class Router final : private LabThread::Work {
 public:
  // All must live longer.
  Router(PacketPort& port, LabLinks& links, PacketRing& ring);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // As LabThread's.
  void start(std::int64_t origin) { thread_.start(origin); }
  void stop();   // what is on its way is gone
  Time now() const { return thread_.now(); }
  void call(const std::function<void()>& what) { thread_.call(what); }

  // ---- by call() only ----
  void reset_connections(HostId a, HostId b);
  void pause(HostId host);
  void resume(HostId host);
  LabStatistics statistics();

 private:
  enum class Stage : std::uint8_t { at_downlink, at_host };
  struct Event {
    Time due;
    std::uint64_t number = 0;   // equal times: in the order of posting
    std::uint32_t packet = 0;
    Stage stage{};
    // For a heap whose top is the earliest.
    friend bool operator<(const Event& a, const Event& b) { return std::tie(b.due, b.number) < std::tie(a.due, a.number); }
  };
  struct Packet {
    HostId from;
    HostId to;
    Offload offload;
    std::vector<std::byte> bytes;
  };
  struct Held {
    HostId host;          // the one that stands still
    bool is_entering = false;
    std::uint32_t packet = 0;
  };

  void run_due() override;
  std::optional<Time> next_due() const override;
  void on_ready(std::uint64_t which, std::uint32_t events) override;
  void enter(HostId from, const Offload& offload, Bytes packet);
  void send(HostId from, HostId to, const Offload& offload, Bytes packet);
  void send_one(HostId from, HostId to, const Offload& offload, Bytes packet, LabLinks::Which which);
  void arrive(std::uint32_t packet, Time due);
  void hand_over(std::uint32_t packet);
  void post(Time due, Stage stage, std::uint32_t packet);
  void count_drop(Fate fate);
  void count_outside(HostId from, const std::optional<PacketSight>& sight, Bytes packet);
  std::uint32_t keep(HostId from, HostId to, const Offload& offload, Bytes packet);
  void release(std::uint32_t packet);

  PacketPort& port_;
  LabLinks& links_;
  PacketRing& ring_;

  // ---- the thread's ----
  std::vector<Event> heap_;
  std::uint64_t next_number_ = 0;
  std::vector<Packet> packets_;               // those in use are in the heap or held
  std::vector<std::uint32_t> free_;
  std::int64_t bytes_kept_ = 0;
  std::vector<bool> is_paused_;               // by host
  std::deque<Held> held_;
  ConnectionTable connections_;
  std::vector<std::byte> buffer_;
  std::vector<std::byte> scratch_;
  LabStatistics statistics_;
  std::map<std::tuple<HostId, std::string, std::string>, std::uint64_t> outside_;
  LabThread thread_;
};

}  // namespace swarmlab::swarmsim
