// The check `upload_slots`; its statement is the manual in upload_slots.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kUploadSlots;
std::unique_ptr<Check> make_upload_slots(const CheckContext& context);

}  // namespace swarmlab::swarmsim
