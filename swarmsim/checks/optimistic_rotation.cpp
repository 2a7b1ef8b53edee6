#include "swarmsim/checks/optimistic_rotation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/lottery_bound.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/slot_watch.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kGrace = 1s;
// Between the first sign of a connection and the moment from which its two sides count its age.
constexpr Duration kSettingUp = 5s;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose optimistic slots are judged while they leech"},
    ParameterManual{"among", ParameterKind::peers, Need::required, "the peers that give nothing and compete for them"},
};

class OptimisticRotation final : public Check, private SpellHandler {
 public:
  explicit OptimisticRotation(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")),
        players_(context.arguments.peers("among").size()), is_who_(who_, facts_.peers.size()),
        is_player_(context.arguments.peers("among"), facts_.peers.size()), lotteries_(who_.size()),
        watch_(who_, facts_.peers.size(), *this) {}

  EventSet interest() const override { return SlotWatch::interest().received(MessageKind::piece); }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::received && event.message.kind == MessageKind::piece) {
      if (is_who_.has(event.to)) players_at_.writer(event).gave = true;
      return;
    }
    watch_.on_event(event);
  }

  bool is_ready(Time, Disks&) override { return std::ranges::all_of(lotteries_, &has_enough); }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    watch_.finish(end.at);
    Judgement judgement;
    bool has_evidence = false;
    for (std::size_t i = 0; i < who_.size(); ++i) {
      has_evidence = has_evidence || has_enough(lotteries_[i]);
      if (judgement.verdict != Verdict::violated) judge(i, judgement);
    }
    if (judgement.verdict == Verdict::held && !has_evidence) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "too few optimistic slots were given to tell chance from a fault; let the run be longer";
    }
    watch_.hedge(judgement);
    return judgement;
  }

 private:
  // What one client and one of the players have with each other.
  struct Player {
    std::uint64_t misses = 0;     // draws in a row that went to others while it waited
    Time misses_since{};
    Duration kept{};              // of the turn it holds, while others waited
    std::uint64_t tickets = 0;    // the fewest that competed for that turn, itself included
    bool gave = false;            // it may have earned a slot: not judged
  };
  struct Hold { Duration kept{}; HostId peer; Time end{}; };
  // Players wait, and no slot is any player's.
  struct Drought {
    Duration lasted{};
    std::uint64_t tickets = 2;    // at most one in so many draws should have gone to a player
    HostId peer;                  // one of those that waited
    Time end{};
  };
  struct Lottery {
    std::uint64_t draws = 0;
    std::uint64_t repeats = 0;    // turns' lengths for which holders kept a slot that others waited for
    std::uint64_t tickets = 2;    // the most that ever competed
    std::uint64_t players = 0;
    std::uint64_t worst_misses = 0;
    HostId unlucky;
    Time unlucky_from{};
    Time unlucky_to{};
    std::vector<Hold> longest;    // by tickets
    Duration waited{};            // while any player did, and others had all slots
    Drought drought;              // the one that goes on
    Drought worst_drought;
  };

  static bool has_enough(const Lottery& lottery) {
    return lottery.draws > 0 && lottery.draws >= misses_limit(lottery);
  }
  static std::uint64_t misses_limit(const Lottery& lottery) {
    return misses_beyond_chance(lottery.draws, std::max<std::uint64_t>(1, lottery.players), lottery.tickets);
  }

  void on_spell(const Spell& spell) override {
    if (arrivals_.completed_at(spell.client) <= spell.from) return;   // seeds have other rules
    Lottery& lottery = lotteries_[spell.number];
    lottery.players = players_;
    const PeerFacts& client = facts_.peers[spell.client.value()];
    const auto waits = [&](const Seat& seat) { return waits_in(spell, seat, client); };
    const auto wins = [&](const Seat& seat) { return seat.unchoked && seat.held_since == spell.from && is_player(seat); };
    std::uint64_t waiting = 0;
    std::uint64_t draws = 0;
    bool has_newcomer = false;
    for (const Seat& seat : spell.seats) {
      if (!waits(seat) && !wins(seat)) continue;
      if (wins(seat)) ++draws;
      else ++waiting;
      has_newcomer = has_newcomer || spell.from < seat.connected + client.newcomer_age + kSettingUp;
    }
    if (draws > 0) lottery.tickets = std::max(lottery.tickets, waiting + draws);
    if (!has_newcomer) lottery.draws += draws;   // among newcomers and others the tickets are not equal
    note_drought(spell, has_newcomer, lottery);
    for (const Seat& seat : spell.seats) {
      if (!is_player(seat)) continue;
      Player& player = players_at_.at(seat.connection, seat.writes);
      if (waits(seat)) on_waiting(spell, seat, player, has_newcomer ? 0 : draws, lottery);
      else if (seat.unchoked || !seat.interested) player.misses = 0;
      if (seat.unchoked && seat.interested && waiting > 0) on_held(spell, seat, player, waiting + 1, lottery);
      else player.kept = {};
    }
  }

  static bool waits_in(const Spell& spell, const Seat& seat, const PeerFacts& client) {
    return seat.interested && !seat.unchoked && !seat.leaving && seat.may_start(client.rechoke_interval) <= spell.from;
  }

  void note_drought(const Spell& spell, bool has_newcomer, Lottery& lottery) {
    const PeerFacts& client = facts_.peers[spell.client.value()];
    if (client.optimistic == 0 || client.upload_slots <= client.optimistic) return;   // its only slot may be a regular one
    const Seat* waiting = nullptr;
    std::uint64_t players = 0;
    bool is_served = false;
    for (const Seat& seat : spell.seats) {
      if (!is_player(seat) || !seat.interested) continue;
      is_served = is_served || seat.unchoked || seat.leaving;
      if (!waits_in(spell, seat, client)) continue;
      ++players;
      waiting = &seat;
    }
    Drought& drought = lottery.drought;
    if (is_served) drought = {};
    if (is_served || players == 0 || has_newcomer || spell.served == 0) return;
    lottery.waited += spell.to - spell.from;
    drought.lasted += spell.to - spell.from;
    drought.tickets = std::max(drought.tickets, (spell.interested + players - 1) / players);
    drought.peer = waiting->peer;
    drought.end = spell.to;
    if (drought.lasted > lottery.worst_drought.lasted) lottery.worst_drought = drought;
  }

  bool is_player(const Seat& seat) {
    return is_player_.has(seat.peer) && !players_at_.at(seat.connection, opposite(seat.writes)).gave;
  }

  static void on_waiting(const Spell& spell, const Seat& seat, Player& player, std::uint64_t draws, Lottery& lottery) {
    if (seat.interest_changed == spell.from) return;   // it came too late for this draw
    if (player.misses == 0) player.misses_since = spell.from;
    player.misses += draws;
    if (player.misses <= lottery.worst_misses) return;
    lottery.worst_misses = player.misses;
    lottery.unlucky = seat.peer;
    lottery.unlucky_from = player.misses_since;
    lottery.unlucky_to = spell.to;
  }

  void on_held(const Spell& spell, const Seat& seat, Player& player, std::uint64_t tickets, Lottery& lottery) {
    const Duration period = facts_.peers[spell.client.value()].optimistic_interval;
    if (player.kept == Duration{} || seat.held_since == spell.from) {
      player.kept = {};
      player.tickets = tickets;
    }
    const auto before = player.kept / period;
    player.kept += spell.to - spell.from;
    lottery.repeats += static_cast<std::uint64_t>(player.kept / period - before);
    player.tickets = std::min(player.tickets, tickets);
    if (lottery.longest.size() <= player.tickets) lottery.longest.resize(player.tickets + 1);
    Hold& longest = lottery.longest[player.tickets];
    if (player.kept > longest.kept) longest = {player.kept, seat.peer, spell.to};
  }

  void judge(std::size_t i, Judgement& judgement) const {
    const Lottery& lottery = lotteries_[i];
    const PeerFacts& client = facts_.peers[who_[i].value()];
    const std::uint64_t limit = misses_limit(lottery);
    judgement.measured = fmt::format("{} draws among up to {}; longest bad luck {} draws", lottery.draws, lottery.tickets,
                                     lottery.worst_misses);
    judgement.limit = fmt::format("{} draws", limit);
    if (lottery.worst_misses >= limit) {
      judgement.verdict = Verdict::violated;
      const std::string& unlucky = facts_.name(lottery.unlucky);
      judgement.summary = fmt::format("{} gave its optimistic slot {} times to others while {} waited; a fair lottery does so "
                                      "less than once in a million runs ({} times)",
                                      client.name, lottery.worst_misses, unlucky, limit);
      judgement.story.push_back(story_line(lottery.unlucky_from, fmt::format("{} waits for a slot of {}", unlucky, client.name)));
      judgement.story.push_back(story_line(lottery.unlucky_to, fmt::format("{} others were unchoked since, {} was not",
                                                                           lottery.worst_misses, unlucky)));
      judgement.story.push_back("look at how the choker draws the optimistic peer: which list, and which range of it");
      return;
    }
    if (judge_drought(lottery, client, judgement)) return;
    for (std::size_t tickets = 2; tickets < lottery.longest.size(); ++tickets) {
      const Hold& hold = lottery.longest[tickets];
      const auto repeats = static_cast<std::int64_t>(repeats_beyond_chance(lottery.draws + lottery.repeats, tickets));
      const Duration most = (repeats + 1) * client.optimistic_interval + client.rechoke_interval + kGrace;
      if (hold.kept <= most) continue;
      judgement.verdict = Verdict::violated;
      const std::string& holder = facts_.name(hold.peer);
      judgement.summary = fmt::format("{} left its optimistic slot with {} for {} while others waited (limit {})", client.name,
                                      holder, to_text(hold.kept), to_text(most));
      judgement.story.push_back(story_line(hold.end - hold.kept, fmt::format("{} holds a slot of {}, gives nothing, and {} "
                                                                             "others wait at least", holder, client.name,
                                                                             tickets - 1)));
      judgement.story.push_back(story_line(hold.end, fmt::format("{} holds it still; it should move every {}", holder,
                                                                 to_text(client.optimistic_interval))));
      judgement.story.push_back("look at how the choker draws the optimistic peer, and whether it draws again at all");
      return;
    }
  }

  // How long fair draws may all miss the players.
  static Duration longest_drought(const Lottery& lottery, const PeerFacts& client) {
    const auto turns = static_cast<std::uint64_t>(lottery.waited / client.optimistic_interval) + 1;
    const auto misses = misses_beyond_chance(turns, 1, lottery.worst_drought.tickets);
    return static_cast<std::int64_t>(misses + 1) * client.optimistic_interval + client.rechoke_interval + kGrace;
  }

  // True where it is one.
  bool judge_drought(const Lottery& lottery, const PeerFacts& client, Judgement& judgement) const {
    const Drought& drought = lottery.worst_drought;
    if (drought.lasted == Duration{}) return false;
    const Duration most = longest_drought(lottery, client);
    if (drought.lasted <= most) return false;
    const std::string& unlucky = facts_.name(drought.peer);
    judgement.verdict = Verdict::violated;
    judgement.summary = fmt::format("{} left all its slots with others for {} while {} waited; with an optimistic slot chance does so less "
                                    "than once in a million runs (limit {})", client.name, to_text(drought.lasted), unlucky, to_text(most));
    judgement.story.push_back(story_line(drought.end - drought.lasted, fmt::format("{} waits for a slot of {}", unlucky, client.name)));
    judgement.story.push_back(story_line(drought.end, fmt::format("it waits still; a slot should have been drawn every {}",
                                                                  to_text(client.optimistic_interval))));
    judgement.story.push_back("look at whether the choker has an optimistic slot at all, or gives it to those that have earned one");
    return true;
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  std::vector<HostId> who_;
  std::size_t players_;
  PeerSet is_who_;
  PeerSet is_player_;
  PerSide<Player> players_at_;       // the client's side; `gave` at the player's
  std::vector<Lottery> lotteries_;   // by position in who_
  SlotWatch watch_;
};

}  // namespace

