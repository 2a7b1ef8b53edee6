#include "swarmsim/checks/fast_only_if_negotiated.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

#include "protocol/handshake.hpp"
#include "protocol/quantities.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that must keep to what was negotiated"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time to hang up on who sends such a message all the same (default: 10 s)"},
};

// One direction of a connection, as the one who writes it.
struct Voice {
  enum class Offer : std::uint8_t { unknown, without, with };
  HostId writer;
  HostId reader;
  Offer offer = Offer::unknown;            // of the Fast extension, in its handshake
  bool is_open = false;
  bool spoke = false;                      // a message of the extension
  Time spoke_at{};
  WireMessage said;                        // the first
};

class FastOnlyIfNegotiated final : public Check {
 public:
  explicit FastOnlyIfNegotiated(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        within_(context.arguments.duration("within", 10s)) {}

  EventSet interest() const override {
    using enum MessageKind;
    EventSet events;
    events.add(WireEventKind::opened).add(WireEventKind::ended).add(WireEventKind::undecodable).add(WireEventKind::stopped);
    events.sent(handshake);
    for (const MessageKind kind : {suggest, have_all, have_none, reject, allowed_fast}) events.sent(kind).received(kind);
    return events;
  }
  std::vector<const SideTable*> tables() const override { return {&voices_}; }

  void on_event(const WireEvent& event) override {
    judge_due(event.at);
    switch (event.kind) {
      case WireEventKind::opened:
        begin(voices_.writer(event), event.from, event.to);
        begin(voices_.reader(event), event.to, event.from);
        return;
      case WireEventKind::ended: return close(event.connection);
      case WireEventKind::undecodable: return close(event.connection);   // nothing of it is seen any more
      case WireEventKind::stopped:
        for (auto at = due_.begin(); at != due_.end();) at = at->second.who == event.from ? due_.erase(at) : std::next(at);
        return;
      case WireEventKind::sent:
        if (event.message.kind == MessageKind::handshake) on_handshake(event);
        else on_said(event);
        return;
      case WireEventKind::received:
        on_heard(event);
        return;
      case WireEventKind::joined: return;
    }
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    judge_due(end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} connections without Fast spoilt; {} such messages heard", wrong_, plain_, heard_);
    judgement.limit = std::string("0");
    if (judgement.verdict == Verdict::held && plain_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "every connection of these peers had the Fast extension on both sides";
    }
    return judgement;
  }

 private:
  struct Duty { HostId who; HostId other; ConnectionId connection; WireMessage heard; Time at{}; };

  static void begin(Voice& voice, HostId writer, HostId reader) {
    voice = {};
    voice.writer = writer;
    voice.reader = reader;
    voice.is_open = true;
  }
  void close(ConnectionId connection) {
    voices_.at(connection, Direction::from_dialler).is_open = false;
    voices_.at(connection, Direction::from_acceptor).is_open = false;
    for (auto at = due_.begin(); at != due_.end();) at = at->second.connection == connection ? due_.erase(at) : std::next(at);
  }
  static bool lacks_fast(const Voice& a, const Voice& b) {
    return a.offer == Voice::Offer::without || b.offer == Voice::Offer::without;
  }

  void on_handshake(const WireEvent& event) {
    const auto handshake = protocol::decode_handshake(event.payload);
    Voice& ours = voices_.writer(event);
    Voice& theirs = voices_.reader(event);
    if (!ours.is_open || !handshake || !*handshake) return;
    ours.offer = (*handshake)->features.fast ? Voice::Offer::with : Voice::Offer::without;
    if (theirs.offer == Voice::Offer::unknown || !lacks_fast(ours, theirs)) return;
    if (is_who_.has(event.from) || is_who_.has(event.to)) ++plain_;
    // What was said before the other's handshake was seen may not be said either: nobody can know yet that it is understood.
    for (const Voice* voice : {&ours, &theirs})
      if (voice->spoke && is_who_.has(voice->writer)) accuse_speaker(*voice);
  }

  void on_said(const WireEvent& event) {
    Voice& voice = voices_.writer(event);
    if (!voice.is_open || voice.spoke || !is_who_.has(event.from)) return;
    voice.spoke = true;
    voice.spoke_at = event.at;
    voice.said = event.message;
    if (lacks_fast(voice, voices_.reader(event))) accuse_speaker(voice);
  }

  void on_heard(const WireEvent& event) {
    const Voice& voice = voices_.writer(event);
    if (!voice.is_open || !is_who_.has(event.to) || !lacks_fast(voice, voices_.reader(event))) return;
    ++heard_;
    due_.emplace(event.at + within_, Duty{event.to, event.from, event.connection, event.message, event.at});
  }

  void accuse_speaker(const Voice& voice) {
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    const bool by_itself = is_plain(voice.writer);
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} sends {} {}, and {} did not offer the Fast extension", facts_.name(voice.writer),
                                 facts_.name(voice.reader), to_string(voice.said.kind), by_itself ? "itself" : "the other");
    first_.story.push_back(story_line(voice.spoke_at, conversation(facts_, voice.writer, voice.reader, voice.said)));
    first_.story.push_back("look at whether the client asks for the bit of both handshakes before it says anything of BEP 6");
  }
  bool is_plain(HostId peer) const { return !facts_.peers[peer.value()].speaks.has(Feature::fast); }

  void judge_due(Time now) {
    while (!due_.empty() && due_.begin()->first < now) {
      const Duty duty = due_.begin()->second;
      due_.erase(due_.begin());
      ++wrong_;
      if (first_.verdict == Verdict::violated) continue;
      first_.verdict = Verdict::violated;
      first_.summary = fmt::format("{} keeps {} {} after a {} without the Fast extension", facts_.name(duty.who),
                                   facts_.name(duty.other), to_text(within_), to_string(duty.heard.kind));
      first_.story.push_back(story_line(duty.at, conversation(facts_, duty.other, duty.who, duty.heard) + " received"));
      first_.story.push_back("look at what guards the messages 13 to 17 when they come in (BEP 6: the connection is to be closed)");
    }
  }

  const RunFacts& facts_;
  PeerSet is_who_;
  Duration within_;
  PerSide<Voice> voices_;
  std::multimap<Time, Duty> due_;   // connections that are to be closed, by when
  std::uint64_t plain_ = 0;
  std::uint64_t heard_ = 0;
  std::uint64_t wrong_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kFastOnlyIfNegotiated{
    .name = "fast_only_if_negotiated",
    .claim = "messages of the Fast extension are sent only where both offered it, and end a connection elsewhere",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B58",
    .parameters = kParameters,
    .text = R"(Suggest, Have All, Have None, Reject and Allowed Fast (13 to 17) are sent only if both handshakes have the
bit.  Who gets one on another connection closes it: BEP 6 leaves no choice.  A stream that cannot be decoded is not followed
any further. Vacuous when no connection of these peers lacked the extension.  Not beside partitions, where nobody hears that a
connection was closed.  Provoke it with a group that has `fast_extension: false` beside one that has it, and with `malformed:
{ message: have_all_late }`.)",
};

std::unique_ptr<Check> make_fast_only_if_negotiated(const CheckContext& context) {
  return std::make_unique<FastOnlyIfNegotiated>(context);
}

}  // namespace swarmlab::swarmsim
