#include "protocol/version.hpp"

namespace swarmlab::protocol {

std::string_view version() { return SWARMLAB_VERSION; }

}  // namespace swarmlab::protocol
