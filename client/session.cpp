#include "client/session.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "client/incoming.hpp"
#include "client/throttle.hpp"
#include "client/torrent.hpp"
#include "protocol/assert.hpp"

namespace swarmlab::client {
namespace {

// BEP 20: our name, then what makes this client unique.
PeerId make_peer_id(const std::string& prefix, runtime::Random& random) {
  static constexpr std::string_view kAlphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  PeerId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    id.bytes[i] = static_cast<std::byte>(i < prefix.size() ? prefix[i] : kAlphabet[random.below(kAlphabet.size())]);
  }
  return id;
}

}  // namespace

std::string_view to_string(TorrentState state) {
  switch (state) {
    case TorrentState::checking: return "checking";
    case TorrentState::downloading: return "downloading";
    case TorrentState::seeding: return "seeding";
    case TorrentState::stopping: return "stopping";
    case TorrentState::stopped: return "stopped";
    case TorrentState::failed: return "failed";
  }
  return "?";
}

class Session::Impl final : private ThrottleHandler, private IncomingOwner {
 public:
  Impl(const runtime::Outside& outside, const Settings& settings, SessionEvents* events)
      : settings_(settings), up_tokens_(*this), up_(settings.up_limit, outside.clock, outside.timers, up_tokens_),
        down_(settings.down_limit, outside.clock, outside.timers, *this),
        context_{outside,
                 settings_,
                 events,
                 make_peer_id(settings.peer_id_prefix, outside.random),
                 static_cast<std::uint32_t>(outside.random.next()),
                 0,
                 std::nullopt,
                 up_,
                 down_},
        incoming_(outside, settings_, *this) {}

  std::expected<Endpoint, runtime::NetworkError> listen(const Endpoint& at) {
    const auto bound = incoming_.listen(at);
    if (bound && context_.listen_port == 0) {
      context_.listen_port = bound->port;
      if (!bound->address.is_unspecified()) context_.from = bound->address;
    }
    return bound;
  }

  TorrentId add(AddTorrent options) {
    SWARM_ASSERT(options.metainfo != nullptr);
    const TorrentId id(static_cast<std::uint32_t>(torrents_.size()));
    torrents_.push_back(std::make_unique<Torrent>(id, context_, std::move(options)));
    by_hash_.emplace(torrents_.back()->info_hash(), id);
    torrents_.back()->start();
    return id;
  }

  Torrent& torrent(TorrentId id) const {
    SWARM_ASSERT(id.value() < torrents_.size(), id);
    return *torrents_[id.value()];
  }

  void stop() {
    incoming_.close();
    for (const auto& torrent : torrents_) torrent->stop();
  }

  bool is_stopped() const {
    return std::ranges::all_of(torrents_, [](const auto& t) { return t->state() == TorrentState::stopped; });
  }

  const PeerId& peer_id() const { return context_.peer_id; }

 private:
  // The upload limit's tokens; the download limit's come to Impl itself.
  struct UpTokens final : ThrottleHandler {
    explicit UpTokens(Impl& impl) : owner(impl) {}
    void on_tokens(TorrentId torrent, PeerKey peer) override { owner.torrent(torrent).on_up_tokens(peer); }
    Impl& owner;
  };

  void on_tokens(TorrentId id, PeerKey peer) override { torrent(id).on_down_tokens(peer); }

  bool knows(const InfoHashV1& info_hash) const override { return by_hash_.contains(info_hash); }
  void on_incoming(const InfoHashV1& info_hash, runtime::StreamId stream, const Endpoint& from,
                   Bytes first_bytes) override {
    torrent(by_hash_.at(info_hash)).accept(stream, from, first_bytes);
  }

  Settings settings_;
  UpTokens up_tokens_;
  Throttle up_;
  Throttle down_;
  SessionContext context_;
  Incoming incoming_;
  std::vector<std::unique_ptr<Torrent>> torrents_;
  std::map<InfoHashV1, TorrentId> by_hash_;
};

Session::Session(const runtime::Outside& outside, const Settings& settings, SessionEvents* events)
    : impl_(std::make_unique<Impl>(outside, settings, events)) {}
Session::~Session() = default;

std::expected<Endpoint, runtime::NetworkError> Session::listen(const Endpoint& at) { return impl_->listen(at); }
TorrentId Session::add(AddTorrent torrent) { return impl_->add(std::move(torrent)); }
void Session::add_peer(TorrentId torrent, const Endpoint& peer) { impl_->torrent(torrent).add_peer(peer); }
void Session::stop() { impl_->stop(); }
bool Session::is_stopped() const { return impl_->is_stopped(); }
TorrentStatus Session::status(TorrentId torrent) const { return impl_->torrent(torrent).status(); }
const PeerId& Session::peer_id() const { return impl_->peer_id(); }

}  // namespace swarmlab::client
