#include "swarmsim/checks/keepalive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kTwoMinutes = 120s;   // BEP 3, "peer messages"
constexpr Duration kGrace = 10s;
// A silence of this length is one that something had to end.
constexpr Duration kTempting = 60s;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that must be heard of on every connection they keep"},
};

// One direction of a connection, as the one who writes it.
struct Voice {
  HostId writer;
  HostId reader;
  Time last = kNever;            // the last message was sent; kNever before the handshake
  std::uint64_t under_way = 0;   // sent and not received yet
  bool is_open = false;
};

class Keepalive final : public Check {
 public:
  explicit Keepalive(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        is_gone_(facts_.peers.size(), false) {}

  EventSet interest() const override {
    EventSet events;
    events.add(WireEventKind::opened).add(WireEventKind::ended).add(WireEventKind::undecodable).add(WireEventKind::stopped);
    events.add(WireEventKind::joined);
    for (std::size_t kind = 0; kind < kMessageKinds; ++kind) {
      const auto message = static_cast<MessageKind>(kind);
      if (message != MessageKind::tracker_request && message != MessageKind::tracker_reply) events.sent(message).received(message);
    }
    return events;
  }
  std::vector<const SideTable*> tables() const override { return {&voices_}; }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::opened:
        begin(voices_.writer(event), event.from, event.to);
        begin(voices_.reader(event), event.to, event.from);
        return;
      case WireEventKind::joined: is_gone_[event.from.value()] = false; return;
      case WireEventKind::stopped: is_gone_[event.from.value()] = true; return;
      case WireEventKind::ended:
        // Who hangs up did not keep the connection; who was silent and is hung up on did.
        if (event.how == StreamEnd::finished) judge(voices_.reader(event), event.at);
        [[fallthrough]];
      case WireEventKind::undecodable:
        voices_.writer(event).is_open = false;
        voices_.reader(event).is_open = false;
        return;
      case WireEventKind::sent: {
        Voice& voice = voices_.writer(event);
        if (!voice.is_open || !is_who_.has(event.from)) return;
        judge(voice, event.decided_earliest);
        voice.last = event.at;
        ++voice.under_way;
        if (event.message.kind == MessageKind::keep_alive) ++said_;
        return;
      }
      case WireEventKind::received: {
        Voice& voice = voices_.writer(event);
        if (voice.is_open && voice.under_way > 0) --voice.under_way;
        return;
      }
    }
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    for (Voice& voice : voices_) judge(voice, end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("longest silence {}, {} keep-alives", to_text(longest_), said_);
    judgement.limit = to_text(kTwoMinutes + kGrace);
    if (judgement.verdict == Verdict::held && longest_ < kTempting) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "no connection was quiet for a minute; nobody needed a keep-alive";
    }
    return judgement;
  }

 private:
  static void begin(Voice& voice, HostId writer, HostId reader) {
    voice = {};
    voice.writer = writer;
    voice.reader = reader;
    voice.is_open = true;
  }

  // It has said nothing until now.
  void judge(const Voice& voice, Time now) {
    if (!voice.is_open || voice.last == kNever || !is_who_.has(voice.writer) || is_gone_[voice.writer.value()]) return;
    if (voice.under_way > 0) return;   // what it writes does not get through: perhaps it has said something
    const Duration silence = now - voice.last;
    longest_ = std::max(longest_, silence);
    const Duration limit = std::max(kTwoMinutes, facts_.peers[voice.writer.value()].keepalive_interval) + kGrace;
    if (silence <= limit || first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} says nothing to {} for {} and keeps the connection (limit {})", facts_.name(voice.writer),
                                 facts_.name(voice.reader), to_text(silence), to_text(limit));
    first_.story.push_back(story_line(voice.last, conversation(facts_, voice.writer, voice.reader, "the last message")));
    first_.story.push_back(story_line(now, "it is still silent"));
    first_.story.push_back("look at which time the client's keep-alive counts from: of what it wrote, not of what it read");
  }

  const RunFacts& facts_;
  PeerSet is_who_;
  PerSide<Voice> voices_;
  std::vector<bool> is_gone_;   // by peer
  Duration longest_{};
  std::uint64_t said_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kKeepalive{
    .name = "keepalive",
    .claim = "on a connection that is kept something is sent at least every two minutes",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B40",
    .parameters = kParameters,
    .text = R"(After its handshake a client lets no more than two minutes (or what it declares, where that is more) and ten seconds pass
between two messages of its own on a connection that stays open, or that the other side closes at last.  Other peers may close what is
silent for longer, and slots and requests are lost with it.  Not judged while something it sent has not arrived: then it may have
written and nothing gets through.  Of a host that stands still it complains: leave it out.  Vacuous when no connection
was quiet for a minute.  Provoke it with a leecher that nobody can serve.)",
    .declared = "keepalive_interval",
};

std::unique_ptr<Check> make_keepalive(const CheckContext& context) { return std::make_unique<Keepalive>(context); }

}  // namespace swarmlab::swarmsim
