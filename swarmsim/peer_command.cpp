#include "swarmsim/peer_command.hpp"

#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <optional>

#include "client/session.hpp"
#include "protocol/text.hpp"
#include "swarmsim/peers/catalogue.hpp"
#include "swarmsim/peers/message_filter.hpp"
#include "swarmsim/plain_options.hpp"
#include "swarmsim/run/misleading_torrent.hpp"
#include "swarmsim/scenario/parse_behaviours.hpp"
#include "swarmsim/scenario/scenario.hpp"
#include "swarmsim/scenario/settings_names.hpp"

namespace swarmlab::swarmsim {
namespace {

// What faulty blocks are made from is kept in memory.
constexpr ByteCount kMostContent = 1_GiB;

std::expected<std::string, std::string> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(fmt::format("{}: cannot be opened", path));
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

std::expected<protocol::Metainfo, std::string> load(const std::string& path) {
  const auto bytes = read(path);
  if (!bytes) return std::unexpected(bytes.error());
  auto decoded = protocol::decode_metainfo(as_bytes(*bytes));
  if (!decoded) return std::unexpected(fmt::format("{}: {}", path, protocol::to_string(decoded.error())));
  return std::move(decoded->metainfo);
}

// Of a torrent whose names nobody should follow: `files_as` has others for them.
std::expected<protocol::Metainfo, std::string> load(const std::string& path, const std::string& files_as) {
  auto harmless = load(files_as);
  if (!harmless) return harmless;
  const auto bytes = read(path);
  if (!bytes) return std::unexpected(bytes.error());
  auto renamed = with_harmless_names(as_bytes(*bytes), std::move(*harmless));
  if (!renamed) return std::unexpected(fmt::format("{}: {}", path, renamed.error()));
  return renamed;
}

// The torrent's content as the directory has it now; what is not there yet is zeros.
std::vector<std::byte> content_in(const std::string& directory, const protocol::Metainfo& metainfo) {
  std::vector<std::byte> content(metainfo.geometry.total().size());
  for (const protocol::FileEntry& entry : metainfo.files) {
    std::string path = directory;
    for (const std::string& element : entry.path) path += "/" + element;
    std::ifstream file(path, std::ios::binary);
    file.read(reinterpret_cast<char*>(content.data()) + entry.offset.size(), static_cast<std::streamsize>(entry.length.value()));
  }
  return content;
}

// One peer in the real world.
class RealPeer final : private client::SessionEvents {
 public:
  RealPeer(const PeerCommand& command, std::shared_ptr<const protocol::Metainfo> metainfo, std::vector<std::byte> content,
           Env& env)
      : command_(command), metainfo_(std::move(metainfo)), content_(TrueContent::of_bytes(std::move(content))),
        env_(env), world_(env.make_world()) {}

  ExitStatus run() {
    for (const BehaviourSpec& spec : command_.behaviours)
      roles_.push_back(std::make_unique<Role>(spec, HostId(0), runtime::Random(command_.seed, fmt::format("behaviour {}", roles_.size())),
                                              content_, metainfo_->geometry, [this](const std::string& what) { say(what); }));
    const bool is_script = !roles_.empty() && roles_.front()->spec.manual().kind == BehaviourKind::script;
    const auto listening = is_script ? start_script() : start_engine();
    if (!listening) {
      env_.error << fmt::format("swarmsim: cannot listen at {}: {}\n", to_string(command_.listen), runtime::to_string(listening.error()));
      return ExitStatus::environment;
    }
    say("listening at " + to_string(*listening));
    world_->on_signal([this] { end(); });
    world_->run();
    for (const auto& role : roles_) say(fmt::format("{}: {} misdeeds", role->spec.manual().name, role->bites()));
    raw_.reset();
    session_.reset();
    return ExitStatus::held;
  }

 private:
  std::expected<Endpoint, runtime::NetworkError> start_script() {
    const runtime::Outside outside = world_->outside();
    raw_ = make_raw_peer(*roles_.front(), RawPeerPlace{outside.network, outside.clock, outside.timers, command_.listen,
                                                       command_.peers, metainfo_->info_hash});
    const auto started = raw_->start();
    if (!started) return std::unexpected(started.error());
    return started->value_or(command_.listen);
  }

  std::expected<Endpoint, runtime::NetworkError> start_engine() {
    const runtime::Outside outside = world_->outside();
    filter_ = std::make_unique<MessageFilter>(outside.network, outside.clock, outside.timers, roles_);
    client::Settings settings = command_.settings;
    settings.loopback_only = command_.listen.address.is_loopback();
    client::SessionEvents* const events = this;
    session_ = std::make_unique<client::Session>(
        runtime::Outside{outside.clock, outside.timers, *filter_, outside.files, outside.hasher, outside.random}, settings, events);
    const auto listening = session_->listen(command_.listen);
    if (!listening) return listening;
    client::AddTorrent torrent;
    if (command_.magnet) torrent.magnet = command_.magnet;
    else torrent.metainfo = metainfo_;
    torrent.directory = command_.directory;
    torrent.peers = command_.peers;
    session_->add(std::move(torrent));
    return listening;
  }

