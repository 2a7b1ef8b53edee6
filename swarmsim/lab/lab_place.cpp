#include "swarmsim/lab/lab_place.hpp"

#include <fmt/format.h>
#include <sys/mount.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "protocol/quantities.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

namespace fs = std::filesystem;

std::expected<std::unique_ptr<LabPlace>, std::string> LabPlace::make(const fs::path& folder, Kind kind) {
  const fs::path whole = fs::absolute(folder);
  const fs::path memory = whole / "content";
  std::error_code error;
  fs::create_directories(memory, error);
  if (error) return std::unexpected(fmt::format("{}: {}", memory.string(), error.message()));
  if (kind == Kind::in_sandbox && mount("swarmlab", memory.c_str(), "tmpfs", 0, "mode=0755") != 0)
    return std::unexpected(fmt::format("{} cannot be made a file system in memory: {}", memory.string(), std::strerror(errno)));
  return std::unique_ptr<LabPlace>(new LabPlace(whole, memory, kind));
}

LabPlace::~LabPlace() {
  for (const fs::path& mounted : mounted_) umount2(mounted.c_str(), MNT_DETACH);
  if (kind_ == Kind::in_sandbox)
    for (const char* const place : {"/etc/hosts", "/etc/resolv.conf", memory_.c_str()}) umount2(place, MNT_DETACH);
  std::error_code error;
  fs::remove_all(memory_, error);
}

std::expected<void, std::string> LabPlace::name_hosts(std::span<const std::string> names, std::span<const IpAddress> addresses) const {
  std::string hosts = "127.0.0.1 localhost\n";
  for (std::size_t i = 0; i < names.size(); ++i) hosts += fmt::format("{} {}\n", to_string(addresses[i]), names[i]);
  const std::string servers = "nameserver 127.0.0.1\n";   // where nobody listens: refused at once
  const std::pair<std::string, const std::string*> files[]{{"hosts", &hosts}, {"resolv.conf", &servers}};
  for (const auto& [name, text] : files) {
    if (auto written = put(memory_ / name, as_bytes(*text)); !written) return written;
    const std::string place = "/etc/" + name;
    if (mount((memory_ / name).c_str(), place.c_str(), nullptr, MS_BIND, nullptr) != 0 && errno != ENOENT)
      return std::unexpected(fmt::format("{} cannot be replaced: {}", place, std::strerror(errno)));
  }
  return {};
}

std::expected<void, std::string> LabPlace::bound_content(const std::string& name, std::optional<ByteCount> size) {
  if (!size) return {};
  const fs::path folder = content_of(name);
  const std::string options = fmt::format("mode=0755,size={}", size->value());
  if (mount("swarmlab", folder.c_str(), "tmpfs", 0, options.c_str()) != 0)
    return std::unexpected(fmt::format("{} cannot be made a file system of {}: {}", folder.string(), to_text(*size), std::strerror(errno)));
  mounted_.push_back(folder);
  return {};
}

std::expected<void, std::string> LabPlace::put_a_disk_at_mnt() {
  if (mount("swarmlab", kOwnDisk, "tmpfs", 0, "mode=0777,size=64m") != 0)
    return std::unexpected(fmt::format("{} cannot be made a disk of the run's own: {}", kOwnDisk, std::strerror(errno)));
  mounted_.push_back(kOwnDisk);
  return {};
}

std::vector<std::string> LabPlace::strays_of(const std::string& name, std::span<const std::string> names, Bytes torrent) const {
  std::vector<std::string> strays;
  const auto look = [&](const fs::path& folder, std::string_view as, const auto& is_ours) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
      if (const std::string found = entry.path().filename().string(); !is_ours(found))
        strays.push_back(fmt::format("{}{}", as, found));
  };
  look(memory_ / name, "../", [](std::string_view found) {
    return found == "content" || found == "home" || found == "storage" || found == "content.torrent" || found == "harmless.torrent";
  });
  look(memory_, "../../", [&](std::string_view found) {
    return found == "hosts" || found == "resolv.conf" || std::ranges::find(names, found) != names.end();
  });
  look(kOwnDisk, fmt::format("{}/", kOwnDisk), [](std::string_view) { return false; });
  std::ifstream file(torrent_of(name), std::ios::binary);
  const std::string now{std::istreambuf_iterator<char>(file), {}};
  if (!std::ranges::equal(as_bytes(now), torrent)) strays.push_back("../content.torrent, which was there and is another one now");
  std::ranges::sort(strays);
  return strays;
}

std::expected<void, std::string> LabPlace::put(const fs::path& path, Bytes bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (out.flush()) return {};
  return std::unexpected(fmt::format("{} could not be written", path.string()));
}

fs::path LabPlace::made(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  return folder;
}

}  // namespace swarmlab::swarmsim
