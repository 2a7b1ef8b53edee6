#include "swarmsim/lab/lab_run.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "client/supervisor.hpp"
#include "protocol/assert.hpp"
#include "protocol/quantities.hpp"
#include "swarmsim/capture/tcp_streams.hpp"
#include "swarmsim/checks/judge.hpp"
#include "swarmsim/lab/client_log.hpp"
#include "swarmsim/lab/client_process.hpp"
#include "swarmsim/lab/client_values.hpp"
#include "swarmsim/lab/faulty_folder.hpp"
#include "swarmsim/lab/final_state.hpp"
#include "swarmsim/lab/in_run_time.hpp"
#include "swarmsim/lab/lab_capture.hpp"
#include "swarmsim/lab/lab_content.hpp"
#include "swarmsim/lab/lab_network.hpp"
#include "swarmsim/lab/lab_place.hpp"
#include "swarmsim/lab/relay_network.hpp"
#include "swarmsim/lab/relay_socket.hpp"
#include "swarmsim/run/capture_limits.hpp"
#include "swarmsim/run/declared_facts.hpp"
#include "swarmsim/run/over_seeds.hpp"
#include "swarmsim/run/replay.hpp"
#include "swarmsim/run/starting_content.hpp"
#include "swarmsim/run/swarm_torrent.hpp"
#include "swarmsim/run/timeline.hpp"
#include "swarmsim/run/witness.hpp"
#include "swarmsim/wire/observer.hpp"
#include "swarmsim/wire/trace_writer.hpp"

namespace swarmlab::swarmsim {
namespace {

namespace fs = std::filesystem;

constexpr Duration kGlance = 250ms;        // how often it is asked whether anything is left to judge
constexpr Duration kEpilogue = 2s;         // what still happens once everything has
constexpr Duration kTrackerStart = 10s;    // how long trackers have before the run
constexpr int kPollMs = 5;
constexpr Duration kBetweenReads = 200ms;  // of what clients print
constexpr Duration kBetweenCounts = 1s;    // of how long clients waited for a processor

RunResult result_of_nothing(const Scenario& scenario, const LabOptions& options) {
  RunResult result;
  result.scenario = scenario.title;
  result.seed = options.seed;
  return result;
}

RunResult broken(const Scenario& scenario, const LabOptions& options, std::string why) {
  RunResult result = result_of_nothing(scenario, options);
  result.invalid = std::move(why);
  return result;
}

class LabRun final : private Stage, private ClientKeeper {
 public:
  LabRun(const Scenario& scenario, const LabOptions& options, LabAddresses addresses)
      : scenario_(scenario), options_(options), names_(host_names(scenario.cast)), addresses_(std::move(addresses)),
        cast_(scenario, options.client, options.tracker, options.programs, addresses_),
        torrent_(make_torrent_of_bytes(scenario, options.seed)), facts_(cast_.facts(options.seed, sees_peers())),
        values_(scenario, cast_, addresses_, facts_, torrent_), judge_(facts_),
        trace_(options.trace == nullptr ? nullptr : std::make_unique<TraceWriter>(*options.trace, trace_header())),
        witness_(judge_, scenario, names_, trace_.get(), options.also),
        observer_({.names = names_, .first_tracker = HostId(scenario.cast.peer_count()), .geometry = facts_.geometry,
                   .metadata = torrent_.metainfo->info}, torrent_.content, &witness_),
        streams_(streams_options(), observer_), capture_(capture_of(options)),
        in_run_time_(capture_ ? static_cast<PacketWatcher&>(*capture_) : streams_), timeline_(names_, *this, *this) {
    for (const CheckSpec& check : scenario_.checks) judge_.add(*check.manual, check.arguments);
    for (const auto& expectation : scenario_.over_seeds) judge_.measure(*expectation);
  }
  ~LabRun() { table_.end_all(); }

