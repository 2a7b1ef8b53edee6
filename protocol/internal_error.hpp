// InternalError: a broken invariant of our own as something that can be caught, where somebody can contain it.
//
// SWARM_ASSERT ends the process (assert.hpp): who computes on after its own invariant broke produces results that nobody can
// trust.  That holds for a part of a program, too, if the part can be thrown away whole and what is left shares no state with
// it.  Code that runs such a part says so by a Containment: within it, on the same thread, SWARM_ASSERT throws InternalError
// instead.  What is called from there and belongs to everybody is run under Containment(exposed), and ends the process again.
//
// The flag is the one piece of state per thread that there is.  Rationale: an assertion stands anywhere and has no parameter
// through which to learn where it stands.  Nothing is computed from it.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace swarmlab {

class InternalError final : public std::exception {
 public:
  // `place`: "client/download.cpp:426".
  InternalError(std::string place, std::string what) : place_(std::move(place)), what_(std::move(what)) {}

  const std::string& place() const { return place_; }
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string place_;
  std::string what_;
};

namespace detail {
extern constinit thread_local bool is_contained;
}

// For the rest of a scope, on this thread.  They nest.
class Containment {
 public:
  enum class Kind : bool { exposed, contained };
  explicit Containment(Kind kind) : before_(std::exchange(detail::is_contained, kind == Kind::contained)) {}
  Containment(const Containment&) = delete;
  Containment& operator=(const Containment&) = delete;
  ~Containment() { detail::is_contained = before_; }

 private:
  bool before_;
};

// A source file's path from the root of the source tree, wherever that stands: "client/download.cpp".
std::string_view path_in_source_tree(std::string_view file);

}  // namespace swarmlab
