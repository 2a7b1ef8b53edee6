// `swarmsim adapter-check NAME|FILE`: is an adapter fit to be used?
//
// Plays one small scenario in which the client seeds, leeches and is stopped, and says of each step how it went, what the client
// was seen to speak, and what the adapter leaves undeclared.  A minute at most.  Must be called where run_in_lab() may be.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "swarmsim/lab/adapter.hpp"
#include "swarmsim/lab/lab_cast.hpp"

namespace swarmlab::swarmsim {

struct AdapterReport {
  enum class Mark { good, bad, note };
  struct Line {
    Mark mark = Mark::good;
    std::string step;         // "leeches"
    std::string text;         // "4 MiB in 3.2 s"
  };
  std::vector<Line> lines;
  std::string invalid;        // why nothing can be said
  bool is_good() const;
};

// `folder` gets what everybody printed.
AdapterReport check_adapter(const Adapter& adapter, const LabPrograms& programs, LabNetworkKind network,
                            const std::filesystem::path& folder);
std::string describe(const AdapterReport& report);

}  // namespace swarmlab::swarmsim
