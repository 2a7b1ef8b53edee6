// What peers of a lab run have in their real folders: put there before it, looked at during and after it.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocol/bitfield.hpp"
#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/run/swarm_torrent.hpp"

namespace swarmlab::swarmsim {

// Writes every file of the torrent below `directory`: true where `pieces` has it, otherwise wrong from end to end.  Nothing at
// all when `pieces` is empty.  Requires content of bytes.
std::expected<void, std::string> put_content(const SwarmTorrent& torrent, const protocol::Bitfield& pieces,
                                             const std::filesystem::path& directory);

// What the files that are there hold of these pieces is wrong from now on.
void lose_content(const SwarmTorrent& torrent, const protocol::Bitfield& pieces, const std::filesystem::path& directory);

// The folders of all peers, by HostId.
class FolderDisks final : public Disks {
 public:
  // What these do not see.
  struct Sources {
    std::function<Time()> now;                      // of the run
    std::function<std::uint64_t(HostId)> bites;     // how often a peer's storage refused or falsified
    std::function<std::optional<std::vector<std::string>>(HostId)> strays;
  };
  // `torrent` outlives it.
  FolderDisks(const SwarmTorrent& torrent, std::vector<std::filesystem::path> folders, Sources sources)
      : torrent_(torrent), folders_(std::move(folders)), sources_(std::move(sources)), looks_(folders_.size()) {}

  // Disks::kBetweenLooks old at most; where files change without a trace in their times (written through a map of memory) a quarter of
  // the time for which it has been so.
  bool is_whole(HostId peer) override;
  std::optional<Time> whole_since(HostId peer) override;
  std::string problem(HostId peer) override;
  // What real processes read nobody counts.
  std::optional<ByteCount> bytes_read(HostId) override { return std::nullopt; }
  std::optional<std::uint64_t> storage_bites(HostId peer) override { return sources_.bites(peer); }
  std::optional<std::vector<std::string>> strays(HostId peer) override { return sources_.strays(peer); }
  const std::filesystem::path& folder(HostId peer) const { return folders_[peer.value()]; }
  // The pieces that are there and true.
  protocol::Bitfield pieces(HostId peer);

 private:
  // Of one file; nothing where there is none.
  struct Stamp {
    std::uintmax_t size = 0;
    std::filesystem::file_time_type written;
    bool operator==(const Stamp&) const = default;
  };
  struct Look {
    Time since = kNever;   // has it been so
    Time next = kStart;    // when it is looked at again,
    Time through = kStart; // and also where nothing seems to have changed
    bool is_whole = false;
    std::vector<Stamp> stamps;
  };

  std::vector<Stamp> stamps_of(HostId peer) const;

  const SwarmTorrent& torrent_;
  std::vector<std::filesystem::path> folders_;
  Sources sources_;
  std::vector<Look> looks_;
};

}  // namespace swarmlab::swarmsim
