// BanList: addresses with which we do not talk for a while, because a peer there sent bad data.
//
// Per address, not per port: a banned peer comes back from another port (bug B46).  IPv4 in IPv6 is
// already one address (IpAddress).  Bans expire, since addresses change hands.  Whoever composes asks before it dials and
// when it accepts, and closes what is connected to an address when it is banned.
// At most kMaxBans are kept; the one that would expire first makes room.  Cost: log n.
#pragma once

#include <cstddef>
#include <map>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"

namespace swarmlab::client {

class BanList {
 public:
  static constexpr std::size_t kMaxBans = 4096;

  // Bans until `until`; a longer ban that exists stays.
  void ban(const IpAddress& address, Time until);
  // A ban is over at its `until`.
  bool is_banned(const IpAddress& address, Time now) const;
  // Forgets what is over.
  void expire(Time now);
  std::size_t size() const { return until_.size(); }

 private:
  std::map<IpAddress, Time> until_;
};

}  // namespace swarmlab::client
