// SWARM_ASSERT(condition, values...): the invariants of our own code.
//
// On in every build: a swarm simulator that computes on after its own invariant broke produces
// verdicts nobody can trust.  It prints condition, place and the values given, then aborts.
// Never for input: bytes, files and settings from outside are answered with errors.
// SWARM_ASSERT_DEEP is for checks that cost more than the operation they guard; it is on in
// test and fuzz builds (CMake option SWARMLAB_DEEP_CHECKS).
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace swarmlab::detail {

inline std::string assert_text(std::string_view value) { return std::string(value); }
inline std::string assert_text(bool value) { return value ? "true" : "false"; }
template <class T>
  requires(std::integral<T> || std::floating_point<T>)
std::string assert_text(T value) { return std::to_string(value); }
template <class T>
  requires requires(const T& t) { t.value(); } && (!std::integral<T>)
std::string assert_text(const T& value) { return assert_text(value.value()); }

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line,
                                   const std::string& values);

template <class... Values>
[[noreturn]] [[gnu::cold]] [[gnu::noinline]] void fail_assertion(const char* condition,
                                                                const char* file, int line,
                                                                const Values&... values) {
  std::string text;
  ((text += ' ', text += assert_text(values)), ...);
  assertion_failed(condition, file, line, text);
}

}  // namespace swarmlab::detail

#define SWARM_ASSERT(condition, ...)                                                         \
  do {                                                                                       \
    if (!(condition)) [[unlikely]]                                                           \
      ::swarmlab::detail::fail_assertion(#condition, __FILE__, __LINE__ __VA_OPT__(, )       \
                                                                    __VA_ARGS__);            \
  } while (false)

#ifdef SWARMLAB_DEEP_CHECKS
#define SWARM_ASSERT_DEEP(condition, ...) SWARM_ASSERT(condition __VA_OPT__(, ) __VA_ARGS__)
#else
#define SWARM_ASSERT_DEEP(condition, ...) static_cast<void>(0)
#endif
