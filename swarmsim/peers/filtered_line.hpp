// FilteredLine: one connection of an engine with the boxes that stand on it.
//
// Owned by a MessageFilter, which passes on what the engine does with the stream and tells the engine what it says
// of itself (is_over, wants_writable).  Outgoing messages are gathered and handed through the boxes within the
// engine's own write, incoming ones within its read, so nothing moves in time unless a box holds it back.  Blocks
// that come in pass by in the slices they come in.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "runtime/network.hpp"
#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {

class LineWaker {
 public:
  // FilteredLine::on_timer() is to be called at `at` or a little later.
  virtual void wake_lines_at(Time at) = 0;

 protected:
  ~LineWaker() = default;
};

class FilteredLine final : public Line {
 public:
  // All of it outlives the line.
  FilteredLine(runtime::Network& inner, runtime::StreamId stream, const runtime::Clock& clock,
               std::span<const std::unique_ptr<Role>> roles, LineWaker& waker);
  FilteredLine(const FilteredLine&) = delete;
  FilteredLine& operator=(const FilteredLine&) = delete;

  // ---- what the engine does ----
  void write(runtime::Slice slice);
  runtime::ReadResult read(std::size_t max);
  ByteCount unsent() const;
  void set_low_water(ByteCount mark) {
    low_water_ = mark;
    was_above_low_water_ = was_above_low_water_ || unsent() >= mark;
  }

  // ---- time ----
  Time next_wake() const;
  void on_timer();
  // A box hung up: the stream is gone, and the engine has to hear of it.
  bool is_over() const { return is_over_; }
  // Once: what was held back has fallen below the low-water mark.
  bool take_writable() { return std::exchange(is_writable_, false); }

  // ---- Line ----
  Time now() const override { return clock_.now(); }
  Time started() const override { return started_; }
  bool has_fast() const override { return we_speak_fast_ && they_speak_fast_; }
  const protocol::Bitfield& they_have() const override { return they_have_; }
  const protocol::Bitfield& we_announced() const override { return we_announced_; }
  bool they_choke() const override { return they_choke_; }
  const std::vector<protocol::BlockRange>& open_requests() const override { return open_requests_; }
  void hang_up(HangUp how) override;
  void write_raw(Bytes bytes) override { emit(bytes); }
  void trickle(BytesPerSecond rate) override;
  void to_wire(std::size_t place, Parcel parcel) override;
  void to_engine(std::size_t place, Parcel parcel) override;
  void wake_boxes_at(Time at) override { waker_.wake_lines_at(at); }

 private:
  void take_incoming(runtime::Slice slice);
  void note_sent(const protocol::Message& message);
  void note_received(const protocol::Message& message);
  // Messages as bytes, payload as slices: what an engine does, and what the transport takes for the end of a message.
  void emit(Bytes message);
  void emit(runtime::Slice payload);
  void hold(runtime::Slice slice);
  void let_drops_go();

  runtime::Network& inner_;
  runtime::StreamId stream_;
  const runtime::Clock& clock_;
  LineWaker& waker_;
  std::vector<std::unique_ptr<Box>> boxes_;
  Follower outgoing_;
  Follower incoming_;
  std::optional<Parcel> begun_piece_;         // of the engine's, until its payload is there
  ByteCount payload_left_;                    // of begun_piece_
  std::deque<runtime::Slice> for_engine_;
  Time started_ = kNever;
  bool is_over_ = false;

  // What was said, as of the wire.
  bool we_speak_fast_ = false;
  bool they_speak_fast_ = false;
  protocol::Bitfield they_have_;
  protocol::Bitfield we_announced_;
  bool they_choke_ = true;
  std::vector<protocol::BlockRange> open_requests_;

  // Trickling: bytes that wait for their time.
  std::optional<BytesPerSecond> drops_;
  std::deque<runtime::Slice> held_;
  ByteCount held_bytes_;
  Time next_drop_ = kNever;
  ByteCount low_water_ = 32_KiB;              // as Network's, until set
  bool was_above_low_water_ = false;          // and is_writable_ was not said since
  bool is_writable_ = false;
};

}  // namespace swarmlab::swarmsim
