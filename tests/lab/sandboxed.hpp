// For tests that need the sandbox of lab mode: their bodies run inside, their failures count outside.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "swarmsim/lab/sandbox.hpp"

namespace swarmlab::swarmsim::lab_test {

// The last call of a test: what cannot be tried here is skipped, and says why.
inline void in_sandbox(const std::function<void()>& body) {
  const auto status = run_in_sandbox([&] {
    body();
    return testing::Test::HasFailure() ? 1 : 0;
  });
  if (!status) GTEST_SKIP() << status.error().reason << ". " << status.error().remedy;
  EXPECT_EQ(*status, 0) << "what failed inside stands above";
}

}  // namespace swarmlab::swarmsim::lab_test
