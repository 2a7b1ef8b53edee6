#include "swarmsim/run/sim_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "client/session.hpp"
#include "protocol/assert.hpp"
#include "swarmsim/checks/judge.hpp"
#include "swarmsim/peers/message_filter.hpp"
#include "swarmsim/run/addresses.hpp"
#include "swarmsim/run/run_log.hpp"
#include "swarmsim/run/starting_content.hpp"
#include "swarmsim/run/swarm_torrent.hpp"
#include "swarmsim/run/virtual_disks.hpp"
#include "swarmsim/virtual/world.hpp"
#include "swarmsim/wire/observer.hpp"
#include "tracker/tracker.hpp"

namespace swarmlab::swarmsim {
namespace {

// How often it is asked whether anything is left to judge.
constexpr Duration kGlance = 250ms;
// What still happens once everything has: the last cancels, announces and writes are judged too.
constexpr Duration kEpilogue = 2s;
// How long a peer that leaves has for its goodbyes before its host is gone.
constexpr Duration kFarewell = 10s;
constexpr std::size_t kMaxNotes = 20;

// Passes events on to the judge and keeps what could not be decoded.
class Witness final : public EventSink {
 public:
  Witness(Judge& judge, const std::vector<std::string>& names) : judge_(judge), names_(names) {}
  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::undecodable && notes.size() < kMaxNotes)
      notes.push_back(fmt::format("{} {} -> {} wrote {}; nothing of that stream was judged any more", to_clock(event.at),
                                  names_[event.from.value()], names_[event.to.value()], event.problem));
    judge_.on_event(event);
  }
  std::vector<std::string> notes;

 private:
  Judge& judge_;
  const std::vector<std::string>& names_;
};

// The world needs its tap before the observer can know the content that the world has to make first.
class LateTap final : public StreamTap {
 public:
  void set(StreamTap& tap) { tap_ = &tap; }
  void on_connection_opened(const ConnectionInfo& c, Time at) override { tap_->on_connection_opened(c, at); }
  void on_written(ConnectionId c, Direction d, Time at, Bytes bytes) override { tap_->on_written(c, d, at, bytes); }
  void on_written(ConnectionId c, Direction d, Time at, const runtime::Slice& slice) override {
    tap_->on_written(c, d, at, slice);
  }
  void on_sent(ConnectionId c, Direction d, Time at, std::uint64_t offset) override { tap_->on_sent(c, d, at, offset); }
  void on_received(ConnectionId c, Direction d, Time at, std::uint64_t offset) override {
    tap_->on_received(c, d, at, offset);
  }
  void on_ended(ConnectionId c, Direction d, Time at, StreamEnd how) override { tap_->on_ended(c, d, at, how); }
  void on_datagram_sent(const TappedDatagram& datagram, Time at) override { tap_->on_datagram_sent(datagram, at); }
  void on_datagram_received(const TappedDatagram& datagram, Time at) override {
    tap_->on_datagram_received(datagram, at);
  }

 private:
  StreamTap* tap_ = nullptr;
};

struct Participant {
  std::unique_ptr<PeerLog> log;
  std::unique_ptr<MessageFilter> filter;      // only where the scenario gives a behaviour
  std::unique_ptr<client::Session> session;   // from its joining on
};

class SimRun {
 public:
  SimRun(const Scenario& scenario, const SimOptions& options)
      : scenario_(scenario), options_(options), names_(all_names(scenario)), addresses_(addresses_for(names_)),
        world_(world_options(options, tap_)), torrent_(make_torrent(scenario, options.seed, world_)),
        facts_(facts_of(scenario, options.seed, *torrent_.metainfo)), judge_(facts_), witness_(judge_, names_),
        observer_({.names = names_, .tracker = scenario.cast.tracker(), .geometry = facts_.geometry}, torrent_.content,
                  &witness_),
        disks_(world_, torrent_) {
    tap_.set(observer_);
    for (const CheckSpec& check : scenario_.checks) judge_.add(*check.manual, check.arguments);
    add_peers();
    if (scenario_.tracker.kind != TrackerKind::none) add_tracker();
    plan_timeline();
  }

  RunResult run() {
    const Time limit = kStart + std::min(scenario_.limit, options_.until.value_or(scenario_.limit));
    bool is_ready = false;
    while (world_.now() < limit && !is_ready) {
      world_.run_until(std::min(limit, world_.now() + kGlance));
      is_ready = world_.now() >= last_planned_ && judge_.is_ready(world_.now(), disks_);
    }
    if (is_ready) world_.run_until(std::min(limit, world_.now() + kEpilogue));
    return conclude(!is_ready && options_.until && *options_.until < scenario_.limit);
  }

