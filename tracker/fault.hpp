// What a tracker can be told to do wrong, so that clients can be watched coping with it (bugs B62, B66, B67).
//
//   refuse[:REASON]   every announce and scrape is answered with a failure
//   drop:N/M          of every M requests (datagrams and HTTP requests alike) the first N stay unanswered, and
//                     unseen: the registry does not hear of them
//   truncate          every reply is cut in half; over HTTP with a Content-Length that says so
//   malformed         every reply is rubbish of the same length: no bencoding, and over UDP no action that there is
//   slow:S            every reply is kept back for S seconds, 1 to 3600
//   dead:N            every list of peers begins with N addresses, 1 to 200, where nobody is: of the ranges that documents
//                     use (RFC 5737 and RFC 3849), which no network has
//   interval:S        replies name an interval of S seconds, any 32-bit number, also 0 and negative ones; over UDP, whose
//                     interval has no sign, a negative one arrives as a number above 2^31.  Peers expire as if the
//                     interval were the real one
//   mirror            every list of peers begins with whoever asks, where it says that it listens (bug B61)
//
// Faults combine; of each kind the last one given counts.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/announce.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"

namespace swarmlab::tracker {

struct FaultSpec {
  enum class Kind : std::uint8_t { refuse, drop, truncate, malformed, slow, dead, interval, mirror } kind = Kind::refuse;
  std::string reason{};                      // refuse
  std::uint32_t dropped = 0, of = 1;         // drop: 0 < dropped <= of
  std::chrono::seconds interval{};           // interval; slow: how long
  std::uint32_t dead = 0;                    // dead: how many
  friend bool operator==(const FaultSpec&, const FaultSpec&) = default;
};

// The error names what is wrong and what would be right.
std::expected<FaultSpec, std::string> parse_fault(std::string_view spec);
std::string to_string(const FaultSpec& fault);

// The faults of one tracker at work.
class Faults {
 public:
  Faults() = default;
  explicit Faults(const std::vector<FaultSpec>& specs);

  // Counts one request; true when it is to be ignored.
  bool swallows_next();
  std::optional<protocol::TrackerFailure> refusal();
  void distort(protocol::AnnounceReply& reply, const Endpoint& asker);
  void distort(std::vector<std::byte>& encoded_reply);
  // Counts one reply; how long it is to be kept back.
  Duration delay();
  // How often a fault has bitten.
  std::uint64_t bites() const { return bites_; }

 private:
  std::optional<std::string> refuse_;
  std::uint32_t dropped_ = 0, of_ = 1;
  std::uint32_t position_ = 0;               // in the present round of of_ requests
  bool truncates_ = false;
  bool is_malformed_ = false;
  Duration delay_{};
  std::uint32_t dead_ = 0;
  std::optional<std::chrono::seconds> interval_;
  bool mirrors_ = false;
  std::uint64_t bites_ = 0;
};

}  // namespace swarmlab::tracker
