// TraceWriter: the events of a run, as they happen, into a trace file (docs/trace_format.md).
//
// One pass, no memory of what was written.  A trace without its end is one whose run did not come to its own.
#pragma once

#include <ostream>
#include <string>

#include "swarmsim/wire/event.hpp"
#include "swarmsim/wire/trace_event.hpp"
#include "swarmsim/wire/trace_format.hpp"

namespace swarmlab::swarmsim {

class TraceWriter final : public EventSink {
 public:
  // Writes the header.  `out` outlives the writer; whether it took everything is asked of it.
  TraceWriter(std::ostream& out, const TraceHeader& header);

  void on_event(const WireEvent& event) override;
  // The last line.  Nothing may be written after it.
  void finish(const TraceEnd& end);

 private:
  void flush();

  std::ostream& out_;
  TraceEventCodec codec_;
  std::string pending_;       // lines not yet given to `out_`
};

}  // namespace swarmlab::swarmsim
