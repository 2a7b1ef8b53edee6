// What passes between a torrent and its trackers.
#include <utility>

#include "client/torrent.hpp"

namespace swarmlab::client {
namespace {

// A link names trackers without tiers: each is one, so that all are tried, in the order of the link.
std::vector<std::vector<std::string>> tiers_of(const protocol::Magnet& magnet) {
  std::vector<std::vector<std::string>> tiers;
  for (const std::string& tracker : magnet.trackers) tiers.push_back({tracker});
  return tiers;
}

}  // namespace

std::vector<std::vector<std::string>> Torrent::trackers() const {
  if (options_.trackers) return *options_.trackers;
  return metainfo_ != nullptr ? metainfo_->trackers : tiers_of(*options_.magnet);
}

void Torrent::begin_announcing() {
  AnnouncerIdentity identity{info_hash_, session_.peer_id, session_.listen_port, session_.tracker_key,
                             session_.from.v4 ? session_.from.v4 : session_.from.v6};
  const auto tiers = trackers();
  const auto begin = [&](const std::vector<std::vector<std::string>>& of) {
    AnnouncerOwner& owner = *this;
    announcers_.push_back(std::make_unique<Announcer>(outside_, settings_, identity, of, owner));
  };
  // BEP 12 asks one tracker at a time.  Where all tiers are to hear of us, each is a list of its own.
  const auto begin_all = [&] {
    if (settings_.announce_to_all_tiers && tiers.size() > 1) {
      for (const auto& tier : tiers) begin({tier});
    } else {
      begin(tiers);
    }
  };
  // BEP 7: who listens in both families announces in both, under one peer id and key.
  identity.has_other_family = session_.from.v4 && session_.from.v6;
  begin_all();
  if (identity.has_other_family) {
    identity.from = session_.from.v6;
    begin_all();
  }
  announcers_running_ = announcers_.size();
  for (const auto& announcer : announcers_) announcer->start();
  // From an event of its own: whoever added the torrent is not called back before it has returned.
  dial_timer_.arm(outside_.clock.now());
}

void Torrent::reannounce() {
  for (const auto& announcer : announcers_) announcer->reannounce();
}

void Torrent::scrape() {
  ScraperOwner& owner = *this;
  const auto& from = session_.from.v4 ? session_.from.v4 : session_.from.v6;
  if (scraper_ == nullptr) scraper_ = std::make_unique<Scraper>(outside_, settings_, from, info_hash_, owner);
  scraper_->ask(trackers());
}

void Torrent::on_scraped(std::string_view url, const protocol::ScrapeEntry& entry) {
  swarm_seeds_ = entry.complete;
  swarm_leechers_ = entry.incomplete;
  swarm_downloads_ = entry.downloaded;
  emit(TrackerScraped{url, entry.complete, entry.incomplete, entry.downloaded});
}

void Torrent::on_scrape_failed(std::string_view url, std::string_view reason) { emit(ScrapeFailed{url, reason}); }

TransferTotals Torrent::totals() const {
  // What a failed hash takes back must not be taken back from a tracker: totals never fall (bug B64).
  if (download_ == nullptr || upload_ == nullptr) {
    return {ByteCount(), ByteCount(), metainfo_ != nullptr ? metainfo_->geometry.total() : kUnknownLeft};
  }
  const bool is_partial_seed = wants_nothing() && download_->left_in_all().value() > 0;
  return {upload_->uploaded(), download_->fetched(), download_->left_in_all(), is_partial_seed};
}

void Torrent::on_tracker_answer(std::string_view url, protocol::AnnounceEvent event,
                                const protocol::AnnounceReply& reply, Duration interval) {
  const EventScope scope(*this);
  emit(TrackerAnswered{url, event, static_cast<std::uint32_t>(reply.peers.size()), interval, reply.peers});
  if (reply.complete) swarm_seeds_ = reply.complete;
  if (reply.incomplete) swarm_leechers_ = reply.incomplete;
  std::vector<Endpoint> found;
  for (const protocol::TrackerPeer& peer : reply.peers) {
    if (peer.id != session_.peer_id) found.push_back(peer.endpoint);
  }
  outside_.random.shuffle(std::span(found));
  for (const Endpoint& peer : found) learn(peer, PeerSource::tracker);
}

void Torrent::on_tracker_failure(std::string_view url, protocol::AnnounceEvent event, std::string_view reason) {
  emit(TrackerFailed{url, event, reason});
}

void Torrent::on_announcer_stopped() {
  --announcers_running_;
  end_if_quiet();
}

}  // namespace swarmlab::client
