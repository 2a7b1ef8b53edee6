// ClientProcess: one client of a lab run from its preparation to its end, as its adapter says.
//
//   start -> preparing (commands) -> starting (the process runs; is it ready?) -> adding (commands) -> running
//   stop  -> stopping (signal or command) -> ended; who does not end in time is killed
//
// A machine of states that poll() moves on; nothing waits, since the same thread follows the network.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "swarmsim/lab/adapter.hpp"
#include "swarmsim/lab/client_times.hpp"
#include "swarmsim/lab/process.hpp"

namespace swarmlab::swarmsim {

// Where a client lives.
struct ClientPlace {
  Placeholders values;                    // all common ones, and those of its settings
  Words settings;                         // for {settings}
  std::string output;                     // the file for all that it prints
  int namespace_fd = -1;
  std::string path;                       // where its programs are looked for
  ProcessLimits limits = {};              // of itself; what prepares it and adds its torrent has none
};

class ClientProcess {
 public:
  enum class State : std::uint8_t { idle, preparing, starting, adding, running, stopping, ended };

  // Adapter and table outlive it.
  ClientProcess(const Adapter& adapter, ProcessTable& table, ClientPlace place);

  // Also again, after it has ended: what it said in an earlier life no longer counts.  `is_seed`: all of the content is in {dir}.
  void start(bool is_seed, Time now);
  void stop(Time now);
  void kill();
  void freeze(bool is_frozen);
  void poll(Time now);

  State state() const { return state_; }
  // What went wrong: it could not be started, did not get ready, or ended by itself when it should not have.  "" while
  // nothing has.
  const std::string& problem() const { return problem_; }
  // How it ended without having been told to; nullopt where it has not, or did not even start.
  const std::optional<ProcessEnd>& own_end() const { return own_end_; }
  const ClientTimes& times() const { return times_; }
  pid_t pid() const { return pid_; }
  // What it prints, and the file that it writes if it has one.
  std::vector<std::string> log_files() const;

 private:
  bool write_files();
  void run_next(Time now);
  bool begin(const Words& words, const ProcessLimits& limits = {});
  void fail(const std::string& what);
  bool has_come_to_pass(const Probe& probe, Time now);
  bool listens() const;
  bool log_says(const std::string& text);
  std::string last_words() const;
  std::string filled_in(std::string_view text) const { return expand(text, names_, place_.values); }

  const Adapter& adapter_;
  ProcessTable& table_;
  ClientPlace place_;
  std::vector<std::string> names_;
  State state_ = State::idle;
  bool is_seed_ = false;
  std::size_t next_command_ = 0;          // of those that prepare, or add
  pid_t command_ = 0;                     // that is running now
  pid_t pid_ = 0;                         // the client
  Time begun_{};                          // when this state began
  Time next_look_ = kStart;               // for what a probe asks
  ClientTimes times_;
  std::string problem_;
  std::optional<ProcessEnd> own_end_;
  std::uintmax_t said_before_ = 0;        // bytes of its output, and of its log, when this life began
  std::uintmax_t logged_before_ = 0;
};

}  // namespace swarmlab::swarmsim
