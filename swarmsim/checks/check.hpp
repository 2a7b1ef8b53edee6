// Check: a monitor over one run's events, and the verdict it comes to.
//
// It sees events, what peers declared, and disks; never the inside of a client.  One object judges one run.
// "After X" means received(X) < decided(m), so what waited in a send buffer is never held against anybody.
#pragma once

#include <memory>
#include <vector>

#include "swarmsim/checks/arguments.hpp"
#include "swarmsim/checks/arrivals.hpp"
#include "swarmsim/checks/books.hpp"
#include "swarmsim/checks/manual.hpp"
#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/checks/side_table.hpp"
#include "swarmsim/checks/verdict.hpp"
#include "swarmsim/expect/measurements.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

// How a run ended.
struct EndOfRun {
  Time at{};
  bool was_cut_short = false;   // by --until, before the scenario's own limit
};

class Check : public EventSink {
 public:
  virtual ~Check() = default;

  // Called once, before the first event; on_event() gets these only.
  virtual EventSet interest() const = 0;
  void on_event(const WireEvent& event) override = 0;
  // The same, of events that are to be seen before the books take them.
  virtual EventSet interest_before() const { return {}; }
  virtual void before_event(const WireEvent&) {}
  // What on_event() looks into, to be fetched ahead.
  virtual std::vector<const SideTable*> tables() const { return {}; }
  // After the event that made it whole; `arrivals` has it already.
  virtual void on_whole_piece(const WholePiece&) {}
  // True when the run need not go on for this check's sake: what must happen has happened (or can no longer in
  // time).  A check that only forbids is always ready.
  virtual bool is_ready(Time, Disks&) { return true; }
  // Called once, after the last event.
  virtual Judgement conclude(const EndOfRun& end, Disks& disks) = 0;
};

// What a check is made from; all of it outlives the check.
struct CheckContext {
  const CheckArguments& arguments;
  const RunFacts& facts;
  const Arrivals& arrivals;
  Books& books;                 // to open, while the check is made, those it reads
  Measurements& measurements;   // to say, while the check is made, what it wants measured
};

using MakeCheck = std::unique_ptr<Check> (*)(const CheckContext&);

// A set of peers to ask "is this one meant".
class PeerSet {
 public:
  PeerSet() = default;
  PeerSet(const std::vector<HostId>& peers, std::size_t peer_count) : member_(peer_count, false) {
    for (const HostId peer : peers) member_[peer.value()] = true;
  }
  bool has(HostId peer) const { return peer.value() < member_.size() && member_[peer.value()]; }

 private:
  std::vector<bool> member_;
};

}  // namespace swarmlab::swarmsim
