// The check `pipeline_refills`; its statement is the manual in pipeline_refills.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kPipelineRefills;
std::unique_ptr<Check> make_pipeline_refills(const CheckContext& context);

}  // namespace swarmlab::swarmsim
