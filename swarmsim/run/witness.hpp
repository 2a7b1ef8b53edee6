// Witness: passes the events of a run on to its trace and its judge, and keeps a note of streams that could not be decoded,
// unless the scenario wants them so.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/judge.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

class Witness final : public EventSink {
 public:
  static constexpr std::size_t kMaxNotes = 20;

  // `trace` and `also` may be null; all others outlive the witness.
  Witness(Judge& judge, const Scenario& scenario, const std::vector<std::string>& names, EventSink* trace, EventSink* also = nullptr)
      : judge_(judge), scenario_(scenario), names_(names), trace_(trace), also_(also) {}
  void on_event(const WireEvent& event) override {
    if (trace_ != nullptr) trace_->on_event(event);
    if (also_ != nullptr) also_->on_event(event);
    if (event.kind == WireEventKind::undecodable && notes.size() < kMaxNotes && !is_faulty(event.from))
      notes.push_back(fmt::format("{} {} -> {} wrote {}; nothing of that stream was judged any more", to_clock(event.at),
                                  names_[event.from.value()], names_[event.to.value()], event.problem));
    judge_.on_event(event);
  }
  std::vector<std::string> notes;         // kMaxNotes at most

 private:
  bool is_faulty(HostId host) const {
    return scenario_.cast.is_peer(host) && !scenario_.group_of(host).behaviours.empty();
  }

  Judge& judge_;
  const Scenario& scenario_;
  const std::vector<std::string>& names_;
  EventSink* trace_;
  EventSink* also_;
};

}  // namespace swarmlab::swarmsim
