#include "swarmsim/lab/client_values.hpp"

#include <fmt/format.h>

#include <chrono>

#include "protocol/magnet.hpp"
#include "swarmsim/run/swarm_torrent.hpp"

namespace swarmlab::swarmsim {

protocol::Metainfo ClientValues::torrent_for(HostId host) const {
  protocol::Metainfo torrent = *torrent_.metainfo;
  std::uint32_t next = 0;
  for (std::vector<std::string>& tier : torrent.trackers)
    for (std::string& url : tier) {
      url = addresses_.announce_url(host, scenario_.trackers[next], HostId(scenario_.cast.peer_count() + next));
      ++next;
    }
  return torrent;
}

std::expected<void, std::string> ClientValues::put_torrents(HostId host, const std::string& name, const LabPlace& place) const {
  if (auto put = place.put_torrent(name, torrent_file_for(host)); !put || torrent_.harmless_info.empty()) return put;
  protocol::Metainfo twin = torrent_for(host);
  twin.info = torrent_.harmless_info;
  return place.put_harmless_torrent(name, protocol::encode_metainfo(twin));
}

Placeholders ClientValues::of(HostId host, const std::string& name, const LabPlace& place, const std::filesystem::path& dir) const {
  const bool is_peer = scenario_.cast.is_peer(host);
  const protocol::Metainfo torrent = torrent_for(host);
  Placeholders values = cast_.settings_of(host).values;
  values["dir"] = dir.string();
  values["here"] = cast_.adapter_of(host).folder;
  values["home"] = place.home_of(name).string();
  values["info_hash"] = to_string(torrent_.metainfo->info_hash);
  values["listen_ip"] = to_string(addresses_.own(host).address);
  values["name"] = name;
  values["port"] = fmt::format("{}", addresses_.own(host).port);
  values["torrent"] = place.torrent_of(name).string();
  values["harmless_torrent"] = place.harmless_torrent_of(name).string();
  values["tracker"] = torrent.trackers.empty() ? "" : torrent.trackers.front().front();
  const bool has_link = is_peer && scenario_.group_of(host).starts_from_magnet;
  values["source"] = has_link ? protocol::to_string(magnet_of(torrent)) : values["torrent"];
  if (!is_peer) {
    const auto interval = facts_.trackers[facts_.tracker_number(host)].interval;
    values["interval"] = fmt::format("{}", std::chrono::duration_cast<std::chrono::seconds>(interval).count());
  }
  return values;
}

}  // namespace swarmlab::swarmsim
