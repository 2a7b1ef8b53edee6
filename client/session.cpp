#include "client/session.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "client/contained_outside.hpp"
#include "client/fault_boundary.hpp"
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
                            private FaultOwner,
                            private SlotOwner,
                            private runtime::TimerHandler {
 public:
  Impl(const runtime::Outside& outside, const Settings& settings, SessionEvents* events)
      : settings_(settings), events_(events), janitor_(outside.timers, *this, kJanitor),
        slots_timer_(outside.timers, *this, kSlotsFree), slots_budget_(std::nullopt, settings.optimistic_interval), up_tokens_(*this),
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
                 down_,
                 slots_budget_,
                 *this},
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
    FaultOwner& owner = *this;
    Slot& slot = slots_.emplace_back(id, context_.outside, owner, settings_.restart);
    make(id, std::move(options));
    by_hash_.emplace(slot.torrent->info_hash(), id);
    within(id, [](Torrent& torrent) { torrent.start(); });
    return id;
  }

  bool contains(TorrentId id) const { return id.value() < slots_.size() && slots_[id.value()].torrent != nullptr; }

  // f(Torrent&), as the torrent's own doing; nothing where it is broken and waits to be cleared away.
  template <class F>
  void within(TorrentId id, F&& f) {
    Torrent& one = torrent(id);
    slots_[id.value()].room->boundary.run([&] { f(one); });
  }
  // What f(const Torrent&) says, which only looks; of a torrent whose state cannot even be looked at, an empty answer.
  template <class F>
  auto ask(TorrentId id, F&& f) const {
    const Torrent& one = torrent(id);
    decltype(f(one)) answer{};
    slots_[id.value()].room->boundary.inspect([&] { answer = f(one); });
    return answer;
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
    TorrentStatus status = ask(id, [](const Torrent& torrent) { return torrent.status(); });
    if (slot.room->boundary.is_broken()) {
      status.state = TorrentState::failed;
      status.error = text_of(slot.room->boundary.fault());
    }
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
    Slot& slot = slots_[id.value()];
    slot.wish = Wish::run;
    slot.restart_at = kNever;
    slot.is_to_begin = slot.room->boundary.is_broken();   // once it is cleared away
    within(id, [](Torrent& torrent) {
      if (torrent.state() == TorrentState::failed) torrent.stop();
    });
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
  enum Timer : runtime::Tag { kJanitor, kSlotsFree };
  // What is to become of a torrent when it has stopped.
  enum class Wish : std::uint8_t { run, rest, removal };
  struct Carried {
    ByteCount uploaded;
    ByteCount downloaded;
    ByteCount wasted;
  };
  // What a torrent is run in, and its window to the world.  Both outlive it, and stay where they are.
  struct Room {
    Room(TorrentId id, const runtime::Outside& world, FaultOwner& owner) : boundary(id, owner), outside(world, boundary) {}
    FaultBoundary boundary;
    ContainedOutside outside;
  };
  struct Slot {
    Slot(TorrentId id, const runtime::Outside& world, FaultOwner& owner, const RestartPolicy& policy)
        : room(std::make_unique<Room>(id, world, owner)), supervisor(policy) {}
    std::unique_ptr<Room> room;
    std::unique_ptr<Torrent> torrent;         // null when it was removed
    Supervisor supervisor;
    Wish wish = Wish::run;
    bool is_to_begin = false;                 // start() was called while it was broken
    bool failure_is_known = false;            // the supervisor has judged it
    Time restart_at = kNever;                 // of a failed one
    Carried before;                           // of its former lives
  };

  // The upload limit's tokens; the download limit's come to Impl itself.
  struct UpTokens final : ThrottleHandler {
    explicit UpTokens(Impl& impl) : owner(impl) {}
    void on_tokens(TorrentId id, PeerKey peer) override {
      if (owner.contains(id)) owner.within(id, [&](Torrent& torrent) { torrent.on_up_tokens(peer); });
    }
    Impl& owner;
  };

  void on_tokens(TorrentId id, PeerKey peer) override {
    if (contains(id)) within(id, [&](Torrent& torrent) { torrent.on_down_tokens(peer); });
  }

  Torrent& torrent(TorrentId id) const {
    SWARM_ASSERT(contains(id), id);
    return *slots_[id.value()].torrent;
  }

  void make(TorrentId id, AddTorrent options) {
    Slot& slot = slots_[id.value()];
    slot.torrent = std::make_unique<Torrent>(id, context_, slot.room->outside.outside(), std::move(options));
  }

  void on_fault(TorrentId) override { janitor_.arm_no_later_than(context_.outside.clock.now()); }
  static std::string text_of(const Fault& fault) { return "an error in this program, at " + fault.place + ": " + fault.what; }

  // What the torrents tell passes through here: some of it asks for the janitor, who comes when nobody is inside a torrent.
  void on_event(TorrentId id, const Event& event) override {
    const Slot& slot = slots_[id.value()];
    const bool has_failed = std::holds_alternative<StorageFailed>(event) && settings_.restart.strategy != RestartStrategy::never;
    const bool has_ended = std::holds_alternative<Stopped>(event) && slot.wish != Wish::rest;
    if (has_failed || has_ended) janitor_.arm_no_later_than(context_.outside.clock.now());
    slot.room->boundary.leave([&] { emit(id, event); });
  }

  void emit(TorrentId id, const Event& event) {
    if (events_ != nullptr) events_->on_event(id, event);
  }

  // Says goodbye; `wish` is what comes after.
  void end(TorrentId id, Wish wish) {
    Slot& slot = slots_[id.value()];
    slot.wish = wish;
    slot.restart_at = kNever;
    within(id, [](Torrent& torrent) { torrent.stop(); });
  }

  // In an event of its own: nobody is in the middle of a decision.
  void on_slots_free() override { slots_timer_.arm_no_later_than(context_.outside.clock.now()); }

  void on_timer(runtime::Tag tag) override {
    if (tag == kSlotsFree) {
      slots_timer_.expired();
      for (const TorrentId id : torrents()) within(id, [](Torrent& torrent) { torrent.on_slots_free(); });
      return;
    }
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
    if (slot.room->boundary.is_broken()) clear_away(id);
    const TorrentState state = slot.torrent->state();
    const bool is_supervised = settings_.restart.strategy != RestartStrategy::never;
    if (state == TorrentState::failed && slot.wish == Wish::run && !slot.failure_is_known && is_supervised) {
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
      if (!is_quiet(slot)) return now + 1s;   // a write of its former life must not fall into the next one
      begin_anew(id);
      return kNever;
    }
    if (state != TorrentState::stopped || slot.wish == Wish::rest) return kNever;
    if (!is_quiet(slot)) return now + 1s;
    if (slot.wish == Wish::run) {
      begin_anew(id);
    } else {
      by_hash_.erase(slot.torrent->info_hash());
      // Whoever hears of it may still ask what it was.
      emit(id, Removed{});
      slot.torrent.reset();
      if (slots_budget_.leave(id)) on_slots_free();
    }
    return kNever;
  }

  void begin_anew(TorrentId id) {
    Slot& slot = slots_[id.value()];
    slot.restart_at = kNever;
    slot.failure_is_known = false;
    replace(id);
    within(id, [](Torrent& torrent) { torrent.start(); });
  }

  // Destroys a torrent, silently, and makes one of what it was added with.
  void replace(TorrentId id) {
    Slot& slot = slots_[id.value()];
    const TorrentStatus status = ask(id, [](const Torrent& torrent) { return torrent.status(); });
    slot.before.uploaded += status.uploaded;
    slot.before.downloaded += status.downloaded;
    slot.before.wasted += status.wasted;
    AddTorrent options = slot.torrent->options();
    slot.torrent.reset();
    if (slots_budget_.leave(id)) on_slots_free();
    slot.room->boundary.mend();
    make(id, std::move(options));
  }

  // What broke an invariant of its own is gone; in its place there is one that has failed, and does as any other that has.
  void clear_away(TorrentId id) {
    Slot& slot = slots_[id.value()];
    const Fault fault = slot.room->boundary.fault();
    replace(id);
    within(id, [&](Torrent& torrent) { torrent.begin_failed(text_of(fault)); });
    emit(id, InternalFault{fault.place, fault.what});
    if (slot.wish != Wish::run || std::exchange(slot.is_to_begin, false)) within(id, [](Torrent& torrent) { torrent.stop(); });
  }

  // Nothing of it is under way any more, nor of one that was cleared away.
  static bool is_quiet(const Slot& slot) { return slot.torrent->is_quiet() && slot.room->outside.is_idle(); }

  bool knows(const InfoHashV1& info_hash) const override { return by_hash_.contains(info_hash); }
  void on_incoming(const InfoHashV1& info_hash, runtime::StreamId stream, const Endpoint& from,
                   Bytes first_bytes) override {
    const TorrentId id = by_hash_.at(info_hash);
    if (slots_[id.value()].room->boundary.is_broken()) return context_.outside.network.close(stream);
    within(id, [&](Torrent& torrent) { torrent.accept(stream, from, first_bytes); });
  }

  Settings settings_;
  SessionEvents* events_;
  runtime::Timer janitor_;
  runtime::Timer slots_timer_;
  SlotBudget slots_budget_;
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
void Session::add_peer(TorrentId torrent, const Endpoint& peer) { impl_->within(torrent, [&](Torrent& one) { one.add_peer(peer); }); }
void Session::stop() { impl_->stop(); }
bool Session::is_stopped() const { return impl_->is_stopped(); }
void Session::stop(TorrentId torrent) { impl_->stop(torrent); }
void Session::start(TorrentId torrent) { impl_->start(torrent); }
void Session::remove(TorrentId torrent) { impl_->remove(torrent); }
void Session::select(TorrentId torrent, Selection selection) {
  impl_->within(torrent, [&](Torrent& one) { one.select(std::move(selection)); });
}
bool Session::prioritise(TorrentId torrent, const std::vector<std::uint32_t>& files, Priority priority) {
  bool were_there = false;
  impl_->within(torrent, [&](Torrent& one) { were_there = one.prioritise(files, priority); });
  return were_there;
}
void Session::reannounce(TorrentId torrent) { impl_->within(torrent, [](Torrent& one) { one.reannounce(); }); }
void Session::scrape(TorrentId torrent) { impl_->within(torrent, [](Torrent& one) { one.scrape(); }); }
bool Session::disconnect(TorrentId torrent, PeerKey peer) {
  bool was_there = false;
  impl_->within(torrent, [&](Torrent& one) { was_there = one.disconnect(peer); });
  return was_there;
}
void Session::set_limits(const Limits& limits) { impl_->set_limits(limits); }
Limits Session::limits() const { return impl_->limits(); }
void Session::set_limits(TorrentId torrent, const Limits& limits) {
  impl_->within(torrent, [&](Torrent& one) { one.set_limits(limits); });
}
Limits Session::limits(TorrentId torrent) const { return impl_->ask(torrent, [](const Torrent& one) { return one.limits(); }); }
std::vector<TorrentId> Session::torrents() const { return impl_->torrents(); }
bool Session::contains(TorrentId torrent) const { return impl_->contains(torrent); }
std::optional<TorrentId> Session::find(const InfoHashV1& info_hash) const { return impl_->find(info_hash); }
TorrentDescription Session::describe(TorrentId torrent) const {
  return impl_->ask(torrent, [](const Torrent& one) { return one.describe(); });
}
TorrentStatus Session::status(TorrentId torrent) const { return impl_->status(torrent); }
std::shared_ptr<const protocol::Metainfo> Session::metainfo(TorrentId torrent) const {
  return impl_->ask(torrent, [](const Torrent& one) { return one.metainfo(); });
}
std::vector<PeerStatus> Session::peers(TorrentId torrent) const {
  return impl_->ask(torrent, [](const Torrent& one) { return one.peers(); });
}
PiecesStatus Session::pieces(TorrentId torrent) const {
  return impl_->ask(torrent, [](const Torrent& one) { return one.pieces(); });
}
std::vector<FileProgress> Session::files(TorrentId torrent) const {
  return impl_->ask(torrent, [](const Torrent& one) { return one.files(); });
}
const PeerId& Session::peer_id() const { return impl_->peer_id(); }

}  // namespace swarmlab::client
