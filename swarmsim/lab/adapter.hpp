// Adapter: how a client that is not ours is started, watched and stopped, and what it declares of itself.
//
// A file of a few lines (docs/adapters.md).  Everything in it that is given to the client is a template: words in braces
// are replaced for each peer,
//
//   {dir}        where its content is, or goes         {torrent}   the torrent file
//   {home}       a folder of its own                   {source}    the torrent file, or the magnet link it starts from
//   {listen_ip}  its address                           {tracker}   the announce URL
//   {port}       where others reach it                 {name}      of the peer: leech[3]
//   {here}       the folder of the adapter itself      {info_hash} of the torrent, 40 hexadecimal digits
//   {interval}   what a tracker is to tell, in seconds {harmless_torrent}  where the torrent's names lead out of {dir}: one with others
//   {settings}   as a word by itself: the words of all settings that have any
//   {upload_slots}, ...  the value of each setting that the adapter maps
//
// Braces around anything else are left alone, so JSON can stand in a file as it is.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/units.hpp"
#include "swarmsim/checks/feature.hpp"

namespace swarmlab::swarmsim {

using Words = std::vector<std::string>;   // of a command line

// How a setting of scenarios reaches the client.
struct SettingMap {
  std::string name;                       // in scenarios
  std::string by_default;                 // where the scenario says nothing; "": the client's own, and it has no {name}
  std::string unit;                       // "s": a time is given in seconds; "": as it stands in the scenario
  std::map<std::string, std::string> values;   // "true" -> "yes"
  std::uint64_t less = 0;                 // taken off the number: of slots, where the client has its optimistic one on top
  Words words;                            // for {settings}; {value} in them
};

// How to know that something has come to pass.
struct Probe {
  enum class Kind { none, port, file, log, exit } kind = Kind::none;
  std::string text;                       // the file, a template; what is looked for in the log
  Duration within{};
};

struct Adapter {
  static constexpr int kFormat = 1;

  std::string client;                     // as in --client, or --tracker
  bool is_tracker = false;                // it plays the scenario's trackers instead
  std::string about;
  std::string package;                    // of Debian, that has it; "" where there is none
  Words version;                          // prints its version
  Features speaks;
  bool refuses_loopback = false;          // it takes no peer whose address is on loopback
  bool refuses_udp_trackers = false;      // it does not speak BEP 15
  std::vector<std::pair<std::string, std::string>> declares;   // name (declaration.hpp), value
  Duration interval = 30min;              // of a tracker: what it tells at most, unless it is told {interval}
  Duration silence = 1h;                  // of a tracker: after which it has forgotten a peer that says nothing
  std::vector<SettingMap> settings;
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::pair<std::string, std::string>> files;      // path and text
  std::vector<Words> prepare;             // run one after another before the client
  Words seed;                             // starts it with the content in {dir}
  Words leech;                            // with nothing there, or parts
  std::vector<Words> add;                 // run one after another when it is ready
  Probe ready{Probe::Kind::port, {}, 10s};
  Probe complete;                         // none: by looking at the files
  int stop_signal = 15;
  Words stop;                             // instead of a signal
  Duration stops_within = 10s;            // and is killed then
  std::string log;                        // a file that it writes; what it prints is kept anyway
  std::string log_time;                   // how its lines tell the time (client_log.hpp); "": they do not
  std::string folder;                     // in which the adapter stands: {here}; "" of those that are built in
};

// The command that starts a tracker has a place for the scenario's interval.
bool is_told_interval(const Adapter& tracker);

// The values of placeholders, by name.
using Placeholders = std::map<std::string, std::string, std::less<>>;

// The names that an adapter's templates may use: those above and its settings.
std::vector<std::string> placeholder_names(const Adapter& adapter);
// Replaces what is known.  Placeholders without a value (a setting left to the client) become nothing.
std::string expand(std::string_view text, std::span<const std::string> names, const Placeholders& values);
// The same for a command line; {settings} becomes `settings`, words that come out empty are left out.
Words expand(const Words& words, std::span<const std::string> names, const Placeholders& values, const Words& settings);

// The settings of a peer as its client gets them.
struct MappedSettings {
  Placeholders values;
  Words words;
  std::vector<std::string> unmapped;      // that the scenario states and the client cannot be told
};
// `stated`: name and value as in the scenario.  Requires values that scenarios allow.
MappedSettings map_settings(const Adapter& adapter, std::span<const std::pair<std::string, std::string>> stated);

}  // namespace swarmlab::swarmsim
