#include "swarmsim/profile/experiments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <optional>

#include "protocol/quantities.hpp"
#include "protocol/spelling.hpp"
#include "swarmsim/lab/lab_run.hpp"
#include "swarmsim/lab/until_decided.hpp"
#include "swarmsim/profile/end_game_watch.hpp"
#include "swarmsim/profile/reaction_watch.hpp"
#include "swarmsim/profile/request_watch.hpp"
#include "swarmsim/profile/silence_watch.hpp"
#include "swarmsim/profile/slot_turns.hpp"
#include "swarmsim/run/declaration.hpp"
#include "swarmsim/run/declared_facts.hpp"
#include "swarmsim/run/sim_run.hpp"
#include "swarmsim/scenario/parse.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::string_view kFetch = R"(format: 1
scenario: A client fetches from four seeds
limit: 80 s
torrent: { size: 24 MiB, piece_length: 256 KiB }
tracker: { kind: http, interval: 10 s }
network:
  link: { up: 5 Mbit/s, down: 50 Mbit/s, delay: 5 ms, queue: 64 KiB }
peers:
  near_slow: { have: all, link: { up: 1 Mbit/s } }
  far_slow:  { have: all, link: { up: 1 Mbit/s, delay: 95 ms } }
  near_fast: { have: all }
  far_fast:  { have: all, link: { delay: 45 ms, queue: 256 KiB } }
  client:    { subject: true, join: 1 s }
checks:
  - completes: { who: client }
)";

constexpr std::string_view kServe = R"(format: 1
scenario: A client serves more than it has slots for
limit: 65 s
torrent: { size: 32 MiB, piece_length: 256 KiB }
tracker: { kind: http, interval: 10 s }
network:
  link: { up: 1 Mbit/s, down: 10 Mbit/s, delay: 10 ms, queue: 64 KiB }
peers:
  client: { subject: true, have: all, link: { up: 4 Mbit/s } }
  taker:  { count: 12, join: 1 s }
timeline:
  - { at: 0 s, partition: [["taker[0]"], ["taker[1]"], ["taker[2]"], ["taker[3]"], ["taker[4]"], ["taker[5]"],
                           ["taker[6]"], ["taker[7]"], ["taker[8]"], ["taker[9]"], ["taker[10]"], ["taker[11]"]], for: 65 s }
checks:
  - expect: client.uploaded > 64 KiB
)";

constexpr std::string_view kTrade = R"(format: 1
scenario: A client trades with some and is asked by others
limit: 105 s
torrent: { size: 64 MiB, piece_length: 256 KiB }
tracker: { kind: http, interval: 10 s }
network:
  link: { up: 1 Mbit/s, down: 10 Mbit/s, delay: 10 ms, queue: 64 KiB }
peers:
  giver:  { count: 6, have: 60%, link: { up: 400 kbit/s } }
  taker:  { count: 6 }
  silent: { have: all, behaviour: [ tar_pit ] }
  client: { subject: true, have: 20%, join: 1 s, link: { up: 2 Mbit/s }, settings: { upload_slots: 4 } }
timeline:
  - { at: 0 s, partition: [["giver[0]"], ["giver[1]"], ["giver[2]"], ["giver[3]"], ["giver[4]"], ["giver[5]"], [silent],
                           ["taker[0]"], ["taker[1]"], ["taker[2]"], ["taker[3]"], ["taker[4]"], ["taker[5]"]], for: 105 s }
checks:
  - expect: client.downloaded > 64 KiB
)";

constexpr std::array<std::string_view, 3> kNames{"fetch", "serve", "trade"};
constexpr Time kSettled = kStart + 20s;       // from when on slots are looked at
constexpr std::int64_t kWanting = 12;         // peers that want a slot, in both

// One swarm: its scenario, and what is known of it before.
struct Swarm {
  Scenario scenario;
  RunFacts facts;
  HostId client;
  std::vector<std::string> told;   // as ClientProfile has it

  std::vector<HostId> group(const std::string& name) const { return *scenario.cast.select(name); }
  HostId one(const std::string& name) const { return group(name).front(); }
  SlotTurns::Which is_in(const std::string& name) const {
    return [members = group(name)](HostId host) { return std::ranges::find(members, host) != members.end(); };
  }
  const PeerFacts& declared() const { return facts.peers[client.value()]; }
};

