#include "swarmsim/run/sim_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "client/session.hpp"
#include "protocol/assert.hpp"
#include "swarmsim/checks/judge.hpp"
#include "swarmsim/peers/catalogue.hpp"
#include "swarmsim/peers/message_filter.hpp"
#include "swarmsim/run/addresses.hpp"
#include "swarmsim/run/declared_facts.hpp"
#include "swarmsim/run/distribution_bound.hpp"
#include "swarmsim/run/over_seeds.hpp"
#include "swarmsim/run/replay.hpp"
#include "swarmsim/run/run_log.hpp"
#include "swarmsim/run/starting_content.hpp"
#include "swarmsim/run/swarm_torrent.hpp"
#include "swarmsim/run/timeline.hpp"
#include "swarmsim/run/virtual_disks.hpp"
#include "swarmsim/run/witness.hpp"
#include "swarmsim/run/world_stage.hpp"
#include "swarmsim/virtual/world.hpp"
#include "swarmsim/wire/observer.hpp"
#include "swarmsim/wire/packet_capture.hpp"
#include "swarmsim/wire/tap_tee.hpp"
#include "swarmsim/wire/trace_writer.hpp"
#include "tracker/tracker.hpp"

namespace swarmlab::swarmsim {
namespace {

// How often it is asked whether anything is left to judge.
constexpr Duration kGlance = 250ms;
// What still happens once everything has: the last cancels, announces and writes are judged too.
constexpr Duration kEpilogue = 2s;

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
  void expect(ConnectionId c) const override { tap_->expect(c); }
  void on_datagram_sent(const TappedDatagram& datagram, Time at) override { tap_->on_datagram_sent(datagram, at); }
  void on_datagram_received(const TappedDatagram& datagram, Time at) override {
    tap_->on_datagram_received(datagram, at);
  }