  RunResult run() {
    if (const std::string reason = cast_.why_not(); !reason.empty()) return not_applicable(reason);
    if (const auto prepared = prepare(); !prepared) return broken(scenario_, options_, prepared.error());
    if (const auto started = start_trackers(); !started) return broken(scenario_, options_, started.error());
    in_run_time_.begin_at(network_->now());
    plan();
    const Time limit = kStart + std::min(scenario_.limit, options_.until.value_or(scenario_.limit));
    bool is_ready = false;
    Time glance = kStart + kGlance;
    for (Time now = kStart; now < limit && !is_ready && invalid_.empty(); now = step()) {
      if (now < glance) continue;
      glance = now + kGlance;
      for (std::uint32_t i = 0; i < scenario_.cast.peer_count(); ++i) watch_linger(HostId(i));
      const bool are_whole = sees_peers() || everybody_is_complete();   // looked at all the time
      is_ready = are_whole && now >= last_planned_ && who_is_to_end().empty() && (!sees_peers() || judge_.is_ready(now, *disks_));
    }
    if (is_ready)
      for (const Time end = std::min(limit, now_ + kEpilogue); now_ < end;) step();
    return conclude(!is_ready && options_.until && *options_.until < scenario_.limit);
  }

 private:
  struct Participant {
    std::unique_ptr<ClientProcess> process;
    bool has_joined = false;
    bool is_reported = false;               // that it ended by itself, or what its problem is
    bool starts_again = false;              // it ended by itself; what the timeline says meanwhile comes first
    bool lingers = false;                   // is complete, and will be told to leave
    std::optional<client::Supervisor> supervisor;   // none: it is not started again
    Duration waited{};                      // for a processor
  };

  TraceHeader trace_header() const {
    TraceHeader header = header_of_trace(scenario_, options_.file, options_.seed, facts_, own_addresses(), torrent_.metainfo->info_hash);
    header.mode = "lab";
    header.network = to_string(options_.network);
    header.client = options_.client == nullptr ? "" : options_.client->client;
    for (std::uint32_t i = 0; i < facts_.peers.size(); ++i)
      if (cast_.is_played_by_client(HostId(i))) header.peers[i].client = declarations_of(facts_.peers[i]);
    return header;
  }

  bool sees_peers() const { return options_.network != LabNetworkKind::none; }   // else only trackers and disks

  bool everybody_is_complete() {
    bool are_whole = true;   // none is passed over: since when each is whole counts
    for (std::uint32_t i = 0; i < scenario_.cast.peer_count(); ++i)
      are_whole = (facts_.peers[i].has_at_start.all() || disks_->is_whole(HostId(i))) && are_whole;
    return are_whole;
  }
  bool has_namespaces() const { return options_.network == LabNetworkKind::namespaces; }
  std::vector<IpAddress> own_addresses() const {
    std::vector<IpAddress> own;
    for (std::uint32_t i = 0; i < names_.size(); ++i) own.push_back(addresses_.own(HostId(i)).address);
    return own;
  }

  std::unique_ptr<LabCapture> capture_of(const LabOptions& options) {
    if (options.pcap == nullptr) return nullptr;
    std::vector<std::pair<IpAddress, std::string>> hosts;
    for (std::uint32_t i = 0; i < names_.size(); ++i) hosts.emplace_back(addresses_.own(HostId(i)).address, names_[i]);
    return std::make_unique<LabCapture>(*options.pcap, hosts, streams_);
  }

  StreamsOptions streams_options() const {
    StreamsOptions streams;
    streams.hosts = scenario_.cast.host_count();
    streams.first_tracker = HostId(scenario_.cast.peer_count());
    for (std::uint32_t i = 0; i < names_.size(); ++i) streams.addresses.emplace(addresses_.own(HostId(i)).address, HostId(i));
    for (std::uint32_t i = 0; i < scenario_.cast.peer_count(); ++i)
      streams.rude.push_back(!scenario_.group_of(HostId(i)).behaviours.empty());
    if (!has_namespaces()) streams.send_buffer = most_unread();
    return streams;
  }

  // ---- before it begins ----