struct FetchWatch final : EventSink {
  explicit FetchWatch(const Swarm& swarm)
      : requests(swarm.client, swarm.facts.geometry, swarm.facts.peers.size()), reactions(swarm.client, swarm.facts),
        end_game(swarm.client, swarm.facts.geometry, swarm.declared().has_at_start) {}
  void on_event(const WireEvent& event) override {
    requests.on_event(event);
    reactions.on_event(event);
    end_game.on_event(event);
  }
  void finish(Time) {}
  RequestWatch requests;
  ReactionWatch reactions;
  EndGameWatch end_game;
};

struct ServeWatch final : EventSink {
  explicit ServeWatch(const Swarm& swarm) : slots(swarm.client, swarm.facts, kSettled) {}
  void on_event(const WireEvent& event) override { slots.on_event(event); }
  void finish(Time end) { slots.finish(end); }
  SlotTurns slots;
};

struct TradeWatch final : EventSink {
  explicit TradeWatch(const Swarm& swarm)
      : slots(swarm.client, swarm.facts, kSettled), reactions(swarm.client, swarm.facts), silence(swarm.client, swarm.one("silent")) {}
  void on_event(const WireEvent& event) override {
    slots.on_event(event);
    reactions.on_event(event);
    silence.on_event(event);
  }
  void finish(Time at) {
    slots.finish(at);
    end = at;
  }
  SlotTurns slots;
  ReactionWatch reactions;
  SilenceWatch silence;
  Time end{};
};

// "7 turns, 29.9 s to 30.2 s"
std::string sights(const Sample& sample, Quantity quantity, std::string_view one) {
  if (sample.empty()) return "not seen";
  const std::string times = counted(sample.size(), one);
  if (sample.smallest() == sample.largest()) return times;
  return fmt::format("{}, {} to {}", times, quantity_text(quantity, sample.smallest()), quantity_text(quantity, sample.largest()));
}

std::string number_of(std::int64_t number, std::string_view one) { return counted(static_cast<std::uint64_t>(number), one); }

// Nearly all of them lie within a fifth of the median, and there are some.
bool is_steady(const Sample& sample, std::size_t fewest) {
  if (sample.size() < fewest) return false;
  const std::int64_t slack = sample.median() / 5;
  return sample.median() - sample.percentile(10) <= slack && sample.percentile(90) - sample.median() <= slack;
}

std::int64_t total(const Sample& sample) { return std::reduce(sample.values().begin(), sample.values().end()); }

class Measurement {
 public:
  explicit Measurement(const ProfileOptions& options) : options_(options) {}

  std::expected<ClientProfile, std::string> run() {
    profile_.client = options_.client == nullptr ? "" : options_.client->client;
    const auto fetching = prepare(kFetch);
    const auto serving = prepare(kServe);
    const auto trading = prepare(kTrade);
    for (const auto* swarm : {&fetching, &serving, &trading})
      if (!*swarm) return std::unexpected(swarm->error());
    for (const std::string& name : options_.only)
      if (std::ranges::find(kNames, name) == kNames.end())
        return std::unexpected(fmt::format("there is no experiment '{}'{}", name, suggestion(name, kNames)));
    profile_.told = serving->told;
    const auto fetch = play<FetchWatch>(*fetching, kNames[0]);
    if (fetch) fetched(*fetching, *fetch);
    const auto serve = play<ServeWatch>(*serving, kNames[1]);
    if (serve) served(*serving, *serve);
    const auto trade = play<TradeWatch>(*trading, kNames[2]);
    if (trade) traded(*trading, *trade);
    if (serve || trade) rounds(*serving, serve.get(), trade.get());
    if (fetch || trade) reactions(*trading, fetch.get(), trade.get());
    return std::move(profile_);
  }

 private:
  std::expected<Swarm, std::string> prepare(std::string_view story) const {
    std::vector<Override> overrides;
    for (const auto& [name, value] : options_.settings) overrides.push_back({"peers.client.settings." + name, value});
    Diagnostics diagnostics;
    auto scenario = parse_scenario(story, overrides, diagnostics);
    if (!scenario) return std::unexpected(diagnostics.sorted().front().what);
    const HostId client = scenario->cast.select("client")->front();
    if (options_.client == nullptr) {
      RunFacts facts = declared_facts(*scenario, 1);
      return Swarm{std::move(*scenario), std::move(facts), client, {}};
    }
    const LabCast cast(*scenario, options_.client, nullptr, options_.programs,
                       LabAddresses::of_namespaces(host_names(scenario->cast), scenario->cast.peer_count()));
    std::vector<std::string> told;
    for (const auto& [name, value] : cast.settings_of(client).values) told.push_back(fmt::format("{} {}", name, value));
    RunFacts facts = cast.facts(1);
    return Swarm{std::move(*scenario), std::move(facts), client, std::move(told)};
  }

