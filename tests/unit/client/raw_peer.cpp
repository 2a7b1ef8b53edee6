#include "tests/unit/client/raw_peer.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace swarmlab::client {

RawPeer::RawPeer(swarmsim::World& world, const std::string& name, std::uint8_t number)
    : world_(world), address_(IpAddress::v4(10, 0, 2, number)) {
  host_ = world.add_host({name, {address_}, {{}, {}, 5ms, 256_KiB}, {}});
}

RawPeer::~RawPeer() {
  close();
  if (listener_) world_.outside(host_).network.close(*listener_);
}

void RawPeer::dial(const Endpoint& to) {
  close();
  begin_connection();
  stream_ = world_.outside(host_).network.connect(to, std::nullopt, *this);
}

void RawPeer::listen() {
  const auto listener = world_.outside(host_).network.listen(endpoint(), *this);
  SWARM_ASSERT(listener.has_value());
  listener_ = *listener;
}

void RawPeer::close() {
  if (is_open()) world_.outside(host_).network.close(*stream_);
  has_ended_ = true;
}

// What belongs to one connection.
void RawPeer::begin_connection() {
  unsaid_.clear();
  received_.clear();
  block_left_ = 0;
  is_connected_ = false;
  has_ended_ = false;
  handshake_.reset();
  heard_.clear();
  ++connections_;
}

void RawPeer::on_accept(runtime::ListenerId, runtime::StreamId stream, const Endpoint&) {
  if (is_open()) return;   // one at a time: the other is reset
  begin_connection();
  stream_ = stream;
  is_connected_ = true;
  world_.outside(host_).network.set_handler(stream, *this);
}

void RawPeer::on_connected(runtime::StreamId stream) {
  is_connected_ = true;
  world_.outside(host_).network.write(stream, Bytes(unsaid_));
}

void RawPeer::send_bytes(Bytes bytes) {
  SWARM_ASSERT(stream_.has_value());
  if (has_ended_) return;
  if (is_connected_) {
    world_.outside(host_).network.write(*stream_, bytes);
  } else {
    unsaid_.insert(unsaid_.end(), bytes.begin(), bytes.end());
  }
}

void RawPeer::handshake(const InfoHashV1& info_hash, protocol::Features features, char id) {
  PeerId peer_id;
  peer_id.bytes.fill(static_cast<std::byte>(id));
  send_bytes(Bytes(protocol::encode(protocol::Handshake{features, info_hash, peer_id})));
}

void RawPeer::send(const protocol::Message& message) {
  std::vector<std::byte> bytes;
  protocol::encode(message, bytes);
  send_bytes(Bytes(bytes));
}

void RawPeer::send_block(const protocol::BlockRange& block, const runtime::Slice& data) {
  send(protocol::PieceHeader{block});
  if (!has_ended_) world_.outside(host_).network.write(*stream_, data);
}

void RawPeer::resume_reading() {
  reads_ = true;
  if (is_open()) on_readable(*stream_);
}

void RawPeer::on_closed(runtime::StreamId, runtime::NetworkError) { has_ended_ = true; }

void RawPeer::on_readable(runtime::StreamId stream) {
  runtime::Network& network = world_.outside(host_).network;
  while (reads_ && !has_ended_) {
    runtime::ReadResult result = network.read(stream, 64 * 1024);
    if (result.state == runtime::ReadResult::State::nothing_yet) return;
    if (result.state == runtime::ReadResult::State::end_of_stream) {
      close();
      return;
    }
    runtime::Slice slice = std::move(result.slice);
    while (!slice.empty()) {
      if (block_left_ > 0) {
        block_left_ -= static_cast<std::int64_t>(
            slice.take_front(std::min(slice.size(), static_cast<std::size_t>(block_left_))).size());
        continue;
      }
      received_.insert(received_.end(), slice.bytes().begin(), slice.bytes().begin() + 1);
      slice.take_front(1);
      decode();
    }
  }
}

void RawPeer::decode() {
  if (!handshake_) {
    const auto handshake = protocol::decode_handshake(received_);
    SWARM_ASSERT(handshake.has_value());
    if (!*handshake) return;
    handshake_ = **handshake;
    received_.clear();
    return;
  }
  const auto decoded = protocol::decode_one(received_);
  SWARM_ASSERT(decoded.has_value());
  if (!*decoded) return;
  Heard heard{(*decoded)->message, {}, world_.now()};
  const auto keep = [&](auto& message) {
    heard.payload.assign(message.payload.begin(), message.payload.end());
    message.payload = {};
  };
  if (auto* bitfield = std::get_if<protocol::BitfieldMessage>(&heard.message)) keep(*bitfield);
  if (auto* extended = std::get_if<protocol::Extended>(&heard.message)) keep(*extended);
  if (auto* unknown = std::get_if<protocol::Unknown>(&heard.message)) keep(*unknown);
  if (const auto* piece = std::get_if<protocol::PieceHeader>(&heard.message)) block_left_ = piece->block.length.value();
  heard_.push_back(std::move(heard));
  received_.clear();
}

std::string RawPeer::transcript() const {
  std::string text;
  for (const Heard& one : heard_) text += protocol::to_string(one.message) + '\n';
  return text;
}

}  // namespace swarmlab::client