  std::expected<void, std::string> prepare() {
    auto place = LabPlace::make(options_.folder, has_namespaces() ? LabPlace::Kind::in_sandbox : LabPlace::Kind::plain);
    if (!place) return std::unexpected(place.error());
    place_ = std::move(*place);
    if (has_namespaces())
      if (auto named = place_->name_hosts(names_, own_addresses()); !named) return named;
    std::vector<fs::path> folders;
    for (std::uint32_t i = 0; i < scenario_.cast.peer_count(); ++i) {
      folders.push_back(place_->content_of(names_[i]));
      if (auto bound = place_->bound_content(names_[i], scenario_.group_of(HostId(i)).limits.disk); !bound) return bound;
      if (auto put = put_content(torrent_, facts_.peers[i].has_at_start, folders.back()); !put) return put;
      if (auto put = values_.put_torrents(HostId(i), names_[i], *place_); !put) return put;
    }
    if (scenario_.torrent.misleads())
      if (auto put = place_->put_a_disk_at_mnt(); !put) return put;
    disks_ = std::make_unique<FolderDisks>(torrent_, folders, FolderDisks::Sources{
        [this] { return now_; }, [this](HostId peer) { return storage_bites(peer); }, [this](HostId peer) { return strays_of(peer); }});
    if (auto built = build_network(); !built) return std::unexpected(fmt::format("{}. {}", built.error().reason, built.error().remedy));
    network_->start();
    for (std::uint32_t i = 0; i < scenario_.cast.peer_count(); ++i)
      if (auto put = put_storage(HostId(i)); !put) return put;
    for (std::uint32_t i = 0; i < names_.size(); ++i) {
      participants_.push_back(participant(HostId(i)));
      logs_.emplace_back(participants_.back().process->log_files(), cast_.adapter_of(HostId(i)).log_time);
    }
    return {};
  }

  std::expected<void, LabUnavailable> build_network() {
    std::vector<LabHostSpec> hosts;
    for (std::uint32_t i = 0; i < names_.size(); ++i) {
      links_.push_back(link_of(HostId(i)));
      hosts.push_back({.name = names_[i], .address = addresses_.own(HostId(i)).address, .link = links_.back()});
    }
    const auto keep = [this](auto network) -> std::expected<void, LabUnavailable> {
      if (!network) return std::unexpected(std::move(network.error()));
      network_ = std::move(*network);
      return {};
    };
    if (has_namespaces())
      return keep(LabNetwork::create({.hosts = std::move(hosts), .seed = options_.seed, .core_delays = scenario_.core_delays}));
    RelayNetworkOptions relayed{.hosts = std::move(hosts), .seed = options_.seed};
    if (sees_peers()) relayed.core_delays = scenario_.core_delays;
    return keep(RelayNetwork::create(std::move(relayed), addresses_));
  }

  std::expected<void, std::string> put_storage(HostId peer) {
    if (!cast_.has_faulty_storage(peer)) return {};
    const std::string& name = names_[peer.value()];
    auto storage = FaultyFolder::mount(disks_->folder(peer), place_->storage_of(name),
                                       runtime::Random(options_.seed, fmt::format("storage of {}", name)));
    if (!storage) return std::unexpected(storage.error());
    storages_[peer] = std::move(*storage);
    if (const auto& faults = scenario_.group_of(peer).storage) storages_[peer]->set(*faults);
    return {};
  }

  std::uint64_t storage_bites(HostId peer) const {
    const auto storage = storages_.find(peer);
    return storage == storages_.end() ? 0 : storage->second->bites();
  }

  std::vector<std::string> strays_of(HostId peer) const {
    return place_->strays_of(names_[peer.value()], names_, values_.torrent_file_for(peer));
  }

  LinkSpec link_of(HostId host) const {
    if (!sees_peers()) return {};
    if (scenario_.cast.is_peer(host)) return scenario_.group_of(host).link;
    return {.up = {}, .down = {}, .delay = 1ms, .queue = 1_MiB};   // trackers are well connected
  }

  Participant participant(HostId host) {
    const std::string& name = names_[host.value()];
    ClientPlace place;
    place.values = values_.of(host, name, *place_, storages_.contains(host) ? place_->storage_of(name) : place_->content_of(name));
    place.settings = cast_.settings_of(host).words;
    place.output = place_->output_of(name).string();
    place.namespace_fd = network_->namespace_fd(host);
    place.path = options_.programs.path_of_clients();
    if (scenario_.cast.is_peer(host)) place.limits = scenario_.group_of(host).limits;
    Participant participant{.process = std::make_unique<ClientProcess>(cast_.adapter_of(host), table_, std::move(place)), .supervisor = {}};
    if (scenario_.cast.is_peer(host) && scenario_.group_of(host).supervision.restart)
      participant.supervisor.emplace(*scenario_.group_of(host).supervision.restart);
    return participant;
  }

