#include "swarmsim/lab/standing_lab.hpp"

#include <fmt/format.h>
#include <sys/mount.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "protocol/quantities.hpp"
#include "protocol/spelling.hpp"
#include "swarmsim/run/addresses.hpp"

namespace swarmlab::swarmsim {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr Duration kBetweenCounts = 1s;
constexpr Duration kHeadStart = 10s;          // leechers wait no longer for seeders that the tracker does not hear of
constexpr Duration kBeforeAgain = 1s;         // a client that has failed is started again
constexpr Duration kBetweenLooks = 250ms;     // at leechers' disks
constexpr ByteCount kHashedAtOnce = 32_MiB;   // of all of them, in one look
constexpr std::string_view kTracker = "tracker";

constexpr std::string_view kRoles[]{"tracker", "seeder", "leecher", "guest"};

std::string text_of(const fs::path& path, std::size_t most) {
  std::ifstream in(path, std::ios::binary);
  std::string text;
  for (std::istreambuf_iterator<char> at(in), end; at != end && text.size() < most; ++at) text += *at;
  return text;
}

Json rate_json(const std::optional<BytesPerSecond>& rate) {
  return rate && rate->value() > 0 ? Json(to_text(*rate)) : Json(nullptr);
}

Json link_json(const LinkSpec& link) {
  Json json = {{"up", rate_json(link.up)}, {"down", rate_json(link.down)}, {"delay", to_text(link.delay)}};
  if (link.faults.loss.millionths > 0) json["loss"] = to_text(link.faults.loss);
  if (link.faults.jitter > Duration{0}) json["jitter"] = to_text(link.faults.jitter);
  if (link.faults.reorder.millionths > 0) json["reorder"] = to_text(link.faults.reorder);
  if (link.faults.duplicate.millionths > 0) json["duplicate"] = to_text(link.faults.duplicate);
  if (link.nat != NatKind::open) json["nat"] = kNatNames[static_cast<std::size_t>(link.nat)];
  return json;
}

}  // namespace

std::expected<std::unique_ptr<StandingLab>, std::string> StandingLab::create(StandingLabOptions options) {
  std::unique_ptr<StandingLab> lab(new StandingLab(std::move(options)));
  if (auto built = lab->build(); !built) return std::unexpected(std::move(built.error()));
  return lab;
}

StandingLab::~StandingLab() { table_.end_all(); }

// ---- before it begins ----

std::expected<void, std::string> StandingLab::load_torrent() {
  const std::string bytes = text_of(options_.torrent, protocol::kMaxTorrentFileBytes.size());
  auto decoded = protocol::decode_metainfo(as_bytes(bytes));
  if (!decoded) return std::unexpected(fmt::format("{}: {}", options_.torrent.string(), protocol::to_string(decoded.error())));
  torrent_ = std::move(decoded->metainfo);
  for (const char* const scheme : {"http", "udp"}) {
    const std::string url = fmt::format("{}://{}:{}/announce", scheme, kTracker, kTrackerPort);
    if (torrent_.trackers.size() == 1 && torrent_.trackers.front() == std::vector{url}) announce_url_ = url;
  }
  if (!announce_url_.empty()) return {};
  return std::unexpected(fmt::format("{}: announces elsewhere; this lab's tracker is http://{}:{}/announce, or the same with udp",
                                     options_.torrent.string(), kTracker, kTrackerPort));
}

std::expected<void, std::string> StandingLab::build() {
  if (auto loaded = load_torrent(); !loaded) return loaded;
  auto made = LabPlace::make(options_.folder, LabPlace::Kind::in_sandbox);
  if (!made) return std::unexpected(made.error());
  place_ = std::move(*made);

  add_host(std::string(kTracker), Role::tracker, our_tracker());
  for (std::size_t i = 0; i < options_.seeders.size(); ++i)
    add_host(fmt::format("seeder-{}", i + 1), Role::seeder, options_.seeders[i]);
  for (std::size_t i = 0; i < options_.leechers.size(); ++i)
    add_host(fmt::format("leecher-{}", i + 1), Role::leecher, options_.leechers[i]);
  for (std::uint32_t i = 0; i < options_.guests; ++i) add_host(fmt::format("guest-{}", i + 1), Role::guest, {});

  std::vector<std::string> names;
  for (const Host& host : hosts_) names.push_back(host.name);
  const std::vector<IpAddress> addresses = addresses_for(names);
  LabNetworkOptions network;
  network.watch_buffer = ByteCount(0);   // nobody watches
  for (Host& host : hosts_) {
    host.address = addresses[host.id.value()];
    network.hosts.push_back({.name = host.name, .address = host.address, .link = host.link});
  }
  if (auto named = place_->name_hosts(names, addresses); !named) return named;
  auto built = LabNetwork::create(std::move(network));
  if (!built) return std::unexpected(fmt::format("{}. {}", built.error().reason, built.error().remedy));
  network_ = std::move(*built);
  network_->start();
  say("network", network_->describe());
  for (Host& host : hosts_)
    if (auto placed = place(host); !placed) return placed;
  start(hosts_.front());
  return {};
}

