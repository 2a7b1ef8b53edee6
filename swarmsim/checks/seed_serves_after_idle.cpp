#include "swarmsim/checks/seed_serves_after_idle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/service_watch.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the seeds"},
    ParameterManual{"idle", ParameterKind::duration, Need::optional, "how long nobody wants anything before (default: 2 min)"},
};

class SeedServesAfterIdle final : public Check {
 public:
  explicit SeedServesAfterIdle(const CheckContext& context)
      : arrivals_(context.arrivals), is_who_(context.arguments.peers("who"), context.facts.peers.size()),
        idle_(context.arguments.duration("idle", 2min)), watch_(context.facts, is_who_) {
    for (const PeerFacts& peer : context.facts.peers) last_served_.push_back(peer.joins);
  }

  EventSet interest() const override { return EventSet{}.add(ServiceWatch::interest()).add(WireEventKind::joined); }

  void on_event(const WireEvent& event) override {
    watch_.on_event(event);
    if (event.kind == WireEventKind::joined) last_served_[event.from.value()] = event.at;
    if (event.kind == WireEventKind::sent && event.message.kind == MessageKind::piece && is_who_.has(event.from))
      last_served_[event.from.value()] = event.at;
    if (event.kind != WireEventKind::received || event.message.kind != MessageKind::interested) return;
    if (!is_who_.has(event.to) || !arrivals_.is_complete(event.to)) return;
    const Duration idle = event.at - last_served_[event.to.value()];
    if (idle >= idle_) watch_.begin(event, fmt::format("nothing had been asked of it for {}", to_text(idle)));
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    return watch_.judgement(end.at, "nobody became interested in one of these seeds after a long idle time",
                            "what a client lets go of when its last peer has left, and what brings it back");
  }

 private:
  const Arrivals& arrivals_;
  PeerSet is_who_;
  Duration idle_;
  ServiceWatch watch_;
  std::vector<Time> last_served_;   // by peer: its last block was sent, or it was started
};

}  // namespace

constinit const CheckManual kSeedServesAfterIdle{
    .name = "seed_serves_after_idle",
    .claim = "a seed that nobody wanted anything from for long still serves who comes then",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B54",
    .parameters = kParameters,
    .text = R"(Who becomes interested in a seed that has sent no block for the given time gets its first one within two
rechoke rounds and 5 s, while no more peers are interested than it has slots.  Not judged when the newcomer asks for nothing,
loses interest or leaves.  A client may close its files, sleep or forget while nobody is there; it has to come back.  Vacuous
when nobody came after such a time.  Provoke it with a seed whose peers leave, minutes or hours of silence, and a newcomer.)",
    .declared = "rechoke_interval, upload_slots",
};

std::unique_ptr<Check> make_seed_serves_after_idle(const CheckContext& context) {
  return std::make_unique<SeedServesAfterIdle>(context);
}

}  // namespace swarmlab::swarmsim
