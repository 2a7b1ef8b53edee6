// Does anybody listen at a TCP port?  Asked of the kernel: a connection would be one that the listener sees.
#pragma once

#include <cstdint>

namespace swarmlab::swarmsim {

// In the network namespace behind the descriptor (-1: the calling thread's), at any of its addresses.  False where nobody can tell.
bool is_listened_at(int namespace_fd, std::uint16_t port);

}  // namespace swarmlab::swarmsim
