// KnownFailures: what a project knows to fail and lives with for a while, so that its CI is red for news only.
//
//   format: 1
//   known:
//     - scenario: choking/one_slot_serves_one_peer.yaml   # the file, or the end of its path
//       check: upload_slots
//       reason: one slot too many while a torrent starts
//       until: 2027-03-31                                 # the last day on which it is excused, in UTC
//       link: https://tracker.example/issues/17           # optional, as is what follows
//       who: leech                                        # as in the check; default: whoever it is about
//       client: btclient                                  # the default; what is known of another client is passed over
//       version: "0.1"                                    # default: any; 0.1 stands for 0.1.0 and 0.1.7, not for 0.10
//
// A violation that is listed stays in the report, as known, and fails nothing.  What fails instead, once at the end:
// an entry whose check held in every run that it is about (mended: take it out, or the next regression hides behind it),
// an entry that has expired, and an entry whose scenario has no such check.  Entries about scenarios that were not run say
// nothing, and neither do those about other clients or versions than the one that ran.  Only "violated" can be known: a vacuous check
// is to be mended in its scenario.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/version.hpp"
#include "swarmsim/run/over_seeds.hpp"
#include "swarmsim/run/run_result.hpp"

namespace swarmlab::swarmsim {

using Day = std::chrono::year_month_day;

// Of whose runs the list is to tell; by default those of this build's own engine.
struct ClientIdentity {
  static constexpr std::string_view kOurs = "btclient";
  std::string name{kOurs};
  std::string version{protocol::version()};   // "" where it is not known: then what is known of certain versions is passed over
};

class KnownFailures {
 public:
  // `file` is what errors begin with: all of them, one line each.
  static std::expected<KnownFailures, std::string> parse(std::string_view text, const std::string& file, Day today);
  // What is about others is passed over from now on.
  void set_client(ClientIdentity client) { client_ = std::move(client); }

  // Marks the violations of one run that are known.
  void excuse(RunResult& run);
  // And of several together.
  void excuse(OverSeedsResult& result);
  // What is wrong with the list by the runs so far; a sentence each.
  std::vector<std::string> complaints() const;

 private:
  struct Entry {
    int line = 0;
    std::string scenario;
    std::string check;
    std::string client;
    std::string version;     // "" for any
    std::string who;         // "" for anybody
    std::string reason;
    std::string link;
    Day until;
    // Of the runs that it is about:
    std::size_t runs = 0;
    std::size_t checks = 0;  // of that name, in these runs
    std::size_t held = 0;
    std::size_t violated = 0;
  };

  bool concerns(const Entry& entry, std::string_view file) const;
  void excuse(Entry& entry, std::vector<CheckResult>& checks) const;

  KnownFailures(std::string file, Day today) : file_(std::move(file)), today_(today) {}

  std::string file_;
  Day today_;
  ClientIdentity client_;
  std::vector<Entry> entries_;
};

}  // namespace swarmlab::swarmsim