  std::expected<void, std::string> start_trackers() {
    const Time begin = network_->now();
    for (std::uint32_t i = scenario_.cast.peer_count(); i < participants_.size(); ++i) participants_[i].process->start(true, begin);
    for (;;) {
      bool are_ready = true;
      table_.reap();
      for (std::uint32_t i = scenario_.cast.peer_count(); i < participants_.size(); ++i) {
        ClientProcess& tracker = *participants_[i].process;
        tracker.poll(network_->now());
        if (!tracker.problem().empty()) return std::unexpected(fmt::format("{} {}", names_[i], tracker.problem()));
        are_ready = are_ready && tracker.state() == ClientProcess::State::running;
      }
      if (are_ready) return {};
      if (network_->now() - begin > kTrackerStart) return std::unexpected(std::string("the tracker did not get ready"));
      std::this_thread::sleep_for(5ms);
    }
  }

  // ---- while it goes on ----

  // Whatever has happened since, and what is due; gives the time.
  Time step() {
    pollfd wake{.fd = network_->watch_descriptor(), .events = POLLIN, .revents = 0};
    poll(&wake, 1, kPollMs);
    network_->drain(in_run_time_);
    now_ = in_run_time_.settle(network_->now());
    while (!agenda_.empty() && agenda_.begin()->first <= now_) {
      const auto action = std::move(agenda_.begin()->second);
      agenda_.erase(agenda_.begin());
      action();
    }
    table_.reap();
    for (std::uint32_t i = 0; i < participants_.size(); ++i) watch(HostId(i));
    if (now_ >= next_read_) read_logs();
    if (now_ >= next_count_) {
      next_count_ = now_ + kBetweenCounts;
      for (Participant& participant : participants_)
        if (const pid_t pid = participant.process->pid(); pid != 0)
          participant.waited = std::max(participant.waited, waited_for_processor(pid));
    }
    return now_;
  }

