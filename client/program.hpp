// Program: btclient around a session: what it prints, and when it ends.
//
// Three ways of speaking: JSON lines (--json), a progress line that rewrites itself (standard error is a terminal), or plain
// lines for what a reader of a log wants to know.  The session is never called from within one of its events: those
// only take notes, which the next tick acts upon.
#pragma once

#include <cstdio>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/options.hpp"
#include "client/session.hpp"
#include "runtime/timers.hpp"

namespace swarmlab::client {

class Program final : private SessionEvents, private runtime::TimerHandler {
 public:
  struct Console {
    std::FILE* out;                 // JSON lines, plain lines
    std::FILE* err;                 // progress, complaints
    bool err_is_terminal = false;
  };
  // What is to be shared, as the command line names it: one of the two.
  struct Given {
    std::shared_ptr<const protocol::Metainfo> metainfo;
    std::optional<protocol::Magnet> magnet;
  };
  using Torrents = std::vector<Given>;

  // `on_end` is called from an event, once, when all is said and done.
  Program(const runtime::Outside& outside, const Options& options, const Torrents& torrents,
          const Console& console, std::function<void()> on_end);
  ~Program();

  // Listens and begins; the error is ready to be printed.
  std::expected<void, std::string> start();
  // Ctrl-C: says goodbye to trackers and peers.  The second time it ends at once.
  void interrupt();
  // 0, or 1 when a download is not complete or failed.
  int exit_status() const { return exit_status_; }

 private:
  void on_event(TorrentId torrent, const Event& event) override;
  void on_timer(runtime::Tag tag) override;

  std::expected<Endpoint, std::string> listen();
  void report_status();
  bool should_end();
  void end();
  void save_resolved();
  void say(const std::string& line);
  void show_progress();

  runtime::Outside outside_;
  const Options& options_;
  const Torrents& torrents_;
  Console console_;
  std::function<void()> on_end_;
  Session session_;
  runtime::Timer tick_;
  std::vector<TorrentId> ids_;
  std::vector<std::string> names_;          // by torrent; of a magnet link first the link's, then the true one
  std::vector<TorrentId> resolved_;         // magnet links whose metadata has come and is not saved yet
  Time last_status_ = kStart;
  Time last_payload_ = kStart;
  ByteCount payload_seen_;
  std::size_t progress_width_ = 0;
  bool is_stopping_ = false;
  bool has_ended_ = false;
  int exit_status_ = 0;
};

}  // namespace swarmlab::client
