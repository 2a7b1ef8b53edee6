#include "client/early_messages.hpp"

namespace swarmlab::client {
namespace {

using namespace protocol;

bool tells_of_state(const Message& message) {
  return std::holds_alternative<Choke>(message) || std::holds_alternative<Unchoke>(message) ||
         std::holds_alternative<Interested>(message) || std::holds_alternative<NotInterested>(message) ||
         std::holds_alternative<Have>(message) || std::holds_alternative<BitfieldMessage>(message) ||
         std::holds_alternative<HaveAll>(message) || std::holds_alternative<HaveNone>(message) ||
         std::holds_alternative<AllowedFast>(message);
}

}  // namespace

bool EarlyMessages::keep(const Message& message) {
  if (!tells_of_state(message)) return true;
  const std::size_t before = log_.size();
  encode(message, log_);
  if (size() <= kMost) return true;
  log_.resize(before);
  return false;
}

}  // namespace swarmlab::client
