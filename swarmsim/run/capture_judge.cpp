#include "swarmsim/run/capture_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "protocol/handshake.hpp"
#include "protocol/spelling.hpp"
#include "protocol/text.hpp"
#include "swarmsim/checks/judge.hpp"
#include "swarmsim/expect/number.hpp"
#include "swarmsim/run/addresses.hpp"
#include "swarmsim/run/capture_limits.hpp"
#include "swarmsim/run/declared_facts.hpp"
#include "swarmsim/run/over_seeds.hpp"
#include "swarmsim/run/swarm_torrent.hpp"
#include "swarmsim/wire/observer.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kMostNotes = 20;
constexpr ByteCount kUnbounded = 1024_GiB;
constexpr std::size_t kMostListed = 12;   // addresses in an error
constexpr std::string_view kGreeting = "\x13" "BitTorrent protocol";
constexpr std::size_t kHashInHandshake = 28;

using Addresses = std::map<IpAddress, HostId>;

// A capture shows no disk: what has arrived is what there can be.
class CaptureDisks final : public Disks {
 public:
  explicit CaptureDisks(Judge& judge) : judge_(judge) {}
  bool is_whole(HostId peer) override { return judge_.arrivals().is_complete(peer); }
  std::string problem(HostId peer) override { return is_whole(peer) ? "" : "not everything has arrived"; }
  std::optional<ByteCount> bytes_read(HostId) override { return std::nullopt; }
  std::optional<std::uint64_t> storage_bites(HostId) override { return std::nullopt; }
  std::optional<std::vector<std::string>> strays(HostId) override { return std::nullopt; }

 private:
  Judge& judge_;
};

// Every address between which packets went.
std::set<IpAddress> addresses_seen(std::span<const NamedCapture> captures) {
  std::set<IpAddress> seen;
  for (const NamedCapture& capture : captures)
    for (const CapturedPacket& packet : capture.file.packets)
      if (const auto decoded = decode_ip_packet(packet.ip)) seen.insert({decoded->from, decoded->to});
  return seen;
}

// Names of the captures, then those given, which win.  Every host of the scenario must have one address.
std::expected<Addresses, std::string> resolve(std::span<const NamedCapture> captures, const std::map<IpAddress, std::string>& given,
                                              const std::vector<std::string>& hosts) {
  std::map<IpAddress, std::string> names;
  for (const NamedCapture& capture : captures)
    for (const auto& [address, name] : capture.file.names) names[address] = name;
  for (const auto& [address, name] : given) {
    if (std::ranges::find(hosts, name) == hosts.end())
      return std::unexpected(fmt::format("--names {}={}: the scenario has nobody of that name{}", to_string(address), name,
                                         suggestion(name, std::vector<std::string_view>(hosts.begin(), hosts.end()))));
    std::erase_if(names, [&](const auto& entry) { return entry.second == name; });
    names[address] = name;
  }
  Addresses addresses;
  std::vector<std::string> missing;
  for (std::uint32_t i = 0; i < hosts.size(); ++i) {
    const auto found = std::ranges::find_if(names, [&](const auto& entry) { return entry.second == hosts[i]; });
    if (found == names.end()) missing.push_back(hosts[i]);
    else addresses[found->first] = HostId(i);
  }
  if (missing.empty()) return addresses;
  std::vector<std::string> unnamed;
  for (const IpAddress& address : addresses_seen(captures))
    if (!addresses.contains(address)) unnamed.push_back(to_string(address));
  return std::unexpected(fmt::format("who is {}? Say so by --names ADDRESS=PEER,...; addresses in the capture without a name: {}",
                                     protocol::listed(missing, kMostListed),
                                     unnamed.empty() ? "none" : protocol::listed(unnamed, kMostListed)));
}

