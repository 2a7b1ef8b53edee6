#include "swarmsim/checks/dialogues.hpp"

#include <algorithm>

#include "protocol/handshake.hpp"

namespace swarmlab::swarmsim {
namespace {

// Who is stopped says goodbye with a FIN, who is killed is reset at once; a reset of who was gone for longer comes from nobody.
constexpr Duration kAtOnce = 1s;

}  // namespace

bool Dialogue::has_given_back(PieceIndex piece) const {
  return std::ranges::find(given_back, piece) != given_back.end();
}

Dialogues::Dialogues(const RunFacts& facts, const Announced& heard)
    : piece_count_(facts.geometry.piece_count()), heard_(heard), of_(facts.peers.size()),
      open_requests_(facts.peers.size(), 0), begun_(facts.peers.size()), gone_at_(facts.peers.size(), kNever) {}

EventSet Dialogues::interest() {
  using enum MessageKind;
  return EventSet{}
      .add(WireEventKind::opened)
      .add(WireEventKind::ended)
      .add(WireEventKind::stopped)
      .add(WireEventKind::joined)
      .sent(handshake)
      .sent(request)
      .sent(cancel)
      .received(choke)
      .received(unchoke)
      .received(reject)
      .received(piece)
      .received(have)   // ends nothing, and says so
      .received(bitfield)
      .received(have_all);
}

void Dialogues::on_event(const WireEvent& event) {
  ended_.clear();
  switch (event.kind) {
    case WireEventKind::opened: return open(event);
    case WireEventKind::ended: return close(event);
    case WireEventKind::stopped: gone_at_[event.from.value()] = event.at; return;
    case WireEventKind::sent:
      if (event.message.kind == MessageKind::handshake) {
        const auto handshake = protocol::decode_handshake(event.payload);
        offers_fast_.writer(event) = handshake && *handshake && (*handshake)->features.fast;
        const bool is_fast = offers_fast_.writer(event) && offers_fast_.reader(event);
        dialogues_.writer(event).is_fast = is_fast;
        dialogues_.reader(event).is_fast = is_fast;
      } else if (event.message.kind == MessageKind::request || event.message.kind == MessageKind::cancel) {
        on_request(event);
      }
      return;
    case WireEventKind::received:
      switch (event.message.kind) {
        case MessageKind::choke:
        case MessageKind::unchoke: return on_choke(event);
        case MessageKind::reject:
        case MessageKind::piece: return on_answer(event);
        default: return;
      }
    case WireEventKind::joined: gone_at_[event.from.value()] = kNever; return;
    case WireEventKind::undecodable: return;
  }
}

const Dialogue* Dialogues::find(ConnectionId connection, Direction asks) const {
  const Dialogue* dialogue = dialogues_.find(connection, asks);
  return dialogue != nullptr && dialogue->was_opened ? dialogue : nullptr;
}

std::size_t Dialogues::askings(HostId asker, const protocol::BlockRange& block, std::optional<ConnectionId> but) const {
  return static_cast<std::size_t>(std::ranges::count_if(of(asker), [&](const Side& side) {
    return side.connection != but && std::ranges::find(find(side)->open, block, &AskedBlock::block) != find(side)->open.end();
  }));
}

void Dialogues::open(const WireEvent& event) {
  if (!is_peer(event.from) || !is_peer(event.to)) return;
  const auto begin = [&](HostId asker, HostId source, Direction asks) {
    Dialogue& dialogue = dialogues_.at(event.connection, asks);
    dialogue = {};
    dialogue.asker = asker;
    dialogue.source = source;
    dialogue.connection = event.connection;
    dialogue.asks = asks;
    dialogue.was_opened = dialogue.is_open = true;
    dialogue.idle_since = dialogue.choke_changed = event.at;
    of_[asker.value()].push_back({event.connection, asks});
  };
  begin(event.from, event.to, Direction::from_dialler);
  begin(event.to, event.from, Direction::from_acceptor);
}

void Dialogues::close(const WireEvent& event) {
  for (const Direction asks : {Direction::from_dialler, Direction::from_acceptor}) {
    Dialogue& dialogue = dialogues_.at(event.connection, asks);
    if (!dialogue.is_open) continue;
    dialogue.is_open = false;
    std::erase_if(of_[dialogue.asker.value()], [&](const Side& side) { return side.connection == event.connection; });
    const Time gone = gone_at_[dialogue.source.value()];
    const bool has_vanished = event.how == StreamEnd::reset && gone != kNever && gone + kAtOnce < event.at;
    take_all(dialogue, has_vanished ? Fate::vanished : Fate::closed, event.at);
    dialogue.open = {};
    dialogue.given_back = {};
  }
}

void Dialogues::on_request(const WireEvent& event) {
  Dialogue& dialogue = dialogues_.writer(event);
  if (!dialogue.is_open) return;
  const protocol::BlockRange block = event.message.block();
  if (!dialogue.open.empty() && event.at >= std::max(dialogue.open.front().decided, dialogue.last_block) + Dialogue::kPatience)
    dialogue.keeps_waiting = true;
  if (event.message.kind == MessageKind::cancel) {
    const auto found = std::ranges::find(dialogue.open, block, &AskedBlock::block);
    if (found == dialogue.open.end()) return;
    if (!dialogue.has_given_back(block.piece)) dialogue.given_back.push_back(block.piece);
    return take(dialogue, static_cast<std::size_t>(found - dialogue.open.begin()), Fate::cancelled, event.at);
  }
  const AskedBlock asked{block, event.decided_earliest};
  if (dialogue.is_choked && !dialogue.is_fast) {
    if (dialogue.choke_changed > asked.decided) ended_.push_back({&dialogue, asked, Fate::choked});
    return;
  }
  protocol::Bitfield& begun = begun_[event.from.value()];
  if (begun.size() == 0) begun = protocol::Bitfield(piece_count_);
  if (block.piece.value() < begun.size() && begun.set(block.piece)) {
    dialogue.began_piece_at = asked.decided;
    dialogue.began_piece = block.piece;
  }
  dialogue.last_request = asked.decided;
  dialogue.open.push_back(asked);
  ++open_requests_[event.from.value()];
}

void Dialogues::on_answer(const WireEvent& event) {
  Dialogue& dialogue = dialogues_.reader(event);
  if (!dialogue.is_open) return;
  const bool is_reject = event.message.kind == MessageKind::reject;
  if (!is_reject) {
    dialogue.last_block = event.at;
    dialogue.keeps_waiting = false;
    if (event.message.authentic == Authentic::no) dialogue.gave_false_block = true;
  }
  const protocol::BlockRange block = event.message.block();
  const auto found = std::ranges::find(dialogue.open, block, &AskedBlock::block);
  if (found == dialogue.open.end()) return;
  if (is_reject && !dialogue.is_choked && !dialogue.has_given_back(block.piece)) dialogue.given_back.push_back(block.piece);
  take(dialogue, static_cast<std::size_t>(found - dialogue.open.begin()), is_reject ? Fate::rejected : Fate::answered, event.at);
}

void Dialogues::on_choke(const WireEvent& event) {
  Dialogue& dialogue = dialogues_.reader(event);
  dialogue.is_choked = event.message.kind == MessageKind::choke;
  dialogue.choke_changed = event.at;
  if (dialogue.is_choked && !dialogue.is_fast) take_all(dialogue, Fate::choked, event.at);
}

void Dialogues::take(Dialogue& dialogue, std::size_t position, Fate fate, Time at) {
  ended_.push_back({&dialogue, dialogue.open[position], fate});
  dialogue.open.erase(dialogue.open.begin() + static_cast<std::ptrdiff_t>(position));
  --open_requests_[dialogue.asker.value()];
  if (dialogue.open.empty()) dialogue.idle_since = at;
}

void Dialogues::take_all(Dialogue& dialogue, Fate fate, Time at) {
  if (dialogue.open.empty()) return;
  for (const AskedBlock& asked : dialogue.open) ended_.push_back({&dialogue, asked, fate});
  open_requests_[dialogue.asker.value()] -= dialogue.open.size();
  dialogue.open.clear();
  dialogue.idle_since = at;
}

}  // namespace swarmlab::swarmsim
