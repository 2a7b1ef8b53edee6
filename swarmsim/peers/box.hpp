// Box: one behaviour on one connection, between the engine and the stream; and Line, the connection it stands on.
//
//     engine  ->  box 1  ->  box 2  ->  stream          to_wire
//     engine  <-  box 1  <-  box 2  <-  stream          to_engine: everything but blocks, which pass by
//
// A box gets whole messages and passes on what it likes: the message, another, several, nothing; it may add messages
// of its own at any time after the handshakes.  Boxes are called from the engine's reads and writes and from a
// timer; they never call the engine.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/handshake.hpp"
#include "runtime/clock.hpp"
#include "swarmsim/peers/parcel.hpp"
#include "swarmsim/peers/role.hpp"

namespace swarmlab::swarmsim {

enum class HangUp : std::uint8_t {
  close,    // what was written still arrives
  reset,
};

// The connection as its boxes see it.  What was said is as of the wire, whatever the engine believes.
class Line {
 public:
  virtual Time now() const = 0;
  virtual Time started() const = 0;                          // when our handshake went out
  virtual bool has_fast() const = 0;                         // both sides speak BEP 6
  virtual const protocol::Bitfield& they_have() const = 0;   // announced to us
  virtual const protocol::Bitfield& we_announced() const = 0;
  virtual bool they_choke() const = 0;
  // The requests they made and we neither answered nor were relieved of.
  virtual const std::vector<protocol::BlockRange>& open_requests() const = 0;

  virtual void hang_up(HangUp how) = 0;
  // Bytes as they are, behind what was passed on so far; no message need they be.
  virtual void write_raw(Bytes bytes) = 0;
  // From now on no more than this leaves per second, in drops.
  virtual void trickle(BytesPerSecond rate) = 0;

  virtual void to_wire(std::size_t place, Parcel parcel) = 0;
  virtual void to_engine(std::size_t place, Parcel parcel) = 0;
  virtual void wake_boxes_at(Time at) = 0;

 protected:
  ~Line() = default;
};

// The pieces that are in the set, and those that are not.
std::vector<PieceIndex> pieces_in(const protocol::Bitfield& set);
std::vector<PieceIndex> pieces_not_in(const protocol::Bitfield& set);

class Box {
 public:
  // `place`: 0 for the box nearest to the engine.  Both outlive the box.
  Box(Role& role, Line& line, std::size_t place) : role_(role), line_(line), place_(place) {}
  Box(const Box&) = delete;
  Box& operator=(const Box&) = delete;
  virtual ~Box() = default;

  // Our handshake has gone out.
  virtual void on_start() {}
  virtual void to_wire(Parcel parcel) { pass_to_wire(std::move(parcel)); }
  virtual void to_engine(Parcel parcel) { pass_to_engine(std::move(parcel)); }
  // The time of wake_at() has come.
  virtual void on_time() {}

  Time wakes_at() const { return wakes_at_; }
  void on_timer() {
    wakes_at_ = kNever;
    on_time();
  }

 protected:
  void pass_to_wire(Parcel parcel) { line_.to_wire(place_ + 1, std::move(parcel)); }
  void pass_to_engine(Parcel parcel) { line_.to_engine(place_, std::move(parcel)); }
  void send(const protocol::Message& message) { pass_to_wire(Parcel(message)); }
  // A block as the torrent has it.  Requires a valid range.
  void send_block(const protocol::BlockRange& block);
  void send_block(const protocol::BlockRange& block, runtime::Slice payload);
  // What BEP 6 asks for where nothing is served; without it, nothing.
  void send_reject(const protocol::BlockRange& block) {
    if (line_.has_fast()) send(protocol::Reject{block});
  }
  void wake_at(Time at) {
    wakes_at_ = at;
    if (at != kNever) line_.wake_boxes_at(at);
  }

  Role& role_;
  Line& line_;

 private:
  std::size_t place_;
  Time wakes_at_ = kNever;
};

using MakeBox = std::unique_ptr<Box> (*)(Role& role, Line& line, std::size_t place);
template <class B>
std::unique_ptr<Box> make_box_of(Role& role, Line& line, std::size_t place) {
  return std::make_unique<B>(role, line, place);
}

}  // namespace swarmlab::swarmsim
