#include "tracker/udp_front.hpp"

#include <variant>

#include "protocol/udp_tracker.hpp"

namespace swarmlab::tracker {
namespace {

namespace udp = protocol::udp;
using protocol::TrackerFailure;

template <class... Cases>
struct Match : Cases... { using Cases::operator()...; };

constexpr char kConnectAgain[] = "connection id is not valid: connect again";
constexpr char kNoPasskey[] = "a passkey is needed, which UDP cannot carry: use the HTTP tracker";

}  // namespace

std::optional<std::vector<std::byte>> UdpFront::answer(Bytes packet, const Endpoint& from, Time now) {
  if (service_.swallows_request()) return std::nullopt;
  const auto family = from.address.is_v6() ? udp::Family::v6 : udp::Family::v4;
  const auto request = udp::decode_request(packet);
  if (!request) {
    service_.note_malformed();
    if (!request.error().answerable) return std::nullopt;
    return finish(udp::ErrorReply{*request.error().answerable, request.error().what}, family);
  }
  const auto error = [](udp::TransactionId transaction, std::string what) -> udp::Reply {
    return udp::ErrorReply{transaction, std::move(what)};
  };
  const udp::Reply reply = std::visit(
      Match{[&](const udp::ConnectRequest& asked) -> udp::Reply {
              return udp::ConnectReply{asked.transaction, connections_.issue(from.address, now)};
            },
            [&](const udp::AnnouncePacket& asked) -> udp::Reply {
              if (!connections_.is_valid(asked.connection, from.address, now)) {
                return error(asked.transaction, kConnectAgain);
              }
              if (service_.access().wants_passkey()) return error(asked.transaction, kNoPasskey);
              auto answer = service_.announce(asked.request, {from.address, Transport::udp}, now);
              if (auto* failure = std::get_if<TrackerFailure>(&answer)) {
                return error(asked.transaction, std::move(failure->reason));
              }
              return udp::AnnouncedReply{asked.transaction, std::get<protocol::AnnounceReply>(std::move(answer))};
            },
            [&](const udp::ScrapePacket& asked) -> udp::Reply {
              if (!connections_.is_valid(asked.connection, from.address, now)) {
                return error(asked.transaction, kConnectAgain);
              }
              if (service_.access().wants_passkey()) return error(asked.transaction, kNoPasskey);
              auto answer = service_.scrape(asked.request, Transport::udp, now);
              if (auto* failure = std::get_if<TrackerFailure>(&answer)) {
                return error(asked.transaction, std::move(failure->reason));
              }
              return udp::ScrapedReply{asked.transaction, std::get<protocol::ScrapeReply>(std::move(answer)).entries};
            }},
      *request);
  return finish(reply, family);
}

std::vector<std::byte> UdpFront::finish(const udp::Reply& reply, udp::Family family) {
  std::vector<std::byte> bytes = udp::encode(reply, family);
  service_.faults().distort(bytes);
  return bytes;
}

}  // namespace swarmlab::tracker
