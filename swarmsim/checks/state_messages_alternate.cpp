#include "swarmsim/checks/state_messages_alternate.hpp"

#include <fmt/format.h>

#include <array>

#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose state messages are judged"},
};

class StateMessagesAlternate final : public Check {
 public:
  explicit StateMessagesAlternate(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who"), facts_.peers.size()) {}

  EventSet interest() const override {
    return EventSet{}
        .sent(MessageKind::choke)
        .sent(MessageKind::unchoke)
        .sent(MessageKind::interested)
        .sent(MessageKind::not_interested)
        .received(MessageKind::interested);
  }

  // The order in the stream is the order in which the other side reads, so nothing but the stream matters here.
  std::vector<const SideTable*> tables() const override { return {&said_}; }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::received) {
      if (who_.has(event.to)) said_.reader(event).is_asked = true;
      return;
    }
    if (!who_.has(event.from)) return;
    const MessageKind kind = event.message.kind;
    Said& said = said_.writer(event);
    Last& last = kind == MessageKind::choke || kind == MessageKind::unchoke ? said.choke : said.interest;
    const bool is_answer = kind == MessageKind::unchoke && said.is_asked;
    if (last.is_known && !(is_answer && last.kind == kind)) {
      ++judged_;
      if (last.kind == kind) accuse(event, last);
    }
    if (kind == MessageKind::unchoke) said.is_asked = false;
    last = {true, kind, event.at};
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} repeat the one before", wrong_, judged_);
    judgement.limit = "0";
    if (judged_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody sent a second message about choking or interest; there was nothing to judge";
    }
    return judgement;
  }

 private:
  struct Last {
    bool is_known = false;
    MessageKind kind = MessageKind::choke;
    Time at{};
  };
  struct Said {
    Last choke;
    Last interest;
    bool is_asked = false;   // the other side became interested since the last Unchoke
  };

  void accuse(const WireEvent& event, const Last& last) {
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    const std::string_view name = to_string(event.message.kind);
    first_.summary = fmt::format("{} sends {} to {} twice in a row; it was said already", facts_.name(event.from), name,
                                 facts_.name(event.to));
    first_.story.push_back(story_line(last.at, conversation(facts_, event.from, event.to, name)));
    first_.story.push_back(story_line(event.at, conversation(facts_, event.from, event.to, name) + ", nothing in between"));
    first_.story.push_back("look at where the client keeps what it has told a peer: it must change when the message is "
                           "queued, not when it has left");
  }

  const RunFacts& facts_;
  PeerSet who_;
  PerSide<Said> said_;
  std::uint64_t judged_ = 0;
  std::uint64_t wrong_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kStateMessagesAlternate{
    .name = "state_messages_alternate",
    .claim = "no peer is told the same choke state or the same interest twice in a row",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B07",
    .parameters = kParameters,
    .text = R"(Of the Choke and Unchoke messages on one connection no two neighbours are equal, and neither are two of the
Interested and Not Interested ones.  A repeat says nothing, costs the receiver a decision, and shows that the sender
does not know what it has said (aria2 changed its flags only when a message had left, and queued it again and
again).  The first message of each sort is not judged, though a connection begins choked and not interested: some
clients say so.  Nor is an Unchoke to who has just become interested and was unchoked before: libtorrent answers so on
purpose, for clients that overlook an Unchoke that came before their interest.  Receivers must tolerate repeats; this is
about senders.  Vacuous when nobody sends a second message of one sort.  Provoke it with a full uplink, so that messages
wait.)",
};

std::unique_ptr<Check> make_state_messages_alternate(const CheckContext& context) {
  return std::make_unique<StateMessagesAlternate>(context);
}

}  // namespace swarmlab::swarmsim