  // The second signal does not wait for goodbyes.
  void end() {
    if (!session_ || is_ending_) {
      world_->stop();
      return;
    }
    is_ending_ = true;
    session_->stop();
  }

  void on_event(client::TorrentId, const client::Event& event) override {
    if (!std::holds_alternative<client::PieceVerified>(event)) say(client::to_string(event));
    if (std::holds_alternative<client::Stopped>(event)) world_->stop();
  }

  void say(const std::string& what) {
    env_.out << protocol::one_line(what) << '\n' << std::flush;
  }

  const PeerCommand& command_;
  std::shared_ptr<const protocol::Metainfo> metainfo_;
  TrueContent content_;
  Env& env_;
  std::unique_ptr<RealWorld> world_;
  std::vector<std::unique_ptr<Role>> roles_;
  std::unique_ptr<MessageFilter> filter_;
  std::unique_ptr<client::Session> session_;
  std::unique_ptr<RawPeer> raw_;
  bool is_ending_ = false;
};

}  // namespace

std::expected<PeerCommand, std::string> parse_peer(std::span<const std::string> words) {
  const auto options = PlainOptions::parse(
      "peer", words, {.with_value = {"torrent", "dir", "listen", "peer", "seed", "settings", "magnet", "files-as"}, .flags = {}});
  if (!options) return std::unexpected(options.error());
  if (options->positional().size() != 1)
    return std::unexpected("peer: one SPEC: swarmsim peer tar_pit --torrent FILE --dir DIR --listen ADDR:PORT; or honest");
  PeerCommand command;
  const std::string& spec = options->positional().front();
  if (spec != "honest") {
    Diagnostics diagnostics;
    if (const auto node = parse_yaml(spec, diagnostics)) command.behaviours = read_behaviours(*node, "peer", diagnostics);
    if (!diagnostics.empty()) return std::unexpected(diagnostics.sorted().front().what);
  }
  if (options->has("settings")) {
    Diagnostics diagnostics;
    command.settings = settings_of_scenarios();
    if (const auto node = parse_yaml(options->values("settings").back(), diagnostics))
      read_settings(*node, "settings", command.settings, diagnostics);
    if (!diagnostics.empty()) return std::unexpected(fmt::format("peer: --settings: {}", diagnostics.sorted().front().what));
  }
  if (options->has("magnet")) {
    const auto magnet = protocol::parse_magnet(options->values("magnet").back());
    if (!magnet) return std::unexpected(fmt::format("peer: --magnet: the link {}", magnet.error().what));
    command.magnet = *magnet;
  }
  for (const char* needed : {"torrent", "listen"})
    if (!options->has(needed)) return std::unexpected(fmt::format("peer: --{} is missing", needed));
  command.torrent = options->values("torrent").back();
  if (options->has("files-as")) command.files_as = options->values("files-as").back();
  if (options->has("dir")) command.directory = options->values("dir").back();
  const auto endpoint = [](std::string_view option, const std::string& text) -> std::expected<Endpoint, std::string> {
    if (const auto parsed = Endpoint::parse(text)) return *parsed;
    return std::unexpected(fmt::format("--{} {}: an address and a port: 127.0.0.1:6881", option, text));
  };
  const auto listen = endpoint("listen", options->values("listen").back());
  if (!listen) return std::unexpected(listen.error());
  command.listen = *listen;
  for (const std::string& text : options->values("peer")) {
    const auto peer = endpoint("peer", text);
    if (!peer) return std::unexpected(peer.error());
    command.peers.push_back(*peer);
  }
  if (options->has("seed")) {
    const auto seed = parse_count(options->values("seed").back(), ~std::uint64_t{0} / 2);
    if (!seed) return std::unexpected(fmt::format("--seed: {}", seed.error()));
    command.seed = *seed;
  }
  return command;
}

ExitStatus run_peer(const PeerCommand& command, Env& env) {
  if (!env.make_world) {
    env.error << "swarmsim: there are no sockets here\n";
    return ExitStatus::environment;
  }
  auto metainfo = command.files_as.empty() ? load(command.torrent) : load(command.torrent, command.files_as);
  if (!metainfo) {
    env.error << fmt::format("swarmsim: {}\n", protocol::one_line(metainfo.error(), 4096));
    return ExitStatus::usage;
  }
  if (metainfo->geometry.total() > kMostContent) {
    env.error << fmt::format("swarmsim: {}: {}; a faulty peer keeps the content in memory, {} at most\n", command.torrent,
                             to_text(metainfo->geometry.total()), to_text(kMostContent));
    return ExitStatus::usage;
  }
  std::vector<std::byte> content = content_in(command.directory, *metainfo);
  return RealPeer(command, std::make_shared<const protocol::Metainfo>(std::move(*metainfo)), std::move(content), env).run();
}

}  // namespace swarmlab::swarmsim