// Why a tracker's log says nothing here; "" where it does.
std::string no_use_for_log(const Scenario& scenario, std::span<const NamedCapture> captures) {
  if (scenario.trackers.empty()) return "--tracker-log: the scenario has no tracker";
  if (std::ranges::any_of(captures, [](const NamedCapture& capture) { return capture.file.is_ours; }))
    return "--tracker-log: a capture that swarmsim wrote holds what the tracker was told";
  return {};
}

IpAddress address_of(HostId host, const Addresses& addresses) {
  return std::ranges::find(addresses, host, [](const auto& entry) { return entry.second; })->first;
}

bool is_of(const IpAddress& host, const CapturedPacket& packet) {
  const auto decoded = decode_ip_packet(packet.ip);
  return decoded && (decoded->from == host || decoded->to == host);
}

// The info-hash that most handshakes are about.
std::optional<InfoHashV1> hash_of_most(const MergedCapture& capture) {
  std::map<InfoHashV1, std::size_t> counts;
  for (const SeenPacket& packet : capture.packets) {
    const auto decoded = decode_ip_packet(packet.ip);
    if (!decoded || decoded->payload.size() < protocol::kHandshakeBytes) continue;
    if (!as_text(decoded->payload).starts_with(kGreeting)) continue;
    ++counts[InfoHashV1::from(decoded->payload.subspan(kHashInHandshake))];
  }
  std::optional<InfoHashV1> most;
  for (const auto& [hash, count] : counts)
    if (!most || count > counts[*most]) most = hash;
  return most;
}

// The torrent of the capture in the place of the scenario's.
void adopt(const protocol::Metainfo& metainfo, TorrentSpec& spec) {
  spec.total = metainfo.geometry.total();
  spec.piece_length = metainfo.geometry.piece_length();
  spec.is_private = metainfo.is_private;
  spec.is_multi_file = metainfo.is_multi_file;
  spec.files.clear();
  for (const protocol::FileEntry& file : metainfo.files)
    spec.files.push_back({metainfo.is_multi_file ? std::vector(file.path.begin() + 1, file.path.end()) : std::vector<std::string>{},
                          file.length});
}

// What happens to a peer in a run, at a time of its own.
struct Occurrence {
  Time at{};
  std::function<void()> happens;
};

class CaptureRun final : private EventSink {
 public:
  CaptureRun(const Scenario& scenario, const MergedCapture& capture, const Addresses& addresses, const CaptureJudgeOptions& options)
      : scenario_(scenario), capture_(capture), options_(options), names_(host_names(scenario.cast)), facts_(facts_of()),
        torrent_(torrent_of()), judge_(facts_), disks_(judge_),
        observer_({.names = names_, .first_tracker = HostId(scenario.cast.peer_count()), .geometry = facts_.geometry,
                   .metadata = knows_content_ ? Bytes(torrent_.metainfo->info) : Bytes{},
                   .knows_content = knows_content_},
                  torrent_.content, this),
        streams_(streams_options(addresses), observer_), met_false_blocks_(facts_.peers.size(), false),
        is_gone_(facts_.peers.size(), false), lingers_(facts_.peers.size(), false) {
    for (const CheckSpec& check : scenario.checks)
      if (is_asked_for(check)) checks_.push_back(&check);
    for (const CheckSpec* check : checks_) judge_.add(*check->manual, check->arguments);
    for (const auto& expectation : scenario.over_seeds) judge_.measure(*expectation);
    plan_joins();
    if (capture_.has_run_times) plan_timeline();
    std::ranges::sort(plan_, [](const auto& a, const auto& b) {
      return std::tuple(a.first.at, a.second) < std::tuple(b.first.at, b.second);
    });
  }

  RunResult judge() {
    for (const SeenPacket& packet : capture_.packets) {
      catch_up(packet.at);
      if (packet.arrives) streams_.on_delivered(packet.host, packet.at, packet.ip);
      else streams_.on_entered(packet.host, packet.at, packet.ip);
    }
    catch_up(capture_.end);
    return conclude();
  }

