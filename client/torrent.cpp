#include "client/torrent.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::client {
namespace {

using protocol::Bitfield;
using protocol::BlockRange;
using runtime::FileError;
using runtime::Tag;

// Whose the content store's tags are.
constexpr Tag kDownloadTags = 0;
constexpr Tag kUploadTags = Download::kTags;
constexpr Tag kCheckTags = Download::kTags * 2;
constexpr Tag kSyncTag = Download::kTags * 4;
constexpr Tag kCreateTag = kSyncTag + 1;
constexpr Tag kCompletionTag = kSyncTag + 2;
constexpr Tag kResumeTag = kSyncTag + 3;
constexpr Tag kReserveTag = kSyncTag + 4;

enum Timer : Tag { kUpkeep, kDial };

// Of all connections at most this part is dialled: the rest stays open for those who dial us.
constexpr std::uint32_t dial_limit(std::uint32_t max_peers) { return std::max(1u, max_peers - max_peers / 4); }

// How long a full torrent rests that knows of nobody with a higher priority than its lowest peer.
constexpr Duration kBetterCompanyPause = 30s;

constexpr std::size_t kMaxAddressesRemembered = 1024;

// Far more than two dials that cross can lie apart.
constexpr Duration kCrossingTime = 15s;

}  // namespace

Torrent::Torrent(TorrentId id, SessionContext& session, const runtime::Outside& outside, AddTorrent torrent)
    : id_(id), session_(session), outside_(outside), settings_(session.settings),
      info_hash_(torrent.metainfo != nullptr ? torrent.metainfo->info_hash : torrent.magnet->info_hash),
      options_(std::move(torrent)),
      up_(options_.limits.up, outside_.clock, outside_.timers, session.up),
      down_(options_.limits.down, outside_.clock, outside_.timers, session.down), pool_(settings_.redial_base),
      metadata_exchange_(outside_, settings_, peers_, static_cast<MetadataExchangeOwner&>(*this)),
      peer_exchange_(outside_, settings_, peers_, static_cast<PeerExchangeOwner&>(*this)),
      upkeep_timer_(outside_.timers, *this, kUpkeep), dial_timer_(outside_.timers, *this, kDial) {
  extensions_.add(metadata_exchange_);
  extensions_.add(peer_exchange_);
  if (options_.metainfo != nullptr) know(options_.metainfo);
  for (const Endpoint& peer : options_.peers) learn(peer, PeerSource::user);
}

Torrent::~Torrent() = default;

void Torrent::emit(const Event& event) {
  if (session_.events != nullptr) session_.events->on_event(id_, event);
}

// ---- life ----

void Torrent::start() {
  if (metainfo_ == nullptr) {
    state_ = TorrentState::fetching_metadata;
    for (const Endpoint& peer : options_.magnet->peers) learn(peer, PeerSource::link);
    metadata_exchange_.fetch(info_hash_);
    begin_announcing();
    return;
  }
  check();
}

void Torrent::begin_failed(std::string message) {
  state_ = TorrentState::failed;
  error_ = std::move(message);
  was_synced_ = true;
}

void Torrent::know(std::shared_ptr<const protocol::Metainfo> metainfo) {
  metainfo_ = std::move(metainfo);
  options_.metainfo = metainfo_;   // a torrent that is begun again need not fetch it again
  StoreHandler& handler = *this;
  store_ = std::make_unique<ContentStore>(outside_.files, metainfo_, options_.directory, settings_.open_files, handler,
                                          settings_.recent_content);
  metadata_exchange_.serve(metainfo_->info);
}

void Torrent::check() {
  if (options_.on_start == OnStart::trust_data) {
    Bitfield all(metainfo_->geometry.piece_count());
    all.set_all();
    begin_transfer(all);
    return;
  }
  CheckHandler& handler = *this;
  checker_ = std::make_unique<Checker>(*store_, outside_.hasher, metainfo_, kCheckTags, handler);
  if (settings_.resume_data && !options_.check_only) {
    make_resume_keeper(kResumeTag);
    resume_->load();
  } else {
    checker_->start();
  }
}