 private:
  static std::vector<std::string> all_names(const Scenario& scenario) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i <= scenario.cast.peer_count(); ++i) names.push_back(scenario.cast.name(HostId(i)));
    return names;
  }

  static WorldOptions world_options(const SimOptions& options, StreamTap& tap) {
    WorldOptions world;
    world.seed = options.seed;
    world.tap = &tap;
    return world;
  }

  static RunFacts facts_of(const Scenario& scenario, std::uint64_t seed, const protocol::Metainfo& metainfo) {
    RunFacts facts;
    facts.geometry = metainfo.geometry;
    for (std::uint32_t i = 0; i < scenario.cast.peer_count(); ++i) {
      const PeerGroup& group = scenario.group_of(HostId(i));
      PeerFacts& peer = facts.peers.emplace_back();
      peer.name = scenario.cast.name(HostId(i));
      peer.has_at_start = choose_pieces(group.have, facts.geometry.piece_count(),
                                        runtime::Random(seed, fmt::format("pieces of {}", peer.name)));
      peer.joins = group.join;
      peer.upload_slots = group.settings.upload_slots;
      peer.rechoke_interval = group.settings.rechoke_interval;
      peer.max_peers = group.settings.max_peers;
      peer.end_game_requesters = group.settings.end_game_requesters;
    }
    return facts;
  }

  void add_peers() {
    participants_.resize(scenario_.cast.peer_count());
    for (std::uint32_t i = 0; i < participants_.size(); ++i) {
      const HostId peer(i);
      const PeerGroup& group = scenario_.group_of(peer);
      const HostId host = world_.add_host({.name = names_[i], .addresses = {addresses_[i]}, .link = group.link, .disk = {}});
      SWARM_ASSERT(host == peer, host, peer);
      put_content(torrent_, facts_.peers[i].has_at_start, world_.files(peer));
      world_.at(group.join, names_[i], [this, peer] { join(peer); });
      last_planned_ = std::max(last_planned_, group.join);
    }
  }

  void add_tracker() {
    const HostId host = world_.add_host({.name = std::string(kTrackerName),
                                         .addresses = {addresses_.back()},
                                         .link = {.up = {}, .down = {}, .delay = 1ms, .queue = 1_MiB},   // well connected
                                         .disk = {}});
    tracker::TrackerOptions options;
    const Endpoint at{addresses_.back(), kTrackerPort};
    (scenario_.tracker.kind == TrackerKind::http ? options.http : options.udp).push_back(at);
    options.service.announce.interval = std::chrono::duration_cast<std::chrono::seconds>(scenario_.tracker.interval);
    options.service.announce.min_interval = std::min(options.service.announce.min_interval, options.service.announce.interval);
    tracker_ = std::make_unique<tracker::Tracker>(world_.outside(host), std::move(options));
    if (const auto started = tracker_->start(); !started) invalid_ = fmt::format("the tracker could not start: {}", started.error());
  }

  void plan_timeline() {
    for (const TimelineEntry& entry : scenario_.timeline) {
      last_planned_ = std::max(last_planned_, entry.at);
      for (const HostId peer : entry.peers) {
        world_.at(entry.at, names_[peer.value()], [this, peer] { stop(peer); });
        if (entry.action == TimelineAction::leave)
          world_.at(entry.at + kFarewell, names_[peer.value()], [this, peer] { world_.detach(peer); });
      }
    }
  }

  void join(HostId peer) {
    Participant& participant = participants_[peer.value()];
    const PeerGroup& group = scenario_.group_of(peer);
    runtime::Outside outside = world_.outside(peer);
    observer_.on_joined(peer, world_.now());
    participant.log = std::make_unique<PeerLog>(names_[peer.value()], outside.clock, options_.log);
    participant.log->say("joins");
    if (!group.behaviours.empty())
      participant.filter = std::make_unique<MessageFilter>(outside.network, outside.clock, outside.timers, roles_of(peer, group));
    runtime::Network& network = participant.filter ? *participant.filter : outside.network;
    participant.session = std::make_unique<client::Session>(
        runtime::Outside{outside.clock, outside.timers, network, outside.files, outside.hasher, outside.random},
        group.settings, participant.log.get());
    const auto listening = participant.session->listen({addresses_[peer.value()], kPeerPort});
    if (!listening)
      invalid_ = fmt::format("{} cannot listen: {}", names_[peer.value()], runtime::to_string(listening.error()));
    client::AddTorrent torrent;
    torrent.metainfo = torrent_.metainfo;
    torrent.directory = std::string(kDownloads);
    torrent.on_start = facts_.peers[peer.value()].has_at_start.all() ? client::OnStart::trust_data : client::OnStart::check;
    if (scenario_.tracker.kind == TrackerKind::none) torrent.peers = acquaintances(peer);
    participant.session->add(std::move(torrent));
  }

  void stop(HostId peer) {
    Participant& participant = participants_[peer.value()];
    if (!participant.session || stopped_.contains(peer)) return;
    stopped_.insert(peer);
    observer_.on_stopped(peer, world_.now());
    participant.log->say("is stopped by the timeline");
    participant.session->stop();
  }

  std::vector<std::unique_ptr<Role>> roles_of(HostId peer, const PeerGroup& group) {
    std::vector<std::unique_ptr<Role>> roles;
    PeerLog* log = participants_[peer.value()].log.get();
    for (const BehaviourSpec& spec : group.behaviours) {
      const std::string stream = fmt::format("behaviour {} of {}", roles.size(), names_[peer.value()]);
      roles.push_back(std::make_unique<Role>(spec, peer, runtime::Random(options_.seed, stream), torrent_.content,
                                             facts_.geometry, [log](const std::string& what) { log->say(what); }));
    }
    return roles;
  }

  // Without a tracker each knows some of those who came before it.
  std::vector<Endpoint> acquaintances(HostId peer) const {
    std::vector<Endpoint> known;
    const Time joins = scenario_.group_of(peer).join;
    for (std::uint32_t i = 0; i < participants_.size(); ++i) {
      const Time other = scenario_.group_of(HostId(i)).join;
      if (other < joins || (other == joins && i < peer.value())) known.push_back({addresses_[i], kPeerPort});
    }
    runtime::Random random(options_.seed, fmt::format("acquaintances of {}", names_[peer.value()]));
    random.shuffle(std::span(known));
    known.resize(std::min<std::size_t>(known.size(), scenario_.group_of(peer).settings.max_peers));
    return known;
  }

  // A behaviour that never came to bear is worth a word: the scenario may show less than it says.
  void note_misdeeds(const Role& role, bool was_cut_short, RunResult& result) const {
    const std::string& peer = names_[role.who.value()];
    const std::string_view behaviour = role.spec.manual().name;
    result.misdeeds.push_back({peer, behaviour, role.bites()});
    if (role.bites() == 0 && !role.is_idle() && !was_cut_short && result.notes.size() < 2 * kMaxNotes)
      result.notes.push_back(fmt::format("{} had no occasion for {}", peer, behaviour));
  }

  RunResult conclude(bool was_cut_short) {
    RunResult result;
    result.scenario = scenario_.title;
    result.seed = options_.seed;
    result.fingerprint = observer_.fingerprint();
    result.virtual_time = world_.now() - kStart;
    result.messages = observer_.messages();
    result.blocks = observer_.blocks();
    result.open_connections = observer_.open_connections();
    result.notes = std::move(witness_.notes);
    result.invalid = invalid_;
    for (const Participant& participant : participants_)
      if (participant.log && !participant.log->storage_failure().empty() && result.notes.size() < 2 * kMaxNotes)
        result.notes.push_back(fmt::format("storage failed: {}", participant.log->storage_failure()));
    for (const Participant& participant : participants_) {
      if (!participant.filter) continue;
      for (const auto& role : participant.filter->roles())
        note_misdeeds(*role, was_cut_short, result);
    }
    const std::vector<Judgement> judgements = judge_.conclude({world_.now(), was_cut_short}, disks_);
    for (std::size_t i = 0; i < judgements.size(); ++i) {
      const CheckSpec& spec = scenario_.checks[i];
      result.checks.push_back({spec.manual, scenario_.cast.describe(spec.arguments.peers("who")), judgements[i]});
    }
    return result;
  }

  const Scenario& scenario_;
  const SimOptions options_;
  const std::vector<std::string> names_;           // by HostId, the tracker's last
  const std::vector<IpAddress> addresses_;
  LateTap tap_;
  World world_;
  SwarmTorrent torrent_;
  RunFacts facts_;
  Judge judge_;
  Witness witness_;
  Observer observer_;
  VirtualDisks disks_;
  std::unique_ptr<tracker::Tracker> tracker_;
  std::vector<Participant> participants_;          // by HostId; gone before the world
  std::set<HostId> stopped_;
  Time last_planned_ = kStart;
  std::string invalid_;
};

}  // namespace

RunResult run_in_virtual_time(const Scenario& scenario, const SimOptions& options) {
  return SimRun(scenario, options).run();
}

}  // namespace swarmlab::swarmsim