 private:
  bool is_asked_for(const CheckSpec& check) const {
    return options_.checks.empty() || std::ranges::find(options_.checks, check.manual->name) != options_.checks.end();
  }

  RunFacts facts_of() const {
    RunFacts facts = declared_facts(scenario_, options_.seed);
    if (options_.declare) options_.declare(facts);
    if (capture_.has_run_times) return facts;
    for (std::uint32_t i = 0; i < facts.peers.size(); ++i) {   // who is never seen comes when it is over
      facts.peers[i].joins = std::min(capture_.first_seen[i], capture_.end);
      facts.peers[i].listens = {};
    }
    return facts;
  }

  SwarmTorrent torrent_of() {
    SwarmTorrent torrent = options_.torrent ? SwarmTorrent{options_.torrent->metainfo, TrueContent::of_bytes(options_.torrent->content), {}}
                                            : make_torrent_of_bytes(scenario_, options_.seed);
    const auto hash = hash_of_most(capture_);
    knows_content_ = !hash || *hash == torrent.metainfo->info_hash;
    return torrent;
  }

  StreamsOptions streams_options(const Addresses& addresses) const {
    StreamsOptions options{.hosts = scenario_.cast.host_count(), .first_tracker = HostId(scenario_.cast.peer_count()),
                           .addresses = addresses, .sights = capture_.sights,
                           .send_buffer = options_.send_buffer.value_or(capture_.is_virtual ? kUnbounded : 128_KiB),
                           .resets_overtake = capture_.is_virtual};
    for (std::uint32_t i = 0; i < scenario_.cast.peer_count(); ++i)
      options.rude.push_back(!scenario_.group_of(HostId(i)).behaviours.empty());
    return options;
  }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::undecodable && notes_.size() < kMostNotes &&
        !(scenario_.cast.is_peer(event.from) && !scenario_.group_of(event.from).behaviours.empty()))
      notes_.push_back(fmt::format("{} {} -> {} wrote {}; nothing of that stream was judged any more", to_clock(event.at),
                                   names_[event.from.value()], names_[event.to.value()], event.problem));
    const bool is_block = event.kind == WireEventKind::received && event.message.kind == MessageKind::piece;
    if (is_block && event.message.authentic == Authentic::no && scenario_.cast.is_peer(event.to))
      met_false_blocks_[event.to.value()] = true;
    const bool is_turn = event.message.kind == MessageKind::choke || event.message.kind == MessageKind::unchoke;
    if (is_turn && event.kind == WireEventKind::sent && event.decided_latest - event.decided_earliest > kMoment) ++doubtful_turns_;
    judge_.on_event(event);
    if (is_block && scenario_.cast.is_peer(event.to)) watch_linger(event.to);
  }

  void plan(Time at, std::function<void()> happens) { plan_.emplace_back(Occurrence{at, std::move(happens)}, plan_.size()); }

  void plan_joins() {
    for (std::uint32_t i = 0; i < facts_.peers.size(); ++i) {
      const HostId peer(i);
      if (!capture_.has_run_times && capture_.first_seen[i] == kNever) continue;
      plan(facts_.peers[i].joins, [this, peer] {
        if (!is_gone_[peer.value()]) observer_.on_joined(peer, now_);
      });
    }
  }

  void plan_timeline() {
    for (const TimelineEntry& entry : scenario_.timeline) {
      switch (entry.action) {
        case TimelineAction::stop:
        case TimelineAction::leave: each_peer(entry, [this](HostId peer) { stop(peer, StreamEnd::finished); }); break;
        case TimelineAction::kill: each_peer(entry, [this](HostId peer) { stop(peer, StreamEnd::cut); }); break;
        case TimelineAction::vanish:
          each_peer(entry, [this, lasts = entry.lasts](HostId peer) {
            if (lasts > Duration{0}) return;   // it comes back as it was
            stop(peer, StreamEnd::cut);
            streams_.cut(peer, now_);
          });
          break;
        case TimelineAction::restart: each_peer(entry, [this](HostId peer) { restart(peer); }); break;
        case TimelineAction::pause_download:
          each_peer(entry, [this](HostId peer) { stop(peer, StreamEnd::finished); });
          for (const HostId peer : entry.peers) plan(entry.at + entry.lasts, [this, peer] { restart(peer); });
          break;
        case TimelineAction::reset:
          for (const HostId a : entry.peers)
            for (const HostId b : entry.with)
              if (a != b) plan(entry.at, [this, a, b] { streams_.cut(a, b, now_); });
          break;
        case TimelineAction::join:
        case TimelineAction::pause:
        case TimelineAction::partition:
        case TimelineAction::link:
        case TimelineAction::selection:
        case TimelineAction::storage:
        case TimelineAction::lose: break;   // packets tell of these, or facts do
      }
    }
  }

  void each_peer(const TimelineEntry& entry, const std::function<void(HostId)>& what) {
    for (const HostId host : entry.peers)
      if (scenario_.cast.is_peer(host)) plan(entry.at, [what, host] { what(host); });
  }

  void stop(HostId peer, StreamEnd how) {
    if (is_gone_[peer.value()]) return;
    is_gone_[peer.value()] = true;
    if (now_ >= facts_.peers[peer.value()].joins) observer_.on_stopped(peer, now_, how);
  }

  // What its disk holds is what has arrived, as far as anybody can see.
  void restart(HostId peer) {
    is_gone_[peer.value()] = false;
    if (now_ < facts_.peers[peer.value()].joins) return;
    protocol::Bitfield has(facts_.geometry.piece_count());
    for (std::uint32_t piece = 0; piece < has.size(); ++piece)
      if (judge_.arrivals().has(peer, PieceIndex(piece))) has.set(PieceIndex(piece));
    observer_.on_restarted(peer, now_, has.wire());
  }

  void watch_linger(HostId peer) {
    const auto& linger = scenario_.group_of(peer).linger;
    if (!capture_.has_run_times || !linger || lingers_[peer.value()] || !judge_.arrivals().is_complete(peer)) return;
    lingers_[peer.value()] = true;
    leavings_.emplace(judge_.arrivals().completed_at(peer) + *linger, peer);
  }

  void catch_up(Time now) {
    for (;;) {
      const bool is_planned = next_ < plan_.size() && plan_[next_].first.at <= now;
      const bool leaves = !leavings_.empty() && leavings_.begin()->first <= now;
      if (!is_planned && !leaves) break;
      if (leaves && (!is_planned || leavings_.begin()->first < plan_[next_].first.at)) {
        const auto [at, peer] = *leavings_.begin();
        leavings_.erase(leavings_.begin());
        now_ = at;
        stop(peer, StreamEnd::finished);
        continue;
      }
      now_ = plan_[next_].first.at;
      plan_[next_++].first.happens();
    }
    now_ = now;
  }

  RunResult conclude() {
    const Time limit = kStart + scenario_.limit;
    const bool was_cut_short = capture_.end < limit && !judge_.is_ready(capture_.end, disks_);
    std::vector<Judgement> judgements = judge_.conclude({capture_.end, was_cut_short}, disks_);
    RunResult result;
    result.mode = "capture";
    result.scenario = scenario_.title;
    result.seed = options_.seed;
    result.fingerprint = observer_.fingerprint();
    result.virtual_time = capture_.end - kStart;
    result.messages = observer_.messages();
    result.blocks = observer_.blocks();
    result.open_connections = observer_.open_connections();
    result.was_cut_short = was_cut_short;
    const StreamsReport& streams = streams_.report();
    const CaptureLimits limits{.facts = facts_, .streams = streams, .knows_content = knows_content_, .knows_disks = false,
                               .doubtful_turns = doubtful_turns_, .met_false_blocks = met_false_blocks_};
    for (std::size_t i = 0; i < checks_.size(); ++i) {
      restrict_to_capture(*checks_[i], limits, judgements[i]);
      result.checks.push_back({checks_[i]->manual, checks_[i]->who, std::move(judgements[i]), "", checks_[i]->at.line});
    }
    result.over_seeds = samples_over_seeds(scenario_, facts_, judge_, capture_.end);
    result.notes = capture_.notes;
    for (std::string& note : unread_notes(limits)) result.notes.push_back(std::move(note));
    if (!knows_content_)
      result.notes.push_back(
          "the torrent of this capture is not the scenario's; which blocks are true is not known (--seed, or --torrent and --content)");
    if (streams.malformed + streams.fragments > 0)
      result.notes.push_back(fmt::format("of {} packets {} were malformed and {} fragments; they were passed over", streams.packets,
                                         streams.malformed, streams.fragments));
    result.notes.insert(result.notes.end(), notes_.begin(), notes_.end());
    for (std::uint32_t i = 0; i < facts_.peers.size(); ++i)
      if (const PeerFacts& peer = facts_.peers[i]; !peer.has_at_start.all())
        result.completions.push_back({peer.name, peer.joins, judge_.arrivals().completed_at(HostId(i))});
    return result;
  }

  const Scenario& scenario_;
  const MergedCapture& capture_;
  const CaptureJudgeOptions& options_;
  std::vector<std::string> names_;
  RunFacts facts_;
  bool knows_content_ = true;
  SwarmTorrent torrent_;
  Judge judge_;
  CaptureDisks disks_;
  Observer observer_;
  TcpStreams streams_;
  std::vector<const CheckSpec*> checks_;
  std::vector<std::pair<Occurrence, std::size_t>> plan_;   // with its number, which decides ties
  std::size_t next_ = 0;
  std::multimap<Time, HostId> leavings_;                   // of who stays a while once it is complete
  std::uint64_t doubtful_turns_ = 0;
  std::vector<bool> met_false_blocks_;
  std::vector<bool> is_gone_;
  std::vector<bool> lingers_;
  std::vector<std::string> notes_;
  Time now_{};
};

}  // namespace