void Torrent::on_checked(const Bitfield& found) {
  const EventScope scope(*this);
  emit(Checked{found.count(), found.size(), checker_->trusted().count()});
  if (options_.check_only) {
    make_download(found);
    wind_down(TorrentState::stopping);
    return;
  }
  go_on_from_check();
}

// True: something is to be reserved, and on_reserved() comes.
bool Torrent::reserve(const Bitfield& have) {
  const std::vector<std::uint32_t> files = files_to_reserve(have);
  if (!files.empty()) store_->reserve(files, kReserveTag);
  return !files.empty();
}

void Torrent::go_on_from_check() {
  if (reserve(checker_->found())) return;
  begin_transfer(checker_->found());
  if (resume_ != nullptr) resume_->begin(checker_->trusted());
  checker_.reset();
}

void Torrent::make_download(const Bitfield& have) {
  DownloadOwner& owner = *this;
  download_ = std::make_unique<Download>(outside_, settings_, metainfo_, have, *store_, peers_, kDownloadTags, owner);
  peers_.for_each_ready([&](Peer& peer) { download_->peer_ready(peer); });   // of a magnet link
}

void Torrent::begin_transfer(const Bitfield& have) {
  make_download(have);
  UploadOwner& upload_owner = *this;
  upload_ = std::make_unique<Upload>(outside_, settings_, metainfo_, *store_, peers_, id_, up_, kUploadTags,
                                     upload_owner);
  peers_.for_each_ready([&](Peer& peer) { upload_->peer_ready(peer); });
  if (!options_.select.empty()) apply_selection();
  state_ = download_->is_complete() ? TorrentState::seeding : TorrentState::downloading;
  if (have.all()) begin_super_seeding();
  if (!have.all()) store_->create_empty_files(kCreateTag);
  upload_->start();
  if (announcers_.empty()) begin_announcing();
  welcome_early_peers();
}

bool Torrent::is_open() const {
  return !announcers_.empty() && (state_ == TorrentState::fetching_metadata || state_ == TorrentState::checking ||
                                   state_ == TorrentState::downloading || state_ == TorrentState::seeding);
}

void Torrent::stop() {
  if (state_ == TorrentState::stopping || state_ == TorrentState::stopped) return;
  wind_down(TorrentState::stopping);
}

// Lets go of peers and trackers.  `next` is stopping or failed.
void Torrent::wind_down(TorrentState next) {
  const bool was_failed = state_ == TorrentState::failed;
  state_ = next;
  checker_.reset();
  dial_timer_.disarm();
  if (upload_ != nullptr) upload_->halt();
  if (download_ != nullptr) download_->halt();
  peers_.for_each([&](Peer& peer) { drop(peer, "the torrent is being stopped"); });
  if (was_failed) {
    // Trackers were told already.
    if (announcers_running_ == 0) upkeep_timer_.arm(outside_.clock.now());
    return;
  }
  metadata_exchange_.halt();
  peer_exchange_.halt();
  if (resume_ != nullptr && next == TorrentState::failed) resume_->halt();
  if (resume_ != nullptr && next == TorrentState::stopping && download_ != nullptr) {
    // Its record comes after a sync: that is the only one, or what one has begun the other would take for done.
    resume_->finish();
    was_synced_ = true;
    upkeep_timer_.arm(outside_.clock.now());
  } else if (store_ != nullptr) {
    store_->sync(kSyncTag);
  } else {
    was_synced_ = true;
  }
  for (const auto& announcer : announcers_) announcer->stop();
}

void Torrent::end_if_quiet() {
  if (state_ != TorrentState::stopping || announcers_running_ > 0 || !was_synced_) return;
  if (resume_ != nullptr && !resume_->is_settled()) return;
  state_ = TorrentState::stopped;
  upkeep_timer_.disarm();
  emit(Stopped{});
}

