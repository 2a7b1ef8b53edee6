// A stage for checks: a few peers, their messages written down by hand, and the verdict.
//
// The torrent has four pieces of two blocks.  Peers "a", "b", "c", "d" are HostIds 0 to 3; unless told otherwise
// "a" has nothing and the others have everything.  Connection 0 is between a and b, 1 between a and c, 2 between a and d.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/handshake.hpp"
#include "swarmsim/checks/catalogue.hpp"
#include "swarmsim/checks/judge.hpp"

namespace swarmlab::swarmsim {

inline constexpr HostId kA(0);
inline constexpr HostId kB(1);
inline constexpr HostId kC(2);
inline constexpr HostId kD(3);

class FakeDisks final : public Disks {
 public:
  bool is_whole(HostId peer) override { return whole.contains(peer); }
  std::optional<Time> whole_since(HostId peer) override { return whole.contains(peer) ? since : std::nullopt; }
  std::string problem(HostId peer) override { return whole.contains(peer) ? "" : "file is missing"; }
  std::optional<ByteCount> bytes_read(HostId) override { return read; }
  std::optional<std::uint64_t> storage_bites(HostId) override { return bites; }
  std::optional<std::vector<std::string>> strays(HostId) override { return outside; }
  std::set<HostId> whole;
  std::optional<Time> since;            // when each that is became so
  std::optional<std::uint64_t> bites;   // of each one's storage
  std::optional<ByteCount> read;   // by each
  std::optional<std::vector<std::string>> outside;   // of each one's folder
};

class Stage {
 public:
  Stage() {
    facts.geometry = protocol::PieceGeometry(128_KiB, 32_KiB);
    for (const char* name : {"a", "b", "c", "d"}) {
      PeerFacts& peer = facts.peers.emplace_back();
      peer.name = name;
      peer.has_at_start = protocol::Bitfield(facts.geometry.piece_count());
      if (peer.name != "a") peer.has_at_start.set_all();
    }
  }

  // Begins: facts may not change any more.  Opens the three connections, handshakes done.
  void begin(std::string_view check, CheckArguments arguments) {
    judge.emplace(facts);
    judge->add(*find_check_manual(check), std::move(arguments));
    for (const HostId other : {kB, kC, kD}) {
      open(other, 0s);
      received(0s, kA, other, MessageKind::handshake);
      received(0s, other, kA, MessageKind::handshake);
    }
  }
  void open(HostId other, Duration at) { feed(WireEventKind::opened, at, kA, other, {}); }
  // Both sides of the connection with `other` offer the fast extension.
  void speak_fast(HostId other) {
    const auto handshake = protocol::encode(protocol::Handshake{.features = {.fast = true}, .info_hash = {}, .peer_id = {}});
    for (const HostId from : {kA, other}) {
      WireMessage what = message(MessageKind::handshake, 0, 0);
      feed(WireEventKind::sent, 0s, from, from == kA ? other : kA, what, handshake);
    }
  }
  // What `from` writes is not the protocol from here on.
  void breaks(Duration at, HostId from, HostId to) { feed(WireEventKind::undecodable, at, from, to, {}); }
  void joined(HostId peer, Duration at) { feed(WireEventKind::joined, at, peer, peer, {}); }
  // Started again with what its disk holds, in hexadecimal digits.
  void restarted(HostId peer, Duration at, std::string_view holds) { feed(WireEventKind::joined, at, peer, peer, {}, bytes_of(holds)); }
  void stopped(HostId peer, Duration at) { feed(WireEventKind::stopped, at, peer, peer, {}); }
  void ended(HostId from, HostId to, Duration at) { feed(WireEventKind::ended, at, from, to, {}); }