void StandingLab::add_host(std::string name, Role role, Adapter adapter) {
  LinkSpec link;
  if (role != Role::tracker) options_.link.apply_to(link);
  const client::RestartPolicy policy{.strategy = client::RestartStrategy::one_for_one, .max_restarts = options_.restarts,
                                     .within = options_.restarts_within, .pause = kBeforeAgain};
  const HostId id(static_cast<std::uint32_t>(hosts_.size()));
  hosts_.push_back({.name = std::move(name), .role = role, .id = id, .address = {}, .first_link = link, .link = link,
                    .adapter = std::move(adapter), .process = {}, .progress = {}, .directory = {},
                    .supervisor = client::Supervisor(policy), .again_at = {}, .last_problem = {}, .lent_to = {}});
}

Adapter StandingLab::our_tracker() const {
  Adapter adapter;
  adapter.client = "bttracker";
  // The swarm is small and somebody is waiting.
  adapter.leech = adapter.seed = {options_.programs.bttracker, "--http", "{listen_ip}:{port}", "--udp", "{listen_ip}:{port}",
                                  "--interval", "5", "--min-interval", "1", "--verbose"};
  return adapter;
}

std::expected<void, std::string> StandingLab::place(Host& host) {
  if (host.role == Role::seeder) {
    auto lent = lend_content(host.name);
    if (!lent) return std::unexpected(lent.error());
    host.directory = std::move(*lent);
  } else {
    host.directory = fs::absolute(options_.folder) / host.name;
    std::error_code error;
    if (host.role != Role::tracker) fs::create_directories(host.directory, error);
    if (error) return std::unexpected(fmt::format("{}: {}", host.directory.string(), error.message()));
  }
  if (host.role == Role::guest) return {};
  const bool is_tracker = host.role == Role::tracker;
  ClientPlace where;
  MappedSettings settings = map_settings(host.adapter, {});
  where.values = std::move(settings.values);
  where.settings = std::move(settings.words);
  where.values["dir"] = host.directory.string();
  where.values["home"] = place_->home_of(host.name).string();
  where.values["listen_ip"] = to_string(host.address);
  where.values["name"] = host.name;
  where.values["port"] = fmt::format("{}", is_tracker ? kTrackerPort : kPeerPort);
  where.values["torrent"] = where.values["source"] = fs::absolute(options_.torrent).string();
  where.values["tracker"] = announce_url_;
  where.output = place_->output_of(host.name).string();
  where.namespace_fd = network_->namespace_fd(host.id);
  where.path = options_.programs.path_of_clients();
  host.process = std::make_unique<ClientProcess>(host.adapter, table_, std::move(where));
  if (host.role == Role::leecher) host.progress = std::make_unique<DiskProgress>(torrent_, host.directory);
  return {};
}

// The content, as a folder that may be written to.  A layer in memory above it; where the kernel does not have that, or not for
// such a path, a copy.
std::expected<fs::path, std::string> StandingLab::lend_content(const std::string& name) {
  const fs::path there = fs::absolute(options_.content);
  const fs::path layer = place_->content_of(name);
  std::error_code error;
  for (const char* const part : {"upper", "work", "whole"}) fs::create_directories(layer / part, error);
  const std::string words = fmt::format("lowerdir={},upperdir={},workdir={}", there.string(), (layer / "upper").string(),
                                        (layer / "work").string());
  const bool is_sayable = words.find_first_of(":\\") == std::string::npos && there.string().find(',') == std::string::npos &&
      layer.string().find(',') == std::string::npos;
  for (const char* const rights : {"", ",userxattr"})
    if (is_sayable && mount("overlay", (layer / "whole").c_str(), "overlay", 0, (words + rights).c_str()) == 0) return layer / "whole";
  const fs::path copy = fs::absolute(options_.folder) / name;
  fs::create_directories(copy, error);
  fs::copy(there / torrent_.name, copy / torrent_.name, fs::copy_options::recursive | fs::copy_options::overwrite_existing, error);
  if (error) return std::unexpected(fmt::format("{} could not be copied: {}", (there / torrent_.name).string(), error.message()));
  say(name, "has a copy of the content");
  return copy;
}

