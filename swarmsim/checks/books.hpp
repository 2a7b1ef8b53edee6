// Books: what many checks need to know of a run, kept once for all of them.
//
// A check that asks for a book when it is made finds it up to date in on_event(), and as it was before the event in
// before_event().  A book that nobody asks for is not kept.
#pragma once

#include <array>
#include <optional>

#include "swarmsim/checks/announced.hpp"
#include "swarmsim/checks/connections.hpp"
#include "swarmsim/checks/dialogues.hpp"
#include "swarmsim/checks/run_facts.hpp"

namespace swarmlab::swarmsim {

class Books {
 public:
  // `facts` outlives the books.
  explicit Books(const RunFacts& facts) : facts_(facts) {}
  Books(const Books&) = delete;   // dialogues refer to what was heard

  const Announced& told();         // by when it was sent
  const Announced& heard();        // by when it was received
  const Dialogues& dialogues();
  const Connections& connections();

  // What the books will look into when this event comes.
  void fetch_ahead(const WireEvent& event) const {
    const std::uint8_t open = open_at_[EventSet::sort(event.kind, event.message.kind)];
    if ((open & kTold) != 0) told_->fetch_ahead(event.connection);
    if ((open & kHeard) != 0) heard_->fetch_ahead(event.connection);
    if ((open & kDialogues) != 0) dialogues_->table().fetch_ahead(event.connection);
  }
  void on_event(const WireEvent& event) {
    const std::uint8_t open = open_at_[EventSet::sort(event.kind, event.message.kind)];
    if (open != 0) enter(event, open);
  }

 private:
  enum Book : std::uint8_t { kTold = 1, kHeard = 2, kDialogues = 4, kConnections = 8 };
  void keep(Book book, const EventSet& interest);
  void enter(const WireEvent& event, std::uint8_t open);

  const RunFacts& facts_;
  std::optional<Announced> told_;
  std::optional<Announced> heard_;
  std::optional<Dialogues> dialogues_;
  std::optional<Connections> connections_;
  std::array<std::uint8_t, EventSet::kSorts> open_at_{};   // books that want events of the sort
};

}  // namespace swarmlab::swarmsim