void Torrent::fail(std::string message) {
  if (has_ended()) return;
  error_ = std::move(message);
  wind_down(TorrentState::failed);
}

void Torrent::complete() {
  state_ = TorrentState::seeding;
  emit(Completed{upload_->uploaded(), download_->downloaded()});
  if (download_->has_all()) {
    for (const auto& announcer : announcers_) announcer->completed();
  } else {
    extensions_.refresh(peers_, handshake_facts());
  }
  if (resume_ != nullptr) {
    resume_->finish();
  } else {
    store_->sync(kCompletionTag);
  }
  peers_.for_each_ready([&](Peer& peer) { drop_if_pointless(peer); });
  if (!download_->have().all()) extensions_.refresh(peers_, handshake_facts());   // a partial seed says so (BEP 21)
}

bool Torrent::drop_if_pointless(Peer& peer) {
  if (!is_pointless(peer)) return false;
  drop(peer, peer.is_seed() ? "both have everything" : "neither of us fetches anything");
  return true;
}

// ---- parts report ----

void Torrent::on_settled() {
  if (event_depth_ == 0) settle();
}

void Torrent::on_stored(const StoreResult& result) {
  const EventScope scope(*this);
  if (resume_ != nullptr) resume_->on_stored(result);
  if (result.tag == kResumeTag) return;
  if (result.tag == kReserveTag) return on_reserved(result);
  if (result.tag >= kSyncTag) {
    if (result.tag == kSyncTag) {
      was_synced_ = true;
      if (result.error != FileError::none) on_sync_failed(result.path, result.error);
      end_if_quiet();
    } else if (result.error != FileError::none) {
      on_storage_error(result.path, result.error);
    }
  } else if (result.tag >= kCheckTags) {
    if (checker_ != nullptr) checker_->on_stored(result);
  } else if (result.tag >= kUploadTags) {
    upload_->on_stored(result);
  } else {
    download_->on_stored(result);
    // Reading goes on when half of what waits for the disk is through.
    if (disk_holds_back_ && store_->write_backlog() <= settings_.write_backlog / 2) {
      disk_holds_back_ = false;
      peers_.for_each_ready([&](Peer& peer) {
        if (peer.wire.is_paused() && !peer.waits_for_down_tokens) peer.wire.resume_reading();
      });
    }
  }
}

void Torrent::on_piece_done(PieceIndex piece, std::span<const PeerKey> sources) {
  emit(PieceVerified{piece, download_->have().count()});
  const protocol::ShortMessage have = protocol::encode(protocol::Have{piece});
  peers_.for_each_ready([&](Peer& peer) {
    // Who has it need not hear of it, but for a super-seed: it waits to see that what it showed was passed on (bug B57).
    const bool waits_for_it = peer.may_be_super_seed() && std::ranges::find(sources, peer.key) != sources.end();
    if (waits_for_it || !peer.pieces.test(piece)) peer.wire.send(have);
  });
  if (download_->is_complete()) complete();
}

void Torrent::on_piece_failed(PieceIndex piece, std::uint32_t sources) { emit(PieceFailed{piece, sources}); }

void Torrent::on_culprit(PeerKey key, PieceIndex piece, Guilt guilt) {
  Peer* peer = peers_.find(key);
  if (guilt == Guilt::suspected) {
    if (peer != nullptr) drop(*peer, "had a part in too many pieces that failed their hash");
    return;
  }
  const auto culprit = endpoint_of(key);
  if (!culprit) return;
  if (!bans_.is_banned(culprit->address, outside_.clock.now())) emit(PeerBanned{*culprit, piece});   // its other pieces are no news
  ban(*culprit, "sent data that failed its hash");
}

// Of a peer that is here, or was and is remembered (then without its port).
std::optional<Endpoint> Torrent::endpoint_of(PeerKey key) {
  if (const Peer* peer = peers_.find(key)) return peer->endpoint;
  const auto gone = addresses_.find(key);
  return gone != addresses_.end() ? std::optional(Endpoint{gone->second, 0}) : std::nullopt;
}

