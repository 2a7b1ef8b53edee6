#include "client/extensions/metadata_exchange.hpp"

#include <utility>
#include <variant>

namespace swarmlab::client {

MetadataExchange::MetadataExchange(const runtime::Outside& outside, const Settings& settings, PeerSet& peers,
                                   MetadataExchangeOwner& owner)
    : clock_(outside.clock), settings_(settings), peers_(peers), owner_(owner), timer_(outside.timers, *this) {}

void MetadataExchange::fetch(const InfoHashV1& info_hash) { fetch_.emplace(info_hash, settings_.metadata_timeout); }

void MetadataExchange::serve(const std::vector<std::byte>& info) { info_ = &info; }

void MetadataExchange::halt() {
  fetch_.reset();
  timer_.disarm();
}

// Of a torrent that was not made from a dictionary (a test's) there is nothing to give.
bool MetadataExchange::is_offered() const {
  return settings_.metadata_exchange && (fetch_.has_value() || (info_ != nullptr && !info_->empty()));
}

void MetadataExchange::describe(protocol::ExtensionHandshake& ours) const {
  if (info_ != nullptr && ByteCount::of(*info_) <= protocol::kMaxMetadataBytes) ours.metadata_size = ByteCount::of(*info_);
}

void MetadataExchange::on_handshake(Peer& peer, const protocol::ExtensionHandshake& theirs) {
  if (!fetch_) return;
  if (!is_spoken_by(peer)) {
    fetch_->left(peer.key);
  } else if (theirs.metadata_size) {
    fetch_->offered(peer.key, *theirs.metadata_size);
  }
  proceed();
}

void MetadataExchange::on_message(Peer& peer, Bytes payload) {
  const auto message = protocol::decode_metadata_message(payload);
  if (!message) return;   // a later version's, perhaps; a request of ours goes on waiting for its time-out
  if (const auto* request = std::get_if<protocol::MetadataRequest>(&*message)) {
    answer(peer, request->piece);
    return;
  }
  if (!fetch_) return;
  const Time now = clock_.now();
  if (const auto* data = std::get_if<protocol::MetadataData>(&*message)) fetch_->received(peer.key, *data, now);
  if (const auto* reject = std::get_if<protocol::MetadataReject>(&*message)) fetch_->rejected(peer.key, reject->piece, now);
  proceed();
}

void MetadataExchange::answer(Peer& peer, std::uint32_t piece) {
  if (!is_spoken_by(peer)) return;   // it told us no number to answer under
  const ByteCount size = info_ != nullptr ? ByteCount::of(*info_) : ByteCount();
  const std::uint32_t pieces = size <= protocol::kMaxMetadataBytes ? protocol::metadata_pieces(size) : 0;
  if (piece >= pieces || served_[peer.key] >= pieces * kServings) {
    send(peer, protocol::encode(protocol::MetadataReject{piece}));
    return;
  }
  ++served_[peer.key];
  const Bytes data = Bytes(*info_).subspan(std::size_t{piece} * protocol::kMetadataPieceBytes,
                                           protocol::metadata_piece_length(size, piece));
  send(peer, protocol::encode(protocol::MetadataData{piece, size.value(), data}));
}

void MetadataExchange::peer_left(Peer& peer) {
  served_.erase(peer.key);
  if (!fetch_) return;
  fetch_->left(peer.key);
  // What was asked of it is asked elsewhere; from an event of its own, since this is one of many that a stop drops.
  timer_.arm_no_later_than(clock_.now());
}

void MetadataExchange::on_timer(runtime::Tag) {
  timer_.expired();
  if (fetch_) proceed();
  owner_.on_settled();
}

// Acts upon what has been learnt: liars, the dictionary, or the next requests.
void MetadataExchange::proceed() {
  for (const PeerKey liar : fetch_->take_liars()) owner_.on_metadata_liar(liar);
  if (fetch_->metadata()) {
    std::vector<std::byte> info = *fetch_->metadata();
    halt();
    owner_.on_metadata(std::move(info));
    return;
  }
  const Time now = clock_.now();
  for (const MetadataFetch::Request& request : fetch_->next(now)) {
    Peer* peer = peers_.find(request.peer);
    if (peer != nullptr && is_spoken_by(*peer)) send(*peer, protocol::encode(protocol::MetadataRequest{request.piece}));
  }
  if (const Time due = fetch_->due(now); due != kNever) timer_.arm_no_later_than(due);
}

}  // namespace swarmlab::client