  // Null where it is not wanted, and where the run says nothing; why is among the problems.
  template <class Watch>
  std::unique_ptr<Watch> play(const Swarm& swarm, std::string_view name) {
    if (!options_.only.empty() && std::ranges::find(options_.only, name) == options_.only.end()) return nullptr;
    std::unique_ptr<Watch> watch;
    const RunResult result = until_decided([&] {
      options_.say(fmt::format("{}: {}, {} at most", name, swarm.scenario.title, to_text(swarm.scenario.limit)));
      watch = std::make_unique<Watch>(swarm);
      if (options_.client == nullptr) return run_in_virtual_time(swarm.scenario, {.also = watch.get()});
      return run_in_lab(swarm.scenario, {.client = options_.client, .programs = options_.programs, .folder = options_.folder / name,
                                         .also = watch.get()});
    });
    std::vector<std::string> problems = result.faults;
    if (!result.invalid.empty()) problems.push_back(result.invalid);
    else if (!result.rough.empty()) problems.push_back(result.rough);
    for (const std::string& note : result.notes)
      if (note.find("cannot be told") != std::string::npos) problems.push_back(note);
    for (const std::string& problem : problems) profile_.problems.push_back(fmt::format("{}: {}", name, problem));
    if (!result.invalid.empty()) return nullptr;
    watch->finish(kStart + result.virtual_time);
    return watch;
  }

  // Of something of which nothing is known yet but what is declared.
  static Claim claim(const Swarm& swarm, std::string name, Quantity quantity) {
    const PeerFacts& facts = swarm.declared();
    Claim claim{.name = std::move(name), .quantity = quantity, .seen = std::nullopt, .why = "not seen", .declared = std::nullopt};
    if (std::ranges::find(facts.undeclared, claim.name) == facts.undeclared.end()) claim.declared = declared_number(claim.name, facts);
    return claim;
  }
  void add(Claim claim) { profile_.claims.push_back(std::move(claim)); }

  void fetched(const Swarm& swarm, const FetchWatch& watch) {
    Topic& requests = profile_.topics.emplace_back(Topic{"requests", {}});
    requests.findings.push_back({"size", Quantity::size, watch.requests.sizes(), {}});
    const Duration own = swarm.scenario.group_of(swarm.client).link.delay;
    for (const char* name : {"near_slow", "far_slow", "near_fast", "far_fast"}) {
      const HostId seed = swarm.one(name);
      const LinkSpec& link = swarm.scenario.group_of(seed).link;
      const Duration round_trip = 2 * (own + link.delay);
      Finding open{fmt::format("open at {}, {} round trip", to_text(*link.up), to_text(round_trip)), Quantity::count,
                   watch.requests.open_at(seed), {}};
      if (const auto rate = watch.requests.rate_of(seed)) {
        const double seconds = std::chrono::duration<double>(round_trip).count();
        const double blocks = static_cast<double>(rate->value()) * seconds / static_cast<double>(protocol::kBlockBytes.value());
        open.remark = fmt::format("{} came; {:.1f} blocks fill the round trip", to_text(*rate), blocks);
      }
      requests.findings.push_back(std::move(open));
    }
    const EndGameWatch& end_game = watch.end_game;
    Topic& last = profile_.topics.emplace_back(Topic{"end-game", {}});
    const Sample requesters = end_game.requesters();
    Finding asked{"peers asked for one block", Quantity::count, requesters, {}};
    if (const auto& beginning = end_game.beginning())
      asked.remark = fmt::format("from {} missing on, {} of them not asked for; {} came twice", number_of(beginning->missing, "block"),
                                 beginning->unasked, end_game.surplus());
    last.findings.push_back(std::move(asked));
    last.findings.push_back({"block to Cancel elsewhere", Quantity::time, end_game.cancels(),
                             fmt::format("{} open elsewhere when the block came", number_of(end_game.left_open(), "request"))});
    Claim size = claim(swarm, "request_size", Quantity::size);
    size.why = sights(watch.requests.sizes(), Quantity::size, "request");
    if (!watch.requests.sizes().empty()) size.seen = watch.requests.sizes().median();
    size.is_sure = watch.requests.sizes().size() >= 20 && watch.requests.sizes().smallest() == watch.requests.sizes().largest();
    add(size);

    Claim requesters_claim = claim(swarm, "end_game_requesters", Quantity::count);
    requesters_claim.seen = requesters.empty() ? 1 : requesters.largest();
    requesters_claim.why = requesters.empty() ? "no block was asked of two" : sights(requesters, Quantity::count, "block");
    requesters_claim.is_sure = requesters.size() >= 5;
    add(requesters_claim);

    Claim order = claim(swarm, "in_order", Quantity::truth);
    if (const auto share = watch.requests.in_order()) {
      constexpr std::int64_t kMost = 800'000, kFew = 300'000;
      order.seen = *share >= kMost ? 1 : 0;
      order.is_sure = *share >= kMost || *share <= kFew;
      order.why = fmt::format("{} of the pieces were begun after the one before", quantity_text(Quantity::share, *share));
    } else {
      order.why = "fewer than ten pieces were begun";
    }
    add(order);
  }

