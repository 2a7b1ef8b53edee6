// Tree: the client as a file tree; what HTTP and the mount show and change (places: client/control/tree_path.hpp).
//
//   directories    have entries                      list()
//   texts          are JSON objects, made on asking  read()
//   controls       take commands                     write(); read() gives what they understand
//   the stream     begins with where the torrent stands and goes on with one JSON object per event: follow()
//
// One object, on the loop's thread; the fronts carry bytes and know nothing of torrents.  Nothing may be called from within an
// event of the session but on_event().  Of a write whose lines cannot all be understood none is obeyed; one that is refused ends it.
//
// Listeners are bounded by their fronts: one that cannot take a line says so and is forgotten, nothing is kept for it here.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "client/control/command.hpp"
#include "client/control/tree_path.hpp"
#include "client/session.hpp"
#include "runtime/clock.hpp"

namespace swarmlab::client::control {

// What a session cannot do by itself.
class TreeOwner {
 public:
  // A torrent file or a magnet link; the error is a sentence.
  virtual std::expected<TorrentId, std::string> add(std::string_view source) = 0;
  virtual void quit() = 0;

 protected:
  ~TreeOwner() = default;
};

class TreeListener {
 public:
  // One JSON object without a line end.  False: no more of them, the listener is forgotten.
  virtual bool on_line(std::string_view line) = 0;
  // The torrent has been removed: no more will come, the listener is forgotten.
  virtual void on_end() = 0;

 protected:
  ~TreeListener() = default;
};

struct TreeError {
  enum class Kind : std::uint8_t {
    not_found,      // no such place, torrent or peer
    wrong_kind,     // a directory is no text, a text takes no commands
    bad_command,    // cannot be understood
    refused,        // understood, but it cannot be done
  } kind;
  std::string what;
};

class Tree {
 public:
  struct Entry { std::string name; NodeKind kind; };
  template <class T>
  using Result = std::expected<T, TreeError>;

  Tree(Session& session, const runtime::Clock& clock, TreeOwner& owner);
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  // The place in `path`, of something that exists.
  Result<TreePath> find(std::string_view path) const;
  // The rest requires a path from find(), which may have gone meanwhile.
  Result<std::vector<Entry>> list(const TreePath& path) const;
  Result<std::string> read(const TreePath& path) const;
  // What was done, as JSON.
  Result<std::string> write(const TreePath& path, std::string_view commands);
  // The lines that the stream begins with; more come to the listener, until unfollow().
  Result<std::vector<std::string>> follow(const TreePath& path, TreeListener& listener);
  void unfollow(TreeListener& listener);

  // From the session's owner: everything the session tells, and by how much a timer of its was late.
  void on_event(TorrentId torrent, const Event& event);
  void on_lateness(Duration late);
  // The longest lateness of the last 10 to 20 s: how long the loop was busy with something else.
  Duration longest_lateness() const;

 private:
  struct FromTracker { Time at; std::vector<protocol::TrackerPeer> peers; };
  struct Listening { TorrentId torrent; TreeListener* listener; };

  Result<void> exists(const TreePath& path) const;
  std::string session_stats() const;
  std::string torrents() const;
  std::string torrent_stats(TorrentId id) const;
  std::string pieces(TorrentId id) const;
  std::string peers_list(TorrentId id) const;
  Result<std::string> peer_state(const TreePath& path) const;
  std::string files_list(TorrentId id) const;
  Result<std::string> file_state(const TreePath& path) const;
  Result<void> obey(const TreePath& path, const Command& command);
  Result<void> prioritise(const TreePath& path, const Prioritise& wanted);
  void tell(TorrentId torrent, std::string_view line);

  Session& session_;
  const runtime::Clock& clock_;
  TreeOwner& owner_;
  Time began_;
  std::vector<Listening> listeners_;
  std::map<TorrentId, std::map<std::string, FromTracker>> from_trackers_;   // by URL
  Time lateness_since_;
  Duration last_lateness_{};
  Duration longest_now_{};            // since lateness_since_
  Duration longest_before_{};         // in the 10 s before that
};

}  // namespace swarmlab::client::control
