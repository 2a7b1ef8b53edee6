// Torrent: one torrent of a session, from the first check of its files to the last goodbye.
//
//   fetching_metadata -> checking -> downloading -> seeding     stop() from anywhere: stopping -> stopped
//      (of a magnet link)   \____________\_____________\__ a file cannot be read or written: failed (peers gone,
//                                                            trackers told)
//
// A broken invariant in it never gets here: the session takes the whole torrent away and puts one in its place that has failed.
//
// A magnet link meets its peers at once: trackers are told, peers dialled and accepted, and what they say of their pieces
// is kept (Peer::early) until the metadata is here and the files are checked.  torrent_metadata.cpp has that time.
//
// Composes what has the rules: Checker, ResumeKeeper, Download, Upload, Announcer, PeerPool, BanList.  Its own part is who is
// connected: dialling, accepting, handshakes, one connection per pair, keep-alives, time-outs; and judging whether a
// message makes sense at all before a part acts on it.
//
// Every event from outside ends in settle(): peers that were dropped are destroyed, free slots filled, idle peers
// given work, new ones dialled.  Until then nothing that an event handler holds goes away.
#pragma once

#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/announcer.hpp"
#include "client/ban_list.hpp"
#include "client/checker.hpp"
#include "client/content_store.hpp"
#include "client/download.hpp"
#include "client/extensions/extensions.hpp"
#include "client/extensions/metadata_exchange.hpp"
#include "client/extensions/peer_exchange.hpp"
#include "client/peer_pool.hpp"
#include "client/peer_set.hpp"
#include "client/resume_keeper.hpp"
#include "client/scraper.hpp"
#include "client/session.hpp"
#include "client/super_seed.hpp"
#include "client/throttle.hpp"
#include "client/upload.hpp"

namespace swarmlab::client {

// The addresses that we listen at, by family; nullopt where the host may choose.
struct LocalAddresses {
  std::optional<IpAddress> v4;
  std::optional<IpAddress> v6;
  const std::optional<IpAddress>& like(const IpAddress& other) const { return other.is_v6() ? v6 : v4; }
};

// Who is to hear that upload slots are free for other torrents than the one that let go of them.
class SlotOwner {
 public:
  virtual void on_slots_free() = 0;

