#include "swarmsim/checks/writes_stay_inside.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/quantities.hpp"
#include "protocol/text.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers around whose folders one looks"},
};
constexpr Duration kLastWrites = 5s;       // after the last block, at most
constexpr std::size_t kMostNamed = 5;

class WritesStayInside final : public Check {
 public:
  explicit WritesStayInside(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")), stopped_(facts_.peers.size(), false) {}

  EventSet interest() const override { return EventSet{}.add(WireEventKind::stopped).add(WireEventKind::joined); }
  void on_event(const WireEvent& event) override { stopped_[event.from.value()] = event.kind == WireEventKind::stopped; }

  // Who has everything, or has gone, writes no more.
  bool is_ready(Time now, Disks&) override {
    return std::ranges::all_of(who_, [&](HostId peer) {
      return stopped_[peer.value()] || (arrivals_.is_complete(peer) && now > arrivals_.completed_at(peer) + kLastWrites);
    });
  }

  Judgement conclude(const EndOfRun& end, Disks& disks) override {
    if (facts_.misleading_names == 0) return vacuous("no name of the torrent leads out of the folder; there was nothing to resist");
    Judgement judgement;
    std::size_t outside = 0;
    bool has_looked = false;
    for (const HostId peer : who_) {
      const auto strays = disks.strays(peer);
      if (!strays) continue;
      has_looked = true;
      outside += strays->size();
      if (!strays->empty() && judgement.verdict == Verdict::held) accuse(judgement, peer, *strays, end);
    }
    if (!has_looked) return vacuous("nobody looked outside of the folder");
    judgement.limit = "none";
    judgement.measured = fmt::format("{} outside of its folder; {} led there", counted(outside, "file"),
                                     counted(facts_.misleading_names, "name"));
    return judgement;
  }

 private:
  static Judgement vacuous(std::string why) {
    Judgement judgement;
    judgement.verdict = Verdict::vacuous;
    judgement.summary = std::move(why);
    return judgement;
  }

  void accuse(Judgement& judgement, HostId peer, std::vector<std::string> strays, const EndOfRun& end) const {
    judgement.verdict = Verdict::violated;
    // Somebody else chose these names.
    for (std::string& stray : strays) stray = protocol::one_line(stray);
    judgement.summary = fmt::format("{} wrote outside of the folder that it was given: {}", facts_.name(peer),
                                    protocol::listed(strays, kMostNamed));
    judgement.story.push_back(story_line(end.at, fmt::format("{} names of the torrent lead out of the folder", facts_.misleading_names)));
    judgement.story.push_back("look at how the client makes a file's path of the torrent's names: each must be one name, and no link");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  std::vector<HostId> who_;
  std::vector<bool> stopped_;
};

}  // namespace

constinit const CheckManual kWritesStayInside{
    .name = "writes_stay_inside",
    .claim = "a torrent's names lead nowhere but into the folder that the client was given",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B77",
    .parameters = kParameters,
    .text = R"(A torrent is written by a stranger, and its names are taken for paths: "..", absolute paths, separators and NULs
inside of a name, names for two files, symbolic links (BEP 47).  The scenario's torrent has such names (`told_as`, `link_to`); peers
that are no subjects share it under harmless ones.  A client may refuse the torrent or make its names safe; at the end of the run
nothing may have come to be, or have changed, outside of its folder.

Of a simulated peer that is its whole disk.  In lab mode it is what lies beside the folder and above it, within the run's own
directory, and all of /mnt, which is an empty disk of the run's own; so it takes namespaces.  What came to be above the folders
of peers or in /mnt may be anybody's: where several peers are looked at, each is told of it.  What a client keeps in its home is
its own affair.)",
};

std::unique_ptr<Check> make_writes_stay_inside(const CheckContext& context) { return std::make_unique<WritesStayInside>(context); }

}  // namespace swarmlab::swarmsim
