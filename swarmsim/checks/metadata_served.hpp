// The check `metadata_served`; its statement is the manual in metadata_served.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kMetadataServed;
std::unique_ptr<Check> make_metadata_served(const CheckContext& context);

}  // namespace swarmlab::swarmsim
