// Judge: the checks of one run, fed with its events.
//
// Events are set aside and judged by the hundred: between two packets the tables of a score of checks would push those
// of the swarm out of the caches, and be pushed out by them.  Nobody can tell: all answers come after what was set aside.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

class Judge final : public EventSink {
 public:
  // `facts` outlives the judge.
  explicit Judge(const RunFacts& facts);

  // Both before the first event.
  void add(const CheckManual& manual, CheckArguments arguments);
  // For an expectation over seeds, which is no check of this run.
  void measure(const Expectation& expectation);
  void on_event(const WireEvent& event) override;

  // Nothing that must still happen is outstanding.
  bool is_ready(Time now, Disks& disks);
  // In the order in which the checks were added.
  std::vector<Judgement> conclude(const EndOfRun& end, Disks& disks);
  const Arrivals& arrivals() { catch_up(); return arrivals_; }
  const Measurements& measurements() { catch_up(); return measurements_; }

 private:
  static constexpr std::size_t kBatch = 256;
  static constexpr std::size_t kAhead = 6;   // events; more of them push each other's rows out again

  std::unique_ptr<Check> make(const CheckManual& manual, CheckArguments& arguments);
  void listen(EventSink& listener, const EventSet& interest);
  void listen_for_measurements();
  void catch_up();
  void judge(const WireEvent& event);
  bool can_nobody(const CheckManual& manual, const CheckArguments& arguments) const;
  std::string undeclared(const CheckManual& manual, const CheckArguments& arguments) const;

  const RunFacts& facts_;
  Arrivals arrivals_;
  Books books_;
  Measurements measurements_;
  EventSet measured_;                      // what the measurements are given already
  std::deque<CheckArguments> arguments_;   // checks refer to them
  std::vector<std::unique_ptr<Check>> checks_;
  std::vector<const CheckManual*> manuals_;   // of each of them
  std::vector<WireEvent> set_aside_;       // in their order; none has a view that ends with its call
  std::array<std::vector<const SideTable*>, EventSet::kSorts> tables_;   // of checks
  std::array<std::vector<Check*>, EventSet::kSorts> early_listeners_;   // before the books
  std::array<std::vector<EventSink*>, EventSet::kSorts> listeners_;
};

}  // namespace swarmlab::swarmsim
