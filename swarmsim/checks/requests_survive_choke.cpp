#include "swarmsim/checks/requests_survive_choke.hpp"

#include <fmt/format.h>

#include "swarmsim/checks/requests_survive.hpp"

namespace swarmlab::swarmsim {
namespace {

class RequestsSurviveChoke final : public RequestsSurvive {
 public:
  explicit RequestsSurviveChoke(const CheckContext& context)
      : RequestsSurvive(context, "no request was lost to a Choke or a Reject while somebody else had the block") {}

 private:
  void find_losses(const WireEvent& event) override {
    for (const Dialogues::Ended& ended : dialogues_.ended()) {
      const bool is_choked = ended.fate == Dialogues::Fate::choked;
      if ((!is_choked && ended.fate != Dialogues::Fate::rejected) || !is_who_.has(ended.dialogue->asker)) continue;
      blocks_.lose({.at = event.at,
                    .asker = ended.dialogue->asker,
                    .block = ended.request.block,
                    .scope = LostBlocks::Scope::block,
                    .how = fmt::format("was asked from {}, which {}", facts_.name(ended.dialogue->source),
                                       is_choked ? "then choked" : "rejected it"),
                    .at_connection = {}});
    }
  }
};

}  // namespace

constinit const CheckManual kRequestsSurviveChoke{
    .name = "requests_survive_choke",
    .claim = "a block lost to a Choke or a Reject is asked for again as soon as somebody can serve it",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B19",
    .parameters = kRequestsSurviveParameters,
    .text = R"(Without the Fast extension a Choke voids every open request; with it each is rejected (BEP 6).  Such a block is free
again.  It has been forgotten when one source that has the piece and does not choke stood ready for the whole time
allowed and then has nothing to do, or was put to a new piece although some of this one had come, while nobody was
asked for the block.  A source that is kept busy with begun pieces excuses, and so does one that sent corrupt blocks.
A client that picks strictly by rarity may need more time: say so with `within`.  Vacuous when no block was lost that
another peer had.  Provoke it with few upload slots, so that chokes are frequent, on long paths, so that much is open.)",
};

std::unique_ptr<Check> make_requests_survive_choke(const CheckContext& context) {
  return std::make_unique<RequestsSurviveChoke>(context);
}

}  // namespace swarmlab::swarmsim
