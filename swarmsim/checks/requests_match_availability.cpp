#include "swarmsim/checks/requests_match_availability.hpp"

#include <fmt/format.h>

#include <array>

#include "swarmsim/checks/announced.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose requests are judged"},
};

class RequestsMatchAvailability final : public Check {
 public:
  explicit RequestsMatchAvailability(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        heard_(context.books.heard()) {}

  EventSet interest() const override { return EventSet{}.sent(MessageKind::request); }

  void on_event(const WireEvent& event) override {
    if (!is_who_.has(event.from)) return;
    ++requests_;
    const Direction teller = opposite(event.direction);
    if (heard_.count(event.connection, teller) < facts_.geometry.piece_count()) ++of_partial_;
    if (!heard_.has(event.connection, teller, event.message.piece)) accuse(event, heard_.count(event.connection, teller));
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} requests, {} of them of peers with a part", wrong_, requests_, of_partial_);
    judgement.limit = std::string("0");
    if (judgement.verdict == Verdict::held && of_partial_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = requests_ == 0 ? "nobody requested anything in this run"
                                         : "everybody who was asked has every piece, so that no request could be wrong";
    }
    return judgement;
  }

 private:
  void accuse(const WireEvent& event, std::uint32_t told) {
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} requests piece {} from {}, which never said that it has it", facts_.name(event.from),
                                 event.message.piece.value(), facts_.name(event.to));
    first_.story.push_back(story_line(event.at, fmt::format("{} has told {} of {} of {} pieces", facts_.name(event.to),
                                                            facts_.name(event.from), told, facts_.geometry.piece_count())));
    first_.story.push_back(story_line(event.decided_earliest,
                                      conversation(facts_, event.from, event.to, event.message) + " decided"));
    first_.story.push_back("look at where the client keeps what each peer has, and at how it decides that one is a seed");
  }

  const RunFacts& facts_;
  PeerSet is_who_;
  const Announced& heard_;
  std::uint64_t requests_ = 0;
  std::uint64_t of_partial_ = 0;
  std::uint64_t wrong_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kRequestsMatchAvailability{
    .name = "requests_match_availability",
    .claim = "nobody requests a piece that the other side has not announced",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B16",
    .parameters = kParameters,
    .text = R"(A Request to P names a piece that P has told of on the same connection, with Bitfield, Have All or Have; Suggest
and Allowed Fast tell of nothing (BEP 6), and neither does metadata_size in an extension handshake.  What
arrived up to the moment of sending excuses; a Bitfield of wrong length counts as far as it goes.  Vacuous when
only peers that had announced everything were asked.  Provoke it with partial peers that announce one piece after the
other, and with a torrent whose piece count is no multiple of 8.)",
};

std::unique_ptr<Check> make_requests_match_availability(const CheckContext& context) {
  return std::make_unique<RequestsMatchAvailability>(context);
}

}  // namespace swarmlab::swarmsim
