// TrackerTransaction: one announce to one tracker, over whatever its URL says.
//
// begin() ends in exactly one on_announced(), later, unless cancel() or the destructor comes first.
#pragma once

#include <expected>
#include <string>

#include "protocol/announce.hpp"

namespace swarmlab::client {

class AnnounceHandler {
 public:
  // The reply, or in a person's words why there is none.  The transaction may be begun anew from here,
  // but not be destroyed.
  virtual void on_announced(std::expected<protocol::AnnounceReply, std::string> outcome) = 0;

 protected:
  ~AnnounceHandler() = default;
};

class TrackerTransaction {
 public:
  virtual ~TrackerTransaction() = default;
  // One at a time.
  virtual void begin(const protocol::AnnounceRequest& request) = 0;
  virtual void cancel() = 0;
};

}  // namespace swarmlab::client
