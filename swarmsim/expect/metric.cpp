#include "swarmsim/expect/metric.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace swarmlab::swarmsim {
namespace {

constexpr bool kOfPeers = true;
constexpr bool kOfRun = false;
constexpr bool kWithPeers = true;
constexpr bool kPlain = false;

constexpr std::array<MetricManual, kMetrics> kManuals{{
    {Metric::announces, "announces", Unit::number, kOfPeers, kPlain,
     "requests that it sent to the tracker, UDP connects and repetitions included",
     "when a client announces, and how it repeats what was not answered"},
    {Metric::block_gap, "block_gap", Unit::time, kOfPeers, kPlain,
     "the median of the times between two blocks that were news to it; no number where there are a hundred or fewer",
     "request depth and queueing: is the line kept full?"},
    {Metric::block_gap_first, "block_gap_first", Unit::time, kOfPeers, kPlain, "the same, of its first hundred such blocks",
     "the optimistic slot of the others, and which piece a newcomer chooses first"},
    {Metric::block_gap_last, "block_gap_last", Unit::time, kOfPeers, kPlain, "the same, of its last hundred such blocks",
     "the end-game"},
    {Metric::choke_gap, "choke_gap", Unit::time, kOfPeers, kPlain,
     "the shortest time between two moments at which it decided to choke somebody who was interested; no number where there were not two",
     "the choker: how long its rounds are, and what makes it choke between them"},
    {Metric::completed_at, "completed_at", Unit::time, kOfPeers, kPlain,
     "when the last true block arrived that it lacked, from the start of the run; its joining for who had everything; "
     "never where blocks are "
     "missing at the end",
     "what the run's other checks say of its requests and of the slots it got"},
    {Metric::connections, "connections", Unit::number, kOfPeers, kPlain,
     "connections that it dialled or accepted during the run, those of the tracker not counted",
     "whom a client dials, and when it dials again"},
    {Metric::download_rate, "download_rate", Unit::rate, kOfPeers, kPlain,
     "useful / download_time; until the end of the run where it did not complete", "request depth and queueing: is the line kept full?"},
    {Metric::download_time, "download_time", Unit::time, kOfPeers, kPlain, "completed_at - joined_at",
     "what the run's other checks say of its requests and of the slots it got"},
    {Metric::downloaded, "downloaded", Unit::size, kOfPeers, kPlain, "payload of piece messages that reached it, of use or not",
     "what a client asks for, and from how many at once"},
    {Metric::downloaded_from, "downloaded_from", Unit::size, kOfPeers, kWithPeers, "the same, of what came from those peers",
     "how a client spreads its requests over those who can serve it"},
    {Metric::entropy_median, "entropy_median", Unit::share, kOfPeers, kWithPeers,
     "of the shares of its time with each of those peers for which it was interested in it, the median; while both lack something, after "
     "spread_at; who was together with it for less than ten seconds is left out (Legout et al. 2006)",
     "the choice of pieces: rarest first keeps everybody interesting"},
    {Metric::entropy_p20, "entropy_p20", Unit::share, kOfPeers, kWithPeers, "the same, the 20th percentile",
     "the choice of pieces: rarest first keeps everybody interesting"},
    {Metric::failed_pieces, "failed_pieces", Unit::number, kOfPeers, kPlain,
     "pieces that became whole and were false: as many as their hash refused; each fetch anew counts again",
     "whom a client still asks after the proof, and what it does with blocks that nobody was asked for"},
    {Metric::first_piece_at, "first_piece_at", Unit::time, kOfPeers, kPlain,
     "when the first piece became whole and true that it had not got at its joining, from the start of the run; never where none did",
     "the optimistic slot of the others, and which piece a newcomer chooses first"},
    {Metric::first_unchoke_at, "first_unchoke_at", Unit::time, kOfPeers, kPlain,
     "when the first UNCHOKE reached it, from the start of the run; never where none did", "the optimistic slot of the others"},
    {Metric::joined_at, "joined_at", Unit::time, kOfPeers, kPlain, "when it was started for the first time, from the start of the run",
     "the scenario: it says when peers join"},
    {Metric::link_down, "link_down", Unit::rate, kOfPeers, kPlain,
     "what its line can carry towards it, as the scenario states it at the start; never where there is no limit",
     "the scenario: it states the lines"},
    {Metric::link_up, "link_up", Unit::rate, kOfPeers, kPlain,
     "what its line can carry away from it, as the scenario states it at the start; never where there is no limit",
     "the scenario: it states the lines"},
    {Metric::open_requests, "open_requests", Unit::number, kOfPeers, kPlain,
     "how many requests it had open at the sender when a block arrived that it had asked for, that one included: the median over all such "
     "blocks",
     "request depth: what a client takes for the bandwidth and the delay of a peer"},
    {Metric::pieces, "pieces", Unit::number, kOfPeers, kPlain,
     "pieces that are whole and true at the end of the run, as far as the wire shows it",
     "what the run's other checks say of its requests and of the slots it got"},
    {Metric::present, "present", Unit::number, kOfPeers, kPlain,
     "1 where it has joined and runs at the end of the run, else 0: summed, a population", "the scenario: it says who comes and goes"},
    {Metric::regular_slot_time_to, "regular_slot_time_to", Unit::time, kOfPeers, kWithPeers,
     "the part of slot_time_to that was spent on regular slots: of those that hold its slots at a time, so many as it declares regular "
     "ones, the longest holders",
     "the order in which the choker takes givers"},
    {Metric::requests, "requests", Unit::number, kOfPeers, kPlain, "REQUEST messages that it sent",
     "when a client asks again, and what it asks several peers for"},
    {Metric::slot_time_from, "slot_time_from", Unit::time, kOfPeers, kWithPeers,
     "for how long those peers had it unchoked while it was interested in them, summed over them, until the first peer that came with "
     "less than everything has completed",
     "the choker of those peers: whom it prefers"},
    {Metric::slot_time_to, "slot_time_to", Unit::time, kOfPeers, kWithPeers,
     "for how long it had those peers unchoked while they were interested in it, summed over them, until the first peer that came with "
     "less than everything has completed",
     "the choker: whom it prefers"},
    {Metric::stopped_at, "stopped_at", Unit::time, kOfPeers, kPlain,
     "when the timeline ended it for the last time, or it left as its `linger` says, from the start of the run; never where it runs at "
     "the end",
     "the scenario: it says who goes when"},
    {Metric::tracker_bytes, "tracker_bytes", Unit::size, kOfPeers, kPlain,
     "requests that it sent to trackers and replies that it got, headers of HTTP included and those of packets not",
     "when a client announces, and for how many peers it asks"},
    {Metric::uploaded, "uploaded", Unit::size, kOfPeers, kPlain, "payload of piece messages of its own that reached somebody",
     "whom a client unchokes, and whether it serves what it was asked for"},
    {Metric::uploaded_by_first_completion, "uploaded_by_first_completion", Unit::size, kOfPeers, kPlain,
     "the part of `uploaded` that had arrived when the first peer that came with less than everything completed; of a seed that is "
     "alone, the price of a second one",
     "whom a seed serves, and whether it sends what nobody has yet"},
    {Metric::uploaded_to, "uploaded_to", Unit::size, kOfPeers, kWithPeers, "the same, of what reached those peers",
     "whom a client unchokes"},
    {Metric::useful, "useful", Unit::size, kOfPeers, kPlain,
     "the part of `downloaded` that it had asked for and not yet got; of a piece that proved false both fetches count",
     "what a client asks for"},
    {Metric::wasted, "wasted", Unit::size, kOfPeers, kPlain, "downloaded - useful: what came twice or unasked",
     "end-game and repeated requests: when a client asks several peers for one block, and when it cancels"},
    {Metric::content, "content", Unit::size, kOfRun, kPlain, "the size of the torrent", "the scenario: it states the torrent"},
    {Metric::run_time, "run_time", Unit::time, kOfRun, kPlain, "how long the run lasted, in virtual time",
     "what the run waited for: its checks say it"},
    {Metric::spread_at, "spread_at", Unit::time, kOfRun, kPlain,
     "when the last piece that only peers who came with everything had was whole and true at another one, from the start of the run: the "
     "end of the transient (Legout et al. 2006); never while there are some",
     "the choice of pieces, and what the seed sends twice before everything was sent once"},
    {Metric::spread_straightness, "spread_straightness", Unit::number, kOfRun, kPlain,
     "how straight the line is on which the number of such pieces fell, as R^2 of a fitted line; 1 is straight",
     "the choice of pieces, and what the seed sends twice before everything was sent once"},
}};

static_assert([] {
  for (std::size_t i = 0; i < kMetrics; ++i)
    if (static_cast<std::size_t>(kManuals[i].metric) != i) return false;
  return true;
}());

constexpr std::string_view kPageHead = R"(# Metrics

What expectations may name: `expect: median(leech.download_time) < 60 s` among the checks of a scenario. The language is described in
[scenarios.md](scenarios.md#expectations). Metrics see messages, what peers declared, and the scenario; never the
inside of a client. What did not happen in a run is `never`, later than everything. This page is made by
`swarmsim explain metrics`.
)";

}  // namespace

