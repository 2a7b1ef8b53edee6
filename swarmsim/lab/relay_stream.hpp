// A connection that a relay carries: two sockets, and what is known of the streams between them.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "protocol/endpoint.hpp"
#include "swarmsim/lab/tracker_answer.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

// What moves on a line as one.
struct RelayedPart {
  enum class End : std::uint8_t { none, finished, reset };
  HostId to{};
  std::vector<std::byte> bytes = {};
  End end = End::none;              // behind the bytes
};

// Makes two peers take each other for clients without peer exchange (BEP 11), whose messages name addresses that mean something
// else to everybody: in the extension handshake "ut_pex" gets another last letter.
class PexCurtain {
 public:
  void pass(std::vector<std::byte>& bytes);

 private:
  std::size_t matched_ = 0;         // letters of the key that the stream ends with
  std::size_t left_ = 64 * 1024;    // of the stream's beginning, where the handshake is
};

// What a side's host did and is told.
struct RelayedSide {
  int socket = -1;
  // ---- what it writes ----
  std::uint64_t read = 0;           // bytes
  bool is_drained = true;           // all that it has written was read
  bool is_waiting = false;          // for its turn to be read
  bool is_broken = false;           // its stack has reset the connection
  RelayedPart::End ended = RelayedPart::End::none;
  std::int64_t under_way = 0;       // bytes read and not yet taken by the other's stack
  // ---- what it is told ----
  std::uint64_t delivered = 0;      // bytes
  std::deque<std::vector<std::byte>> unwritten;
  std::size_t written = 0;          // of the first of them
  bool is_to_end = false;           // behind them
  bool has_been_ended = false;
  std::optional<TrackerAnswers> answers;   // of a tracker: they need other addresses
  PexCurtain curtain;               // else
};

struct RelayedConnection {
  RelayedConnection() = default;
  ~RelayedConnection() {
    for (const RelayedSide& side : sides)
      if (side.socket >= 0) close(side.socket);
  }
  RelayedConnection(const RelayedConnection&) = delete;
  RelayedConnection& operator=(const RelayedConnection&) = delete;

  // The packet that a side would have sent: `flags` as TcpFrame has them, at `offset` of its stream (-1: its SYN).  A payload that
  // is only counted is left out of it.
  enum class Payload : std::uint8_t { whole, counted };
  std::vector<std::byte> packet(std::size_t sender, std::uint8_t flags, std::int64_t offset, Bytes bytes = {},
                                Payload payload = Payload::whole) const;

  std::uint64_t number = 0;
  HostId hosts[2];                  // who dialled, who was dialled
  Endpoint endpoints[2];            // as who watches is told
  RelayedSide sides[2];
  bool is_answered = false;         // whoever was dialled has accepted or refused
  bool is_open = false;             // and who dialled has heard it
};

}  // namespace swarmlab::swarmsim