constinit const CheckManual kOptimisticRotation{
    .name = "optimistic_rotation",
    .claim = "the optimistic slot comes to everybody, as often as chance has it",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B03",
    .parameters = kParameters,
    .text = R"(Peers that give a leecher nothing can hold only its optimistic slots, which are drawn by lot or in turn.  Each
Unchoke of one of them is a draw in which every other one that waits had an equal ticket.  Violated when one of
them is missed in more draws in a row than a fair lottery would show anywhere in the run with a chance of one in a
million (draws x peers x (1 - 1/tickets)^misses), or keeps a slot for more turns in a row, while others wait, than a
fair lottery that may draw the same peer again would (draws x tickets^-repeats).  Violated, too, when some of them wait
while others hold all slots for so long that a fair lottery among all who are interested would have drawn one of them:
then there is no optimistic slot (where the client has regular ones besides).  Draws while a newcomer competes are not
counted, since newcomers may weigh more; who ever gives a block is left out.  A client that excludes the last holder, or
goes round, stays far below these bounds.  Vacuous when there were too few draws to tell: where four compete about 50 are
needed, where eight do 140.  Provoke it with one slot, peers without upload, and a long download.)",
    .declared = "rechoke_interval, optimistic_interval, newcomer_age, tit_for_tat",
    .false_alarm = "less than one run in a million",
    .of_tit_for_tat = true,
};

std::unique_ptr<Check> make_optimistic_rotation(const CheckContext& context) {
  return std::make_unique<OptimisticRotation>(context);
}

}  // namespace swarmlab::swarmsim
