// The check `segmentation_does_not_matter`; its statement is the manual in segmentation_does_not_matter.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kSegmentationDoesNotMatter;
std::unique_ptr<Check> make_segmentation_does_not_matter(const CheckContext& context);

}  // namespace swarmlab::swarmsim
