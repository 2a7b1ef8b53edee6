#include "swarmsim/checks/endgame_rescues_last_block.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/dialogues.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kBetweenLooks = 500ms;
// An unchoking peer that is asked for nothing for so long has time to spare.
constexpr Duration kIdle = 2s;
// A Request that was decided in time may wait a moment to be sent, and looks come now and then only.
constexpr Duration kGrace = 1s;
// With more pieces missing than this a duplicate is no end-game, and is not counted.
constexpr std::uint32_t kFewPieces = 64;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that download"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time to ask a peer that has been idle for 2 s (default: 5 s)"},
    ParameterManual{"first", ParameterKind::count, Need::optional, "the first piece they want (default: 0)"},
    ParameterManual{"last", ParameterKind::count, Need::optional, "and the last (default: the last of all)"},
};

class EndgameRescuesLastBlock final : public Check {
 public:
  explicit EndgameRescuesLastBlock(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")),
        is_who_(who_, facts_.peers.size()), dialogues_(context.books.dialogues()), within_(context.arguments.duration("within", 5s)),
        first_wanted_(context.arguments.count("first").value_or(0)),
        last_wanted_(context.arguments.count("last").value_or(facts_.geometry.piece_count() - 1)),
        all_asked_since_(facts_.peers.size(), kNever) {}

  EventSet interest() const override { return {}; }
  void on_event(const WireEvent&) override {}

  // What had been asked by then: the event itself may be what was due.
  EventSet interest_before() const override { return Dialogues::interest(); }
  void before_event(const WireEvent& event) override {
    if (event.at >= next_look_) {
      next_look_ = event.at + kBetweenLooks;
      for (const HostId asker : who_) look(asker, event.at);
    }
    if (event.kind == WireEventKind::sent && event.message.kind == MessageKind::request && is_who_.has(event.from) &&
        missing_pieces(event.from) <= kFewPieces && arrivals_.was_asked_elsewhere(event.from, event.message.block(), event.to) &&
        dialogues_.askings(event.from, event.message.block(), event.connection) > 0)
      ++rescues_;
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    for (const HostId asker : who_) look(asker, end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} blocks asked for at a second peer, {} left to one while another was idle", rescues_, wrong_);
    judgement.limit = fmt::format("asked within {}", to_text(within_));
    if (std::ranges::all_of(who_, [&](HostId p) { return facts_.peers[p.value()].end_game_requesters <= 1; })) {
      judgement.verdict = Verdict::not_applicable;
      judgement.summary = "none of the peers declares an end-game (end_game, end_game_requesters)";
    } else if (judgement.verdict == Verdict::held && rescues_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "no block was ever open at one peer while another could have been asked for it too";
    }
    return judgement;
  }

 private:
  bool is_wanted(PieceIndex piece) const { return piece.value() >= first_wanted_ && piece.value() <= last_wanted_; }
  std::uint32_t missing_pieces(HostId asker) const {
    if (first_wanted_ == 0 && last_wanted_ + 1 >= facts_.geometry.piece_count())
      return facts_.geometry.piece_count() - arrivals_.pieces(asker);
    std::uint32_t missing = 0;
    for (PieceIndex piece; facts_.geometry.contains(piece); ++piece)
      if (is_wanted(piece) && !arrivals_.has(asker, piece)) ++missing;
    return missing;
  }

  void look(HostId asker, Time now) {
    Time& since = all_asked_since_[asker.value()];
    if (!is_everything_asked(asker)) { since = kNever; return; }
    since = std::min(since, now);
    const std::uint32_t most = facts_.peers[asker.value()].end_game_requesters;
    for (const Dialogues::Side& side : dialogues_.of(asker)) {
      const Dialogue& idle = *dialogues_.find(side);
      if (!idle.can_be_asked() || !idle.open.empty() || idle.gave_false_block || dialogues_.is_gone(idle.source)) continue;
      const Time due = std::max({since, idle.idle_since + kIdle, idle.choke_changed + kIdle});
      if (due + within_ + kGrace > now) continue;
      for (const Dialogues::Side& other : dialogues_.of(asker)) {
        const Dialogue& holder = *dialogues_.find(other);
        for (const AskedBlock& asked : holder.open) {
          if (asked.decided > due || arrivals_.has_block(asker, asked.block) || !dialogues_.has_announced(idle, asked.block.piece) ||
              idle.has_given_back(asked.block.piece) || dialogues_.askings(asker, asked.block) >= most)
            continue;
          return accuse(holder, asked, idle, due, now);
        }
      }
    }
  }

  // Every block that has not arrived is open somewhere.
  bool is_everything_asked(HostId asker) {
    if (dialogues_.is_gone(asker) || arrivals_.is_complete(asker) || facts_.peers[asker.value()].end_game_requesters <= 1) return false;
    if (dialogues_.open_requests(asker) < missing_pieces(asker)) return false;
    asked_.clear();
    for (const Dialogues::Side& side : dialogues_.of(asker))
      for (const AskedBlock& asked : dialogues_.find(side)->open)
        if (facts_.geometry.contains(asked.block.piece) && !arrivals_.has_block(asker, asked.block)) asked_.push_back(asked.block);
    std::ranges::sort(asked_);
    asked_.erase(std::ranges::unique(asked_).begin(), asked_.end());
    auto at = asked_.begin();
    for (PieceIndex piece; facts_.geometry.contains(piece); ++piece) {
      if (!is_wanted(piece) || arrivals_.has(asker, piece)) continue;
      ByteCount covered = arrivals_.bytes_of(asker, piece);
      for (; at != asked_.end() && at->piece <= piece; ++at)   // the others before it are not wanted
        if (at->piece == piece) covered += at->length;
      if (covered < facts_.geometry.length_of(piece)) return false;
    }
    return true;
  }

  void accuse(const Dialogue& holder, const AskedBlock& asked, const Dialogue& idle, Time due, Time now) {
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    const std::string& asker = facts_.name(holder.asker);
    const std::string& source = facts_.name(idle.source);
    const std::string block = to_words(asked.block);
    first_.summary = fmt::format("{} leaves {} to {} alone, while {} has it, unchokes and is idle (limit {})", asker, block,
                                 facts_.name(holder.source), source, to_text(within_));
    first_.story.push_back(story_line(asked.decided, conversation(facts_, holder.asker, holder.source, "REQUEST " + block) + " decided"));
    first_.story.push_back(story_line(idle.idle_since, fmt::format("{} is asked for nothing from now on", source)));
    first_.story.push_back(story_line(due, fmt::format("every block that {} lacks is asked for, and {} has been idle for {}", asker,
                                                       source, to_text(kIdle))));
    first_.story.push_back(story_line(now, fmt::format("{} was not sent a REQUEST for it by now", source)));
    first_.story.push_back("look at when the client enters its end-game, and whom it asks then");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  const std::vector<HostId> who_;
  PeerSet is_who_;
  const Dialogues& dialogues_;
  Duration within_;
  std::uint64_t first_wanted_;
  std::uint64_t last_wanted_;
  std::vector<Time> all_asked_since_;               // by peer
  std::vector<protocol::BlockRange> asked_;         // scratch
  Time next_look_ = kStart;
  std::uint64_t rescues_ = 0;
  std::uint64_t wrong_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kEndgameRescuesLastBlock{
    .name = "endgame_rescues_last_block",
    .claim = "at the end no block waits for one slow peer while another that has it is idle",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B33, B34",
    .parameters = kParameters,
    .text = R"(BEP 3, end-game: the last blocks are asked from several peers.  Once every missing block is open
somewhere, and a peer that has one of them, does not choke and never sent corrupt blocks has been idle for 2 s, that
block is asked from it too within the given time, unless it is open at as many peers as the client declares
(end_game_requesters, 3 by default) or that peer gave a block of the piece back before.  Of peers that want some files
only, `first` and `last` name the pieces that count.  Not applicable to clients that declare no end-game.  Vacuous
when no block was asked for twice at the end.  Provoke it with fast seeds and one that accepts requests and delivers
nothing, or a block a minute.)",
    .declared = "end_game, end_game_requesters",
};

std::unique_ptr<Check> make_endgame_rescues_last_block(const CheckContext& context) {
  return std::make_unique<EndgameRescuesLastBlock>(context);
}

}  // namespace swarmlab::swarmsim
