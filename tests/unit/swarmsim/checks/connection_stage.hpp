// A stage for checks of who is connected to whom: connections are opened, shaken and ended one by one.
//
// Peers as on the other stage.  Each peer presents its own id (id_of) unless told otherwise.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tests/unit/swarmsim/checks/tracker_stage.hpp"

namespace swarmlab::swarmsim {

class ConnectionStage {
 public:
  ConnectionStage() { facts = TrackerStage().facts; }

  void begin(std::string_view check, CheckArguments arguments) {
    judge.emplace(facts);
    judge->add(*find_check_manual(check), std::move(arguments));
  }

  // The number of the new connection.
  std::uint32_t open(Duration at, HostId from, HostId to) {
    ends_.push_back({from, to});
    const auto number = static_cast<std::uint32_t>(ends_.size() - 1);
    feed(event_of(WireEventKind::opened, at, number, Direction::from_dialler));
    return number;
  }
  // One end's handshake is sent and arrives.
  void greet(Duration at, std::uint32_t connection, Direction by, PeerId id) {
    message(at, connection, by, MessageKind::handshake, protocol::encode(protocol::Handshake{{}, {}, id}));
  }
  // Both do.
  void shake(Duration at, std::uint32_t connection) {
    greet(at, connection, Direction::from_dialler, id_of(ends_[connection].first));
    greet(at, connection, Direction::from_acceptor, id_of(ends_[connection].second));
  }
  std::uint32_t open_and_shake(Duration at, HostId from, HostId to) {
    const std::uint32_t number = open(at, from, to);
    shake(at + 100ms, number);
    return number;
  }
  void end(Duration at, std::uint32_t connection, HostId by, StreamEnd how = StreamEnd::finished) {
    const bool by_dialler = by == ends_[connection].first;
    WireEvent event = event_of(WireEventKind::ended, at, connection, by_dialler ? Direction::from_dialler : Direction::from_acceptor);
    event.how = how;
    feed(event);
  }
  // Sent, and received at once.
  void message(Duration at, std::uint32_t connection, Direction by, MessageKind kind, Bytes payload = {}, WireMessage what = {}) {
    WireEvent event = event_of(WireEventKind::sent, at, connection, by);
    event.message = what;
    event.message.kind = kind;
    event.payload = payload;
    feed(event);
    event.kind = WireEventKind::received;
    feed(event);
  }
  void lifecycle(WireEventKind kind, Duration at, HostId peer) {
    WireEvent event;
    event.kind = kind;
    event.at = kStart + at;
    event.from = event.to = peer;
    feed(event);
  }

  Judgement conclude(Duration end) { return judge->conclude({kStart + end, false}, disks).front(); }
  bool is_ready(Duration now) { return judge->is_ready(kStart + now, disks); }

  RunFacts facts;
  FakeDisks disks;
  std::optional<Judge> judge;

 private:
  WireEvent event_of(WireEventKind kind, Duration at, std::uint32_t connection, Direction by) const {
    WireEvent event;
    event.kind = kind;
    event.at = event.decided_earliest = event.decided_latest = kStart + at;
    event.connection = ConnectionId(connection);
    event.direction = by;
    const auto& [dialler, acceptor] = ends_[connection];
    event.from = by == Direction::from_dialler ? dialler : acceptor;
    event.to = by == Direction::from_dialler ? acceptor : dialler;
    return event;
  }
  void feed(const WireEvent& event) { judge->on_event(event); }

  std::vector<std::pair<HostId, HostId>> ends_;
};

}  // namespace swarmlab::swarmsim
