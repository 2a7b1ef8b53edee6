// TrackerTalk: what clients and their tracker say to each other, understood, and each answer beside its question.
//
// Over HTTP the n-th reply of a connection answers its n-th request; over UDP (BEP 15) transaction ids join them, and a
// request repeated under its id is the same question.  Connects of BEP 15 carry nothing that anybody is held to, and
// are left out, as is an answer to what was never asked.  Feed it the tracker_request and tracker_reply events that
// ears() names; any other is no talk.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/announce.hpp"
#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

// What the decoder has to say about bytes that are no tracker message.
struct NotUnderstood { std::string what; };

struct TrackerQuestion {
  HostId client;
  HostId tracker;
  bool is_udp = false;
  Time decided{};                         // the earliest
  Time decided_latest{};
  bool is_repetition = false;             // of the client's last announce there, number for number, which was not answered
  std::variant<protocol::AnnounceRequest, protocol::ScrapeRequest, NotUnderstood> what;
  const protocol::AnnounceRequest* announce() const { return std::get_if<protocol::AnnounceRequest>(&what); }
};

struct TrackerAnswer {
  TrackerQuestion question;
  std::variant<protocol::AnnounceReply, protocol::ScrapeReply, protocol::TrackerFailure, NotUnderstood> what;
  // A compact list of peers that is no multiple of 6 (IPv4) or 18 bytes (IPv6), in words; "" where all is well.
  std::string ragged;
  const protocol::AnnounceReply* announced() const { return std::get_if<protocol::AnnounceReply>(&what); }
};

class TrackerTalk {
 public:
  explicit TrackerTalk(const RunFacts& facts) : facts_(facts) {}

  // What on_event() wants of one side's moments.
  static EventSet ears(WireEventKind moment);

  // A sent or received tracker_request: the question.  Valid until the next call; null for a connect.
  const TrackerQuestion* on_request(const WireEvent& event);
  // A sent or received tracker_reply: the answer with its question; nullopt where it answers nothing.
  std::optional<TrackerAnswer> on_reply(const WireEvent& event);

 private:
  // Questions of one HTTP connection, or of one client, tracker and transaction over UDP.
  struct Key {
    bool is_http = false;
    std::uint32_t who = 0;                // connection, or client
    std::uint32_t transaction = 0;
    std::uint32_t tracker = 0;            // over UDP
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Line {
    std::vector<TrackerQuestion> questions;
    std::size_t requests[2] = {0, 0};     // sent and received so far
    std::size_t replies[2] = {0, 0};
  };

  void note_repetition(const WireEvent& event, TrackerQuestion& question);

  const RunFacts& facts_;
  std::map<Key, Line> lines_;
  std::map<std::pair<HostId, HostId>, protocol::AnnounceRequest> unanswered_;   // the last that was sent, by client and tracker
};

// "ANNOUNCE completed, left 0 B, uploaded 3 MiB, downloaded 16 MiB"
std::string to_string(const protocol::AnnounceRequest& request);

}  // namespace swarmlab::swarmsim