std::optional<IpAddress> Torrent::address_of(PeerKey key) {
  const auto endpoint = endpoint_of(key);
  return endpoint ? std::optional(endpoint->address) : std::nullopt;
}

void Torrent::ban(const Endpoint& culprit, std::string_view reason) {
  bans_.ban(culprit.address, outside_.clock.now() + settings_.ban_time);
  // All its connections: a ban that leaves one open is none (bug B46).
  peers_.for_each([&](Peer& other) {
    if (other.endpoint.address == culprit.address) drop(other, reason);
  });
}

bool Torrent::can_serve(const Peer& peer, PieceIndex piece) const {
  return metainfo_->geometry.contains(piece) && download_->has(piece) &&
         (super_seed_ == nullptr || super_seed_->is_shown(peer.key, piece));
}

// ---- connections ----

void Torrent::learn(const Endpoint& peer, PeerSource source) {
  if (settings_.loopback_only && !peer.address.is_loopback()) return;
  if (pool_.add(peer, source)) has_new_candidates_ = true;
}

// Our own address for a connection to `to`: the one we listen at, where the family fits.
std::optional<IpAddress> Torrent::source_for(const Endpoint& to) const {
  return session_.from.like(to.address);
}

void Torrent::add_peer(const Endpoint& peer) {
  learn(peer, PeerSource::user);
  if (is_open()) dial_timer_.arm_no_later_than(outside_.clock.now());
}

bool Torrent::disconnect(PeerKey key) {
  const EventScope scope(*this);
  Peer* peer = peers_.find(key);
  if (peer == nullptr) return false;
  drop(*peer, "was disconnected by hand");
  return true;
}

void Torrent::dial_more() {
  if (!is_open()) return;
  const Time now = outside_.clock.now();
  const auto is_banned = [&](const IpAddress& address) { return bans_.is_banned(address, now); };
  std::size_t connected = connections();
  while (half_open_ < settings_.max_half_open && connected < dial_limit(settings_.max_peers)) {
    const auto to = pool_.next_to_dial(now, is_banned);
    if (!to) break;
    ++connected;
    dial(*to);
  }
  if (connected >= settings_.max_peers && settings_.peer_priority) {
    if (const auto to = higher_candidate(now)) dial(*to);
    dial_timer_.arm_no_later_than(now + kBetterCompanyPause);
  }
  const Time due = std::max(pool_.next_due(), now + 1s);
  if (connected < dial_limit(settings_.max_peers) && due != kNever) dial_timer_.arm_no_later_than(due);
  upkeep_timer_.arm_no_later_than(now + 5s);
}

void Torrent::dial(const Endpoint& to) {
  ++half_open_;
  PeerOwner& owner = *this;
  peers_.add(std::make_unique<Peer>(next_key_, to, source_for(to), settings_, outside_.network, outside_.clock, owner));
  ++next_key_;
}

void Torrent::accept(runtime::StreamId stream, const Endpoint& from, Bytes first_bytes) {
  if (!is_open() || !has_room_for(from) || bans_.is_banned(from.address, outside_.clock.now())) {
    outside_.network.close(stream);
    return;
  }
  PeerOwner& owner = *this;
  Peer& peer = peers_.add(
      std::make_unique<Peer>(next_key_, stream, from, settings_, outside_.network, outside_.clock, owner));
  ++next_key_;
  ++half_open_;
  upkeep_timer_.arm_no_later_than(outside_.clock.now() + 5s);
  peer.wire.begin(first_bytes);
}

void Torrent::on_established(Peer& peer) {
  peer.wire.send(protocol::Handshake{
      {.extension_protocol = settings_.extension_protocol, .fast = settings_.fast_extension},
      info_hash_, session_.peer_id});
}

