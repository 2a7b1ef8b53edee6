// Huge pages for the heap of a run.
//
// With a thousand peers nearly every event touches memory that was not touched for a while, and with pages of 4 KiB
// finding it takes the processor as long as fetching it: its table of addresses covers some 10 MiB, such a swarm has 200.
// With pages of 2 MiB a run of 1,000 peers takes three quarters of the CPU time, one of 50 a twentieth less.
#pragma once

namespace swarmlab::swarmsim {

// To be called first thing in main(), by programs that run swarms.  Only addresses are set aside: memory is taken when it is
// touched.  What threads of their own allocate is as ever.  Does nothing where the C library is not glibc, under sanitizers
// (which bring their own heap), where huge pages are not to be had, and for whoever tunes the heap himself (GLIBC_TUNABLES).
void back_heap_with_huge_pages();

}  // namespace swarmlab::swarmsim