 private:
  StreamTap* tap_ = nullptr;
};

struct Participant {
  std::unique_ptr<PeerLog> log;
  std::vector<client::SelectRule> select;     // which files it wants now
  std::vector<std::unique_ptr<Role>> roles;   // one per behaviour that the scenario gives it
  std::unique_ptr<MessageFilter> filter;      // where these are boxes
  std::unique_ptr<client::Session> session;   // from its joining on
  std::unique_ptr<RawPeer> raw;               // instead of a session, where its behaviour is a script
};

class SimRun final : private ClientKeeper {
 public:
  SimRun(const Scenario& scenario, const SimOptions& options)
      : scenario_(scenario), options_(options), names_(host_names(scenario.cast)), addresses_(addresses_for(names_)),
        capture_(options.pcap == nullptr ? nullptr : std::make_unique<PacketCapture>(*options.pcap, names_by_address())),
        world_(world_options(scenario, options, tap_, capture_.get())), torrent_(make_torrent(scenario, options.seed, world_)),
        facts_(declared_facts(scenario, options.seed)), judge_(facts_),
        trace_(options.trace == nullptr ? nullptr : std::make_unique<TraceWriter>(
                                                 *options.trace, header_of_trace(scenario, options.file, options.seed, facts_, addresses_,
                                                                                 torrent_.metainfo->info_hash))),
        witness_(judge_, scenario, names_, trace_.get(), options.also),
        observer_({.names = names_, .first_tracker = HostId(scenario.cast.peer_count()), .geometry = facts_.geometry,
                   .metadata = torrent_.metainfo->info}, torrent_.content,
                  &witness_),
        disks_(world_, torrent_), stage_(world_), timeline_(names_, stage_, *this) {
    if (capture_) tee_ = std::make_unique<TapTee>(observer_, *capture_);
    tap_.set(tee_ ? static_cast<StreamTap&>(*tee_) : observer_);
    for (const CheckSpec& check : scenario_.checks) judge_.add(*check.manual, check.arguments);
    for (const auto& expectation : scenario_.over_seeds) judge_.measure(*expectation);
    world_.set_core_delays(scenario_.core_delays);
    add_peers();
    for (std::size_t i = 0; i < scenario_.trackers.size(); ++i) add_tracker(i);
    last_planned_ = std::max(last_planned_, timeline_.plan(scenario_.timeline));
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
  static WorldOptions world_options(const Scenario& scenario, const SimOptions& options, StreamTap& tap,
                                    PacketTap* packet_tap) {
    WorldOptions world;
    world.train_packets = static_cast<std::int32_t>(scenario.train_packets);
    world.seed = options.seed;
    world.tap = &tap;
    world.packet_tap = packet_tap;
    return world;
  }

  std::vector<std::pair<IpAddress, std::string>> names_by_address() const {
    std::vector<std::pair<IpAddress, std::string>> names;
    for (std::size_t i = 0; i < names_.size(); ++i) names.emplace_back(addresses_[i], names_[i]);
    return names;
  }

  void add_peers() {
    participants_.resize(scenario_.cast.peer_count());
    for (std::uint32_t i = 0; i < participants_.size(); ++i) {
      const HostId peer(i);
      const PeerGroup& group = scenario_.group_of(peer);
      const HostId host = world_.add_host({.name = names_[i], .addresses = {addresses_[i]}, .link = group.link, .disk = {}});
      SWARM_ASSERT(host == peer, host, peer);
      put_content(torrent_, facts_.peers[i].has_at_start, world_.files(peer));
      if (group.storage) world_.files(peer).set_storage_faults(*group.storage);
      const Time joins = facts_.peers[i].joins;
      world_.at(joins, names_[i], [this, peer] { join(peer); });
      last_planned_ = std::max(last_planned_, joins);
      if (joins - kStart >= scenario_.limit && invalid_.empty())
        invalid_ = fmt::format("{} would join at {}, when the run is over; the limit of {} is too short for arrivals by chance",
                               names_[i], to_text(joins - kStart), to_text(scenario_.limit));
    }
  }

  void add_tracker(std::size_t number) {
    const HostId host = world_.add_host({.name = scenario_.trackers[number].name,
                                         .addresses = {addresses_[scenario_.cast.tracker(number).value()]},
                                         .link = {.up = {}, .down = {}, .delay = 1ms, .queue = 1_MiB},   // well connected
                                         .disk = {}});
    SWARM_ASSERT(host == scenario_.cast.tracker(number), host);
    trackers_.emplace_back();
    start_tracker(host);
  }

  // It knows no swarm: what a tracker hears it keeps in memory.
  void start_tracker(HostId host) {
    const TrackerSpec& spec = scenario_.trackers[facts_.tracker_number(host)];
    tracker::TrackerOptions options;
    (spec.kind == TrackerKind::http ? options.http : options.udp).push_back({addresses_[host.value()], kTrackerPort});
    options.service.faults = spec.faults;
    options.service.announce = announce_settings(spec);
    std::unique_ptr<tracker::Tracker>& place = trackers_[facts_.tracker_number(host)];
    place = std::make_unique<tracker::Tracker>(world_.outside(host), std::move(options));
    if (const auto started = place->start(); !started)
      invalid_ = fmt::format("{} could not start: {}", spec.name, started.error());
  }

  void join(HostId peer) {
    Participant& participant = participants_[peer.value()];
    participant.log = std::make_unique<PeerLog>(names_[peer.value()], world_.outside(peer).clock, options_.log);
    if (stopped_.contains(peer)) return remark(peer, "was ended by the timeline before it came");
    observer_.on_joined(peer, world_.now());
    participant.log->say("joins");
    if (const auto& linger = scenario_.group_of(peer).linger)
      participant.log->when_completed([this, peer, linger = *linger] {
        last_planned_ = std::max(last_planned_, world_.now() + linger);
        world_.at(world_.now() + linger, names_[peer.value()], [this, peer] { end_politely(peer, "leaves, complete"); });
      });
    participant.select = scenario_.group_of(peer).select;
    participant.roles = roles_of(peer, scenario_.group_of(peer));
    start(peer, facts_.peers[peer.value()].has_at_start.all() ? client::OnStart::trust_data : client::OnStart::check);
  }

  void start(HostId peer, client::OnStart on_start) {
    Participant& participant = participants_[peer.value()];
    const PeerGroup& group = scenario_.group_of(peer);
    runtime::Outside outside = world_.outside(peer);
    if (is_script(group)) return start_script(peer, outside);
    if (!participant.roles.empty())
      participant.filter = std::make_unique<MessageFilter>(outside.network, outside.clock, outside.timers, participant.roles);
    runtime::Network& network = participant.filter ? *participant.filter : outside.network;
    participant.session = std::make_unique<client::Session>(
        runtime::Outside{outside.clock, outside.timers, network, outside.files, outside.hasher, outside.random},
        group.settings, participant.log.get());
    const auto listening = participant.session->listen({addresses_[peer.value()], kPeerPort});
    if (!listening)
      invalid_ = fmt::format("{} cannot listen: {}", names_[peer.value()], runtime::to_string(listening.error()));
    client::AddTorrent torrent;
    if (group.starts_from_magnet) torrent.magnet = magnet_of(*torrent_.metainfo);
    else torrent.metainfo = torrent_for(peer);
    if (!torrent.magnet && !torrent.metainfo) return;
    torrent.directory = std::string(kDownloads);
    torrent.on_start = on_start;
    torrent.select.rules = participant.select;
    if (scenario_.trackers.empty()) torrent.peers = acquaintances(peer);
    participant.session->add(std::move(torrent));
  }

  // As its program reads it; nullptr where that ends at once, since it is no torrent to be opened.
  std::shared_ptr<const protocol::Metainfo> torrent_for(HostId peer) {
    if (!scenario_.torrent.misleads() || !scenario_.group_of(peer).is_subject) return torrent_.metainfo;
    auto told = protocol::decode_metainfo(torrent_.file);
    if (told) return std::make_shared<const protocol::Metainfo>(std::move(told->metainfo));
    begin_end(peer, "ends: " + to_string(told.error()), StreamEnd::finished);
    drop_client(peer);
    return nullptr;
  }

  // A raw peer is told where the others are: it asks no tracker.
  void start_script(HostId peer, const runtime::Outside& outside) {
    Participant& participant = participants_[peer.value()];
    RawPeerPlace place{outside.network, outside.clock, outside.timers, Endpoint{addresses_[peer.value()], kPeerPort},
                       {}, torrent_.metainfo->info_hash};
    for (std::uint32_t i = 0; i < participants_.size(); ++i) {
      const bool is_other_script = is_script(scenario_.group_of(HostId(i)));
      if (HostId(i) != peer) (is_other_script ? place.others : place.victims).push_back({addresses_[i], kPeerPort});
    }
    participant.raw = make_raw_peer(*participant.roles.front(), std::move(place));
    if (const auto started = participant.raw->start(); !started)
      invalid_ = fmt::format("{} cannot listen: {}", names_[peer.value()], runtime::to_string(started.error()));
  }

  // ---- the timeline ----

  // False where it is ended already, or has not come yet and now never will (random arrivals may be late).
  bool begin_end(HostId peer, const std::string& what, StreamEnd how) {
    if (!stopped_.insert(peer).second) return false;
    if (!participants_[peer.value()].session && !participants_[peer.value()].raw) return false;
    observer_.on_stopped(peer, world_.now(), how);
    remark(peer, what);
    return true;
  }

  void drop_client(HostId peer) {
    participants_[peer.value()].session.reset();
    participants_[peer.value()].filter.reset();
    participants_[peer.value()].raw.reset();
  }

  void stop(HostId peer) override { end_politely(peer, "is stopped by the timeline"); }

  void end_politely(HostId peer, const std::string& what) {
    if (!begin_end(peer, what, StreamEnd::finished)) return;
    if (participants_[peer.value()].session) participants_[peer.value()].session->stop();
    participants_[peer.value()].raw.reset();
  }

  void kill(HostId peer) override {
    if (!scenario_.cast.is_peer(peer)) {
      world_.kill(peer);
      trackers_[facts_.tracker_number(peer)].reset();
      return;
    }
    if (!begin_end(peer, "is killed by the timeline", StreamEnd::cut)) return;
    world_.kill(peer);
    drop_client(peer);
  }

  void cut_power(HostId peer) override {
    if (!begin_end(peer, "has its power cut by the timeline", StreamEnd::cut)) return;
    world_.crash(peer);
    world_.detach(peer);
    drop_client(peer);
  }

  void restart(HostId peer) override {
    if (!scenario_.cast.is_peer(peer)) return start_tracker(peer);
    stopped_.erase(peer);
    if (!participants_[peer.value()].log) return;   // it has not come yet: a random arrival may be late
    world_.end_process(peer);                       // what a goodbye of a moment ago has not finished yet
    drop_client(peer);
    world_.attach(peer);
    observer_.on_restarted(peer, world_.now(), disks_.pieces(peer).wire());
    remark(peer, "starts again");
    start(peer, client::OnStart::check);
  }

  // To everybody else it is as if its client had ended and started again; a peer without engine does just that.
  void pause_download(HostId peer) override {
    if (!begin_end(peer, "pauses its download", StreamEnd::finished)) return;
    participants_[peer.value()].raw.reset();
    for_each_torrent(peer, [](client::Session& session, client::TorrentId torrent) { session.stop(torrent); });
  }

  void resume_download(HostId peer) override {
    if (!participants_[peer.value()].session) return restart(peer);
    stopped_.erase(peer);
    observer_.on_restarted(peer, world_.now(), disks_.pieces(peer).wire());
    remark(peer, "goes on with its download");
    for_each_torrent(peer, [](client::Session& session, client::TorrentId torrent) { session.start(torrent); });
  }

  template <class Do>
  void for_each_torrent(HostId peer, Do&& act) {
    client::Session* const session = participants_[peer.value()].session.get();
    if (session == nullptr) return;
    for (const client::TorrentId torrent : session->torrents()) act(*session, torrent);
  }

  void select(HostId peer, const std::vector<client::SelectRule>& rules) override {
    Participant& participant = participants_[peer.value()];
    participant.select = rules;
    if (!participant.session) return;   // it has not come yet, or is no client of ours
    remark(peer, "wants other files");
    for_each_torrent(peer, [&](client::Session& session, client::TorrentId torrent) { session.select(torrent, {rules, {}}); });
  }

  void lose(HostId peer, Share share) override {
    remark(peer, "loses pieces from its disk");
    const std::string stream = fmt::format("pieces that {} loses at {}", names_[peer.value()], to_text(world_.now() - kStart));
    lose_content(torrent_, choose_pieces(share, facts_.geometry.piece_count(), runtime::Random(options_.seed, stream)),
                 world_.files(peer));
  }

  void remark(HostId peer, const std::string& what) override {
    if (participants_[peer.value()].log) participants_[peer.value()].log->say(what);
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
    const Time joins = facts_.peers[peer.value()].joins;
    for (std::uint32_t i = 0; i < participants_.size(); ++i) {
      const Time other = facts_.peers[i].joins;
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
    if (role.bites() == 0 && !role.is_idle() && !was_cut_short && result.notes.size() < 2 * Witness::kMaxNotes)
      result.notes.push_back(fmt::format("{} had no occasion for {}", peer, behaviour));
  }

  RunResult conclude(bool was_cut_short) {
    const std::vector<Judgement> judgements = judge_.conclude({world_.now(), was_cut_short}, disks_);
    RunResult result;
    result.scenario = scenario_.title;
    result.seed = options_.seed;
    result.fingerprint = observer_.fingerprint();
    result.virtual_time = world_.now() - kStart;
    result.messages = observer_.messages();
    result.blocks = observer_.blocks();
    result.open_connections = observer_.open_connections();
    result.notes = std::move(witness_.notes);
    if (invalid_.empty()) {
      const std::string impossible = faster_than_possible(
          scenario_, facts_, [this](HostId peer) { return judge_.arrivals().completed_at(peer); });
      if (!impossible.empty()) invalid_ = "the emulator is wrong: " + impossible;
    }
    result.invalid = invalid_;
    for (std::uint32_t i = 0; i < facts_.peers.size(); ++i)
      if (const PeerFacts& peer = facts_.peers[i]; !peer.has_at_start.all())
        result.completions.push_back({peer.name, peer.joins, judge_.arrivals().completed_at(HostId(i))});
    for (const Participant& participant : participants_)
      if (participant.log && !participant.log->storage_failure().empty() && result.notes.size() < 2 * Witness::kMaxNotes)
        result.notes.push_back(fmt::format("storage failed: {}", participant.log->storage_failure()));
    for (const Participant& participant : participants_)
      if (participant.log)
        result.faults.insert(result.faults.end(), participant.log->faults().begin(), participant.log->faults().end());
    for (const PeerGroup& group : scenario_.groups)
      if (group.supervision.ends != FinalState::running || group.supervision.restart || group.limits.any())
        result.notes.push_back(fmt::format("{}: 'ends', 'restart' and 'limits' are about processes; in virtual time there are none",
                                           group.name));
    for (const Participant& participant : participants_)
      for (const auto& role : participant.roles) note_misdeeds(*role, was_cut_short, result);
    for (std::size_t i = 0; i < judgements.size(); ++i) {
      const CheckSpec& spec = scenario_.checks[i];
      result.checks.push_back({spec.manual, spec.who, judgements[i], "", spec.at.line});
    }
    result.was_cut_short = was_cut_short;
    result.over_seeds = samples_over_seeds(scenario_, facts_, judge_, world_.now());
    if (capture_) capture_->finish(world_.now());
    if (trace_) trace_->finish(trace_end(result, was_cut_short));
    return result;
  }

  bool has_storage_faults() const {
    return std::ranges::any_of(facts_.peers, [](const PeerFacts& peer) { return !peer.storage.empty(); });
  }

  TraceEnd trace_end(const RunResult& result, bool was_cut_short) {
    TraceEnd end = end_of_trace(result);
    end.at = world_.now();
    end.was_cut_short = was_cut_short;
    for (std::uint32_t i = 0; i < scenario_.cast.peer_count(); ++i) {
      end.disks.push_back(disks_.problem(HostId(i)));
      end.bytes_read.push_back(static_cast<std::uint64_t>(world_.files(HostId(i)).bytes_read().value()));
      if (has_storage_faults()) end.storage_bites.push_back(world_.files(HostId(i)).storage_bites());
      if (scenario_.torrent.misleads()) end.strays.push_back(disks_.strays(HostId(i)).value_or(std::vector<std::string>()));
    }
    return end;
  }

  const Scenario& scenario_;
  const SimOptions options_;
  const std::vector<std::string> names_;           // by HostId
  const std::vector<IpAddress> addresses_;
  LateTap tap_;
  std::unique_ptr<PacketCapture> capture_;         // only where it is asked for
  std::unique_ptr<TapTee> tee_;                    // to the observer and the capture
  World world_;
  SwarmTorrent torrent_;
  RunFacts facts_;
  Judge judge_;
  std::unique_ptr<TraceWriter> trace_;             // only where it is asked for
  Witness witness_;
  Observer observer_;
  VirtualDisks disks_;
  WorldStage stage_;
  TimelinePlayer timeline_;
  std::vector<std::unique_ptr<tracker::Tracker>> trackers_;
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