  void served(const Swarm& swarm, const ServeWatch& watch) {
    const auto is_taker = swarm.is_in("taker");
    const Sample in_use = watch.slots.in_use(is_taker);
    const Sample turns = watch.slots.turns(is_taker);
    Topic& topic = profile_.topics.emplace_back(Topic{"slots of a seed, 12 want one", {}});
    topic.findings.push_back({"in use", Quantity::count, in_use, {}});
    topic.findings.push_back({"kept by one peer", Quantity::time, turns, {}});
    if (!in_use.empty())
      topic.findings.push_back({"Interested to Unchoke, slots free", Quantity::time, watch.slots.waits_for_free_slot(in_use.median()), {}});

    Claim slots = claim(swarm, "upload_slots", Quantity::count);
    if (!in_use.empty()) {
      slots.seen = in_use.percentile(95);
      slots.is_sure = in_use.size() >= 100 && *slots.seen < kWanting;
      slots.why = *slots.seen == kWanting               ? "everybody was served; there may be more"
                  : in_use.percentile(5) == *slots.seen ? "nearly all of the time"
                                                        : "some of the time";
    }
    add(slots);

    Claim turn = claim(swarm, "seed_turn_time", Quantity::time);
    if (!turns.empty()) turn.seen = turns.median();
    // Never sure: a turn lasts until the next round, and many clients look at bytes, too.
    turn.why = turns.empty() ? "nobody lost its slot" : sights(turns, Quantity::time, "turn");
    add(turn);
  }

  void traded(const Swarm& swarm, const TradeWatch& watch) {
    const auto is_taker = swarm.is_in("taker");
    const auto is_giver = swarm.is_in("giver");
    const Sample takers = watch.slots.in_use(is_taker);
    const Sample givers = watch.slots.in_use(is_giver);
    const Sample tries = watch.slots.turns(is_taker);
    Topic& topic = profile_.topics.emplace_back(Topic{"slots of a leecher, 6 that give and 6 that do not want one", {}});
    topic.findings.push_back({"held by peers that give", Quantity::count, givers, {}});
    topic.findings.push_back({"held by peers that do not", Quantity::count, takers, {}});
    topic.findings.push_back({"kept by one that gives", Quantity::time, watch.slots.turns(is_giver), {}});
    topic.findings.push_back({"kept by one that does not", Quantity::time, tries, {}});

    const SilenceWatch& silence = watch.silence;
    Topic& waiting = profile_.topics.emplace_back(Topic{"a seed that never answers", {}});
    waiting.findings.push_back({"request to asking elsewhere", Quantity::time, silence.asked_elsewhere(),
                                fmt::format("{} to it in all", number_of(silence.requests(), "request"))});
    const auto hung_up = silence.hung_up();
    waiting.findings.push_back({"request to Cancel or the end", Quantity::time, silence.given_up(),
                                hung_up ? fmt::format("it hung up after {}", quantity_text(Quantity::time, hung_up->count())) : ""});

    Claim timeout = claim(swarm, "request_timeout", Quantity::time);
    timeout.is_bound = true;   // by then another is asked; sooner where it looks lost, or nothing else is left to ask for
    if (!silence.asked_elsewhere().empty()) timeout.seen = silence.asked_elsewhere().largest();
    timeout.is_sure = silence.asked_elsewhere().size() >= 3;
    const std::string waited = quantity_text(Quantity::time, silence.longest_wait(watch.end).count());
    timeout.why = silence.requests() == 0             ? "the silent one was asked for nothing"
                  : silence.asked_elsewhere().empty() ? "nobody else was asked within " + waited
                                                      : sights(silence.asked_elsewhere(), Quantity::time, "request");

    add(timeout);
    const Sample everybody = watch.slots.in_use([](HostId) { return true; });
    const bool is_scarce = !everybody.empty() && everybody.median() < kWanting;
    prefers(swarm, is_scarce ? takers : Sample{}, is_scarce ? givers : Sample{}, tries);
  }

