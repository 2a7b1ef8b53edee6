#include "swarmsim/checks/farewells.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kSilence = 120s;

}  // namespace

EventSet Farewells::interest() {
  using enum MessageKind;
  return EventSet{}
      .add(WireEventKind::opened)
      .add(WireEventKind::undecodable)
      .sent(interested)
      .sent(not_interested)
      .received(keep_alive)
      .received(choke)
      .received(unchoke)
      .received(interested)
      .received(not_interested)
      .received(have)
      .received(request)
      .received(cancel)
      .received(piece)
      .received(reject);
}

void Farewells::on_event(const WireEvent& event) {
  if (!is_peer(event.from) || !is_peer(event.to)) return;
  if (event.kind == WireEventKind::opened) {
    voices_.writer(event) = voices_.reader(event) = {event.at, false};
  } else if (event.kind == WireEventKind::undecodable) {
    did_wrong_[event.from.value()] = true;
  } else if (event.kind == WireEventKind::sent) {
    if (event.message.kind == MessageKind::interested) voices_.writer(event).is_interested = true;
    if (event.message.kind == MessageKind::not_interested) voices_.writer(event).is_interested = false;
  } else if (event.kind == WireEventKind::received) {
    voices_.writer(event).heard = event.at;
    const WireMessage& message = event.message;
    if (message.kind == MessageKind::piece && message.authentic == Authentic::no) did_wrong_[event.from.value()] = true;
    if (message.kind == MessageKind::request && !facts_.geometry.is_valid(message.block())) did_wrong_[event.from.value()] = true;
  }
}

bool Farewells::is_unexplained(const WireEvent& ended) const {
  const PeerConnection* connection = connections_.find(ended.connection);
  if (connection == nullptr || !connection->is_open || !connection->is_between_peers || connection->shaken() == kNever) return false;
  const HostId leaver = ended.from;
  const HostId other = ended.to;
  if (ended.how == StreamEnd::cut || dialogues_.is_gone(leaver) || dialogues_.is_gone(other)) return false;
  if (did_wrong_[other.value()]) return false;
  std::size_t between = 0;
  connections_.for_each_between(leaver, other, [&](const PeerConnection&) { ++between; });
  if (between > 1) return false;
  if (10 * connections_.open_of(leaver).size() >= 9 * std::size_t{facts_.peers[leaver.value()].max_peers}) return false;
  const Voice* own = voices_.find(ended.connection, ended.direction);
  const Voice* voice = voices_.find(ended.connection, opposite(ended.direction));
  if (own == nullptr || voice == nullptr || ended.at - voice->heard >= kSilence) return false;
  const bool leaver_wants = own->is_interested && !arrivals_.is_complete(leaver);
  return leaver_wants || (voice->is_interested && !arrivals_.is_complete(other));
}

}  // namespace swarmlab::swarmsim
