#include "swarmsim/checks/leftover_requests.hpp"

#include <algorithm>
#include <array>

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
constexpr std::array kWords{keep_alive, choke, unchoke, interested, not_interested, have, request, piece, cancel, reject, extended, pex};

// ACKs of what has arrived may take that long on a line with a deep queue.
constexpr Duration kQuiet = 15s;
// When a keep-alive has come, if anything ever does.
constexpr Duration kNextWord = 130s;
constexpr Duration kBetweenLooks = 1s;

}  // namespace

EventSet LeftoverRequests::interest() {
  EventSet interest = Dialogues::interest();
  for (const MessageKind kind : kWords) interest.sent(kind).received(kind);
  return interest;
}

std::size_t LeftoverRequests::expect(HostId asker, Time due) {
  std::size_t found = 0;
  for (const Dialogues::Side& side : dialogues_.of(asker)) {
    const Dialogue& dialogue = *dialogues_.find(side);
    const std::vector<protocol::BlockRange>& taken_back = flows_.at(side.connection, side.asks).taken_back;
    // Who is gone may stand here for long.
    if (dialogues_.is_gone(dialogue.source)) continue;
    for (const AskedBlock& asked : dialogue.open) {
      if (std::ranges::find(taken_back, asked.block) != taken_back.end()) continue;
      open_.push_back({asker, dialogue.source, side.connection, side.asks, asked, due});
      ++found;
    }
  }
  return found;
}

void LeftoverRequests::extend(HostId asker, Time due) {
  for (Leftover& leftover : open_)
    if (leftover.asker == asker) leftover.due = std::max(leftover.due, due);
}

void LeftoverRequests::forget(HostId asker) {
  std::erase_if(open_, [&](const Leftover& leftover) { return leftover.asker == asker; });
}

void LeftoverRequests::on_event(const WireEvent& event) {
  const bool is_word = std::ranges::find(kWords, event.message.kind) != kWords.end();
  if (event.kind == WireEventKind::opened) {
    flows_.writer(event) = flows_.reader(event) = {};
  } else if (event.kind == WireEventKind::sent && is_word) {
    Flow& flow = flows_.writer(event);
    ++flow.in_flight;
    if (event.message.kind == cancel) flow.taken_back.push_back(event.message.block());
    if (event.message.kind == choke) flow.owed = 0;
    else if ((event.message.kind == piece || event.message.kind == reject) && flow.owed > 0) --flow.owed;
  } else if (event.kind == WireEventKind::received && is_word) {
    Flow& flow = flows_.writer(event);
    if (flow.in_flight > 0) --flow.in_flight;
    flow.quiet_since = event.at;
    if (event.message.kind == request) ++flows_.reader(event).owed;
  }
  if (open_.empty()) return;

  for (const Dialogues::Ended& ended : dialogues_.ended()) {
    const bool is_answer = ended.fate == Dialogues::Fate::answered || ended.fate == Dialogues::Fate::rejected;
    std::erase_if(open_, [&](const Leftover& leftover) {
      // An answer that came too late does not undo that there was no Cancel.
      return ended.fate != Dialogues::Fate::cancelled && leftover.asker == ended.dialogue->asker &&
             leftover.connection == ended.dialogue->connection && leftover.asked.block == ended.request.block &&
             (!is_answer || event.at <= leftover.due);
    });
  }
  if (event.kind == WireEventKind::ended)
    std::erase_if(open_, [&](const Leftover& leftover) { return leftover.connection == event.connection; });
  if (event.kind != WireEventKind::sent) return;
  const bool is_cancel = event.message.kind == cancel;
  std::erase_if(open_, [&](Leftover& leftover) {
    if (leftover.asker != event.from || leftover.connection != event.connection) return false;
    const bool is_its = is_cancel && event.message.block() == leftover.asked.block;
    if (event.decided_earliest > leftover.due) {
      if (is_its) leftover.cancelled = event.decided_earliest;
      left_.push_back(leftover);
      return true;
    }
    return is_its;
  });
}

std::optional<Leftover> LeftoverRequests::take_left(Time now) {
  if (!open_.empty() && now >= next_look_) {
    next_look_ = now + kBetweenLooks;
    std::erase_if(open_, [&](const Leftover& leftover) {
      const Flow& flow = flows_.at(leftover.connection, leftover.asks);
      if (flow.in_flight + flow.owed > 0 || now < std::max(leftover.due, flow.quiet_since) + kQuiet) return false;
      left_.push_back(leftover);
      return true;
    });
  }
  if (left_.empty()) return std::nullopt;
  const Leftover left = left_.front();
  left_.erase(left_.begin());
  return left;
}

bool LeftoverRequests::waits(Time now) const {
  return std::ranges::any_of(open_, [&](const Leftover& leftover) { return now < leftover.due + kNextWord; });
}

}  // namespace swarmlab::swarmsim
