// corrupt_blocks: a share of the blocks that go out is not what the torrent has there.
//
// Which ones is decided block by block, by the peer's own random stream; a block sent twice may be true once and
// false the other time.  Bytes differ in one place, symbolic content in its spoiler, which names peer and attempt, so that
// two spoilt copies of a block differ from each other too.
//
// A share of 0 % changes nothing.  Bugs that it provokes: B43, B44, B45.
#pragma once

#include <cstdint>

#include "protocol/piece_geometry.hpp"
#include "protocol/quantities.hpp"
#include "runtime/random.hpp"
#include "swarmsim/peers/message_behaviour.hpp"
#include "swarmsim/wire/stream_tap.hpp"
#include "swarmsim/wire/true_content.hpp"

namespace swarmlab::swarmsim {

class CorruptBlocksBehaviour final : public MessageBehaviour {
 public:
  // `content` outlives the behaviour.
  CorruptBlocksBehaviour(Share rate, HostId who, runtime::Random random, const TrueContent& content,
                         const protocol::PieceGeometry& geometry);

  void begin_block(const protocol::BlockRange& block) override;
  runtime::Slice alter(const protocol::BlockRange& block, ByteCount at, runtime::Slice part) override;
  std::uint64_t spoilt_blocks() const { return spoilt_; }

 private:
  Share rate_;
  HostId who_;
  runtime::Random random_;
  const TrueContent& content_;
  protocol::PieceGeometry geometry_;
  bool spoils_ = false;            // the block that is going out
  bool has_spoilt_part_ = false;   // of it: one falsified part is enough
  std::uint64_t spoilt_ = 0;
};

}  // namespace swarmlab::swarmsim
