#include "swarmsim/checks/endgame_bounded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that may ask several for one block"},
    ParameterManual{"within", ParameterKind::duration, Need::optional, "time for the Cancel to be decided (default: 1 s)"},
};

// A Cancel decided in time may wait behind other data to be sent; only then is it seen.
constexpr Duration kPatience = 10s;
// When the connection or the run ends nothing more is sent, and this much of that patience has to do: else the end
// of the download would excuse whoever never cancels.
constexpr Duration kPatienceAtTheEnd = 1s;

struct Asked {
  protocol::BlockRange block;
  ConnectionId connection;
  HostId of;
  Time at{};
};

struct Duty {
  Time arrived{};
  HostId asker;
  Asked asked;
  HostId from;                      // who delivered it
  bool is_met = false;
};

class EndgameBounded final : public Check {
 public:
  explicit EndgameBounded(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        within_(context.arguments.duration("within", 1s)), open_(facts_.peers.size()) {}

  EventSet interest() const override {
    return EventSet{}
        .sent(MessageKind::request)
        .sent(MessageKind::cancel)
        .received(MessageKind::piece)
        .received(MessageKind::reject)
        .received(MessageKind::choke)
        .add(WireEventKind::ended);
  }

  void on_event(const WireEvent& event) override {
    judge_duties(event.at - within_ - kPatience);
    if (event.kind == WireEventKind::ended) {
      forget(event.connection, event.from, event.at - kPatienceAtTheEnd);
      forget(event.connection, event.to, event.at - kPatienceAtTheEnd);
    } else if (event.kind == WireEventKind::sent) {
      if (!is_who_.has(event.from)) return;
      if (event.message.kind == MessageKind::request) on_request(event);
      else on_cancel(event);
    } else if (is_who_.has(event.to)) {
      if (event.message.kind == MessageKind::choke) forget(event.connection, event.to, event.at);
      else on_answer(event);
    }
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    judge_duties(end.at - within_ - kPatienceAtTheEnd + 1ns);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{}; up to {} asked at once, {}", counted(duties_seen_, "duplicate"), most_asked_,
                                     slowest_ ? "slowest Cancel after " + to_text(*slowest_) : std::string("no Cancel"));
    judgement.number = MeasuredNumber{"duplicates", Number::of(static_cast<std::int64_t>(duties_seen_)), Unit::number};
    judgement.limit = fmt::format("Cancel within {}", to_text(within_));
    if (judgement.verdict == Verdict::held && duties_seen_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "no block was open at a second peer when it arrived; there was no end-game to judge";
    }
    return judgement;
  }

 private:
  void on_request(const WireEvent& event) {
    const protocol::BlockRange block = event.message.block();
    std::vector<Asked>& open = open_[event.from.value()];
    std::size_t askings = 0;
    bool again = false;
    for (const Asked& asked : open) {
      if (asked.block != block) continue;
      ++askings;
      again = again || asked.connection == event.connection;
    }
    if (!again) open.push_back({block, event.connection, event.to, event.decided_earliest});
    most_asked_ = std::max(most_asked_, again ? askings : askings + 1);
  }

  void on_cancel(const WireEvent& event) {
    remove(event.from, event.message.block(), event.connection);
    for (Duty& duty : duties_) {
      if (duty.is_met || duty.asker != event.from || duty.asked.connection != event.connection ||
          duty.asked.block != event.message.block())
        continue;
      duty.is_met = true;
      const Duration took = std::max(Duration{}, event.decided_earliest - duty.arrived);
      slowest_ = std::max(slowest_.value_or(took), took);
      if (took > within_) accuse(duty, fmt::format("cancels only after {}", to_text(took)));
    }
  }

  void on_answer(const WireEvent& event) {
    const protocol::BlockRange block = event.message.block();
    meet(event.connection, event.to, &block, event.at);
    const bool frees_others = event.message.kind != MessageKind::reject;
    // Only the first arrival frees the others; what the later ones bring is answered already.
    std::erase_if(open_[event.to.value()], [&](const Asked& asked) {
      if (asked.block != block) return false;
      if (asked.connection == event.connection) return true;
      if (frees_others && asked.at <= event.at) {
        ++duties_seen_;
        duties_.push_back({event.at, event.to, asked, event.from, false});
      }
      return frees_others;
    });
  }

  void remove(HostId asker, const protocol::BlockRange& block, ConnectionId connection) {
    std::erase_if(open_[asker.value()], [&](const Asked& a) { return a.connection == connection && a.block == block; });
  }

  // Choke and the end of a connection void everything that was open on it.
  void forget(ConnectionId connection, HostId asker, Time at) {
    if (!is_who_.has(asker)) return;
    std::erase_if(open_[asker.value()], [&](const Asked& a) { return a.connection == connection; });
    meet(connection, asker, nullptr, at);
  }

  // What frees the other peer in time is as good as a Cancel; what comes later does not undo that there was none.
  void meet(ConnectionId connection, HostId asker, const protocol::BlockRange* block, Time at) {
    for (Duty& duty : duties_)
      if (duty.asked.connection == connection && duty.asker == asker && (block == nullptr || duty.asked.block == *block) &&
          at <= duty.arrived + within_)
        duty.is_met = true;
  }

  void judge_duties(Time arrived_before) {
    while (!duties_.empty() && (duties_.front().is_met || duties_.front().arrived < arrived_before)) {
      if (!duties_.front().is_met) accuse(duties_.front(), "never cancels");
      duties_.pop_front();
    }
  }

  void accuse(const Duty& duty, const std::string& how) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    const std::string block = to_words(duty.asked.block);
    first_.summary = fmt::format("{} got {} and {} its request at {} (limit {})", facts_.name(duty.asker), block, how,
                                 facts_.name(duty.asked.of), to_text(within_));
    first_.story.push_back(
        story_line(duty.asked.at, conversation(facts_, duty.asker, duty.asked.of, "REQUEST " + block)));
    first_.story.push_back(story_line(duty.arrived, conversation(facts_, duty.from, duty.asker, "PIECE " + block + " received")));
    first_.story.push_back(story_line(duty.arrived + within_, fmt::format("no CANCEL to {} was decided by now",
                                                                          facts_.name(duty.asked.of))));
    first_.story.push_back("look at what the client does when a block arrives that others owe it, too");
  }

  const RunFacts& facts_;
  PeerSet is_who_;
  Duration within_;
  // By asker: what it asked for and has no answer to, in the order of asking.  A short list, read from end to end.
  std::vector<std::vector<Asked>> open_;
  std::deque<Duty> duties_;               // in the order of arrival
  std::uint64_t duties_seen_ = 0;
  std::size_t most_asked_ = 0;
  std::optional<Duration> slowest_;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kEndgameBounded{
    .name = "endgame_bounded",
    .claim = "a block that arrived is cancelled wherever else it was asked for",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B35",
    .parameters = kParameters,
    .text = R"(BEP 3, end-game: "cancels are sent to every one".  When a block arrives, each other peer that was asked for it
and has not answered gets a Cancel that is decided within the given time; its answer, its Choke or the end of the
connection does as well.  Reports how many were asked for one block at most.  Vacuous when no block was open at
two peers.  Provoke it with a slow holder beside fast ones.)",
};

std::unique_ptr<Check> make_endgame_bounded(const CheckContext& context) {
  return std::make_unique<EndgameBounded>(context);
}

}  // namespace swarmlab::swarmsim
