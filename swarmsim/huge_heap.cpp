#include "swarmsim/huge_heap.hpp"

#include <cstdlib>

#if defined(__has_feature)
#define SWARMLAB_HAS_FEATURE(name) __has_feature(name)
#else
#define SWARMLAB_HAS_FEATURE(name) 0
#endif

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !SWARMLAB_HAS_FEATURE(address_sanitizer) && !SWARMLAB_HAS_FEATURE(thread_sanitizer)
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace swarmlab::swarmsim {
namespace {

constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;
constexpr std::uintptr_t kMost = std::uintptr_t{4} << 30;   // 10,000 engines

}  // namespace

void back_heap_with_huge_pages() {
  if (std::getenv("GLIBC_TUNABLES") != nullptr) return;
  // glibc has no hook for this.  But a block as large as the heap shall become, given back at once and never to the
  // kernel, leaves the heap with all these addresses, and the kernel can be advised about them.
  mallopt(M_MMAP_MAX, 0);          // all of it, large blocks too, in the one heap
  mallopt(M_TRIM_THRESHOLD, -1);   // which never shrinks
  const auto memory = static_cast<std::uintptr_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  void* const block = std::malloc(std::min(memory / 2, kMost));
  if (block == nullptr) return;    // a limit of this process: then as ever
  const auto begin = (reinterpret_cast<std::uintptr_t>(block) + kHugePage - 1) & ~(kHugePage - 1);
  const auto end = reinterpret_cast<std::uintptr_t>(sbrk(0)) & ~(kHugePage - 1);
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
  std::free(block);
}

}  // namespace swarmlab::swarmsim

#else

void swarmlab::swarmsim::back_heap_with_huge_pages() {}

#endif
