// A stage for checks of trackers and of what clients tell them: announces and answers as bytes, over HTTP.
//
// Peers as on the other stage; the tracker is HostId 4, and others may follow it.  "a" (10.0.0.1) has nothing, "b" to "d"
// (10.0.0.2 to 4) have everything; all listen on port 6881.  Every announce has a connection of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/http_tracker.hpp"
#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {

inline constexpr HostId kTracker(4);

inline PeerId id_of(HostId peer) {
  PeerId id;
  id.bytes[0] = static_cast<std::byte>(peer.value() + 1);
  return id;
}

class TrackerStage {
 public:
  using Event = protocol::AnnounceEvent;

  TrackerStage() {
    facts = Stage().facts;
    for (std::uint8_t i = 0; i < 4; ++i) facts.peers[i].listens = {IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(i + 1)), 6881};
    facts.trackers = {{.interval = 30s, .silence = 70s}};
  }

  void begin(std::string_view check, CheckArguments arguments = {}) {
    judge.emplace(facts);
    judge->add(*find_check_manual(check), std::move(arguments));
  }

  protocol::AnnounceRequest request(HostId peer, Event event, ByteCount left) const {
    protocol::AnnounceRequest request;
    request.peer_id = id_of(peer);
    request.port = 6881;
    request.event = event;
    request.left = left;
    return request;
  }
  // The tracker answers after a tenth of a second; complete and incomplete are what `reply` says.
  void announce(Duration at, HostId peer, const protocol::AnnounceRequest& request, const protocol::AnnounceReply& reply = {}) {
    ask(at, peer, request);
    tell(at + 100ms, peer, as_text(protocol::encode_announce_reply(reply, true, false)));
  }
  void announce(Duration at, HostId peer, Event event, ByteCount left) { announce(at, peer, request(peer, event, left)); }
  void refuse(Duration at, HostId peer, const protocol::AnnounceRequest& request) {
    ask(at, peer, request);
    tell(at + 100ms, peer, as_text(protocol::encode_failure({"no"})));
  }
  // Its answer never comes.
  void ask(Duration at, HostId peer, const protocol::AnnounceRequest& request) {
    const protocol::Url url{"http", "tracker", 6969, "/announce"};
    ++connection_;
    say(at, peer, tracker, MessageKind::tracker_request, "GET " + protocol::announce_target(url, request) + " HTTP/1.1\r\n\r\n");
  }
  void tell(Duration at, HostId peer, std::string_view body) {
    say(at, tracker, peer, MessageKind::tracker_reply, "HTTP/1.1 200 OK\r\n\r\n" + std::string(body));
  }

  // Between peers: sent and received at once, on connection 900.
  void block(Duration at, HostId from, HostId to, int piece, int block, Authentic authentic = Authentic::yes) {
    transfer(at, from, to, MessageKind::piece, piece, block, authentic);
  }
  void whole_piece(Duration at, HostId from, HostId to, int piece) {
    for (int i = 0; i < 2; ++i) block(at, from, to, piece, i);
  }
  void transfer(Duration at, HostId from, HostId to, MessageKind kind, int piece, int block, Authentic authentic = Authentic::yes) {
    WireEvent event = event_of(WireEventKind::sent, at, from, to, kind);
    event.message.piece = PieceIndex(static_cast<std::uint32_t>(piece));
    event.message.begin = BlockBegin(static_cast<std::uint32_t>(block) * 16384);
    event.message.length = 16384;
    event.message.authentic = authentic;
    event.connection = ConnectionId(900);
    event.direction = from < to ? Direction::from_dialler : Direction::from_acceptor;
    judge->on_event(event);
    event.kind = WireEventKind::received;
    judge->on_event(event);
  }
  void lifecycle(WireEventKind kind, Duration at, HostId peer) { judge->on_event(event_of(kind, at, peer, peer, {})); }

  Judgement conclude(Duration end) { return judge->conclude({kStart + end, false}, disks).front(); }
  bool is_ready(Duration now) { return judge->is_ready(kStart + now, disks); }

  HostId tracker = kTracker;   // who is asked, and answers
  RunFacts facts;
  FakeDisks disks;
  std::optional<Judge> judge;

 private:
  static WireEvent event_of(WireEventKind kind, Duration at, HostId from, HostId to, MessageKind message) {
    WireEvent event;
    event.kind = kind;
    event.at = event.decided_earliest = event.decided_latest = kStart + at;
    event.from = from;
    event.to = to;
    event.message.kind = message;
    return event;
  }
  void say(Duration at, HostId from, HostId to, MessageKind kind, const std::string& text) {
    WireEvent event = event_of(WireEventKind::sent, at, from, to, kind);
    event.connection = ConnectionId(connection_);
    event.payload = as_bytes(std::string_view(text));
    judge->on_event(event);
    event.kind = WireEventKind::received;
    judge->on_event(event);
  }
  std::uint32_t connection_ = 0;
};

}  // namespace swarmlab::swarmsim
