// LabPlace: where the processes of one lab run keep their files.
//
//   FOLDER/NAME.log            what each printed; stays
//   FOLDER/content/            a file system in memory, so that a slow disk is nobody's excuse; goes with the run
//     NAME/content, NAME/home, NAME/content.torrent  of each peer
//     NAME/harmless.torrent    where the torrent's names lead out of the folder: the same with others (misleading_torrent.hpp)
//     NAME/storage             where its client finds its content if something may be wrong with its storage
//
// In it are also the files that stand for /etc/hosts and /etc/resolv.conf in a sandbox: hosts have names, and nobody asks a
// name server.  Outside of one nothing can be mounted: content is a folder like others, and goes with the run, too.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"
#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

class LabPlace {
 public:
  enum class Kind : std::uint8_t { in_sandbox, plain };
  // Errors are one sentence.
  static std::expected<std::unique_ptr<LabPlace>, std::string> make(const std::filesystem::path& folder, Kind kind);
  ~LabPlace();
  LabPlace(const LabPlace&) = delete;
  LabPlace& operator=(const LabPlace&) = delete;

  // In a sandbox only.
  std::expected<void, std::string> name_hosts(std::span<const std::string> names, std::span<const IpAddress> addresses) const;
  std::expected<void, std::string> put_torrent(const std::string& name, Bytes file) const { return put(torrent_of(name), file); }
  std::expected<void, std::string> put_harmless_torrent(const std::string& name, Bytes file) const {
    return put(harmless_torrent_of(name), file);
  }

  std::filesystem::path torrent_of(const std::string& name) const { return made(memory_ / name) / "content.torrent"; }
  std::filesystem::path harmless_torrent_of(const std::string& name) const { return made(memory_ / name) / "harmless.torrent"; }
  // Each is there after the first call.
  std::filesystem::path content_of(const std::string& name) const { return made(memory_ / name / "content"); }
  // In a sandbox only, and before anything is there: its content gets a file system of that size, where one is given.
  std::expected<void, std::string> bound_content(const std::string& name, std::optional<ByteCount> size);
  std::filesystem::path storage_of(const std::string& name) const { return made(memory_ / name / "storage"); }
  std::filesystem::path home_of(const std::string& name) const { return made(memory_ / name / "home"); }
  // In a sandbox only: an empty disk at kOwnDisk, for what goes by absolute paths.
  std::expected<void, std::string> put_a_disk_at_mnt();
  // What is there besides that nobody here has put there, of the peers `names`: beside the folders of `name`, above them and on that disk.
  // And the torrent of `name`, where it is no longer `torrent`.
  std::vector<std::string> strays_of(const std::string& name, std::span<const std::string> names, Bytes torrent) const;
  std::filesystem::path output_of(const std::string& name) const { return folder_ / (name + ".log"); }

 private:
  LabPlace(std::filesystem::path folder, std::filesystem::path memory, Kind kind)
      : folder_(std::move(folder)), memory_(std::move(memory)), kind_(kind) {}
  static std::expected<void, std::string> put(const std::filesystem::path& path, Bytes bytes);
  static std::filesystem::path made(const std::filesystem::path& folder);

  std::vector<std::filesystem::path> mounted_;   // what is to be unmounted again, besides what every sandbox has
  std::filesystem::path folder_;
  std::filesystem::path memory_;
  Kind kind_;
};

}  // namespace swarmlab::swarmsim
