// Judge: the checks of one run, fed with its events.
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
  const Arrivals& arrivals() const { return arrivals_; }
  const Measurements& measurements() const { return measurements_; }

 private:
  void listen(EventSink& listener, const EventSet& interest);
  void listen_for_measurements();

  const RunFacts& facts_;
  Arrivals arrivals_;
  Books books_;
  Measurements measurements_;
  EventSet measured_;                      // what the measurements are given already
  std::deque<CheckArguments> arguments_;   // checks refer to them
  std::vector<std::unique_ptr<Check>> checks_;
  std::array<std::vector<Check*>, EventSet::kSorts> early_listeners_;   // before the books
  std::array<std::vector<EventSink*>, EventSet::kSorts> listeners_;
};

}  // namespace swarmlab::swarmsim
