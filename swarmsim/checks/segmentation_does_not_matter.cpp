#include "swarmsim/checks/segmentation_does_not_matter.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "swarmsim/checks/service_watch.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the seeds"},
    ParameterManual{"whom", ParameterKind::peers, Need::required, "the peers whose bytes come in unusual cuts"},
};

class SegmentationDoesNotMatter final : public Check {
 public:
  explicit SegmentationDoesNotMatter(const CheckContext& context)
      : arrivals_(context.arrivals), whom_(context.arguments.peers("whom")),
        is_who_(context.arguments.peers("who"), context.facts.peers.size()), is_whom_(whom_, context.facts.peers.size()),
        watch_(context.facts, is_who_), was_heard_(context.facts.peers.size(), false) {}

  EventSet interest() const override { return ServiceWatch::interest(); }

  void on_event(const WireEvent& event) override {
    watch_.on_event(event);
    if (event.kind != WireEventKind::received || event.message.kind != MessageKind::interested) return;
    if (!is_who_.has(event.to) || !is_whom_.has(event.from) || !arrivals_.is_complete(event.to)) return;
    watch_.begin(event, "its bytes come in other cuts than usual");
    was_heard_[event.from.value()] = true;
  }

  bool is_ready(Time, Disks&) override {
    return !watch_.is_waiting() && std::ranges::all_of(whom_, [&](HostId peer) { return was_heard_[peer.value()]; });
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    return watch_.judgement(end.at, "none of those peers became interested in one of these seeds",
                            "what the client does with bytes that came together with a handshake, and with the beginning of a message");
  }

 private:
  const Arrivals& arrivals_;
  std::vector<HostId> whom_;
  PeerSet is_who_;
  PeerSet is_whom_;
  ServiceWatch watch_;
  std::vector<bool> was_heard_;   // by peer
};

}  // namespace

constinit const CheckManual kSegmentationDoesNotMatter{
    .name = "segmentation_does_not_matter",
    .claim = "a peer is served alike, however its bytes are cut into segments",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B59",
    .parameters = kParameters,
    .text = R"(When the Interested of one of those peers has arrived as a whole, a seed sends it a block within two rechoke
rounds and 5 s, while no more peers are interested than it has slots, and if it asks for one in time.  Messages that come in
the segment of the handshake count at once, and not when more bytes come; half a message counts when its other half is there.
Vacuous when none of those peers became interested.  Provoke it with the behaviour `segmented`.)",
    .declared = "upload_slots, rechoke_interval",
};

std::unique_ptr<Check> make_segmentation_does_not_matter(const CheckContext& context) {
  return std::make_unique<SegmentationDoesNotMatter>(context);
}

}  // namespace swarmlab::swarmsim
