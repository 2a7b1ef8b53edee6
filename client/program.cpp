#include "client/program.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "client/control/token.hpp"
#include "client/json_lines.hpp"
#include "client/saved_torrent.hpp"
#include "protocol/quantities.hpp"
#include "protocol/text.hpp"

namespace swarmlab::client {
namespace {

constexpr Duration kTick = 250ms;             // the screen is drawn anew four times a second
constexpr Duration kStatusInterval = 1s;
constexpr std::size_t kLogLines = 200;
constexpr std::uint16_t kFirstPort = 6881;    // BEP 3: "try 6881, and if taken 6882 ... give up after 6889"
constexpr std::uint16_t kLastPort = 6889;

// What a log is read for; the rest is in --json.
bool is_worth_a_line(const Event& event) {
  return !std::holds_alternative<PieceVerified>(event) && !std::holds_alternative<PeerConnected>(event) &&
         !std::holds_alternative<PeerDropped>(event) && !std::holds_alternative<PeersHeard>(event);
}

}  // namespace

Program::Program(const runtime::Outside& outside, const Options& options, const Torrents& torrents,
                 const Console& console, std::function<void()> on_end)
    : outside_(outside), options_(options), torrents_(torrents), console_(console), on_end_(std::move(on_end)),
      session_(outside_, options.settings, this), tree_(session_, outside_.clock, *this), tick_(outside_.timers, *this) {}

Program::~Program() = default;

std::expected<Endpoint, std::string> Program::listen() {
  std::optional<Endpoint> first;
  for (Endpoint at : options_.listen) {
    if (at.port == 0 && first) at.port = first->port;   // peers are told one port
    const auto bound = session_.listen(at);
    if (!bound) return std::unexpected(fmt::format("cannot listen at {}: {}", to_string(at), to_string(bound.error())));
    if (!first) first = *bound;
  }
  if (first) return *first;
  runtime::NetworkError last = runtime::NetworkError::other;
  for (std::uint16_t port = kFirstPort; port <= kLastPort; ++port) {
    const auto bound = session_.listen(Endpoint{IpAddress::v4(127, 0, 0, 1), port});
    if (bound) return *bound;
    last = bound.error();
    if (last != runtime::NetworkError::address_in_use) break;
  }
  return std::unexpected(fmt::format("cannot listen at 127.0.0.1, ports {} to {}: {}; choose another with --listen",
                                     kFirstPort, kLastPort, to_string(last)));
}

std::expected<void, std::string> Program::start() {
  const auto listening = listen();
  if (!listening) return std::unexpected(listening.error());
  began_ = outside_.clock.now();
  listening_ = to_string(*listening);
  if (options_.json) {
    say(json_line(*listening, session_.peer_id()));
  } else {
    say("listening at " + to_string(*listening));
  }
  if (options_.control) {
    if (const auto listens = listen_for_control(); !listens) return listens;
  }
  for (const Given& given : torrents_) add(given);
  if (!options_.watch.empty()) {
    WatchFolderOwner& owner = *this;
    watch_ = std::make_unique<WatchFolder>(outside_.files, outside_.clock, outside_.timers, options_.watch, owner);
  }
  last_payload_ = outside_.clock.now();
  tick_.arm(outside_.clock.now() + kTick);
  return {};
}

std::expected<void, std::string> Program::listen_for_control() {
  const std::string file = options_.control_token_file.empty() ? control::kDefaultTokenFile : options_.control_token_file;
  auto token = control::read_or_make_token(file);
  if (!token) return std::unexpected("no token for --control: " + token.error());
  const control::HttpFront::Options front{*options_.control, *token, options_.control_beyond_loopback};
  auto listening = control::HttpFront::listen(outside_, front, tree_);
  if (!listening) return std::unexpected("--control: " + listening.error());
  http_ = std::move(*listening);
  if (options_.json) {
    say(json_line_of_control(http_->local_endpoint(), file));
  } else {
    say(fmt::format("control at http://{}/, token in {}", to_string(http_->local_endpoint()), file));
  }
  return {};
}

TorrentId Program::add(const Given& given) {
  AddTorrent add;
  add.metainfo = given.metainfo;
  add.magnet = given.magnet;
  add.directory = options_.directory;
  add.state_directory = options_.state_directory();
  add.select.rules = options_.select;
  add.on_start = options_.trust_data ? OnStart::trust_data : OnStart::check;
  add.check_only = options_.check_only;
  add.peers = options_.peers;
  return session_.add(std::move(add));
}

std::expected<TorrentId, std::string> Program::add(std::string_view source) {
  if (is_stopping_) return std::unexpected("the client is about to end");
  const auto given = given_by(std::string(source), options_.state_directory());
  if (!given) return std::unexpected(given.error());
  if (const auto known = session_.find(given->info_hash())) {
    return std::unexpected(fmt::format("{}: is here already, as torrent {}", source, known->value()));
  }
  if (const std::string why = given->why_nothing_is_wanted(options_.select); !why.empty()) {
    return std::unexpected(fmt::format("{}: {}", source, why));
  }
  const TorrentId id = add(*given);
  if (!options_.json) say(protocol::one_line(fmt::format("{}: added, as torrent {}", session_.describe(id).name, id.value())));
  return id;
}

std::expected<void, std::string> Program::on_torrent_file(const std::string& path) {
  if (const auto added = add(path); !added) return std::unexpected(added.error());
  return {};
}

void Program::on_watch_trouble(const std::string& what) { complain(what); }

void Program::complain(const std::string& line) {
  if (console_.screen != nullptr) {
    say(protocol::one_line(line));
    return;
  }
  if (progress_width_ > 0) {
    fmt::print(console_.err, "\r{:{}}\r", "", progress_width_);
    progress_width_ = 0;
  }
  fmt::print(console_.err, "btclient: {}\n", protocol::one_line(line));
}

void Program::interrupt() {
  if (is_stopping_) {
    end();
    return;
  }
  is_stopping_ = true;
  session_.stop();
}

void Program::say(const std::string& line) {
  if (console_.screen != nullptr) {
    if (log_.size() >= kLogLines) log_.erase(log_.begin());
    log_.push_back(fmt::format("{} {}", to_clock(kStart + (outside_.clock.now() - began_)), line));
    return;
  }
  if (progress_width_ > 0) {
    fmt::print(console_.err, "\r{:{}}\r", "", progress_width_);
    progress_width_ = 0;
  }
  fmt::print(console_.out, "{}\n", line);
  std::fflush(console_.out);
}

void Program::on_event(TorrentId torrent, const Event& event) {
  tree_.on_event(torrent, event);
  if (std::holds_alternative<MetadataReceived>(event)) resolved_.push_back(torrent);
  const std::string name = session_.describe(torrent).name;
  const bool is_final = options_.settings.restart.strategy == RestartStrategy::never;
  const bool has_failed = std::holds_alternative<StorageFailed>(event) || std::holds_alternative<InternalFault>(event);
  if ((has_failed && is_final) || std::holds_alternative<GivenUp>(event)) exit_status_ = 1;
  if (options_.json) {
    say(json_line(name, outside_.clock.now(), event));
  } else if (is_worth_a_line(event)) {
    say(protocol::one_line(name + ": " + to_string(event)));
  }
}

// What magnet links stood for is kept: where the user wants it, and for our own next start.
void Program::save_resolved() {
  for (const TorrentId id : std::exchange(resolved_, {})) {
    if (!session_.contains(id)) continue;   // removed in the same moment
    const auto metainfo = session_.metainfo(id);
    std::vector<std::string> paths{saved_torrent_path(options_.state_directory(), metainfo->info_hash)};
    if (options_.save_torrent) paths.push_back(*options_.save_torrent);
    for (const std::string& path : paths) {
      if (const auto saved = save_torrent(path, *metainfo); !saved) {
        fmt::print(console_.err, "btclient: cannot save the torrent: {}\n", protocol::one_line(saved.error()));
      }
    }
  }
}

void Program::on_timer(runtime::Tag) {
  save_resolved();
  const Time now = outside_.clock.now();
  tree_.on_lateness(now - tick_.at());
  tick_.expired();
  if (now - last_status_ >= kStatusInterval) {
    last_status_ = now;
    report_status();
  }
  if (console_.screen != nullptr) {
    show_screen();
  } else if (console_.err_is_terminal && !options_.json) {
    show_progress();
  }
  if (!is_stopping_ && (wants_to_quit_ || should_end())) {
    is_stopping_ = true;
    session_.stop();
  }
  if (session_.is_stopped() && (is_stopping_ || !options_.may_get_torrents())) {
    end();
    return;
  }
  tick_.arm(now + kTick);
}

void Program::report_status() {
  if (!options_.json) return;
  for (const TorrentId id : session_.torrents()) {
    say(json_line(session_.describe(id).name, outside_.clock.now(), session_.status(id)));
  }
}

// Whether the condition of --exit-when holds, or nothing is left that could run.
bool Program::should_end() {
  ByteCount payload, uploaded, size;
  bool all_complete = true;
  bool all_failed = true;
  const std::vector<TorrentId> all = session_.torrents();
  for (const TorrentId id : all) {
    const TorrentStatus status = session_.status(id);
    payload += status.uploaded + status.downloaded;
    uploaded += status.uploaded;
    size += session_.describe(id).size;
    all_complete = all_complete && status.state == TorrentState::seeding;
    all_failed = all_failed && status.state == TorrentState::failed && !status.will_restart;
  }
  const Time now = outside_.clock.now();
  if (payload != payload_seen_) {
    payload_seen_ = payload;
    last_payload_ = now;
  }
  if (all.empty()) return false;
  if (all_failed && !options_.may_get_torrents()) return true;
  if (!options_.exit_when || !all_complete) return false;
  if (const auto* ratio = std::get_if<ExitAtRatio>(&*options_.exit_when)) {
    return uploaded * 1000 >= size * ratio->thousandths;
  }
  if (const auto* idle = std::get_if<ExitWhenIdle>(&*options_.exit_when)) return now - last_payload_ >= idle->silence;
  return true;
}

void Program::end() {
  if (has_ended_) return;
  has_ended_ = true;
  tick_.disarm();
  save_resolved();
  for (const TorrentId id : session_.torrents()) {
    const TorrentStatus status = session_.status(id);
    if (status.left.value() > 0) exit_status_ = 1;
  }
  report_status();
  if (console_.screen != nullptr) {
    // Only the end of the story is left on the terminal.
    console_.screen->leave();
    console_.screen = nullptr;
    for (const std::string& line : log_) fmt::print(console_.out, "{}\n", line);
    for (const TorrentId id : session_.torrents()) {
      const TorrentStatus status = session_.status(id);
      fmt::print(console_.out, "{}: {} of {} pieces, {} bytes down, {} up\n", protocol::one_line(session_.describe(id).name, 60),
                 status.pieces_have, status.pieces_total, status.downloaded.value(), status.uploaded.value());
    }
    std::fflush(console_.out);
  }
  if (progress_width_ > 0) fmt::print(console_.err, "\n");
  on_end_();
}

void Program::show_screen() {
  const std::vector<TorrentId> all = session_.torrents();
  for (const char key : console_.screen->keys()) {
    if (key == 'q') wants_to_quit_ = true;
    if (key == '\t') ++chosen_;
  }
  if (!all.empty()) chosen_ %= all.size();
  ScreenModel model;
  for (const TorrentId id : all) model.torrents.push_back({session_.describe(id).name, session_.status(id)});
  model.chosen = chosen_;
  if (!all.empty()) {
    model.pieces = session_.pieces(all[chosen_]);
    model.peers = session_.peers(all[chosen_]);
  }
  model.log = log_;
  model.listening = listening_;
  if (http_ != nullptr) model.control = to_string(http_->local_endpoint());
  model.uptime = outside_.clock.now() - began_;
  model.loop_latency = tree_.longest_lateness();
  model.is_stopping = is_stopping_;
  console_.screen->show(draw(model, console_.screen->size()));
}

void Program::show_progress() {
  std::string line;
  for (const TorrentId id : session_.torrents()) {
    const TorrentStatus status = session_.status(id);
    if (!line.empty()) line += " | ";
    line += fmt::format("{} {} {}% {}/s down {}/s up {} peers", protocol::one_line(session_.describe(id).name, 30),
                        to_string(status.state),
                        status.pieces_total == 0 ? 0 : std::uint64_t{status.pieces_have} * 100 / status.pieces_total,
                        to_text(ByteCount(status.download_rate.value())), to_text(ByteCount(status.upload_rate.value())),
                        status.peers);
    if (status.state == TorrentState::downloading && status.download_rate.value() > 0) {
      const auto eta = std::chrono::ceil<std::chrono::seconds>(status.left / status.download_rate);
      line += " ETA " + to_text(Duration(eta));
    }
  }
  fmt::print(console_.err, "\r{:{}}", line, progress_width_);
  std::fflush(console_.err);
  progress_width_ = line.size();
}

}  // namespace swarmlab::client