std::span<const MetricManual> metric_manuals() { return kManuals; }
const MetricManual& manual_of(Metric metric) { return kManuals[static_cast<std::size_t>(metric)]; }

const MetricManual* find_metric_manual(std::string_view name) {
  const auto found = std::ranges::find(kManuals, name, &MetricManual::name);
  return found == kManuals.end() ? nullptr : &*found;
}

std::string usage(const MetricManual& manual) {
  return fmt::format("{}{}{}", manual.is_of_peers ? "PEERS." : "", manual.name, manual.takes_peers ? "(PEERS)" : "");
}

std::string explain(const MetricManual& manual) {
  return fmt::format("{}: {}, {}\n\n{}\n\nWhen it is off, look at: {}.\n", usage(manual), to_string(manual.unit),
                     manual.is_of_peers ? "of each peer that is named" : "of the run", manual.about, manual.look_at);
}

std::string metrics_page() {
  std::string page(kPageHead);
  for (const bool of_peers : {kOfPeers, kOfRun}) {
    page += fmt::format("\n## Of {}\n\n| metric | unit | what it means | when it is off, look at |\n|---|---|---|---|\n",
                        of_peers ? "peers" : "the run");
    for (const MetricManual& manual : kManuals)
      if (manual.is_of_peers == of_peers)
        page += fmt::format("| `{}` | {} | {} | {} |\n", usage(manual), to_string(manual.unit).substr(2), manual.about, manual.look_at);
  }
  return page;
}

}  // namespace swarmlab::swarmsim
