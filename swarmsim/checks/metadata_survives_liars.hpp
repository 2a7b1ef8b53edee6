// The check `metadata_survives_liars`; its statement is the manual in metadata_survives_liars.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kMetadataSurvivesLiars;
std::unique_ptr<Check> make_metadata_survives_liars(const CheckContext& context);

}  // namespace swarmlab::swarmsim
