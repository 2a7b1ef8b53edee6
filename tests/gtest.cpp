// Owner of the precompiled GoogleTest headers (tests/CMakeLists.txt).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