  void read_logs() {
    next_read_ = now_ + kBetweenReads;
    for (ClientLog& log : logs_) log.read(now_, std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
  }

  void watch(HostId host) {
    Participant& participant = participants_[host.value()];
    const ClientProcess::State before = participant.process->state();
    participant.process->poll(now_);
    if (before != ClientProcess::State::running && participant.process->state() == ClientProcess::State::running) remark(host, "is ready");
    const std::string& problem = participant.process->problem();
    const std::optional<ProcessEnd>& end = participant.process->own_end();
    if (participant.is_reported || (problem.empty() && !end)) return;
    participant.is_reported = true;
    const std::string what = problem.empty() ? fmt::format("ended by itself ({})", to_string(*end)) : problem;
    remark(host, what);
    const std::string line = fmt::format("{} {} ({})", names_[host.value()], what, cast_.adapter_of(host).client);
    // What ends while it works, or as its group says, is for the client to answer; what does not even start is nobody's verdict.
    const bool is_clients = cast_.is_played_by_client(host);
    const bool is_as_told = is_clients && end && is_end_of(scenario_.group_of(host).supervision.ends, *end);
    if (is_as_told || (is_clients && participant.process->times().ready != kNever)) ended_by_itself(host, line);
    else if (!problem.empty()) invalid_ = line;
  }

  // A client that worked, and was not told to end.
  void ended_by_itself(HostId peer, const std::string& line) {
    Participant& participant = participants_[peer.value()];
    const Supervision& supervision = scenario_.group_of(peer).supervision;
    const ProcessEnd end = participant.process->own_end().value_or(ProcessEnd{});
    // As its adapter says that it does when it is complete: whoever wants to know whether it stays says so.
    const bool is_done = participant.process->problem().empty();
    const bool is_as_told = is_end_of(supervision.ends, end) || (is_done && supervision.ends == FinalState::running);
    const bool says_goodbye = end.signal == 0 && end.status == 0;
    if (stopped_.insert(peer).second) observer_.on_stopped(peer, now_, says_goodbye ? StreamEnd::finished : StreamEnd::cut);
    if (is_as_told) return;
    const std::optional<Time> again = participant.supervisor ? participant.supervisor->failed(now_) : std::nullopt;
    if (again) {
      notes_.push_back(fmt::format("{} {}; started again", to_clock(now_), line));
      last_planned_ = std::max(last_planned_, *again);
      participant.starts_again = true;
      return at(*again, names_[peer.value()], [this, peer] {
        if (participants_[peer.value()].starts_again) restart(peer);
      });
    }
    const std::string how_often = supervision.restart ? fmt::format("; it had been started again {} within {}",
        counted(supervision.restart->max_restarts, "time"), to_text(supervision.restart->within)) : "";
    faults_.push_back(fmt::format("{} {}{}", to_clock(now_), line, how_often));
  }

  // Who was to have ended by itself by now and has not; nobody that the timeline ended.
  std::vector<HostId> who_is_to_end() const {
    std::vector<HostId> those;
    for (std::uint32_t i = 0; i < scenario_.cast.peer_count(); ++i) {
      const FinalState ends = scenario_.group_of(HostId(i)).supervision.ends;
      const bool must_end = ends != FinalState::running && ends != FinalState::any && cast_.is_played_by_client(HostId(i));
      if (must_end && !stopped_.contains(HostId(i))) those.push_back(HostId(i));
    }
    return those;
  }

  // ---- what happens to clients ----

  void plan() {
    for (std::uint32_t i = 0; i < scenario_.cast.peer_count(); ++i) {
      last_planned_ = std::max(last_planned_, facts_.peers[i].joins);
      at(facts_.peers[i].joins, names_[i], [this, i] { join(HostId(i)); });
    }
    last_planned_ = std::max(last_planned_, timeline_.plan(scenario_.timeline));
  }

  void join(HostId peer) {
    Participant& participant = participants_[peer.value()];
    if (stopped_.contains(peer)) return remark(peer, "was ended by the timeline before it came");
    participant.has_joined = true;
    observer_.on_joined(peer, now_);
    remark(peer, "joins");
    participant.process->start(facts_.peers[peer.value()].has_at_start.all(), now_);
  }

  bool begin_end(HostId peer, const std::string& what, StreamEnd how) {
    participants_[peer.value()].starts_again = false;
    if (!stopped_.insert(peer).second || !participants_[peer.value()].has_joined) return false;
    observer_.on_stopped(peer, now_, how);
    remark(peer, what);
    return true;
  }

  void stop_politely(HostId peer, const std::string& what) {
    if (begin_end(peer, what, StreamEnd::finished)) participants_[peer.value()].process->stop(now_);
  }
  void stop(HostId peer) override { stop_politely(peer, "is told to end"); }
  void kill(HostId host) override {
    const bool is_peer = scenario_.cast.is_peer(host);
    if (!is_peer || begin_end(host, "is killed", StreamEnd::cut)) participants_[host.value()].process->kill();
  }
  void cut_power(HostId peer) override {
    network_->set_online(peer, false);
    if (begin_end(peer, "has its power cut", StreamEnd::cut)) participants_[peer.value()].process->kill();
  }
  void restart(HostId host) override {
    Participant& participant = participants_[host.value()];
    if (!scenario_.cast.is_peer(host)) return participant.process->start(true, now_);
    stopped_.erase(host);
    participant.is_reported = participant.starts_again = false;
    if (!participant.has_joined) return;
    participant.process->kill();
    network_->set_online(host, true);
    const protocol::Bitfield has = disks_->pieces(host);
    observer_.on_restarted(host, now_, has.wire());
    remark(host, "starts again");
    participant.process->start(has.all(), now_);
  }
  // To everybody else that is as if its client had ended and started again; so that is what happens.
  void pause_download(HostId peer) override { stop_politely(peer, "pauses its download: it is told to end"); }
  void resume_download(HostId peer) override { restart(peer); }
  void select(HostId, const std::vector<client::SelectRule>&) override { SWARM_ASSERT(false); }   // LabCast::why_not()
  void lose(HostId peer, Share share) override {
    remark(peer, "loses pieces from its disk");
    runtime::Random chance(options_.seed, fmt::format("pieces that {} loses at {}", names_[peer.value()], to_text(now_ - kStart)));
    lose_content(torrent_, choose_pieces(share, facts_.geometry.piece_count(), std::move(chance)), disks_->folder(peer));
    if (const auto storage = storages_.find(peer); storage != storages_.end()) storage->second->set(storage->second->faults());
  }
  void remark(HostId host, const std::string& what) override {
    if (options_.log != nullptr) *options_.log << fmt::format("{} {} {}\n", to_clock(now_), names_[host.value()], what) << std::flush;
  }

  // Who leaves so long after its completion.
  void watch_linger(HostId peer) {
    const std::optional<Duration> linger = scenario_.group_of(peer).linger;
    Participant& participant = participants_[peer.value()];
    if (!linger || participant.lingers || facts_.peers[peer.value()].has_at_start.all()) return;
    const Time completed = judge_.arrivals().completed_at(peer);
    if (completed == kNever) return;
    participant.lingers = true;
    last_planned_ = std::max(last_planned_, completed + *linger);
    at(completed + *linger, names_[peer.value()], [this, peer] { stop_politely(peer, "is told to end, complete"); });
  }

  // ---- what happens to hosts and the network ----

  void at(Time time, std::string_view, std::function<void()> action) override { agenda_.emplace(time, std::move(action)); }
  void set_online(HostId host, bool is_online) override { network_->set_online(host, is_online); }
  void pause(HostId host) override {
    participants_[host.value()].process->freeze(true);
    network_->pause(host);
  }
  void resume(HostId host) override {
    participants_[host.value()].process->freeze(false);
    network_->resume(host);
  }
  LinkSpec link(HostId host) const override { return links_[host.value()]; }
  void set_link(HostId host, const LinkSpec& link) override {
    links_[host.value()] = link;
    network_->set_link(host, link);
  }
  std::uint32_t partition(const std::vector<std::vector<HostId>>& cells, bool one_way) override {
    return network_->partition({cells, one_way});
  }
  void heal(std::uint32_t partition) override { network_->heal(partition); }
  void reset_connections(HostId a, HostId b) override { network_->reset_connections(a, b); }
  StorageFaults storage_faults(HostId peer) const override { return storages_.at(peer)->faults(); }
  void set_storage_faults(HostId peer, const StorageFaults& faults) override { storages_.at(peer)->set(faults); }

  // ---- when it is over ----

  RunResult not_applicable(const std::string& why) const {
    RunResult result = result_of_nothing(scenario_, options_);
    for (const CheckSpec& spec : scenario_.checks) {
      Judgement judgement;
      judgement.verdict = Verdict::not_applicable;
      judgement.summary = why;
      result.checks.push_back({spec.manual, spec.who, std::move(judgement), "", spec.at.line});
    }
    return result;
  }

  void hand_out_times() const {
    if (options_.times == nullptr) return;
    for (std::uint32_t i = 0; i < scenario_.cast.peer_count(); ++i) {
      options_.times->push_back(participants_[i].process->times());
      options_.times->back().peer = names_[i];
    }
  }

  RunResult conclude(bool was_cut_short) {
    hand_out_times();
    const LabStatistics statistics = network_->statistics();
    RunResult result = result_of_nothing(scenario_, options_);
    const std::vector<Judgement> judgements = judge_.conclude({now_, was_cut_short}, *disks_);
    result.fingerprint = observer_.fingerprint();
    result.virtual_time = now_ - kStart;
    result.messages = observer_.messages();
    result.blocks = observer_.blocks();
    result.open_connections = observer_.open_connections();
    result.notes = witness_.notes;
    result.notes.insert(result.notes.end(), notes_.begin(), notes_.end());
    result.faults = faults_;
    if (!was_cut_short)
      for (const HostId peer : who_is_to_end())
        result.faults.push_back(fmt::format("{} {} still runs, and was to have ended: {}", to_clock(now_), names_[peer.value()],
                                            kFinalStates[static_cast<std::size_t>(scenario_.group_of(peer).supervision.ends)]));
    Trust trust = trust_in_run();
    result.invalid = std::move(trust.invalid);
    result.rough = std::move(trust.rough);
    result.notes.push_back(network_->describe());
    result.notes.push_back(describe(statistics));
    for (std::uint32_t i = 0; i < facts_.peers.size(); ++i) {
      const PeerFacts& peer = facts_.peers[i];
      if (!peer.has_at_start.all()) result.completions.push_back({peer.name, peer.joins, judge_.arrivals().completed_at(HostId(i))});
    }
    for (std::uint32_t i = 0; i < names_.size(); ++i)
      for (const std::string& setting : cast_.settings_of(HostId(i)).unmapped)
        result.notes.push_back(fmt::format("{} cannot be told '{}' ({})", names_[i], setting, cast_.adapter_of(HostId(i)).client));
    for (std::size_t i = 0; i < judgements.size(); ++i)
      result.checks.push_back({scenario_.checks[i].manual, scenario_.checks[i].who, judgements[i], "", scenario_.checks[i].at.line});
    leave_undecided(result);
    quote_logs(result);
    result.was_cut_short = was_cut_short;
    result.over_seeds = samples_over_seeds(scenario_, facts_, judge_, now_);
    if (trace_) trace_->finish(trace_end(result));
    if (capture_) capture_->finish(now_);
    return result;
  }

  // What was not seen, or not as it should have been, is nobody's fault.
  void leave_undecided(RunResult& result) const {
    const CaptureLimits limits{.facts = facts_, .streams = streams_.report(), .knows_content = true, .knows_disks = true,
                               .doubtful_turns = 0, .met_false_blocks = {}};
    for (std::string& note : unread_notes(limits)) result.notes.push_back(std::move(note));
    std::vector<const CheckSpec*> checks;
    for (const CheckSpec& check : scenario_.checks) checks.push_back(&check);
    restrict_lab_run(checks, limits, result);
    if (!sees_peers()) restrict_to_trackers_and_disks(result);
  }

  // What the subjects themselves said when something was violated.
  void quote_logs(RunResult& result) {
    read_logs();
    std::vector<NamedLog> logs;
    for (std::uint32_t i = 0; i < scenario_.cast.peer_count(); ++i)
      if (scenario_.group_of(HostId(i)).is_subject) logs.push_back({names_[i], &logs_[i]});
    for (CheckResult& check : result.checks)
      if (check.judgement.verdict == Verdict::violated)
        tell_what_was_logged(check.judgement.story, check.judgement.summary, now_, logs);
  }

  Trust trust_in_run() {
    Trust trust{.invalid = invalid_, .rough = {}};
    trust.add(network_->trust());
    for (std::size_t i = 0; i < participants_.size(); ++i) trust.add(trust_in_process(names_[i], participants_[i].waited, now_ - kStart));
    return trust;
  }

  TraceEnd trace_end(const RunResult& result) {
    TraceEnd end = end_of_trace(result);
    end.at = now_;
    end.was_cut_short = result.was_cut_short;
    end.unread = streams_.report().hosts;
    for (std::uint32_t i = 0; i < scenario_.cast.peer_count(); ++i) {
      end.disks.push_back(disks_->problem(HostId(i)));
      if (!storages_.empty()) end.storage_bites.push_back(storage_bites(HostId(i)));
      if (scenario_.torrent.misleads()) end.strays.push_back(strays_of(HostId(i)));
    }
    return end;
  }

  const Scenario& scenario_;
  const LabOptions& options_;
  const std::vector<std::string> names_;          // by HostId
  const LabAddresses addresses_;
  const LabCast cast_;
  const SwarmTorrent torrent_;
  const RunFacts facts_;
  const ClientValues values_;
  Judge judge_;
  std::unique_ptr<TraceWriter> trace_;
  Witness witness_;
  Observer observer_;
  TcpStreams streams_;
  std::unique_ptr<LabCapture> capture_;           // null where nobody wants one
  InRunTime in_run_time_;
  TimelinePlayer timeline_;
  std::unique_ptr<LabPlace> place_;
  std::unique_ptr<FolderDisks> disks_;
  std::map<HostId, std::unique_ptr<FaultyFolder>> storages_;   // of those with whose storage something is wrong at some time
  std::unique_ptr<LabTransport> network_;
  ProcessTable table_;
  std::vector<Participant> participants_;         // by HostId
  std::vector<ClientLog> logs_;                   // by HostId
  std::vector<LinkSpec> links_;                   // as they are now
  std::multimap<Time, std::function<void()>> agenda_;
  std::set<HostId> stopped_;
  Time last_planned_ = kStart;
  Time now_ = kStart;
  Time next_count_ = kStart;
  Time next_read_ = kStart;
  std::vector<std::string> faults_;
  std::vector<std::string> notes_;
  std::string invalid_;
};

}  // namespace

RunResult run_in_lab(const Scenario& scenario, const LabOptions& options) {
  auto addresses = LabAddresses::of(scenario.cast, options.network);
  if (!addresses) return broken(scenario, options, fmt::format("{}. {}", addresses.error().reason, addresses.error().remedy));
  return LabRun(scenario, options, std::move(*addresses)).run();
}

}  // namespace swarmlab::swarmsim
