// FaultBoundary: what keeps a bug in one torrent from taking the others with it.
//
// A broken invariant (SWARM_ASSERT), or an exception of the standard library, means that this program is wrong, and that the
// state it was found in cannot be trusted.  It need not mean that all of the process is wrong: a torrent shares nothing with the
// others but the session's throttles and what is below runtime::Outside.  So the torrent is what is thrown away.
//
// How
//  1. Every way into a torrent is known, because engines reach the world through Outside alone: a torrent is given an Outside of
//     its own (contained_outside.hpp), and all that the world calls back - streams, datagrams, timers, files, digests,
//     names - comes in through run().  The session's own calls into a torrent are run() too.  A class that is added
//     to the torrent tomorrow is contained without knowing of it.
//  2. Within run() a broken invariant throws InternalError (protocol/internal_error.hpp), which unwinds to the outermost run().
//     Rationale: the frames between are the torrent's, and must not go on; a flag that each of them looks at would be forgotten
//     somewhere.  Engine code still neither throws nor catches: this is the one place that does.
//  3. From then on the boundary is broken: nothing is let in any more, whatever still completes is dropped, so that no line
//     of the torrent's logic runs on the state that is wrong.  A destructor that did more than tidy up would: Torrent's EventScope,
//     which settles at its end, does nothing while it unwinds.
//  4. The owner, told by on_fault(), destroys the torrent from an event of its own, when no frame of it is on the stack.  Destroying
//     means what it means when a process is killed: streams closed, files closed, no goodbye.  Trackers and peers find out as they do then.
//
// What is left afterwards
//  - on disk: what a kill leaves.  Resume data claims only what was verified and synced before it was written, so nothing is
//    lost or believed that is not true; the files are checked when the torrent is begun again (client/supervisor.hpp).
//  - in memory: nothing of the torrent but what it was added with and its totals.
//  - shared: the session's throttles hold keys of peers that are gone, which is normal.
//
// What is not contained, and ends the process as before: a broken invariant of the runtime, also when a torrent called it
// (leave()), for it is everybody's; one in the session or the program; one in a destructor, for nothing could be said about
// what it left.  Exceptions of whoever listens to events are taken for faults of the torrent that they heard of.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <type_traits>

#include "client/events.hpp"
#include "protocol/internal_error.hpp"

namespace swarmlab::client {

struct Fault {
  std::string place;      // "client/download.cpp:426"; of an exception that does not say: "somewhere"
  std::string what;
};

class FaultOwner {
 public:
  // This torrent is broken: it is to be destroyed, not now.
  virtual void on_fault(TorrentId torrent) = 0;

 protected:
  ~FaultOwner() = default;
};

class FaultBoundary {
 public:
  FaultBoundary(TorrentId torrent, FaultOwner& owner) : torrent_(torrent), owner_(owner) {}
  FaultBoundary(const FaultBoundary&) = delete;
  FaultBoundary& operator=(const FaultBoundary&) = delete;

  // Calls f() as a part of the torrent, unless it is broken.
  template <class F>
  void run(F&& f) {
    if (!is_broken()) inspect(f);
  }
  // The same for f() that only reads, also when it is broken.
  template <class F>
  void inspect(F&& f) {
    const Containment inside(Containment::Kind::contained);
    try {
      f();
    } catch (const InternalError& error) {
      broke({error.place(), error.what()});
    } catch (const std::exception& error) {
      broke({"somewhere", error.what()});
    }
  }
  // Calls f(), which is no part of the torrent, from within it.  If the torrent broke when f() came back into it, the rest of
  // it must not go on.
  template <class F>
  void leave(F&& f) {
    {
      const Containment outside(Containment::Kind::exposed);
      f();
    }
    if (is_broken()) throw InternalError(fault_->place, fault_->what);
  }

  bool is_broken() const { return fault_.has_value(); }
  // Requires is_broken().
  const Fault& fault() const { return *fault_; }
  // The torrent is destroyed: another may take its place.
  void mend() { fault_.reset(); }

 private:
  void broke(Fault fault) {
    if (is_broken()) return;   // the first is the cause
    fault_ = std::move(fault);
    owner_.on_fault(torrent_);
  }

  TorrentId torrent_;
  FaultOwner& owner_;
  std::optional<Fault> fault_;
};

}  // namespace swarmlab::client
