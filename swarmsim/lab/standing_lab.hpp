// StandingLab: a private swarm of real clients, each on a host of its own, that lasts until it is told to end.
//
//   tracker    bttracker, HTTP and UDP                     10.77.x.y:6969, by name tracker:6969
//   seeder-N   a client with all of the content            10.77.x.y:6881
//   leecher-N  a client that begins with nothing           its downloads: FOLDER/leecher-N
//   guest-N    a host without anybody, to be lent          for whoever wants to join
//
// Leechers start when the tracker has heard of every seeder.  What seeders write over the content stays in memory and is nobody
// else's.  Links change while it lasts.
//
// Supervision is one-for-one: a client that ended without having been told to, or that did not get ready, is started again by
// itself after a second, at most so often within so long (none: never); then it stays failed, and the others go on.  Processes that it
// left on its host end before it starts again.  What all its lives printed stands in one file, FOLDER/NAME.log.
//
// Must be called in the sandbox (sandbox.hpp), by one thread.
#pragma once

#include <deque>
#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "client/supervisor.hpp"
#include "protocol/metainfo.hpp"
#include "swarmsim/lab/client_process.hpp"
#include "swarmsim/lab/control_socket.hpp"
#include "swarmsim/lab/disk_progress.hpp"
#include "swarmsim/lab/lab_cast.hpp"
#include "swarmsim/lab/lab_network.hpp"
#include "swarmsim/lab/lab_place.hpp"
#include "swarmsim/lab/lab_request.hpp"

namespace swarmlab::swarmsim {

struct StandingLabOptions {
  std::filesystem::path torrent;            // announces to tracker:6969
  std::filesystem::path content;            // the folder in which its content lies; is not written to
  std::filesystem::path folder;             // made if it is not there
  std::vector<Adapter> seeders;             // one of each
  std::vector<Adapter> leechers;
  LinkChange link;                          // of every host but the tracker
  std::uint32_t guests = 4;
  std::uint32_t restarts = 0;               // at most so many
  Duration restarts_within = 1min;
  LabPrograms programs;
  std::ostream* log = nullptr;              // what happened to whom, a line each
};

class StandingLab final : public ControlSocket::Listener {
 public:
  // Builds the network and begins to start its clients.  Errors are a sentence or two.
  static std::expected<std::unique_ptr<StandingLab>, std::string> create(StandingLabOptions options);
  ~StandingLab();
  StandingLab(const StandingLab&) = delete;
  StandingLab& operator=(const StandingLab&) = delete;

  // What has come to pass, and what is due; to be called every few dozen milliseconds.
  void step();
  // Clients are told to end, then the tracker; step() goes on until has_ended().
  void begin_end();
  bool has_ended() const;

  // A LabRequest; the answer is one line of JSON, {"error": ...} where it cannot be done.
  std::string on_line(ControlSocket::Connection from, std::string_view line) override;
  void on_closed(ControlSocket::Connection connection) override;

 private:
  enum class Role : std::uint8_t { tracker, seeder, leecher, guest };
  struct Host {
    std::string name;
    Role role{};
    HostId id;
    IpAddress address;
    LinkSpec first_link;
    LinkSpec link;
    bool is_paused = false;
    // ---- of clients ----
    Adapter adapter;
    std::unique_ptr<ClientProcess> process;   // none: a guest
    std::unique_ptr<DiskProgress> progress;   // of leechers
    std::filesystem::path directory;
    client::Supervisor supervisor;
    std::optional<Time> again_at;             // it is started again
    bool is_wanted = false;                   // it should be running
    bool was_running = false;                 // when it was last looked at
    std::string last_problem;
    // ---- of guests ----
    std::optional<ControlSocket::Connection> lent_to;
    // ---- what passed its interface ----
    std::uint64_t bytes_down = 0;
    std::uint64_t bytes_up = 0;
    std::uint64_t rate_down = 0;              // bytes per second, of the last second or so
    std::uint64_t rate_up = 0;
  };

  explicit StandingLab(StandingLabOptions options) : options_(std::move(options)) {}
  std::expected<void, std::string> build();
  std::expected<void, std::string> load_torrent();
  void add_host(std::string name, Role role, Adapter adapter);
  Adapter our_tracker() const;
  std::expected<void, std::string> place(Host& host);
  std::expected<std::filesystem::path, std::string> lend_content(const std::string& name);

  void start(Host& host);
  void watch(Host& host);
  void start_leechers_in_time();
  bool knows_tracker(const Host& host) const;
  void count_bytes();
  void end_tracker_in_time();
  void say(const std::string& who, const std::string& what) const;

  // Everybody that is meant; an error names what is not there.
  std::expected<std::vector<Host*>, std::string> select(const std::vector<std::string>& names);
  std::expected<std::string, std::string> answer(ControlSocket::Connection from, const LabRequest& request);
  std::expected<void, std::string> act(LabAction action, Host& host);
  std::string document();
  std::string way_into(const Host& host) const;
  std::string_view state_of(const Host& host) const;

  StandingLabOptions options_;
  protocol::Metainfo torrent_;
  std::string announce_url_;
  std::unique_ptr<LabPlace> place_;
  std::unique_ptr<LabNetwork> network_;
  ProcessTable table_;
  std::deque<Host> hosts_;                    // by HostId
  std::vector<std::uint32_t> cuts_;           // partitions in force
  Time now_ = kStart;
  Time next_count_ = kStart;
  Time counted_ = kStart;
  Time next_look_ = kStart;
  std::optional<Time> seeders_ready_;
  bool has_leechers_ = false;                 // they have been started
  bool is_ending_ = false;
};

}  // namespace swarmlab::swarmsim
