#include "swarmsim/profile/request_watch.hpp"

namespace swarmlab::swarmsim {

void RequestWatch::on_event(const WireEvent& event) {
  const auto open = open_.on_event(event);
  if (event.kind == WireEventKind::sent && event.message.kind == MessageKind::request && event.from == client_)
    return on_request(event.message.block());
  if (!open || event.to != client_ || event.from.value() >= partners_.size()) return;
  Partner& partner = partners_[event.from.value()];
  if (partner.first == kNever) partner.first = event.at;
  if (event.at - partner.first < kWarmUp) return;
  partner.open.add(std::int64_t{*open});
  partner.last = event.at;
  if (partner.counted_from == kNever) partner.counted_from = event.at;
  else partner.bytes = partner.bytes + ByteCount(event.message.length);
}

void RequestWatch::on_request(const protocol::BlockRange& block) {
  if (!geometry_.is_valid(block)) return;
  if (ByteCount(block.begin.value()) + block.length < geometry_.length_of(block.piece)) sizes_.add(block.length.value());
  if (was_begun_[block.piece.value()]) return;
  was_begun_[block.piece.value()] = true;
  if (latest_) {
    ++begun_;
    following_ += block.piece.value() == latest_->value() + 1 ? 1 : 0;
  }
  latest_ = block.piece;
}

std::optional<BytesPerSecond> RequestWatch::rate_of(HostId peer) const {
  const Partner& partner = partners_[peer.value()];
  if (partner.counted_from == kNever || partner.last - partner.counted_from < 1s) return std::nullopt;
  const Duration time = partner.last - partner.counted_from;
  return BytesPerSecond(partner.bytes.value() * 1000 / std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

std::optional<std::int64_t> RequestWatch::in_order() const {
  if (begun_ < 10) return std::nullopt;
  return following_ * 1'000'000 / begun_;
}

}  // namespace swarmlab::swarmsim
