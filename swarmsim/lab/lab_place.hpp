// LabPlace: where the processes of one lab run keep their files.
//
//   FOLDER/NAME.log            what each printed; stays
//   FOLDER/content/            a file system in memory, so that a slow disk is nobody's excuse; goes with the run
//     content.torrent
//     NAME/content, NAME/home  of each peer
//
// In it are also the files that stand for /etc/hosts and /etc/resolv.conf in this sandbox: hosts have names, and nobody asks a
// name server.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"
#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

class LabPlace {
 public:
  // Errors are one sentence.
  static std::expected<std::unique_ptr<LabPlace>, std::string> make(const std::filesystem::path& folder);
  ~LabPlace();
  LabPlace(const LabPlace&) = delete;
  LabPlace& operator=(const LabPlace&) = delete;

  std::expected<void, std::string> name_hosts(std::span<const std::string> names, std::span<const IpAddress> addresses) const;
  std::expected<void, std::string> put_torrent(Bytes file) const { return put("content.torrent", file); }

  std::filesystem::path torrent() const { return memory_ / "content.torrent"; }
  // Both are there after the first call.
  std::filesystem::path content_of(const std::string& name) const { return made(memory_ / name / "content"); }
  std::filesystem::path home_of(const std::string& name) const { return made(memory_ / name / "home"); }
  std::filesystem::path output_of(const std::string& name) const { return folder_ / (name + ".log"); }

 private:
  LabPlace(std::filesystem::path folder, std::filesystem::path memory) : folder_(std::move(folder)), memory_(std::move(memory)) {}
  std::expected<void, std::string> put(const std::string& name, Bytes bytes) const;
  static std::filesystem::path made(const std::filesystem::path& folder);

  std::filesystem::path folder_;
  std::filesystem::path memory_;
};

}  // namespace swarmlab::swarmsim
