// Peer: one connected peer of a torrent, and all that is remembered about it.
//
// A record with few rules of its own: Download and Upload each keep their half of the state, Torrent the rest.
// It stands between its WireConnection and the torrent, so that the latter hears of peers, not of streams.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/early_messages.hpp"
#include "client/events.hpp"
#include "client/peer_key.hpp"
#include "client/rate_meter.hpp"
#include "client/request_depth.hpp"
#include "client/request_timeout.hpp"
#include "client/settings.hpp"
#include "client/upload_queue.hpp"
#include "client/wire_connection.hpp"
#include "protocol/bitfield.hpp"

namespace swarmlab::client {

class Peer;

// WireHandler's calls, with the peer they concern.
class PeerOwner {
 public:
  virtual void on_established(Peer& peer) = 0;
  virtual void on_handshake(Peer& peer, const protocol::Handshake& handshake) = 0;
  virtual void on_message(Peer& peer, const protocol::Message& message) = 0;
  virtual void on_block(Peer& peer, const protocol::BlockRange& block, runtime::Slices data) = 0;
  virtual void on_bytes(Peer& peer, ByteCount bytes) = 0;
  virtual void on_written(Peer& peer, ByteCount bytes, WireUnit unit) = 0;
  virtual void on_room(Peer& peer) = 0;
  virtual void on_wire_closed(Peer& peer, std::string_view reason) = 0;
  // The event is over; the peer may be destroyed.
  virtual void on_settled() = 0;

 protected:
  ~PeerOwner() = default;
};

class Peer final : private WireHandler {
 public:
  // Dials.
  Peer(PeerKey peer_key, const Endpoint& to, std::optional<IpAddress> from, const Settings& settings,
       runtime::Network& network, runtime::Clock& clock, PeerOwner& owner)
      : key(peer_key), initiator(Initiator::us), endpoint(to), since(clock.now()),
        depth({settings.request_depth_min, settings.request_depth_max}), timeout(timeouts(settings)), gives(settings.rate_window),
        queue(settings.request_queue), takes(settings.rate_window),
        wire(network, clock, to, from, *this), owner_(owner) {}
  // Takes over an accepted stream; call wire.begin() next.
  Peer(PeerKey peer_key, runtime::StreamId accepted, const Endpoint& from, const Settings& settings,
       runtime::Network& network, runtime::Clock& clock, PeerOwner& owner)
      : key(peer_key), initiator(Initiator::them), endpoint(from), since(clock.now()),
        depth({settings.request_depth_min, settings.request_depth_max}), timeout(timeouts(settings)), gives(settings.rate_window),
        queue(settings.request_queue), takes(settings.rate_window),
        wire(network, clock, accepted, *this), owner_(owner) {}

  const PeerKey key;
  const Initiator initiator;
  const Endpoint endpoint;
  PeerId id;
  std::string client;                  // its name, as it says (BEP 10, "v"), fit for one line
  std::optional<Endpoint> listens_at;  // of one that dialled us, as it says (BEP 10, "p")
  bool is_upload_only = false;         // BEP 21: it fetches nothing
  static constexpr std::size_t kExtensions = 3;
  std::array<std::uint8_t, kExtensions> extension_ids{};   // its numbers of our extensions (by our number - 1); 0: not spoken
  EarlyMessages early;                 // what it said before we knew the torrent
  protocol::Features common_features;
  bool is_ready = false;               // both handshakes are through
  bool is_dropped = false;             // closed; destroyed when the event is over
  bool is_surplus = false;             // there is another connection to the same peer
  bool gave_way = false;               // to a peer of higher priority
  bool has_sent_message = false;       // a bitfield comes first or not at all
  bool has_claimed_pieces = false;     // its first word was more than nothing
  bool was_interested = false;         // in us, ever
  Time since;                          // connected (ready), or began to be
  bool is_seed() const { return is_ready && pieces.size() > 0 && pieces.all(); }
  // It began with nothing and never wanted anything: a super-seed looks like that (BEP 16).
  bool may_be_super_seed() const { return !has_claimed_pieces && !was_interested; }

  // ---- what it has and gives us (Download) ----
  struct OpenRequest {
    protocol::BlockRange block;
    Time sent;
  };
  protocol::Bitfield pieces;
  std::uint32_t interesting = 0;       // pieces it has that we lack
  bool am_interested = false;
  bool peer_choking = true;
  bool waits_for_down_tokens = false;  // of the download limit; reading is paused
  bool is_snubbed = false;             // owes us blocks and has sent none for long
  bool is_late = false;                // owed us blocks for longer than we expected (request_timeout.hpp), and has sent none since
  bool is_debt_late = false;           // that, of what it owes now
  std::uint32_t reqq = 250;
  Time last_block = kStart;            // that we had asked for
  Time owes_since = kNever;            // when it was asked first after the last block it sent; kNever while it owes nothing
  Time heard_again = kStart;           // when reading was seen paused last
  Time again_after = kStart;           // when it may be asked again for what it rejected
  Duration again_pause{};
  std::vector<OpenRequest> open;       // in the order of sending
  std::vector<protocol::BlockRange> late;   // given up, but may still come (bug B27)
  std::vector<PieceIndex> allowed_to_us;    // BEP 6: may be asked for while it chokes us
  RequestDepth depth;
  RequestTimeout timeout;
  RateMeter gives;                     // useful payload
  static constexpr Duration kSilence = 5s;   // a block in so long are 3 KiB/s
  bool is_silent(Time now) const { return owes_since != kNever && now - owes_since >= kSilence; }
  bool has_given() const { return last_block != kStart; }
  bool is_giving(Time now) const { return has_given() && am_interested && !peer_choking && !is_silent(now); }

  // ---- what it wants and gets from us (Upload) ----
  bool am_choking = true;
  bool peer_interested = false;
  Time lost_interest = kStart;         // last Not Interested
  UploadQueue queue;
  ByteCount reading;                   // of its requests on their way from disk
  ByteCount sent_since_unchoke;
  std::uint32_t blocks_since_room = 0;
  Time changed = kStart;               // last choke or unchoke
  Time changed_before = kStart;        // the one before
  Time asked = kStart;                 // last request
  Time served = kStart;                // last block handed to its stream
  bool waits_for_tokens = false;       // of the upload limit
  RateMeter takes;                     // payload

  WireConnection wire;

 private:
  void on_established(WireConnection&) override { owner_.on_established(*this); }
  void on_handshake(WireConnection&, const protocol::Handshake& handshake) override {
    owner_.on_handshake(*this, handshake);
  }
  void on_message(WireConnection&, const protocol::Message& message) override {
    owner_.on_message(*this, message);
  }
  void on_block(WireConnection&, const protocol::BlockRange& block, runtime::Slices data) override {
    owner_.on_block(*this, block, std::move(data));
  }
  void on_bytes(WireConnection&, ByteCount bytes) override { owner_.on_bytes(*this, bytes); }
  void on_written(WireConnection&, ByteCount bytes, WireUnit unit) override { owner_.on_written(*this, bytes, unit); }
  void on_room(WireConnection&) override { owner_.on_room(*this); }
  void on_wire_closed(WireConnection&, std::string_view reason) override {
    owner_.on_wire_closed(*this, reason);
  }
  void on_settled(WireConnection&) override { owner_.on_settled(); }

  static RequestTimeout::Limits timeouts(const Settings& settings) {
    return {.floor = settings.late_after, .cap = settings.request_timeout, .factor = settings.late_factor};
  }

  PeerOwner& owner_;
};

}  // namespace swarmlab::client
