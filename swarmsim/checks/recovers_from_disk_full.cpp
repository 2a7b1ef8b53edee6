#include "swarmsim/checks/recovers_from_disk_full.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose storage refuses writes for a while"},
    ParameterManual{"within", ParameterKind::duration, Need::optional, "time from when it takes them again (default: 2 min)"},
};

// What one of the peers went through.
struct Patient {
  Time fell_ill = kNever;        // its storage refused writes from here
  Time healed = kNever;          // to here, the last time; kNever where that never ends
  Time last_asked = kNever;      // decided
  Time last_block = kNever;      // arrived
  bool is_gone = false;
};

class RecoversFromDiskFull final : public Check {
 public:
  explicit RecoversFromDiskFull(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")),
        within_(context.arguments.duration("within", 2min)), is_who_(who_, facts_.peers.size()), patients_(facts_.peers.size()) {
    for (const HostId peer : who_) {
      Patient& patient = patients_[peer.value()];
      for (const StorageTrouble& trouble : facts_.peers[peer.value()].storage) {
        if (!trouble.refuses_writes) continue;
        if (patient.fell_ill == kNever) patient.fell_ill = trouble.begin;
        patient.healed = trouble.end;
      }
    }
  }

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::stopped)
        .add(WireEventKind::joined)
        .sent(MessageKind::request)
        .received(MessageKind::piece);
  }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::stopped: patients_[event.from.value()].is_gone = true; return;
      case WireEventKind::joined: patients_[event.from.value()].is_gone = false; return;
      case WireEventKind::sent:
        if (is_who_.has(event.from)) patients_[event.from.value()].last_asked = event.decided_earliest;
        return;
      case WireEventKind::received:
        if (is_who_.has(event.to)) patients_[event.to.value()].last_block = event.at;
        return;
      case WireEventKind::opened:
      case WireEventKind::ended:
      case WireEventKind::undecodable: return;
    }
  }

  bool is_ready(Time now, Disks& disks) override {
    return std::ranges::all_of(who_, [&](HostId peer) {
      const Patient& patient = patients_[peer.value()];
      return patient.is_gone || patient.healed == kNever || disks.is_whole(peer) || now > patient.healed + within_;
    });
  }

  Judgement conclude(const EndOfRun& end, Disks& disks) override {
    Judgement judgement;
    std::uint32_t judged = 0;
    std::uint32_t whole = 0;
    Duration slowest{};
    for (const HostId peer : who_) {
      const Patient& patient = patients_[peer.value()];
      const bool was_refused = disks.storage_bites(peer).value_or(1) > 0;   // where nobody counted it is taken for granted
      if (patient.healed == kNever || patient.healed > end.at || patient.is_gone || !was_refused) continue;
      ++judged;
      const std::string problem = disks.problem(peer);
      if (problem.empty()) {
        ++whole;
        if (patient.last_block != kNever) slowest = std::max(slowest, patient.last_block - patient.healed);
      } else if (judgement.verdict == Verdict::held) {
        accuse(judgement, peer, problem, end);
      }
    }
    judgement.measured = fmt::format("{} of {} whole, the last block at most {} after it", whole, judged, to_text(slowest));
    judgement.limit = to_text(within_);
    if (judged == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody's storage refused a write and took it later; there was nothing to recover from";
    }
    return judgement;
  }

 private:
  void accuse(Judgement& judgement, HostId peer, const std::string& problem, const EndOfRun& end) const {
    const Patient& patient = patients_[peer.value()];
    const std::string& name = facts_.name(peer);
    if (end.at < patient.healed + within_) {
      judgement.verdict = Verdict::undecided;
      judgement.summary = fmt::format("the run ends {} after the storage of {} took writes again", to_text(end.at - patient.healed), name);
      return;
    }
    judgement.verdict = Verdict::violated;
    judgement.summary = fmt::format("the disk of {} is not whole {} after it took writes again: {}", name,
                                    to_text(end.at - patient.healed), problem);
    judgement.story.push_back(story_line(patient.fell_ill, fmt::format("the storage of {} begins to refuse writes", name)));
    judgement.story.push_back(story_line(patient.healed, "it takes them again"));
    if (patient.last_asked != kNever)
      judgement.story.push_back(story_line(patient.last_asked, fmt::format("{} asks for a block for the last time", name)));
    judgement.story.push_back(arrivals_.is_complete(peer)
                                  ? "every block has reached it: look at what the client takes for written although the write failed"
                                  : "look at who begins a download again that its storage has ended, and when");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  std::vector<HostId> who_;
  Duration within_;
  PeerSet is_who_;
  std::vector<Patient> patients_;   // by peer
};

}  // namespace

constinit const CheckManual kRecoversFromDiskFull{
    .name = "recovers_from_disk_full",
    .claim = "a download whose disk was full for a while completes once there is room again",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B50",
    .parameters = kParameters,
    .text = R"(A client whose storage refused writes (`storage: { full_at: 8 MiB }` or `write_error`, for a while) has the
whole torrent on its disk within the given time after it takes them again, without help: blocks whose write failed are fetched
again or written again, whatever was counted as received.  What it does meanwhile is its own business.  A client that waits
for somebody to resume it is told so by its settings (ours: `restart: one_for_one`).  Put it beside have_means_servable and
have_is_final, which forbid to announce what was not written.  For peers that want all of the torrent.  Vacuous when no write
was refused, or none was taken again.)",
    .declared = "storage",
};

std::unique_ptr<Check> make_recovers_from_disk_full(const CheckContext& context) {
  return std::make_unique<RecoversFromDiskFull>(context);
}

}  // namespace swarmlab::swarmsim
