// VirtualHasher: digests of one simulated host, byte slices really hashed, symbolic ones by identity.
//
// Digests are ContentDigest's.  Hashing takes bytes / rate of virtual time; requests of one host are served one
// after another.
#pragma once

#include <cstdint>
#include <map>

#include "runtime/hasher.hpp"
#include "swarmsim/virtual/content_digest.hpp"
#include "swarmsim/virtual/disk.hpp"
#include "swarmsim/virtual/event_loop.hpp"
#include "swarmsim/virtual/pool.hpp"

namespace swarmlab::swarmsim {

class VirtualHasher final : public runtime::Hasher {
 public:
  VirtualHasher(EventLoop& loop, Entity& entity, std::uint32_t host, const Disk& disk,
                const ContentTable& contents, BytesPerSecond rate)
      : loop_(loop), entity_(entity), host_(host), disk_(disk), contents_(contents), rate_(rate) {}

  runtime::HashId open() override;
  void append(runtime::HashId context, std::span<const runtime::Slice> data) override;
  void finish(runtime::HashId context, runtime::HashHandler& handler, runtime::Tag tag) override;
  void drop(runtime::HashId context) override;
  void digest(std::span<const runtime::HashRequest> batch, runtime::HashHandler& handler) override;
  ByteCount backlog() const override;
  void forget(runtime::HashHandler& handler) override;

  // ---- the world's calls ----
  void on_event(std::uint32_t request);
  void end_process();

 private:
  struct Context {
    ContentDigest digest;
    runtime::FileError error = runtime::FileError::none;
  };
  struct Request {
    runtime::HashHandler* handler = nullptr;   // null: forgotten
    runtime::HashResult result;
  };
  void add(Context& context, std::span<const runtime::Slice> data);
  void answer(Context& context, runtime::HashHandler& handler, runtime::Tag tag);

  EventLoop& loop_;
  Entity& entity_;
  std::uint32_t host_;
  const Disk& disk_;
  const ContentTable& contents_;
  BytesPerSecond rate_;
  std::map<runtime::HashId, Context> contexts_;   // as many as pieces are under way
  Pool<Request, 16> requests_;
  Time busy_until_{};
  std::uint32_t next_context_ = 0;
};

}  // namespace swarmlab::swarmsim