void Torrent::on_handshake(Peer& peer, const protocol::Handshake& handshake) {
  if (handshake.info_hash != info_hash_) {
    drop(peer, "answered for another torrent");
    return;
  }
  if (handshake.peer_id == session_.peer_id) {
    // Our own address, as a tracker may give it to us (bug B61).  The end that dialled learns it from the answer.
    if (peer.initiator == Initiator::us) {
      pool_.exclude(peer.endpoint);
    } else {
      on_established(peer);
    }
    drop(peer, "is ourselves");
    return;
  }
  peer.id = handshake.peer_id;
  if (!resolve_duplicate(peer) || !make_room(peer)) return;
  if (peer.initiator == Initiator::them) on_established(peer);
  peer.common_features = common(
      {.extension_protocol = settings_.extension_protocol, .fast = settings_.fast_extension}, handshake.features);
  peer.is_ready = true;
  --half_open_;
  peer.since = outside_.clock.now();
  if (download_ != nullptr) download_->peer_ready(peer);
  if (upload_ != nullptr) upload_->peer_ready(peer);
  greet(peer);
  peer_exchange_.contacts_changed();
  emit(PeerConnected{peer.endpoint, peer.id, peer.initiator});
}

// One connection per pair of peers.  When dials crossed, both ends must give up the same one: what stays is the
// connection that was dialled by the greater peer id (bug B60).  A connection that has been in use for a
// while is no crossing, and stays.  False: `peer` is the one to go.
bool Torrent::resolve_duplicate(Peer& peer) {
  Peer* other = nullptr;
  peers_.for_each_ready([&](Peer& candidate) {
    if (candidate.id == peer.id) other = &candidate;
  });
  if (other == nullptr) return true;
  const bool ours_stays = session_.peer_id > peer.id;
  const bool is_crossing = peer.initiator != other->initiator && outside_.clock.now() - other->since < kCrossingTime;
  const bool new_one_stays = is_crossing && (peer.initiator == Initiator::us) == ours_stays;
  Peer& surplus = new_one_stays ? *other : peer;
  surplus.is_surplus = true;
  drop(surplus, "is connected twice");
  return new_one_stays;
}

// First messages: what we have (BEP 3; BEP 6 where both speak it), then what we speak (BEP 10).
void Torrent::greet(Peer& peer) {
  const bool has_none = download_ == nullptr || download_->have().none();
  if (super_seed_ != nullptr) {
    super_seed_->peer_joined(peer.key, peer.since);
    upkeep_timer_.arm_no_later_than(super_seed_->next_look());
    if (peer.common_features.fast) peer.wire.send(protocol::encode(protocol::HaveNone{}));
  } else if (peer.common_features.fast && has_none) {
    peer.wire.send(protocol::encode(protocol::HaveNone{}));
  } else if (peer.common_features.fast && download_->have().all()) {
    peer.wire.send(protocol::encode(protocol::HaveAll{}));
  } else if (!has_none) {
    peer.wire.send(protocol::Message(protocol::BitfieldMessage{download_->have().wire()}));
  }
  extensions_.greet(peer, handshake_facts());
}

HandshakeFacts Torrent::handshake_facts() const {
  return {.listen_port = session_.listen_port != 0 ? std::optional(session_.listen_port) : std::nullopt,
          .client_name = settings_.client_name,
          .request_queue = settings_.request_queue,
          .upload_only = wants_nothing() && !download_->have().all()};
}

void Torrent::on_wire_closed(Peer& peer, std::string_view reason) { drop(peer, reason); }