// ---- while it lasts ----

void StandingLab::say(const std::string& who, const std::string& what) const {
  if (options_.log != nullptr) *options_.log << fmt::format("{} {} {}\n", to_clock(now_), who, what) << std::flush;
}

void StandingLab::step() {
  now_ = network_->now();
  table_.reap();
  for (Host& host : hosts_)
    if (host.process) watch(host);
  if (!is_ending_) start_leechers_in_time();
  if (now_ >= next_count_) {
    next_count_ = now_ + kBetweenCounts;
    count_bytes();
  }
  if (is_ending_) return end_tracker_in_time();
  if (now_ < next_look_) return;
  next_look_ = now_ + kBetweenLooks;
  for (Host& host : hosts_) {
    if (!host.progress || host.progress->is_complete()) continue;
    host.progress->look(ByteCount(kHashedAtOnce.value() / std::ssize(options_.leechers)));
    if (host.progress->is_complete()) say(host.name, "is complete");
  }
}

// It hears its clients' goodbyes.
void StandingLab::end_tracker_in_time() {
  Host& tracker = hosts_.front();
  const bool is_alone = std::ranges::none_of(hosts_, [](const Host& host) {
    return host.role != Role::tracker && host.process && host.process->pid() != 0;
  });
  if (!is_alone || !tracker.is_wanted) return;
  tracker.is_wanted = false;
  tracker.process->stop(now_);
}

void StandingLab::start(Host& host) {
  host.is_wanted = true;
  host.again_at.reset();
  host.last_problem.clear();
  end_processes_in(network_->namespace_of(host.id), Sparing::visitors);
  say(host.name, fmt::format("starts ({})", host.adapter.client));
  host.process->start(host.role != Role::leecher, now_);
}

void StandingLab::watch(Host& host) {
  host.process->poll(now_);
  const bool runs = host.process->state() == ClientProcess::State::running;
  if (runs && !host.was_running) say(host.name, "is ready");
  host.was_running = runs;
  if (host.again_at && now_ >= *host.again_at) return start(host);
  if (!host.is_wanted || host.process->state() != ClientProcess::State::ended) return;
  host.is_wanted = false;
  if (host.process->problem().empty()) return say(host.name, "has ended");   // as its adapter says that it does
  host.last_problem = host.process->problem();
  say(host.name, host.last_problem);
  if (is_ending_) return;
  host.again_at = host.supervisor.failed(now_);
  if (!host.again_at && options_.restarts > 0) say(host.name, "stays as it is: it was started again often enough");
}

void StandingLab::start_leechers_in_time() {
  if (has_leechers_ || hosts_.front().process->state() != ClientProcess::State::running) return;
  bool are_known = true;
  for (Host& host : hosts_) {
    if (host.role != Role::seeder) continue;
    if (host.process->state() == ClientProcess::State::idle) start(host);
    // One that failed is nobody to wait for.
    are_known = are_known && (!host.last_problem.empty() || knows_tracker(host));
  }
  if (!seeders_ready_) seeders_ready_ = now_;
  if (!are_known && now_ - *seeders_ready_ < kHeadStart) return;
  has_leechers_ = true;
  for (Host& host : hosts_)
    if (host.role == Role::leecher) start(host);
}

// Who announces while no seeder has would hear of nobody until the next interval.
bool StandingLab::knows_tracker(const Host& host) const {
  const std::string said = text_of(place_->output_of(std::string(kTracker)), 1 << 20);
  return said.find(fmt::format(" {} port ", to_string(host.address))) != std::string::npos;
}

void StandingLab::count_bytes() {
  const Duration since = std::max<Duration>(now_ - counted_, 1ms);
  counted_ = now_;
  for (Host& host : hosts_) {
    const Inside inside(network_->namespace_of(host.id));
    if (!inside.is_inside()) continue;
    std::ifstream table("/proc/thread-self/net/dev");
    for (std::string line; std::getline(table, line);) {
      const std::size_t colon = line.find(':');
      if (colon == std::string::npos || line.substr(0, colon).find(kLabInterface) == std::string::npos) continue;
      std::istringstream numbers(line.substr(colon + 1));
      std::uint64_t down = 0, up = 0, other = 0;
      numbers >> down;
      for (int i = 0; i < 7; ++i) numbers >> other;   // packets, errors, ... of what came in
      numbers >> up;
      const auto rate = [since](std::uint64_t bytes) {
        return static_cast<std::uint64_t>(static_cast<double>(bytes) / std::chrono::duration<double>(since).count());
      };
      host.rate_down = rate(down - host.bytes_down);
      host.rate_up = rate(up - host.bytes_up);
      host.bytes_down = down;
      host.bytes_up = up;
    }
  }
}