 protected:
  ~SlotOwner() = default;
};

// What the torrents of a session have in common.
struct SessionContext {
  runtime::Outside outside;
  const Settings& settings;
  SessionEvents* events;
  PeerId peer_id;
  std::uint32_t tracker_key;
  std::uint16_t listen_port = 0;
  LocalAddresses from;                      // dial and announce from here
  Throttle& up;
  Throttle& down;
  SlotBudget& slots;
  SlotOwner& slot_owner;
};

class Torrent final : private PeerOwner,
                      private StoreHandler,
                      private CheckHandler,
                      private ResumeOwner,
                      private DownloadOwner,
                      private UploadOwner,
                      private AnnouncerOwner,
                      private ScraperOwner,
                      private MetadataExchangeOwner,
                      private PeerExchangeOwner,
                      private runtime::TimerHandler {
 public:
  // `outside`: the session's, contained (contained_outside.hpp); it outlives the torrent.
  Torrent(TorrentId id, SessionContext& session, const runtime::Outside& outside, AddTorrent torrent);
  Torrent(const Torrent&) = delete;
  Torrent& operator=(const Torrent&) = delete;
  ~Torrent();

  void start();
  // Instead of start(): it has failed, and nothing of it was ever under way.
  void begin_failed(std::string message);
  void stop();
  void add_peer(const Endpoint& peer);
  void reannounce();
  void scrape();
  void select(Selection selection);
  bool prioritise(const std::vector<std::uint32_t>& files, Priority priority);
  // False: no such peer is connected.
  bool disconnect(PeerKey peer);
  // Takes over an accepted stream whose handshake (in `first_bytes`) names this torrent.
  void accept(runtime::StreamId stream, const Endpoint& from, Bytes first_bytes);
  void on_up_tokens(PeerKey peer);
  void on_down_tokens(PeerKey peer);
  // Other torrents have let go of upload slots.
  void on_slots_free();

  const InfoHashV1& info_hash() const { return info_hash_; }
  const std::shared_ptr<const protocol::Metainfo>& metainfo() const { return metainfo_; }
  TorrentState state() const { return state_; }
  TorrentStatus status() const;
  TorrentDescription describe() const;
  std::vector<PeerStatus> peers() const;
  PiecesStatus pieces() const;
  std::vector<FileProgress> files() const;
  // What it was added with: a torrent that is begun again is made of it.
  const AddTorrent& options() const { return options_; }
  // Its own, within those of the session.
  void set_limits(const Limits& limits);
  Limits limits() const { return {up_.rate(), down_.rate()}; }
  // Nothing of it is under way any more: no goodbye to a tracker, no write.
  bool is_quiet() const { return announcers_running_ == 0 && (store_ == nullptr || store_->is_idle()); }

 private:
  // PeerOwner
  void on_established(Peer& peer) override;
  void on_handshake(Peer& peer, const protocol::Handshake& handshake) override;
  void on_message(Peer& peer, const protocol::Message& message) override;
  void on_block(Peer& peer, const protocol::BlockRange& block, runtime::Slices data) override;
  void on_bytes(Peer& peer, ByteCount bytes) override;
  void on_written(Peer& peer, ByteCount bytes, WireUnit unit) override;
  void on_room(Peer& peer) override;
  void on_wire_closed(Peer& peer, std::string_view reason) override;
  void on_settled() override;
  // StoreHandler, CheckHandler
  void on_stored(const StoreResult& result) override;
  void on_checked(const protocol::Bitfield& found) override;
  void on_check_failed(std::string_view path, runtime::FileError why) override;
  // ResumeOwner
  void on_resume_loaded(std::optional<ResumeClaims> claims, std::string_view path, std::string_view why_not) override;
  const protocol::Bitfield& pieces_on_disk() const override { return download_->have(); }
  void on_resume_failed(std::string_view path, runtime::FileError error) override;
  void on_resume_settled() override { end_if_quiet(); }
  void on_file_changed(std::string_view path, std::string_view how) override;
  void on_sync_failed(std::string_view path, runtime::FileError error) override;
  // DownloadOwner, UploadOwner
  void on_piece_done(PieceIndex piece, std::span<const PeerKey> sources) override;
  void on_piece_failed(PieceIndex piece, std::uint32_t sources) override;
  void on_culprit(PeerKey peer, PieceIndex piece, Guilt guilt) override;
  std::optional<IpAddress> address_of(PeerKey key) override;
  void on_storage_error(std::string_view path, runtime::FileError error) override;
  void on_late_write() override;
  void drop(Peer& peer, std::string_view reason) override;
  std::uint32_t grant_slots(std::uint32_t wanted, SlotBudget::Moment moment) override;
  void on_slots_held(std::uint32_t held) override;
  std::uint32_t most_slots() const override;
  bool can_serve(const Peer& peer, PieceIndex piece) const override;
  bool is_seeding() const override { return state_ == TorrentState::seeding; }
  // AnnouncerOwner
  TransferTotals totals() const override;
  void on_tracker_answer(std::string_view url, protocol::AnnounceEvent event,
                         const protocol::AnnounceReply& reply, Duration interval) override;
  void on_tracker_failure(std::string_view url, protocol::AnnounceEvent event,
                          std::string_view reason) override;
  void on_announcer_stopped() override;
  // ScraperOwner
  void on_scraped(std::string_view url, const protocol::ScrapeEntry& entry) override;
  void on_scrape_failed(std::string_view url, std::string_view reason) override;
  // MetadataExchangeOwner
  void on_metadata(std::vector<std::byte> info) override;
  void on_metadata_liar(PeerKey peer) override;
  // PeerExchangeOwner
  bool may_exchange() const override { return !is_private(); }
  void on_exchanged(const Peer& teller, std::span<const protocol::PexPeer> found) override;
  // TimerHandler
  void on_timer(runtime::Tag tag) override;

  // Wire messages by kind, after the checks that all share.
  struct MessageVisitor;
  void greet(Peer& peer);
  void begin_super_seeding();
  Time look_after_super_seed();
  void reveal_pieces();
  void on_extended(Peer& peer, const protocol::Extended& message);
  bool require_fast(Peer& peer, std::string_view what);

  // Whatever happens within the scope is settled once, at the end of the outermost.
  struct EventScope {
    explicit EventScope(Torrent& t) : torrent(t) { ++torrent.event_depth_; }
    // settle() may find a broken invariant; and where one is unwinding the stack already, nothing is to be settled any more.
    ~EventScope() noexcept(false) {
      if (--torrent.event_depth_ == 0 && std::uncaught_exceptions() == unwinding) torrent.settle();
    }
    EventScope(const EventScope&) = delete;
    EventScope& operator=(const EventScope&) = delete;
    Torrent& torrent;
    const int unwinding = std::uncaught_exceptions();
  };

  // Whether peers are met: not while the files of a known torrent are checked, nor after the end.
  bool is_open() const;
  // Nothing is left that we would fetch.
  bool wants_nothing() const { return state_ == TorrentState::seeding; }
  // Neither of us will ever ask the other for anything: two seeds, whole or partial (BEP 21).
  bool is_pointless(const Peer& peer) const { return wants_nothing() && (peer.is_seed() || peer.is_upload_only); }
  bool drop_if_pointless(Peer& peer);
  // BEP 27, as far as we know: a magnet link's torrent says so in its metadata.
  bool is_private() const { return metainfo_ != nullptr && metainfo_->is_private; }
  void keep_to_the_tracker();
  void know(std::shared_ptr<const protocol::Metainfo> metainfo);
  void check();
  void begin_announcing();
  std::vector<std::vector<std::string>> trackers() const;
  std::optional<Endpoint> endpoint_of(PeerKey key);
  void ban(const Endpoint& culprit, std::string_view reason);
  HandshakeFacts handshake_facts() const;
  void on_early_message(Peer& peer, const protocol::Message& message);
  void welcome_early_peers();
  void make_resume_keeper(runtime::Tag store_tag);
  void apply_selection();
  void make_download(const protocol::Bitfield& have);
  void begin_transfer(const protocol::Bitfield& have);
  void go_on_from_check();
  bool reserve(const protocol::Bitfield& have);
  std::vector<std::uint32_t> files_to_reserve(const protocol::Bitfield& have) const;
  void on_reserved(const StoreResult& result);
  void learn(const Endpoint& peer, PeerSource source);
  std::optional<IpAddress> source_for(const Endpoint& to) const;
  void dial_more();
  void dial(const Endpoint& to);
  struct Lowest { std::uint32_t priority = 0; PeerKey key; };
  std::optional<Endpoint> own_endpoint(const IpAddress& like) const;
  std::optional<std::uint32_t> priority_of(const Endpoint& peer) const;
  bool is_in_use(const Peer& peer, Time now) const;
  std::optional<Lowest> lowest_peer() const;
  std::size_t connections() const;
  bool has_room_for(const Endpoint& newcomer) const;
  bool make_room(Peer& peer);
  std::optional<Endpoint> higher_candidate(Time now);
  Duration handshake_patience(const Peer& peer) const;
  void upkeep();
  bool resolve_duplicate(Peer& peer);
  void complete();
  // It has failed, or is on its way out.
  bool has_ended() const {
    return state_ == TorrentState::failed || state_ == TorrentState::stopping || state_ == TorrentState::stopped;
  }
  void fail(std::string message);
  void fail_for_storage(std::string_view path, std::string_view reason, std::string_view advice);
  void wind_down(TorrentState next);
  void end_if_quiet();
  void settle();
  void emit(const Event& event);

  TorrentId id_;
  SessionContext& session_;
  const runtime::Outside& outside_;
  const Settings& settings_;
  InfoHashV1 info_hash_;
  std::shared_ptr<const protocol::Metainfo> metainfo_;   // null until a magnet link's has come
  AddTorrent options_;
  TorrentState state_ = TorrentState::checking;
  std::string error_;
  Throttle up_;
  Throttle down_;
  PeerSet peers_;
  PeerPool pool_;
  BanList bans_;
  std::unique_ptr<ContentStore> store_;     // from the metadata on
  std::unique_ptr<Checker> checker_;
  std::unique_ptr<ResumeKeeper> resume_;    // null: no resume data is kept
  std::unique_ptr<Download> download_;      // from the end of the check
  std::unique_ptr<Upload> upload_;
  std::unique_ptr<SuperSeed> super_seed_;   // while we pretend to have nothing
  std::vector<std::unique_ptr<Announcer>> announcers_;   // one, or one for each tier of trackers
  std::unique_ptr<Scraper> scraper_;        // from the first scrape on
  MetadataExchange metadata_exchange_;
  PeerExchange peer_exchange_;
  Extensions extensions_;
  std::map<PeerKey, IpAddress> addresses_;  // of peers that delivered and left: bans reach them too
  PeerKey next_key_{0};
  runtime::Timer upkeep_timer_;
  runtime::Timer dial_timer_;
  std::uint32_t half_open_ = 0;
  std::size_t announcers_running_ = 0;      // that have not said goodbye
  std::optional<std::uint32_t> swarm_seeds_;      // as a tracker said last
  std::optional<std::uint32_t> swarm_leechers_;
  std::optional<std::uint32_t> swarm_downloads_;
  bool was_synced_ = false;
  bool has_new_candidates_ = false;
  bool disk_holds_back_ = false;            // some peer may be paused because of the write backlog
  bool some_dropped_ = false;
  bool may_reveal_ = false;                 // super_seed_ may have something to show
  int event_depth_ = 0;                     // settle() waits for the outermost event to end
};

}  // namespace swarmlab::client
