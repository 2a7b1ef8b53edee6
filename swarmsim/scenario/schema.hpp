// The JSON Schema of scenario files, for editors that complete and check them while one writes.
//
// Made from what the parser asks for: a scenario that touches every part is parsed with a KeyLog, and each map becomes a
// definition with the keys, kinds and limits that its reader named; checks and behaviours come from their manuals.  What the
// parser takes as it is (lists, maps, values of several kinds) is described here, and a key without a description
// is an assertion, so the schema cannot fall behind.  It accepts all that the parser accepts, and refuses what can be
// seen to be wrong without knowing the rest of the file.
#pragma once

#include <string>

namespace swarmlab::swarmsim {

// JSON Schema draft 7, which all editors know; ends in a newline.  docs/scenario.schema.json is a copy.
std::string scenario_schema();

}  // namespace swarmlab::swarmsim
