#include "swarmsim/checks/requests_survive_silence.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/requests_survive.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kBetweenSweeps = 1s;

class RequestsSurviveSilence final : public RequestsSurvive {
 public:
  explicit RequestsSurviveSilence(const CheckContext& context)
      : RequestsSurvive(context, "nobody waited in vain for a block that somebody else could serve") {}

 private:
  void find_losses(const WireEvent& event) override {
    for (const Dialogues::Ended& ended : dialogues_.ended())
      if (ended.fate == Dialogues::Fate::cancelled && is_who_.has(ended.dialogue->asker))
        lose(*ended.dialogue, ended.request.block, event.at, "taken back from", "");
    if (event.at < next_sweep_) return;
    next_sweep_ = event.at + kBetweenSweeps;
    for (const HostId asker : who_)
      for (const Dialogues::Side& side : dialogues_.of(asker)) sweep(*dialogues_.find(side), event.at);
  }

  // Time begins anew with every block: slow is not silent (B38).
  void sweep(const Dialogue& dialogue, Time now) {
    if (dialogue.open.empty() || dialogue.is_choked) return;
    const Duration patience = facts_.peers[dialogue.asker.value()].request_timeout;
    const auto begun = [&](const AskedBlock& asked) {
      return std::max({asked.decided, dialogue.last_block, dialogue.choke_changed});
    };
    Time& swept = swept_.at(dialogue.connection, dialogue.asks);
    const Time first = begun(dialogue.open.front());
    if (first + patience > now || swept >= first) return;
    swept = first;
    for (const AskedBlock& asked : dialogue.open)
      if (begun(asked) + patience <= now)
        lose(dialogue, asked.block, now, "asked from", fmt::format(", silent for {}", to_text(patience)));
  }

  void lose(const Dialogue& dialogue, const protocol::BlockRange& block, Time at, std::string_view how, const std::string& why) {
    blocks_.lose({.at = at,
                  .asker = dialogue.asker,
                  .block = block,
                  .scope = LostBlocks::Scope::block,
                  .how = fmt::format("was {} {}{}", how, facts_.name(dialogue.source), why),
                  .at_connection = dialogue.connection});
  }

  PerSide<Time> swept_;
  Time next_sweep_ = kStart;
};

}  // namespace

constinit const CheckManual kRequestsSurviveSilence{
    .name = "requests_survive_silence",
    .claim = "a block that a peer does not deliver in time is asked for elsewhere",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B24, B27, B33",
    .parameters = kRequestsSurviveParameters,
    .text = R"(A peer takes a request, stays connected and unchoking, and delivers nothing: its queue overflowed and it dropped the
surplus without a word, or its host is gone.  When it has been silent for the declared request timeout (60 s; every
block that it does send begins the time anew), its blocks are free, as is a block the client takes back with Cancel
before anybody delivered it.  A free block has been forgotten when one source that has the piece and does not choke
stood ready for the whole time allowed and then has nothing to do, or was put to a new piece although some of this one
had come.  Vacuous when nobody was silent for so long.  Provoke it with a peer that accepts requests and delivers
nothing, beside a slow one that does.)",
    .declared = "request_timeout",
};

std::unique_ptr<Check> make_requests_survive_silence(const CheckContext& context) {
  return std::make_unique<RequestsSurviveSilence>(context);
}

}  // namespace swarmlab::swarmsim
