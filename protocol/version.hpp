// The version of this build, one for all programs.
#pragma once

#include <string_view>

namespace swarmlab::protocol {

// "0.1.0", as CMakeLists.txt has it.
std::string_view version();

}  // namespace swarmlab::protocol
