#include "swarmsim/checks/requests_survive_disconnect.hpp"

#include <fmt/format.h>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/requests_survive.hpp"

namespace swarmlab::swarmsim {
namespace {

// A connection ends for the one who ends it; the other hears of it when the FIN or the reset arrives.
constexpr Duration kUntilHeard = 1s;

class RequestsSurviveDisconnect final : public RequestsSurvive {
 public:
  explicit RequestsSurviveDisconnect(const CheckContext& context)
      : RequestsSurvive(context, "no connection ended with a request open that somebody else could serve") {}

 private:
  void find_losses(const WireEvent& event) override {
    for (const Dialogues::Ended& ended : dialogues_.ended()) {
      if (ended.fate != Dialogues::Fate::closed || !is_who_.has(ended.dialogue->asker)) continue;
      blocks_.lose({.at = event.at + kUntilHeard,
                    .asker = ended.dialogue->asker,
                    .block = ended.request.block,
                    .scope = LostBlocks::Scope::block,
                    .how = fmt::format("was asked from {} when that connection ended, {} ago", facts_.name(ended.dialogue->source),
                                       to_text(kUntilHeard)),
                    .at_connection = {}});
    }
  }
};

}  // namespace

constinit const CheckManual kRequestsSurviveDisconnect{
    .name = "requests_survive_disconnect",
    .claim = "a block asked from a peer that leaves is asked for again as soon as somebody can serve it",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B37",
    .parameters = kRequestsSurviveParameters,
    .text = R"(When a connection ends, by whomever and however, the requests open on it are void and their blocks free again. Such a
block has been forgotten when one source that has the piece and does not choke stood ready for the whole time allowed
and then has nothing to do, or was put to a new piece although some of this one had come, while nobody was asked for
the block: the client still believes it reserved.  A peer that vanishes without a word is the matter of
requests_survive_silence.  Vacuous when no connection ended with requests open that another peer could serve.  Provoke
it with peers that leave in the middle of a piece, just after a Choke, and in the end-game.)",
};

std::unique_ptr<Check> make_requests_survive_disconnect(const CheckContext& context) {
  return std::make_unique<RequestsSurviveDisconnect>(context);
}

}  // namespace swarmlab::swarmsim