  // Whom it prefers, and how it tries others; without preference nobody can tell a try from anything else.  Empty samples: nobody waited.
  void prefers(const Swarm& swarm, const Sample& takers, const Sample& givers, const Sample& tries) {
    Claim reciprocates = claim(swarm, "tit_for_tat", Quantity::truth);
    Claim optimistic = claim(swarm, "optimistic", Quantity::count);
    Claim interval = claim(swarm, "optimistic_interval", Quantity::time);
    const std::int64_t of_givers = total(givers);
    const std::int64_t of_all = of_givers + total(takers);
    constexpr std::int64_t kPrefers = 650'000, kIndifferent = 550'000;
    const std::int64_t share = of_all == 0 ? 0 : of_givers * 1'000'000 / of_all;
    if (of_all == 0) {
      reciprocates.why = "nobody waited for a slot";
    } else {
      reciprocates.seen = share >= kPrefers ? 1 : 0;
      reciprocates.is_sure = share >= kPrefers || share <= kIndifferent;
      reciprocates.why = fmt::format("{} of its slots' time went to the half that gives", quantity_text(Quantity::share, share));
    }
    if (share >= kPrefers) {
      // It may try those that give as well, so it has this many at least.
      optimistic.seen = takers.percentile(95);
      optimistic.is_sure = *optimistic.seen > 0 && takers.median() == *optimistic.seen && tries.size() >= 2;
      optimistic.why = fmt::format("held by peers that give nothing: {} to {}", takers.percentile(5), takers.percentile(95));
      if (!tries.empty()) interval.seen = tries.median();
      interval.is_sure = is_steady(tries, 2);
      interval.why = sights(tries, Quantity::time, "turn");
    } else {
      optimistic.why = interval.why = of_all == 0 ? "nobody waited for a slot" : "it does not prefer those that give";
    }
    for (Claim* each : {&reciprocates, &optimistic, &interval}) add(std::move(*each));
  }

  // Both swarms tell of the beat; the one that shows more of it counts.
  void rounds(const Swarm& swarm, const ServeWatch* serve, const TradeWatch* trade) {
    std::optional<Spacing> best;
    for (const SlotTurns* slots : {serve == nullptr ? nullptr : &serve->slots, trade == nullptr ? nullptr : &trade->slots}) {
      if (slots == nullptr) continue;
      const auto beat = slots->beat();
      if (beat && (!best || beat->period < best->period)) best = beat;
    }
    Claim round = claim(swarm, "rechoke_interval", Quantity::time);
    if (!best) {
      round.why = "slots changed too seldom, or at any time";
      return add(round);
    }
    round.seen = best->period.count();
    round.is_sure = best->fitting >= 5;
    round.why = fmt::format("{} of {} distances between Unchokes are multiples of it", best->fitting, best->distances);
    add(round);
  }

  // A leecher tells others of its pieces; seeds need not hear of them.
  void reactions(const Swarm& swarm, const FetchWatch* fetch, const TradeWatch* trade) {
    Topic& topic = profile_.topics.emplace_back(Topic{"reactions", {}});
    if (fetch != nullptr) {
      topic.findings.push_back({"Unchoke to Request", Quantity::time, fetch->reactions.unchoke_to_request(), {}});
      topic.findings.push_back({"what a peer has to Interested", Quantity::time, fetch->reactions.offer_to_interested(), {}});
    }
    if (trade != nullptr) topic.findings.push_back({"last block of a piece to Have", Quantity::time, trade->reactions.piece_to_have(), {}});
    // Checks judge requests by it, not Interested or Have, which clients may settle in rounds (Transmission does, of ten seconds).
    Claim reaction = claim(swarm, "reaction_time", Quantity::time);
    reaction.is_bound = true;
    if (fetch == nullptr || fetch->reactions.unchoke_to_request().empty()) return add(reaction);
    reaction.seen = fetch->reactions.unchoke_to_request().percentile(95);
    reaction.is_sure = true;
    reaction.why = "95 in 100 Unchokes were followed by a Request in less";
    add(reaction);
  }

  const ProfileOptions& options_;
  ClientProfile profile_;
};

}  // namespace

std::expected<ClientProfile, std::string> measure_profile(const ProfileOptions& options) { return Measurement(options).run(); }

}  // namespace swarmlab::swarmsim
