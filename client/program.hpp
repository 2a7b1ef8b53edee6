// Program: btclient around a session: what it prints, who may control it, and when it ends.
//
// Three ways of speaking: JSON lines (--json), a live screen (standard output is a terminal), or plain lines for
// what a reader of a log wants to know.  The session is never called from within one of its events: those
// only take notes, which the next tick acts upon.
//
// It ends when its torrents have: all checked (--check-only), all failed for good, or as --exit-when says; where torrents can
// still come (--control, --watch) only by `quit`, --exit-when or Ctrl-C.
#pragma once

#include <cstdio>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/console/screen.hpp"
#include "client/control/http_front.hpp"
#include "client/control/tree.hpp"
#include "client/options.hpp"
#include "client/session.hpp"
#include "client/torrent_file.hpp"
#include "client/watch_folder.hpp"
#include "runtime/timers.hpp"

namespace swarmlab::client {

class Program final : private SessionEvents,
                      private control::TreeOwner,
                      private WatchFolderOwner,
                      private runtime::TimerHandler {
 public:
  struct Console {
    std::FILE* out;                 // JSON lines, plain lines
    std::FILE* err;                 // progress, complaints
    bool err_is_terminal = false;
    ScreenDevice* screen = nullptr; // takes the place of lines and progress, until the end
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
  control::Tree& tree() { return tree_; }
  // 0, or 1 when a download is not complete or failed.
  int exit_status() const { return exit_status_; }

 private:
  void on_event(TorrentId torrent, const Event& event) override;
  std::expected<TorrentId, std::string> add(std::string_view source) override;
  void quit() override { wants_to_quit_ = true; }
  std::expected<void, std::string> on_torrent_file(const std::string& path) override;
  void on_watch_trouble(const std::string& what) override;
  void on_timer(runtime::Tag tag) override;

  std::expected<Endpoint, std::string> listen();
  std::expected<void, std::string> listen_for_control();
  TorrentId add(const Given& given);
  void report_status();
  bool should_end();
  void end();
  void save_resolved();
  void say(const std::string& line);
  void complain(const std::string& line);
  void show_progress();
  void show_screen();

  runtime::Outside outside_;
  const Options& options_;
  const Torrents& torrents_;
  Console console_;
  std::function<void()> on_end_;
  Session session_;
  control::Tree tree_;
  std::unique_ptr<control::HttpFront> http_;     // with --control
  std::unique_ptr<WatchFolder> watch_;           // with --watch
  runtime::Timer tick_;
  std::vector<TorrentId> resolved_;         // magnet links whose metadata has come and is not saved yet
  Time last_status_ = kStart;
  Time last_payload_ = kStart;
  ByteCount payload_seen_;
  std::size_t progress_width_ = 0;
  Time began_ = kStart;
  std::string listening_;
  std::vector<std::string> log_;                 // of the screen: the last kLogLines, newest last
  std::size_t chosen_ = 0;                       // torrent on the screen
  bool is_stopping_ = false;
  bool wants_to_quit_ = false;
  bool has_ended_ = false;
  int exit_status_ = 0;
};

}  // namespace swarmlab::client
