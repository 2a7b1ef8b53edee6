// Tag: the caller's own note on something it started, handed back with the completion.
//
// All completions of runtime/ work alike: the caller names a handler and a Tag; the handler is called
// later, from the event loop, never inside the call that started the operation; and after forget(handler)
// it is not called any more.  A handler may start further operations from within its callback.
#pragma once

#include <cstdint>

namespace swarmlab::runtime {

using Tag = std::uint64_t;

}  // namespace swarmlab::runtime
