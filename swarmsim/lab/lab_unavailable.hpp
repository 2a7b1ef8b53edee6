// LabUnavailable: why real processes cannot be put into a network of their own here, and what would help.
//
// Not an error of whoever asked: programs print both lines and exit with status 3, tests skip and say so.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

namespace swarmlab::swarmsim {

struct LabUnavailable {
  std::string reason;   // "cannot make a user namespace: Operation not permitted"
  std::string remedy;   // what a person can do about it, one or more sentences
};

// The reason for a system call that has just failed.
inline LabUnavailable after_errno(const std::string& what, std::string remedy = {}) {
  return {what + ": " + std::strerror(errno), std::move(remedy)};
}

}  // namespace swarmlab::swarmsim
