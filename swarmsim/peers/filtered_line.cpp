#include "swarmsim/peers/filtered_line.hpp"

#include <algorithm>
#include <utility>

#include "swarmsim/peers/catalogue.hpp"

namespace swarmlab::swarmsim {

using protocol::Bitfield;
using runtime::Slice;

namespace {

// How often a trickle drips.
constexpr Duration kDrop = 100ms;
// Requests remembered; who has asked for more is flooding.
constexpr std::size_t kMaxOpen = 2048;

bool speaks_fast(Bytes handshake) {
  const auto decoded = protocol::decode_handshake(handshake);
  return decoded.has_value() && decoded->has_value() && (*decoded)->features.fast;
}

}  // namespace

FilteredLine::FilteredLine(runtime::Network& inner, runtime::StreamId stream, const runtime::Clock& clock,
                           std::span<const std::unique_ptr<Role>> roles, LineWaker& waker)
    : inner_(inner), stream_(stream), clock_(clock), waker_(waker) {
  for (const auto& role : roles) {
    they_have_ = Bitfield(role->geometry.piece_count());
    we_announced_ = they_have_;
    boxes_.push_back(make_box(*role, *this, boxes_.size()));
  }
}

// ---- from the engine ----

void FilteredLine::write(Slice slice) {
  while (!slice.empty() && !is_over_) {
    Follower::Unit unit = outgoing_.next(slice);
    switch (unit.kind) {
      case Follower::Unit::Kind::incomplete: break;
      case Follower::Unit::Kind::raw: emit(std::move(unit.slice)); break;
      case Follower::Unit::Kind::handshake:
        we_speak_fast_ = speaks_fast(unit.bytes);
        started_ = clock_.now();
        emit(Bytes(unit.bytes));
        for (const auto& box : boxes_) box->on_start();
        break;
      case Follower::Unit::Kind::message:
        if (const auto* piece = unit.message->as<protocol::PieceHeader>()) {
          payload_left_ = piece->block.length;
          begun_piece_ = std::move(unit.message);
        } else {
          to_wire(0, std::move(*unit.message));
        }
        break;
      case Follower::Unit::Kind::payload:
        payload_left_ -= unit.slice.length();
        begun_piece_->payload.push_back(std::move(unit.slice));
        if (payload_left_.value() == 0) to_wire(0, *std::exchange(begun_piece_, std::nullopt));
        break;
    }
  }
}

void FilteredLine::to_wire(std::size_t place, Parcel parcel) {
  if (is_over_) return;
  if (place < boxes_.size()) {
    boxes_[place]->to_wire(std::move(parcel));
    return;
  }
  note_sent(parcel.message());
  emit(parcel.bytes());
  for (Slice& part : parcel.payload) emit(std::move(part));
}

void FilteredLine::emit(Bytes message) {
  if (is_over_ || message.empty()) return;
  if (drops_) hold(Slice::copy_of(message));
  else inner_.write(stream_, message);
}

void FilteredLine::emit(Slice payload) {
  if (is_over_ || payload.empty()) return;
  if (drops_) hold(std::move(payload));
  else inner_.write(stream_, std::move(payload));
}

void FilteredLine::hold(Slice slice) {
  held_bytes_ += slice.length();
  held_.push_back(std::move(slice));
  was_above_low_water_ = was_above_low_water_ || unsent() >= low_water_;
  if (next_drop_ != kNever) return;
  next_drop_ = clock_.now() + kDrop;
  waker_.wake_lines_at(next_drop_);
}

// ---- to the engine ----

runtime::ReadResult FilteredLine::read(std::size_t max) {
  using State = runtime::ReadResult::State;
  while (for_engine_.empty()) {
    if (is_over_) return {State::nothing_yet, {}};
    runtime::ReadResult result = inner_.read(stream_, max);
    if (result.state != State::data) return result;
    take_incoming(std::move(result.slice));
  }
  Slice& first = for_engine_.front();
  Slice part = first.take_front(std::min(max, first.size()));
  if (first.empty()) for_engine_.pop_front();
  return {State::data, std::move(part)};
}

void FilteredLine::take_incoming(Slice slice) {
  while (!slice.empty() && !is_over_) {
    Follower::Unit unit = incoming_.next(slice);
    switch (unit.kind) {
      case Follower::Unit::Kind::incomplete: break;
      case Follower::Unit::Kind::raw:
      case Follower::Unit::Kind::payload: for_engine_.push_back(std::move(unit.slice)); break;
      case Follower::Unit::Kind::handshake:
        they_speak_fast_ = speaks_fast(unit.bytes);
        for_engine_.push_back(Slice::copy_of(unit.bytes));
        break;
      case Follower::Unit::Kind::message:
        note_received(unit.message->message());
        if (unit.message->as<protocol::PieceHeader>() != nullptr) for_engine_.push_back(Slice::copy_of(unit.message->bytes()));
        else to_engine(boxes_.size(), std::move(*unit.message));
        break;
    }
  }
}

// `place` is that of the box it comes from.
void FilteredLine::to_engine(std::size_t place, Parcel parcel) {
  if (is_over_) return;
  if (place > 0) boxes_[place - 1]->to_engine(std::move(parcel));
  else for_engine_.push_back(Slice::copy_of(parcel.bytes()));
}

// ---- what was said ----

void FilteredLine::note_sent(const protocol::Message& message) {
  if (std::holds_alternative<protocol::Choke>(message)) {
    if (!has_fast()) open_requests_.clear();
  } else if (std::holds_alternative<protocol::HaveAll>(message)) {
    we_announced_.set_all();
  } else if (const auto* have = std::get_if<protocol::Have>(&message)) {
    if (have->piece.value() < we_announced_.size()) we_announced_.set(have->piece);
  } else if (const auto* bits = std::get_if<protocol::BitfieldMessage>(&message)) {
    if (auto pieces = Bitfield::from_wire(bits->payload, we_announced_.size())) we_announced_ = std::move(*pieces);
  } else if (const auto* piece = std::get_if<protocol::PieceHeader>(&message)) {
    std::erase(open_requests_, piece->block);
  } else if (const auto* reject = std::get_if<protocol::Reject>(&message)) {
    std::erase(open_requests_, reject->block);
  }
}

void FilteredLine::note_received(const protocol::Message& message) {
  if (std::holds_alternative<protocol::Choke>(message)) they_choke_ = true;
  else if (std::holds_alternative<protocol::Unchoke>(message)) they_choke_ = false;
  else if (std::holds_alternative<protocol::HaveAll>(message)) they_have_.set_all();
  else if (const auto* have = std::get_if<protocol::Have>(&message)) {
    if (have->piece.value() < they_have_.size()) they_have_.set(have->piece);
  } else if (const auto* bits = std::get_if<protocol::BitfieldMessage>(&message)) {
    if (auto pieces = Bitfield::from_wire(bits->payload, they_have_.size())) they_have_ = std::move(*pieces);
  } else if (const auto* request = std::get_if<protocol::Request>(&message)) {
    if (open_requests_.size() < kMaxOpen) open_requests_.push_back(request->block);
  } else if (const auto* cancel = std::get_if<protocol::Cancel>(&message)) {
    std::erase(open_requests_, cancel->block);
  }
}

// ---- the end, and time ----

void FilteredLine::hang_up(HangUp how) {
  if (is_over_) return;
  if (how == HangUp::close) inner_.close(stream_);
  else inner_.reset(stream_);
  is_over_ = true;
  for_engine_.clear();
  held_.clear();
  held_bytes_ = {};
  waker_.wake_lines_at(clock_.now());
}

void FilteredLine::trickle(BytesPerSecond rate) { drops_ = rate; }

ByteCount FilteredLine::unsent() const {
  if (is_over_) return {};
  return inner_.unsent(stream_) + held_bytes_;
}

void FilteredLine::let_drops_go() {
  ByteCount drop = std::max(*drops_ * kDrop, ByteCount(1));
  while (!held_.empty() && drop.value() > 0) {
    Slice& first = held_.front();
    Slice part = first.take_front(std::min(drop.size(), first.size()));
    if (first.empty()) held_.pop_front();
    drop -= part.length();
    held_bytes_ -= part.length();
    inner_.write(stream_, std::move(part));
  }
  next_drop_ = held_.empty() ? kNever : clock_.now() + kDrop;
  // What left the stream since the last drop counts, too: who waits for this would else wait for ever.
  if (was_above_low_water_ && unsent() < low_water_) {
    was_above_low_water_ = false;
    is_writable_ = true;
  }
}

Time FilteredLine::next_wake() const {
  if (is_over_) return kStart;
  Time next = next_drop_;
  for (const auto& box : boxes_) next = std::min(next, box->wakes_at());
  return next;
}

void FilteredLine::on_timer() {
  const Time now = clock_.now();
  for (std::size_t i = 0; i < boxes_.size() && !is_over_; ++i)
    if (boxes_[i]->wakes_at() <= now) boxes_[i]->on_timer();
  if (!is_over_ && next_drop_ <= now) let_drops_go();
}

}  // namespace swarmlab::swarmsim
