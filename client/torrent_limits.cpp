// A torrent's part of what its session has to spare: rates and upload slots.
#include <algorithm>
#include <utility>

#include "client/torrent.hpp"
#include "client/upload_slots.hpp"
#include "client/wire_overhead.hpp"

namespace swarmlab::client {

void Torrent::set_limits(const Limits& limits) {
  options_.limits = limits;
  up_.set_rate(limits.up);
  down_.set_rate(limits.down);
}

// ---- rates ----

// Bytes that came: they are through already, so the limit holds on the average, and who reads waits.
void Torrent::on_bytes(Peer& peer, ByteCount bytes) {
  down_.charge(bytes);
  if (settings_.limit_overhead) {
    const auto overhead = WireOverhead::of(bytes, WireUnit::message, peer.endpoint.address.is_v6());
    down_.charge(overhead.headers);
    up_.charge_aside(overhead.acks);
  }
  if (!down_.is_open() && !std::exchange(peer.waits_for_down_tokens, true)) {
    peer.wire.pause_reading();
    down_.wait(id_, peer.key);
  }
}

// The payload of a block has been charged when its turn came (Upload::pump): what it costs beyond is known now.
void Torrent::on_written(Peer& peer, ByteCount bytes, WireUnit unit) {
  if (!settings_.limit_overhead) return;
  const auto overhead = WireOverhead::of(bytes, unit, peer.endpoint.address.is_v6());
  up_.charge(overhead.headers + (unit == WireUnit::bulk ? ByteCount(static_cast<std::int64_t>(protocol::kPieceHeaderBytes)) : bytes));
  down_.charge_aside(overhead.acks);
}

void Torrent::on_up_tokens(PeerKey key) {
  const EventScope scope(*this);
  if (upload_ != nullptr) upload_->on_tokens(key);
}

void Torrent::on_down_tokens(PeerKey key) {
  Peer* peer = peers_.find(key);
  if (peer == nullptr) return;
  if (!down_.is_open()) {
    down_.wait(id_, key);
    return;
  }
  peer->waits_for_down_tokens = false;
  if (store_ == nullptr || store_->write_backlog() < settings_.write_backlog) {
    peer->wire.resume_reading();
  } else {
    disk_holds_back_ = true;
  }
}

// ---- slots ----

std::uint32_t Torrent::most_slots() const { return upload_slots_of(settings_, session_.up.rate()); }

// The session's number is looked at each time, for an automatic one follows a limit that people change.
std::uint32_t Torrent::grant_slots(std::uint32_t wanted, SlotBudget::Moment moment) {
  const auto total = session_slots_of(settings_, session_.up.rate());
  if (!total) return most_slots();
  session_.slots.set_total(total);
  return session_.slots.grant(id_, std::min(wanted, most_slots()), moment, outside_.clock.now());
}

void Torrent::on_slots_held(std::uint32_t held) {
  // Who has ended wants none any more.
  if (has_ended() ? session_.slots.leave(id_) : session_.slots.hold(id_, held)) session_.slot_owner.on_slots_free();
}

void Torrent::on_slots_free() {
  const EventScope scope(*this);
  if (upload_ != nullptr) upload_->on_slots_free();
}

}  // namespace swarmlab::client