  // Decided and sent at `at`, unless decided earlier.
  void sent(Duration at, HostId from, HostId to, MessageKind kind, int piece = 0, int block = 0) {
    sent_late(at, at, from, to, kind, piece, block);
  }
  void sent_late(Duration decided, Duration at, HostId from, HostId to, MessageKind kind, int piece = 0, int block = 0) {
    decided_ = kStart + decided;
    feed(WireEventKind::sent, at, from, to, message(kind, piece, block));
  }
  void received(Duration at, HostId from, HostId to, MessageKind kind, int piece = 0, int block = 0,
                Authentic authentic = Authentic::yes) {
    WireMessage what = message(kind, piece, block);
    what.authentic = authentic;
    feed(WireEventKind::received, at, from, to, what);
  }
  // Of one block of two, or a length of one's own.
  void request_range(Duration at, HostId from, HostId to, std::uint32_t piece, std::uint32_t begin, std::uint32_t length) {
    decided_ = kStart + at;
    WireMessage what;
    what.kind = MessageKind::request;
    what.piece = PieceIndex(piece);
    what.begin = BlockBegin(begin);
    what.length = length;
    feed(WireEventKind::sent, at, from, to, what);
  }
  // An extended message that nobody here understands: its number and what follows, sent.
  void extended(Duration at, HostId from, HostId to, std::string_view payload) {
    decided_ = kStart + at;
    feed(WireEventKind::sent, at, from, to, message(MessageKind::extended, 0, 0), bytes_of(payload));
  }
  // Sent and, at once, received; `payload` as hexadecimal digits.
  void bitfield(Duration at, HostId from, HostId to, std::string_view payload) {
    tell(at, from, to, MessageKind::bitfield, bytes_of(payload));
  }
  void tells(Duration at, HostId from, HostId to, MessageKind kind, int piece = 0) {
    sent(at, from, to, kind, piece);
    received(at, from, to, kind, piece);
  }
  // Both sides of the connection shake hands anew, with or without the Fast extension.
  void shake_hands(Duration at, HostId from, HostId to, bool fast) {
    protocol::Handshake handshake;
    handshake.features.fast = fast;
    const auto payload = protocol::encode(handshake);
    tell(at, from, to, MessageKind::handshake, payload);
    tell(at, to, from, MessageKind::handshake, payload);
  }
  void whole_piece(Duration at, HostId from, HostId to, int piece, Authentic authentic = Authentic::yes) {
    for (int block = 0; block < 2; ++block) received(at, from, to, MessageKind::piece, piece, block, authentic);
  }

  Judgement conclude(Duration end) { return judge->conclude({kStart + end, false}, disks).front(); }
  Judgement cut_short(Duration end) { return judge->conclude({kStart + end, true}, disks).front(); }
  bool is_ready(Duration now) { return judge->is_ready(kStart + now, disks); }

  RunFacts facts;
  FakeDisks disks;
  std::optional<Judge> judge;

 private:
  static WireMessage message(MessageKind kind, int piece, int block) {
    WireMessage what;
    what.kind = kind;
    what.piece = PieceIndex(static_cast<std::uint32_t>(piece));
    what.begin = BlockBegin(static_cast<std::uint32_t>(block) * 16384);
    what.length = 16384;
    return what;
  }
  static std::vector<std::byte> bytes_of(std::string_view digits) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
      bytes.push_back(static_cast<std::byte>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
    return bytes;
  }
  void tell(Duration at, HostId from, HostId to, MessageKind kind, Bytes payload) {
    decided_ = kStart + at;
    for (const WireEventKind moment : {WireEventKind::sent, WireEventKind::received})
      feed(moment, at, from, to, message(kind, 0, 0), payload);
  }
  void feed(WireEventKind kind, Duration at, HostId from, HostId to, const WireMessage& what, Bytes payload = {}) {
    WireEvent event;
    event.kind = kind;
    event.at = kStart + at;
    event.decided_earliest = event.decided_latest = decided_;
    event.from = from;
    event.to = to;
    event.message = what;
    event.payload = payload;
    if (kind == WireEventKind::undecodable) event.problem = "a message of impossible length";
    event.direction = from == kA ? Direction::from_dialler : Direction::from_acceptor;
    const std::uint32_t other = from == kA ? to.value() : from.value();
    event.connection = ConnectionId(other == 0 ? 0 : other - 1);
    judge->on_event(event);
  }
  Time decided_{};
};

inline CheckArguments who(std::vector<HostId> peers) {
  CheckArguments arguments;
  arguments.set("who", std::move(peers));
  return arguments;
}
inline CheckArguments who_within(std::vector<HostId> peers, Duration within) {
  CheckArguments arguments = who(std::move(peers));
  arguments.set("within", within);
  return arguments;
}

}  // namespace swarmlab::swarmsim
