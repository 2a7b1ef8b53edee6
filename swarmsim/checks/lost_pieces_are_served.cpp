#include "swarmsim/checks/lost_pieces_are_served.hpp"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "swarmsim/checks/service_watch.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the seeds that were told that everything was there"},
};

class LostPiecesAreServed final : public Check {
 public:
  explicit LostPiecesAreServed(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        watch_(facts_, is_who_), was_complete_(facts_.peers.size(), false), missing_(facts_.peers.size(), 0) {}

  EventSet interest() const override { return EventSet{}.add(ServiceWatch::interest()).add(WireEventKind::joined); }

  void on_event(const WireEvent& event) override {
    watch_.on_event(event);
    if (event.kind == WireEventKind::stopped && arrivals_.is_complete(event.from)) was_complete_[event.from.value()] = true;
    if (event.kind == WireEventKind::joined) on_joined(event);
    if (event.kind != WireEventKind::received || event.message.kind != MessageKind::interested) return;
    const std::uint32_t missing = missing_[event.from.value()];
    if (missing == 0 || !is_who_.has(event.to) || !arrivals_.is_complete(event.to) || arrivals_.is_complete(event.from)) return;
    watch_.begin(event, fmt::format("it came back with {} of its pieces lost", missing));
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    return watch_.judgement(end.at, "nobody that had been complete came back with a gap to one of these seeds",
                            "what a seed remembers of a peer that once announced everything, and when it forgets it");
  }

 private:
  void on_joined(const WireEvent& event) {
    const auto has = protocol::Bitfield::from_wire(event.payload, facts_.geometry.piece_count());
    if (!has || !was_complete_[event.from.value()]) return;
    missing_[event.from.value()] = facts_.geometry.piece_count() - has->count();
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  PeerSet is_who_;
  ServiceWatch watch_;
  std::vector<bool> was_complete_;        // by peer: when it was ended
  std::vector<std::uint32_t> missing_;    // by peer: pieces that its disk had lost when it was started again
};

}  // namespace

constinit const CheckManual kLostPiecesAreServed{
    .name = "lost_pieces_are_served",
    .claim = "a peer that was complete and lost pieces is served like anybody else",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B49",
    .parameters = kParameters,
    .text = R"(A peer that had everything, was ended, and is started again with a gap on its disk becomes interested; a seed
sends it a block within two rechoke rounds and 5 s of that, while no more peers are interested than it has slots.  Who once
announced everything is not complete for ever.  Vacuous when nobody came back like that.  Provoke it with `stop`, `lose: 5%`
and `restart` in the timeline.)",
    .declared = "rechoke_interval, upload_slots",
};

std::unique_ptr<Check> make_lost_pieces_are_served(const CheckContext& context) {
  return std::make_unique<LostPiecesAreServed>(context);
}

}  // namespace swarmlab::swarmsim
