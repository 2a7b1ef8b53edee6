#include "tests/unit/client/town.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace swarmlab::client {
namespace {

std::shared_ptr<const protocol::Metainfo> make_metainfo(const Torrenting& torrent) {
  auto metainfo = std::make_shared<protocol::Metainfo>();
  metainfo->name = "content";
  metainfo->info_hash.bytes.fill(std::byte{7});
  metainfo->geometry = protocol::PieceGeometry(torrent.size, torrent.piece_length);
  metainfo->piece_hashes = swarmsim::symbolic_piece_hashes("content", torrent.size, torrent.piece_length);
  ByteCount offset;
  for (std::size_t i = 0; i < torrent.files.size(); ++i) {
    metainfo->files.push_back({{"content", std::to_string(i)}, torrent.files[i], offset});
    offset += torrent.files[i];
  }
  if (torrent.files.empty()) metainfo->files.push_back({{"content"}, torrent.size, ByteCount(0)});
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

std::string path_of(const protocol::FileEntry& file) {
  std::string path;
  for (const std::string& element : file.path) path += (path.empty() ? "" : "/") + element;
  return path;
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
    for (const protocol::FileEntry& file : metainfo_->files) {
      const runtime::Slice all = content(file.offset, file.length);
      resident.disk().put_file(path_of(file), std::span(&all, 1));
    }
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
  add.select.rules = resident.options_.select;
  resident.session_->add(std::move(add));
}

void Town::kill(Resident& resident) {
  world_.kill(resident.host_);
  resident.session_.reset();
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
  return std::ranges::all_of(metainfo_->files, [&](const protocol::FileEntry& file) {
    const runtime::Slice all = content(file.offset, file.length);
    return resident.disk().content_matches(path_of(file), std::span(&all, file.length.value() > 0 ? 1 : 0));
  });
}

bool Town::has_true_piece(Resident& resident, PieceIndex piece) {
  const ByteCount begin = metainfo_->geometry.offset_of(piece);
  const ByteCount end = begin + metainfo_->geometry.length_of(piece);
  for (const protocol::FileEntry& file : metainfo_->files) {
    const ByteCount from = std::max(begin, file.offset);
    const ByteCount to = std::min(end, file.offset + file.length);
    if (to <= from) continue;
    const auto data = resident.disk().read_all(path_of(file));
    if (!data || runtime::length_of(*data) < to - file.offset) return false;
    for (const runtime::Slice& slice : runtime::sub(*data, (from - file.offset).size(), (to - from).size())) {
      if (slice.kind() != runtime::Slice::Kind::symbolic || slice.spoiler() != runtime::kAuthentic) return false;
    }
  }
  return true;
}

}  // namespace swarmlab::client
