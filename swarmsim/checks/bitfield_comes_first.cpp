#include "swarmsim/checks/bitfield_comes_first.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/handshake.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose first messages are judged"},
};

// One direction of a connection, as its sender has used it.
struct Opening {
  bool is_shaken = false;          // its handshake was sent
  bool is_fast = false;            // by that handshake
  bool has_spoken = false;         // a message that counts
  bool has_told = false;           // Bitfield, HaveAll or HaveNone
  MessageKind first = MessageKind::keep_alive;
  Time first_at{};
};

class BitfieldComesFirst final : public Check {
 public:
  explicit BitfieldComesFirst(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()) {}

  // Keep-alives, extension messages, Port and unknown ones may stand anywhere.
  EventSet interest() const override {
    using enum MessageKind;
    EventSet set;
    for (const MessageKind kind : {handshake, choke, unchoke, interested, not_interested, have, bitfield, request, piece,
                                   cancel, suggest, have_all, have_none, reject, allowed_fast})
      set.sent(kind);
    return set;
  }

  void on_event(const WireEvent& event) override {
    const std::size_t slot = 2 * std::size_t{event.connection.value()} + static_cast<std::size_t>(event.direction);
    if (slot >= openings_.size()) openings_.resize(std::max(2 * (slot / 2 + 1), openings_.size() * 3 / 2));
    Opening& opening = openings_[slot];
    const MessageKind kind = event.message.kind;
    if (kind == MessageKind::handshake) {
      const auto handshake = protocol::decode_handshake(event.payload);
      opening = {};
      opening.is_shaken = true;
      opening.is_fast = handshake && *handshake && (*handshake)->features.fast;
      return;
    }
    const bool tells = kind == MessageKind::bitfield || kind == MessageKind::have_all || kind == MessageKind::have_none;
    if (opening.has_spoken && !tells) return;
    if (!is_who_.has(event.from)) return;
    if (!opening.has_spoken) {
      opening.has_spoken = true;
      opening.has_told = tells;
      opening.first = kind;
      opening.first_at = event.at;
      ++judged_;
      const Opening& other = openings_[slot ^ 1];
      if (!tells && opening.is_fast && other.is_shaken && other.is_fast)
        accuse(event, opening, "sends none of Bitfield, Have All and Have None before its first other message");
      return;
    }
    accuse(event, opening, opening.has_told ? "tells twice what it has" : "tells what it has after another message");
    opening.has_told = true;
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} openings", wrong_, judged_);
    judgement.limit = std::string("0");
    if (judged_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "none of the peers sent a message after a handshake";
    }
    return judgement;
  }

 private:
  void accuse(const WireEvent& event, const Opening& opening, std::string_view what) {
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {}, to {}", facts_.name(event.from), what, facts_.name(event.to));
    if (opening.first_at < event.at || opening.first != event.message.kind)
      first_.story.push_back(story_line(opening.first_at, conversation(facts_, event.from, event.to, to_string(opening.first)) +
                                                              " is its first message after the handshake"));
    first_.story.push_back(story_line(event.at, conversation(facts_, event.from, event.to, event.message)));
    first_.story.push_back("the bitfield belongs right behind the handshake; look at what the client does when one is complete");
  }

  const RunFacts& facts_;
  PeerSet is_who_;
  std::vector<Opening> openings_;   // by connection and direction
  std::uint64_t judged_ = 0;
  std::uint64_t wrong_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kBitfieldComesFirst{
    .name = "bitfield_comes_first",
    .claim = "what a peer has is told first after the handshake, and once",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B15",
    .parameters = kParameters,
    .text = R"(BEP 3: "'bitfield' is only ever sent as the first message".  Bitfield, Have All or Have None stand before every other
message but extension messages, Port, keep-alives and unknown ones, and never come a second time.  Without the
Fast extension a peer may leave it out (it may have nothing, or prefer Haves); where both handshakes offer Fast,
BEP 6 wants exactly one of the three.  Judged on every connection, dialled or accepted, in the order of sending.
Vacuous when none of the peers gets as far as a message.)",
};

std::unique_ptr<Check> make_bitfield_comes_first(const CheckContext& context) {
  return std::make_unique<BitfieldComesFirst>(context);
}

}  // namespace swarmlab::swarmsim