std::expected<RunResult, std::string> judge_captures(Scenario scenario, std::span<const NamedCapture> captures,
                                                     const CaptureJudgeOptions& options) {
  const std::vector<std::string> hosts = host_names(scenario.cast);
  const auto addresses = resolve(captures, options.names, hosts);
  if (!addresses) return std::unexpected(addresses.error());
  for (const std::string& name : options.checks)
    if (std::ranges::none_of(scenario.checks, [&](const CheckSpec& check) { return check.manual->name == name; }))
      return std::unexpected(fmt::format("--check {}: the scenario has no such check", name));
  if (options.torrent) adopt(*options.torrent->metainfo, scenario.torrent);
  std::vector<NamedCapture> parts(captures.begin(), captures.end());
  TrackerLogCapture logged;
  if (options.tracker_log) {
    if (const std::string why = no_use_for_log(scenario, captures); !why.empty()) return std::unexpected(why);
    const IpAddress tracker = address_of(HostId(scenario.cast.peer_count()), *addresses);
    for (NamedCapture& part : parts) std::erase_if(part.file.packets, [&](const CapturedPacket& packet) { return is_of(tracker, packet); });
    logged = capture_of(*options.tracker_log, tracker, announce_settings(scenario.trackers.front()).interval);
    parts.push_back({"the tracker's log", logged.file});
  }
  const MergedCapture merged = merge_captures(parts, *addresses, static_cast<std::uint32_t>(hosts.size()));
  if (merged.packets.empty()) return std::unexpected("the captures hold no packet between peers of the scenario");
  return CaptureRun(scenario, merged, *addresses, options).judge();
}

}  // namespace swarmlab::swarmsim
