// The behaviour `metadata_liar`; what it does is the manual in metadata_liar.cpp.
#pragma once

#include <memory>

#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

extern const BehaviourManual kMetadataLiar;
std::unique_ptr<Box> make_metadata_liar(Role& role, Line& line, std::size_t place);

}  // namespace swarmlab::swarmsim
