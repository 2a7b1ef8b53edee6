#include "swarmsim/checks/upload_slots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/slot_account.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kGrace = 1s;
// How long before the end of a connection shows a client may have hung up, and so have stopped counting the peer.
constexpr Duration kHangUp = 10s;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose slots are counted"},
    ParameterManual{"slots", ParameterKind::count, Need::optional, "how many (default: each peer's declared upload_slots)"},
};

std::string_view text(SlotAccount::Kind kind) {
  switch (kind) {
    case SlotAccount::Kind::unchoke: return "UNCHOKE";
    case SlotAccount::Kind::choke: return "CHOKE";
    case SlotAccount::Kind::interested: return "INTERESTED";
    case SlotAccount::Kind::not_interested: return "NOT INTERESTED";
    case SlotAccount::Kind::leaving:
    case SlotAccount::Kind::closed: return "connection closed";
    case SlotAccount::Kind::doubt: return "";   // in no story
  }
  return "";
}

class UploadSlots final : public Check {
 public:
  explicit UploadSlots(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who")), member_(who_, facts_.peers.size()),
        account_of_(facts_.peers.size(), 0) {
    const auto slots = context.arguments.count("slots");
    for (const HostId peer : who_) {
      account_of_[peer.value()] = accounts_.size();
      const PeerFacts& facts = facts_.peers[peer.value()];
      const auto limit = slots ? static_cast<std::uint32_t>(*slots) : facts.upload_slots;
      limits_.push_back(limit);
      accounts_.emplace_back(SlotAccount::Limits{limit, facts.rechoke_interval + kGrace, facts.tit_for_tat}, backlogs_);
    }
  }

  EventSet interest() const override {
    return EventSet{}
        .sent(MessageKind::choke)
        .sent(MessageKind::unchoke)
        .sent(MessageKind::piece)
        .sent(MessageKind::reject)
        .received(MessageKind::interested)
        .received(MessageKind::not_interested)
        .received(MessageKind::request)
        .add(WireEventKind::ended);
  }

  std::vector<const SideTable*> tables() const override { return {&backlogs_}; }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::sent:
        if (member_.has(event.from)) on_sent(event);
        return;
      case WireEventKind::received:
        if (member_.has(event.to)) on_received(event);
        return;
      case WireEventKind::ended:
        // Either side may have been first: both can hang up while the other's FIN is on its way.
        note_end(event.from, event.to, event.direction, event);
        note_end(event.to, event.from, opposite(event.direction), event);
        return;
      default: return;
    }
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    Judgement judgement;
    bool had_demand = false;
    std::size_t fullest = 0;
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
      accounts_[i].finish(end.at);
      had_demand = had_demand || accounts_[i].had_more_demand_than_slots();
      if (accounts_[i].most() > accounts_[fullest].most()) fullest = i;
      if (judgement.verdict != Verdict::violated && accounts_[i].fault())
        accuse(judgement, who_[i], limits_[i], *accounts_[i].fault());
    }
    judgement.measured = fmt::format("at most {} at once, at {}", accounts_[fullest].most(), facts_.name(who_[fullest]));
    judgement.number = MeasuredNumber{"most at once", Number::of(static_cast<std::int64_t>(accounts_[fullest].most())), Unit::number};
    judgement.limit = fmt::format("{}", limits_[fullest]);
    if (judgement.verdict == Verdict::held && !had_demand) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "no more peers were ever interested than there are slots; there was nothing to judge";
    }
    return judgement;
  }

 private:
  using Kind = SlotAccount::Kind;

  void on_sent(const WireEvent& event) {
    Backlog& backlog = backlogs_.writer(event);
    const MessageKind kind = event.message.kind;
    if (kind == MessageKind::piece || kind == MessageKind::reject) return backlog.on_answer(event.decided_earliest);
    backlog.on_choke_state(event.decided_earliest);
    if (event.to.value() >= facts_.peers.size()) return;
    const Kind change = kind == MessageKind::choke ? Kind::choke : Kind::unchoke;
    accounts_[account_of_[event.from.value()]].add_between(
        event.decided_earliest, {event.decided_latest, event.connection, event.to, change, event.direction}, event.at);
  }

  void on_received(const WireEvent& event) {
    const Direction writes = opposite(event.direction);
    switch (event.message.kind) {
      case MessageKind::request: return backlogs_.reader(event).on_request();
      case MessageKind::interested: return note(event.to, event.from, writes, Kind::interested, event.at, event);
      default: return note(event.to, event.from, writes, Kind::not_interested, event.at, event);
    }
  }

  void note(HostId owner, HostId other, Direction writes, Kind kind, Time at, const WireEvent& event) {
    if (other.value() >= facts_.peers.size()) return;
    accounts_[account_of_[owner.value()]].add({at, event.connection, other, kind, writes}, event.at);
  }

  void note_end(HostId owner, HostId other, Direction writes, const WireEvent& event) {
    if (!member_.has(owner) || other.value() >= facts_.peers.size()) return;
    accounts_[account_of_[owner.value()]].add_end({event.at, event.connection, other, Kind::closed, writes}, kHangUp);
  }

  void accuse(Judgement& judgement, HostId owner, std::uint32_t slots, const SlotAccount::Fault& fault) const {
    judgement.verdict = Verdict::violated;
    const std::string& name = facts_.name(owner);
    switch (fault.wrong) {
      case SlotAccount::Wrong::unchoked_too_many:
        judgement.summary = fmt::format("{} unchoked {} interested peers at once (limit {})", name, fault.unchoked, slots);
        break;
      case SlotAccount::Wrong::kept_too_many:
        judgement.summary = fmt::format("{} kept {} interested peers unchoked for {} (limit {})", name, fault.unchoked,
                                        to_text(fault.seen - fault.since), slots);
        break;
      case SlotAccount::Wrong::too_few:
        judgement.summary = fmt::format("{} served {} of {} interested peers for {}, with {} slots", name,
                                        fault.unchoked, fault.interested, to_text(fault.seen - fault.since), slots);
        break;
    }
    for (const SlotAccount::Change& change : fault.before) {
      const bool by_owner = change.kind == SlotAccount::Kind::unchoke || change.kind == SlotAccount::Kind::choke;
      judgement.story.push_back(story_line(
          change.at, by_owner ? conversation(facts_, owner, change.peer, text(change.kind))
                              : conversation(facts_, change.peer, owner, text(change.kind))));
    }
    judgement.story.push_back("look at how the choker counts slots: the optimistic one is one of them, and who is not interested has none");
  }

  const RunFacts& facts_;
  std::vector<HostId> who_;
  PeerSet member_;
  std::vector<std::size_t> account_of_;   // by HostId
  PerSide<Backlog> backlogs_;             // of the clients' sides
  std::vector<SlotAccount> accounts_;     // by position in who_
  std::vector<std::uint32_t> limits_;
};

}  // namespace

constinit const CheckManual kUploadSlots{
    .name = "upload_slots",
    .claim = "exactly the declared number of interested peers is unchoked, never more",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B08",
    .parameters = kParameters,
    .text = R"(Counted by messages, never by bytes, in the order in which they were decided: peers that are unchoked and
interested.  More than the slots by an Unchoke of its own: violated at once.  More because a spare peer became
interested: violated after a rechoke round and 1 s.  Fewer, while more peers are interested than there are slots:
violated after the same time, unless the client declares a policy of its own in place of tit for tat: then the number is the
most that it gives, and slots may stay free.  A peer whose connection is about to end counts on neither side, and no surplus is
a peer that waits for answers, when nothing was sent to it since: a Choke may be stuck behind blocks that it does not
read.  What is sent more than a minute after it was decided counts from when it is seen.  Vacuous when demand never exceeded the slots.)",
    .declared = "upload_slots, rechoke_interval, tit_for_tat",
};

std::unique_ptr<Check> make_upload_slots(const CheckContext& context) { return std::make_unique<UploadSlots>(context); }

}  // namespace swarmlab::swarmsim
