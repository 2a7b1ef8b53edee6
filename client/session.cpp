#include "client/session.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "client/incoming.hpp"
#include "client/supervisor.hpp"
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
    case TorrentState::fetching_metadata: return "fetching metadata";
    case TorrentState::checking: return "checking";
    case TorrentState::downloading: return "downloading";
    case TorrentState::seeding: return "seeding";
    case TorrentState::stopping: return "stopping";
    case TorrentState::stopped: return "stopped";
    case TorrentState::failed: return "failed";
  }
  return "?";
}

class Session::Impl final : private ThrottleHandler,
                            private IncomingOwner,
                            private SessionEvents,
                            private runtime::TimerHandler {
 public:
  Impl(const runtime::Outside& outside, const Settings& settings, SessionEvents* events)
      : settings_(settings), events_(events), janitor_(outside.timers, *this), up_tokens_(*this),
        up_(settings.up_limit, outside.clock, outside.timers, up_tokens_),
        down_(settings.down_limit, outside.clock, outside.timers, *this),
        context_{outside,
                 settings_,
                 this,
                 make_peer_id(settings.peer_id_prefix, outside.random),
                 static_cast<std::uint32_t>(outside.random.next()),
                 0,
                 {},
                 up_,
                 down_},
        incoming_(outside, settings_, *this) {}

  std::expected<Endpoint, runtime::NetworkError> listen(const Endpoint& at) {
    const auto bound = incoming_.listen(at);
    if (!bound) return bound;
    if (context_.listen_port == 0) context_.listen_port = bound->port;
    auto& from = bound->address.is_v6() ? context_.from.v6 : context_.from.v4;
    if (!from && !bound->address.is_unspecified()) from = bound->address;
    return bound;
  }

  TorrentId add(AddTorrent options) {
    SWARM_ASSERT(options.metainfo != nullptr || options.magnet.has_value());
    const TorrentId id(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back(std::make_unique<Torrent>(id, context_, std::move(options)), settings_.restart);
    by_hash_.emplace(torrent(id).info_hash(), id);
    torrent(id).start();
    return id;
  }

  bool contains(TorrentId id) const { return id.value() < slots_.size() && slots_[id.value()].torrent != nullptr; }

  Torrent& torrent(TorrentId id) const {
    SWARM_ASSERT(contains(id), id);
    return *slots_[id.value()].torrent;
  }

  std::vector<TorrentId> torrents() const {
    std::vector<TorrentId> all;
    for (TorrentId id; id.value() < slots_.size(); ++id) {
      if (contains(id)) all.push_back(id);
    }
    return all;
  }

  std::optional<TorrentId> find(const InfoHashV1& info_hash) const {
    const auto at = by_hash_.find(info_hash);
    return at == by_hash_.end() ? std::nullopt : std::optional(at->second);
  }

  TorrentStatus status(TorrentId id) const {
    const Slot& slot = slots_[id.value()];
    TorrentStatus status = torrent(id).status();
    status.uploaded += slot.before.uploaded;
    status.downloaded += slot.before.downloaded;
    status.wasted += slot.before.wasted;
    status.restarts = slot.supervisor.total();
    status.will_restart = status.state == TorrentState::failed && slot.wish == Wish::run &&
                          (slot.restart_at != kNever ||
                           (!slot.failure_is_known && settings_.restart.strategy != RestartStrategy::never));
    return status;
  }

  void stop() {
    incoming_.close();
    for (const TorrentId id : torrents()) stop(id);
  }

  void stop(TorrentId id) { end(id, Wish::rest); }
  void remove(TorrentId id) {
    end(id, Wish::removal);
    janitor_.arm(context_.outside.clock.now());
  }

  void start(TorrentId id) {
    Torrent& one = torrent(id);
    Slot& slot = slots_[id.value()];
    slot.wish = Wish::run;
    slot.restart_at = kNever;
    if (one.state() == TorrentState::failed) one.stop();
    janitor_.arm(context_.outside.clock.now());
  }

  bool is_stopped() const {
    return std::ranges::all_of(slots_, [](const Slot& slot) {
      return slot.torrent == nullptr || slot.torrent->state() == TorrentState::stopped;
    });
  }

  void set_limits(const Limits& limits) {
    up_.set_rate(limits.up);
    down_.set_rate(limits.down);
  }
  Limits limits() const { return {up_.rate(), down_.rate()}; }

  const PeerId& peer_id() const { return context_.peer_id; }

 private:
  // What is to become of a torrent when it has stopped.
  enum class Wish : std::uint8_t { run, rest, removal };
  struct Carried {
    ByteCount uploaded;
    ByteCount downloaded;
    ByteCount wasted;
  };
  struct Slot {
    Slot(std::unique_ptr<Torrent> made, const RestartPolicy& policy) : torrent(std::move(made)), supervisor(policy) {}
    std::unique_ptr<Torrent> torrent;         // null when it was removed
    Supervisor supervisor;
    Wish wish = Wish::run;
    bool failure_is_known = false;            // the supervisor has judged it
    Time restart_at = kNever;                 // of a failed one
    Carried before;                           // of its former lives
  };

  // The upload limit's tokens; the download limit's come to Impl itself.
  struct UpTokens final : ThrottleHandler {
    explicit UpTokens(Impl& impl) : owner(impl) {}
    void on_tokens(TorrentId id, PeerKey peer) override {
      if (owner.contains(id)) owner.torrent(id).on_up_tokens(peer);
    }
    Impl& owner;
  };

  void on_tokens(TorrentId id, PeerKey peer) override {
    if (contains(id)) torrent(id).on_down_tokens(peer);
  }

  // What the torrents tell passes through here: some of it asks for the janitor, who comes when nobody is inside a torrent.
  void on_event(TorrentId id, const Event& event) override {
    const Slot& slot = slots_[id.value()];
    const bool has_failed = std::holds_alternative<StorageFailed>(event) && settings_.restart.strategy != RestartStrategy::never;
    const bool has_ended = std::holds_alternative<Stopped>(event) && slot.wish != Wish::rest;
    if (has_failed || has_ended) janitor_.arm_no_later_than(context_.outside.clock.now());
    emit(id, event);
  }

  void emit(TorrentId id, const Event& event) {
    if (events_ != nullptr) events_->on_event(id, event);
  }

  // Says goodbye; `wish` is what comes after.
  void end(TorrentId id, Wish wish) {
    Slot& slot = slots_[id.value()];
    slot.wish = wish;
    slot.restart_at = kNever;
    torrent(id).stop();
  }

  void on_timer(runtime::Tag) override {
    janitor_.expired();
    const Time now = context_.outside.clock.now();
    Time next = kNever;
    for (TorrentId id; id.value() < slots_.size(); ++id) {
      if (contains(id)) next = std::min(next, look_after(id, now));
    }
    if (next != kNever) janitor_.arm_no_later_than(std::max(next, now + 1ms));
  }

  // Does what is due for this torrent; returns when to look again.
  Time look_after(TorrentId id, Time now) {
    Slot& slot = slots_[id.value()];
    const TorrentState state = slot.torrent->state();
    if (state == TorrentState::failed && slot.wish == Wish::run && !slot.failure_is_known) {
      slot.failure_is_known = true;
      const std::optional<Time> again = slot.supervisor.failed(now);
      slot.restart_at = again.value_or(kNever);
      if (again) {
        emit(id, Restarting{*again - now, slot.supervisor.total()});
      } else {
        emit(id, GivenUp{slot.supervisor.recent()});
      }
    }
    if (state == TorrentState::failed && slot.restart_at != kNever) {
      if (now < slot.restart_at) return slot.restart_at;
      if (!slot.torrent->is_quiet()) return now + 1s;   // a write of its former life must not fall into the next one
      begin_anew(id);
      return kNever;
    }
    if (state != TorrentState::stopped || slot.wish == Wish::rest) return kNever;
    if (!slot.torrent->is_quiet()) return now + 1s;
    if (slot.wish == Wish::run) {
      begin_anew(id);
    } else {
      by_hash_.erase(slot.torrent->info_hash());
      // Whoever hears of it may still ask what it was.
      emit(id, Removed{});
      slot.torrent.reset();
    }
    return kNever;
  }

  void begin_anew(TorrentId id) {
    Slot& slot = slots_[id.value()];
    const TorrentStatus status = slot.torrent->status();
    slot.before.uploaded += status.uploaded;
    slot.before.downloaded += status.downloaded;
    slot.before.wasted += status.wasted;
    slot.restart_at = kNever;
    slot.failure_is_known = false;
    AddTorrent options = slot.torrent->options();
    slot.torrent.reset();
    slot.torrent = std::make_unique<Torrent>(id, context_, std::move(options));
    slot.torrent->start();
  }

  bool knows(const InfoHashV1& info_hash) const override { return by_hash_.contains(info_hash); }
  void on_incoming(const InfoHashV1& info_hash, runtime::StreamId stream, const Endpoint& from,
                   Bytes first_bytes) override {
    torrent(by_hash_.at(info_hash)).accept(stream, from, first_bytes);
  }

  Settings settings_;
  SessionEvents* events_;
  runtime::Timer janitor_;
  UpTokens up_tokens_;
  Throttle up_;
  Throttle down_;
  SessionContext context_;
  Incoming incoming_;
  std::vector<Slot> slots_;                // by TorrentId
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
void Session::stop(TorrentId torrent) { impl_->stop(torrent); }
void Session::start(TorrentId torrent) { impl_->start(torrent); }
void Session::remove(TorrentId torrent) { impl_->remove(torrent); }
void Session::select(TorrentId torrent, std::vector<SelectRule> rules) { impl_->torrent(torrent).select(std::move(rules)); }
void Session::reannounce(TorrentId torrent) { impl_->torrent(torrent).reannounce(); }
bool Session::disconnect(TorrentId torrent, PeerKey peer) { return impl_->torrent(torrent).disconnect(peer); }
void Session::set_limits(const Limits& limits) { impl_->set_limits(limits); }
Limits Session::limits() const { return impl_->limits(); }
void Session::set_limits(TorrentId torrent, const Limits& limits) { impl_->torrent(torrent).set_limits(limits); }
Limits Session::limits(TorrentId torrent) const { return impl_->torrent(torrent).limits(); }
std::vector<TorrentId> Session::torrents() const { return impl_->torrents(); }
bool Session::contains(TorrentId torrent) const { return impl_->contains(torrent); }
std::optional<TorrentId> Session::find(const InfoHashV1& info_hash) const { return impl_->find(info_hash); }
TorrentDescription Session::describe(TorrentId torrent) const { return impl_->torrent(torrent).describe(); }
TorrentStatus Session::status(TorrentId torrent) const { return impl_->status(torrent); }
std::shared_ptr<const protocol::Metainfo> Session::metainfo(TorrentId torrent) const {
  return impl_->torrent(torrent).metainfo();
}
std::vector<PeerStatus> Session::peers(TorrentId torrent) const { return impl_->torrent(torrent).peers(); }
PiecesStatus Session::pieces(TorrentId torrent) const { return impl_->torrent(torrent).pieces(); }
const PeerId& Session::peer_id() const { return impl_->peer_id(); }

}  // namespace swarmlab::client
