// Parcel: one peer message on its way between an engine and its stream; and Follower, which finds them in a stream.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/handshake.hpp"
#include "protocol/peer_wire.hpp"
#include "runtime/slice.hpp"

namespace swarmlab::swarmsim {

// Moves, does not copy: views in the message are into its bytes.
class Parcel {
 public:
  // Requires the wire form of exactly one message (of a piece: its header).
  explicit Parcel(std::vector<std::byte> bytes);
  explicit Parcel(const protocol::Message& message);
  Parcel(Parcel&&) = default;
  Parcel& operator=(Parcel&&) = default;

  const protocol::Message& message() const { return message_; }
  template <class M>
  const M* as() const { return std::get_if<M>(&message_); }
  Bytes bytes() const { return bytes_; }

  // Of a piece: the block.  Shorter than the header says where somebody hangs up behind it.
  runtime::Slices payload;

 private:
  std::vector<std::byte> bytes_;
  protocol::Message message_;
};

// Follows one direction of a peer-wire stream: bytes in any cuts -> handshake, messages, payload.  A stream that is
// something else, or stops making sense, is raw from there on.
class Follower {
 public:
  struct Unit {
    enum class Kind : std::uint8_t { incomplete, handshake, message, payload, raw } kind = Kind::incomplete;
    std::optional<Parcel> message;            // of a piece its header; its payload units follow
    runtime::Slice slice;                     // payload, raw
    std::vector<std::byte> bytes;             // handshake
  };
  // Takes the next unit off the front of `rest`, which is not empty; `incomplete`: all of it was taken and more
  // is needed.
  Unit next(runtime::Slice& rest);

 private:
  std::size_t needed() const;

  bool is_shaken_ = false;
  bool is_raw_ = false;
  std::uint32_t block_left_ = 0;
  std::vector<std::byte> begun_;
};

}  // namespace swarmlab::swarmsim