void Torrent::drop(Peer& peer, std::string_view reason) {
  if (peer.is_dropped) return;
  peer.is_dropped = true;
  some_dropped_ = true;
  peer.wire.close();
  const Time now = outside_.clock.now();
  if (peer.is_ready) {
    addresses_.emplace(peer.key, peer.endpoint.address);
    if (addresses_.size() > kMaxAddressesRemembered) addresses_.erase(addresses_.begin());
    if (download_ != nullptr) download_->peer_left(peer);
    if (upload_ != nullptr) upload_->peer_left(peer);
    extensions_.peer_left(peer);
    if (super_seed_ != nullptr) super_seed_->peer_left(peer.key);
    may_reveal_ = true;
    emit(PeerDropped{peer.endpoint, reason});
  } else {
    --half_open_;
  }
  if (peer.initiator == Initiator::us) {
    const bool is_unwanted = peer.is_surplus || peer.gave_way || is_pointless(peer);
    pool_.dialled(peer.endpoint,
                  is_unwanted     ? PeerPool::Outcome::unwanted
                  : peer.is_ready ? PeerPool::Outcome::ended
                                  : PeerPool::Outcome::failed, now);
  }
  if (peer.listens_at) {
    pool_.dialled(*peer.listens_at, peer.gave_way ? PeerPool::Outcome::unwanted : PeerPool::Outcome::ended, now);
  }
  dial_timer_.arm_no_later_than(now + 1s);
}

// ---- flow ----

void Torrent::on_room(Peer& peer) {
  if (peer.is_ready && upload_ != nullptr) upload_->pump(peer);
}

// ---- time ----

void Torrent::on_timer(Tag tag) {
  const EventScope scope(*this);
  if (tag == kDial) {
    dial_timer_.expired();
    dial_more();
  } else {
    upkeep_timer_.expired();
    upkeep();
  }
}

Duration Torrent::handshake_patience(const Peer& peer) const {
  return peer.initiator == Initiator::us ? settings_.connect_timeout + settings_.handshake_timeout
                                         : settings_.handshake_timeout;
}

// Looks after what only time brings about.  Re-arms itself for the next moment at which anything can fall due.
void Torrent::upkeep() {
  if (state_ == TorrentState::failed || state_ == TorrentState::stopping) {
    end_if_quiet();
    return;
  }
  const Time now = outside_.clock.now();
  Time next = kNever;
  peers_.for_each([&](Peer& peer) {
    if (!peer.is_ready) {
      const Time patience_ends = peer.since + handshake_patience(peer);
      if (now >= patience_ends) {
        drop(peer, "did not finish its handshake in time");
      } else {
        next = std::min(next, patience_ends);
      }
      return;
    }
    // Silence counts only of who is read from, and is not being served (bug B39): a block goes to its stream only
    // when it has taken the one before.
    const Time heard = peer.wire.is_paused() ? now : std::max(peer.wire.last_received(), peer.served);
    if (now - heard >= settings_.idle_timeout) {
      drop(peer, "was silent for too long");
      return;
    }
    if (peer.wire.is_clogged()) {
      drop(peer, "does not read what it is sent");
      return;
    }
    if (now - peer.wire.last_sent() >= settings_.keepalive_interval) {
      peer.wire.send(protocol::encode(protocol::KeepAlive{}));
    }
    peer.gives.rest(now);
    peer.takes.rest(now);
    next = std::min({next, heard + settings_.idle_timeout,
                     peer.wire.last_sent() + settings_.keepalive_interval});
  });
  if (download_ != nullptr) next = std::min(next, download_->upkeep(now));
  if (super_seed_ != nullptr) next = std::min(next, look_after_super_seed());
  bans_.expire(now);
  // At least every 5 s while anybody is connected: requests sent meanwhile have time-outs of their own.
  if (peers_.count_if([](const Peer&) { return true; }) > 0) next = std::min(next, now + 5s);
  if (next != kNever) upkeep_timer_.arm(std::max(next, now + 1s));
}

void Torrent::settle() {
  if (state_ == TorrentState::downloading || state_ == TorrentState::seeding) {
    download_->settle();
    if (std::exchange(may_reveal_, false) && super_seed_ != nullptr) reveal_pieces();
    upload_->settle();
  }
  if (is_open() && std::exchange(has_new_candidates_, false)) dial_timer_.arm_no_later_than(outside_.clock.now());
  if (std::exchange(some_dropped_, false)) peers_.destroy_dropped();
}

}  // namespace swarmlab::client
