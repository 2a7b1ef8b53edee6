// RequestsSurvive: what the checks have in common that watch lost blocks until they are asked for again.
//
// A check says what loses a block; the rest is the same for all: losses are handed to LostBlocks, and its account is
// the verdict.
#pragma once

#include <array>

#include "swarmsim/checks/check.hpp"
#include "swarmsim/checks/lost_blocks.hpp"

namespace swarmlab::swarmsim {

inline constexpr std::array kRequestsSurviveParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that must ask again"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time from when somebody else could be asked (default: 10 s)"},
};

class RequestsSurvive : public Check {
 public:
  // `nothing_lost` is what a vacuous verdict says.
  RequestsSurvive(const CheckContext& context, std::string_view nothing_lost)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")),
        is_who_(who_, facts_.peers.size()), dialogues_(context.books.dialogues()),
        blocks_(context.facts, context.arrivals, dialogues_, context.arguments.duration("within", 10s)),
        nothing_lost_(nothing_lost) {}

  EventSet interest() const override { return Dialogues::interest(); }
  void on_event(const WireEvent& event) override {
    find_losses(event);
    blocks_.on_event(event);
  }
  Judgement conclude(const EndOfRun&, Disks&) override { return blocks_.judgement(nothing_lost_); }

 protected:
  // Looks at the event, which the dialogues have taken, and hands over what was lost by it.
  virtual void find_losses(const WireEvent& event) = 0;

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  const std::vector<HostId> who_;
  const PeerSet is_who_;
  const Dialogues& dialogues_;
  LostBlocks blocks_;

 private:
  std::string_view nothing_lost_;
};

}  // namespace swarmlab::swarmsim