void StandingLab::begin_end() {
  if (is_ending_) return;
  is_ending_ = true;
  say("lab", "ends");
  for (Host& host : hosts_) {
    host.again_at.reset();
    if (host.role == Role::guest) end_processes_in(network_->namespace_of(host.id), Sparing::nobody);
    if (!host.process || host.role == Role::tracker) continue;
    host.is_wanted = false;
    if (host.is_paused) act(LabAction::resume, host);
    host.process->stop(now_);
  }
}

bool StandingLab::has_ended() const {
  return is_ending_ && std::ranges::all_of(hosts_, [](const Host& host) { return !host.process || host.process->pid() == 0; });
}

// ---- what it is asked ----

std::string StandingLab::on_line(ControlSocket::Connection from, std::string_view line) {
  const auto request = parse_lab_request(line);
  std::expected<std::string, std::string> said = std::unexpected(request ? "" : request.error());
  if (request) said = answer(from, *request);
  return said ? *said : Json{{"error", said.error()}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void StandingLab::on_closed(ControlSocket::Connection connection) {
  for (Host& host : hosts_) {
    if (host.lent_to != connection) continue;
    host.lent_to.reset();
    end_processes_in(network_->namespace_of(host.id), Sparing::nobody);
    host.link = host.first_link;
    network_->set_link(host.id, host.link);
    say(host.name, "is free");
  }
}

std::expected<std::vector<StandingLab::Host*>, std::string> StandingLab::select(const std::vector<std::string>& names) {
  std::vector<Host*> chosen;
  for (const std::string& name : names) {
    bool is_there = false;
    for (Host& host : hosts_) {
      if (name != "all" && name != host.name && name != kRoles[static_cast<std::size_t>(host.role)]) continue;
      is_there = true;
      if (std::ranges::find(chosen, &host) == chosen.end()) chosen.push_back(&host);
    }
    if (is_there) continue;
    std::vector<std::string_view> known{"all"};
    known.insert(known.end(), std::begin(kRoles), std::end(kRoles));
    for (const Host& host : hosts_) known.push_back(host.name);
    return std::unexpected(fmt::format("nobody here is called '{}'{}", name, suggestion(name, known)));
  }
  return chosen;
}

std::expected<std::string, std::string> StandingLab::answer(ControlSocket::Connection from, const LabRequest& request) {
  if (request.action == LabAction::show) return document();
  if (is_ending_) return std::unexpected("the lab is ending");
  if (request.action == LabAction::partition) {
    LabPartition cut{.cells = {}, .one_way = request.one_way};
    std::vector<Host*> seen;
    for (const std::vector<std::string>& cell : request.cells) {
      const auto side = select(cell);
      if (!side) return std::unexpected(side.error());
      cut.cells.emplace_back();
      for (Host* const host : *side) {
        if (std::ranges::find(seen, host) != seen.end()) return std::unexpected(fmt::format("{} is on two sides", host->name));
        seen.push_back(host);
        cut.cells.back().push_back(host->id);
      }
    }
    cuts_.push_back(network_->partition(cut));
    say("network", "is cut");
    return Json{{"partitions", cuts_.size()}}.dump();
  }
  if (request.action == LabAction::heal) {
    for (const std::uint32_t cut : cuts_) network_->heal(cut);
    say("network", "is whole");
    return Json{{"healed", std::exchange(cuts_, {}).size()}}.dump();
  }
  if (request.action == LabAction::join) {
    const auto guest = std::ranges::find_if(hosts_, [](const Host& host) { return host.role == Role::guest && !host.lent_to; });
    if (guest == hosts_.end())
      return std::unexpected(fmt::format("all {} have a guest; start the lab with more", counted(options_.guests, "spare host")));
    guest->lent_to = from;
    say(guest->name, "has a guest");
    return way_into(*guest);
  }
  const auto chosen = select(request.who);
  if (!chosen) return std::unexpected(chosen.error());
  if (request.action == LabAction::enter) {
    if (chosen->size() != 1) return std::unexpected("enter: one host");
    return way_into(*chosen->front());
  }
  if (request.action == LabAction::reset) {
    const auto with = select(request.with);
    if (!with) return std::unexpected(with.error());
    for (const Host* const a : *chosen)
      for (const Host* const b : *with)
        if (a != b) network_->reset_connections(a->id, b->id);
  }
  for (Host* const host : *chosen) {
    if (request.action == LabAction::link) request.link.apply_to(host->link);
    if (request.action == LabAction::restore) host->link = host->first_link;
    if (request.action == LabAction::link || request.action == LabAction::restore) {
      network_->set_link(host->id, host->link);
      say(host->name, "has another link");
    } else if (request.action != LabAction::reset) {
      if (auto done = act(request.action, *host); !done) return std::unexpected(done.error());
    }
  }
  Json names = Json::array();
  for (const Host* const host : *chosen) names.push_back(host->name);
  return Json{{"done", std::move(names)}}.dump();
}

// What happens to one host or its process.
std::expected<void, std::string> StandingLab::act(LabAction action, Host& host) {
  if (action == LabAction::pause || action == LabAction::resume) {
    const bool pauses = action == LabAction::pause;
    if (pauses == host.is_paused) return {};
    host.is_paused = pauses;
    if (host.process) host.process->freeze(pauses);
    if (pauses) network_->pause(host.id);
    else network_->resume(host.id);
    say(host.name, pauses ? "stands still" : "goes on");
    return {};
  }
  if (!host.process) return std::unexpected(fmt::format("{} has no client", host.name));
  if (host.is_paused) return std::unexpected(fmt::format("{} stands still; resume it first", host.name));
  const bool is_there = host.process->pid() != 0 || host.is_wanted;
  if (action == LabAction::start) {
    if (is_there) return std::unexpected(fmt::format("{} runs already", host.name));
    start(host);
    return {};
  }
  host.again_at.reset();
  host.is_wanted = false;
  say(host.name, action == LabAction::kill ? "is killed" : "is told to end");
  if (action == LabAction::kill) host.process->kill();
  else host.process->stop(now_);
  return {};
}

std::string StandingLab::way_into(const Host& host) const {
  return Json{{"name", host.name},
              {"address", to_string(host.address)},
              {"port", host.role == Role::tracker ? kTrackerPort : kPeerPort},
              {"dir", host.directory.string()},
              {"tracker", announce_url_},
              {"torrent", fs::absolute(options_.torrent).string()},
              {"namespace_fd", network_->namespace_fd(host.id)}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view StandingLab::state_of(const Host& host) const {
  if (host.is_paused) return "paused";
  if (!host.process) return host.lent_to ? "lent" : "free";
  if (host.again_at) return "restarting";
  switch (host.process->state()) {
    case ClientProcess::State::idle: return "waiting";
    case ClientProcess::State::preparing:
    case ClientProcess::State::starting:
    case ClientProcess::State::adding: return "starting";
    case ClientProcess::State::running:
      return host.role == Role::tracker ? "running" : !host.progress || host.progress->is_complete() ? "seeding" : "downloading";
    case ClientProcess::State::stopping: return "ending";
    case ClientProcess::State::ended: return host.last_problem.empty() ? "ended" : "failed";
  }
  return "";
}

std::string StandingLab::document() {
  LabStatistics statistics = network_->statistics();
  statistics.unseen = 0;   // nobody watches
  Json hosts = Json::array();
  for (const Host& host : hosts_) {
    Json json = {{"name", host.name},
                 {"role", kRoles[static_cast<std::size_t>(host.role)]},
                 {"client", host.adapter.client},
                 {"state", state_of(host)},
                 {"address", fmt::format("{}:{}", to_string(host.address), host.role == Role::tracker ? kTrackerPort : kPeerPort)},
                 {"dir", host.directory.string()},
                 {"down", host.rate_down},
                 {"up", host.rate_up},
                 {"restarts", host.supervisor.total()},
                 {"link", link_json(host.link)}};
    if (host.role == Role::seeder) json["percent"] = 100.0;
    if (host.progress) json["percent"] = 100.0 * host.progress->pieces().count() / host.progress->pieces().size();
    if (!host.last_problem.empty()) json["problem"] = host.last_problem;
    hosts.push_back(std::move(json));
  }
  return Json{{"hosts", std::move(hosts)},
              {"tracker", announce_url_},
              {"are_started", has_leechers_},
              {"partitions", cuts_.size()},
              {"network", {network_->describe(), describe(statistics)}}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace swarmlab::swarmsim
