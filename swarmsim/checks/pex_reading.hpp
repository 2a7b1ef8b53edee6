// PexReading: a peer exchange message (BEP 11) as it stands, for checks: also what no client should make of it.
//
//   added, added6, dropped, dropped6   compact endpoints, 6 or 18 bytes each
//   added.f, added6.f                  one byte of flags for each that is added; may be missing
#pragma once

#include <string>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

struct PexReading {
  std::string problem;             // the first thing that is not as the BEP has it, in words; "" where all is
  std::vector<Endpoint> added;     // the whole entries
  std::vector<Endpoint> dropped;
};

PexReading read_pex(Bytes payload);

}  // namespace swarmlab::swarmsim
