// Town: a few whole clients and a tracker in a virtual world, for tests of the engine.
//
//   Town town;
//   auto& seed = town.add("seed", {.has = Town::kAll});
//   auto& leech = town.add("leech");
//   town.start();  EXPECT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
//
// Content is symbolic: one file "content" of `size` bytes, or files "content/0", "content/1" ... of given sizes.
// Everybody listens at port 6881 and announces to the
// tracker unless told otherwise.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "client/session.hpp"
#include "swarmsim/virtual/world.hpp"
#include "tracker/tracker.hpp"

namespace swarmlab::client {

enum class Has : std::uint8_t { nothing, everything };

struct Torrenting {
  ByteCount size = 4_MiB;
  ByteCount piece_length = 64_KiB;
  std::vector<ByteCount> files{};                       // empty: one of `size`; else their sum is `size`
  std::string tracker = "http://tracker:80/announce";   // "" for none
  bool has_info = false;                                // made from an info dictionary, as a magnet link needs it
  bool is_private = false;                              // that dictionary says so
};

struct Citizen {
  Has has = Has::nothing;
  Settings settings{};
  swarmsim::LinkSpec link{BytesPerSecond(1 << 20), BytesPerSecond(4 << 20), 10ms, 256_KiB};
  OnStart on_start = OnStart::check;
  std::vector<SelectRule> select{};
  bool by_magnet = false;                               // knows the hash and the tracker alone
  swarmsim::DiskSpec disk{};
};

class Town {
 public:
  static constexpr std::uint16_t kPort = 6881;

  static constexpr Has kAll = Has::everything;

  class Resident final : public SessionEvents {
   public:
    Session& session() { return *session_; }
    TorrentStatus status() const { return session_->status(TorrentId(0)); }
    bool is_complete() const { return status().left.value() == 0; }
    Endpoint endpoint() const { return {address_, kPort}; }
    swarmsim::VirtualFiles& disk() { return town_.world().files(host_); }
    swarmsim::HostId host() const { return host_; }
    const std::string& name() const { return name_; }
    // How often an event of this kind came; the last text of all events, for messages.
    template <class E>
    std::size_t count() const {
      std::size_t n = 0;
      for (const std::size_t kind : kinds_) n += kind == Event(E{}).index() ? 1u : 0u;
      return n;
    }
    const std::vector<std::string>& log() const { return log_; }
    const Checked& last_check() const { return last_check_; }
    bool is_running() const { return session_ != nullptr; }

   private:
    friend class Town;
    explicit Resident(Town& town) : town_(town) {}
    void on_event(TorrentId, const Event& event) override {
      if (const auto* checked = std::get_if<Checked>(&event)) last_check_ = *checked;
      kinds_.push_back(event.index());
      log_.push_back(to_string(event));
    }
    Town& town_;
    std::string name_;
    swarmsim::HostId host_;
    IpAddress address_;
    Citizen options_;
    std::vector<std::size_t> kinds_;
    std::vector<std::string> log_;
    Checked last_check_;
    std::unique_ptr<Session> session_;
  };

  explicit Town(Torrenting torrent = Torrenting(), std::uint64_t seed = 1);

  Resident& add(std::string name, Citizen citizen = Citizen());
  // Begins a session on every host that has none.
  void start();
  void start(Resident& resident);
  // The process is gone, and what was not synced is torn.
  void kill(Resident& resident);
  // Its session is gone without a goodbye; the disk keeps what was written.
  void end(Resident& resident) { resident.session_.reset(); }
  template <class Condition>
  bool run_until(Condition&& condition, Duration limit) {
    const Time end = world_.now() + limit;
    world_.run_while([&] { return !condition(); }, end);
    return condition();
  }
  void run_for(Duration time) { world_.run_until(world_.now() + time); }

  swarmsim::World& world() { return world_; }
  const protocol::Metainfo& metainfo() const { return *metainfo_; }
  tracker::TrackerStats tracker_stats() const { return tracker_->stats(); }
  // The true content from `offset`, as slices; or spoilt.
  runtime::Slice content(ByteCount offset, ByteCount length, std::uint32_t spoiler = 0) const;
  bool has_true_content(Resident& resident);
  bool has_true_piece(Resident& resident, PieceIndex piece);

 private:
  swarmsim::World world_;
  std::shared_ptr<const protocol::Metainfo> metainfo_;
  runtime::ContentId content_;
  std::unique_ptr<tracker::Tracker> tracker_;
  std::vector<std::unique_ptr<Resident>> residents_;
};

}  // namespace swarmlab::client
