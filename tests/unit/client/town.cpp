#include "tests/unit/client/town.hpp"

#include <gtest/gtest.h>

namespace swarmlab::client {
namespace {

std::shared_ptr<const protocol::Metainfo> make_metainfo(const Torrenting& torrent) {
  auto metainfo = std::make_shared<protocol::Metainfo>();
  metainfo->name = "content";
  metainfo->info_hash.bytes.fill(std::byte{7});
  metainfo->geometry = protocol::PieceGeometry(torrent.size, torrent.piece_length);
  metainfo->piece_hashes = swarmsim::symbolic_piece_hashes("content", torrent.size, torrent.piece_length);
  metainfo->files.push_back({{"content"}, torrent.size, ByteCount(0)});
  if (torrent.has_info || torrent.is_private) {
    protocol::NewTorrent made;
    made.name = "content";
    made.files.push_back({{}, torrent.size});
    made.piece_length = torrent.piece_length;
    made.piece_hashes = metainfo->piece_hashes;
    made.is_private = torrent.is_private;
    *metainfo = protocol::decode_metainfo(protocol::encode_metainfo(made))->metainfo;
  }
  if (!torrent.tracker.empty()) metainfo->trackers = {{torrent.tracker}};
  return metainfo;
}

}  // namespace

Town::Town(Torrenting torrent, std::uint64_t seed)
    : world_([&] { swarmsim::WorldOptions options; options.seed = seed; return options; }()),
      metainfo_(make_metainfo(torrent)), content_(world_.add_content("content")) {
  const swarmsim::HostId host = world_.add_host({"tracker", {IpAddress::v4(10, 0, 0, 1)}, {{}, {}, 5ms, 256_KiB}, {}});
  tracker::TrackerOptions options;
  options.http = {Endpoint{IpAddress::v4(10, 0, 0, 1), 80}};
  options.udp = {Endpoint{IpAddress::v4(10, 0, 0, 1), 80}};
  tracker_ = std::make_unique<tracker::Tracker>(world_.outside(host), options);
  const auto started = tracker_->start();
  SWARM_ASSERT(started.has_value());
}

Town::Resident& Town::add(std::string name, Citizen citizen) {
  auto& resident = *residents_.emplace_back(new Resident(*this));
  resident.name_ = std::move(name);
  resident.address_ = IpAddress::v4(10, 0, 1, static_cast<std::uint8_t>(residents_.size()));
  resident.options_ = citizen;
  resident.host_ = world_.add_host({resident.name_, {resident.address_}, citizen.link, citizen.disk});
  if (citizen.has == Has::everything) {
    const runtime::Slice all = content(ByteCount(0), metainfo_->geometry.total());
    resident.disk().put_file("content", std::span(&all, 1));
  }
  return resident;
}

void Town::start(Resident& resident) {
  resident.session_ = std::make_unique<Session>(world_.outside(resident.host_), resident.options_.settings, &resident);
  const auto listening = resident.session_->listen({resident.address_, kPort});
  SWARM_ASSERT(listening.has_value());
  AddTorrent add;
  if (resident.options_.by_magnet) {
    protocol::Magnet magnet{.info_hash = metainfo_->info_hash};
    for (const auto& tier : metainfo_->trackers) magnet.trackers.push_back(tier.front());
    add.magnet = magnet;
  } else {
    add.metainfo = metainfo_;
  }
  add.on_start = resident.options_.on_start;
  resident.session_->add(std::move(add));
}

void Town::start() {
  for (const auto& resident : residents_) {
    if (resident->session_ == nullptr) start(*resident);
  }
}

runtime::Slice Town::content(ByteCount offset, ByteCount length, std::uint32_t spoiler) const {
  return runtime::Slice::of_content(content_, offset, length, runtime::Spoiler(spoiler));
}

bool Town::has_true_content(Resident& resident) {
  const runtime::Slice all = content(ByteCount(0), metainfo_->geometry.total());
  return resident.disk().content_matches("content", std::span(&all, 1));
}

}  // namespace swarmlab::client
