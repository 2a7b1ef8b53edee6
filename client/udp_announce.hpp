// UdpAnnounce: announces to a UDP tracker, and scrapes it (BEP 15).
//
//   resolve -> connect -> announce, scrape     a connection id is used for a minute at most, then fetched anew
//                 \__________\_ no answer after 15 * 2^n seconds: again (n from 0), up to `attempts` times
//
// Answers that do not match the transaction are not for us and change nothing (bug B66).
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "client/tracker_transaction.hpp"
#include "protocol/udp_tracker.hpp"
#include "protocol/url.hpp"
#include "runtime/outside.hpp"

namespace swarmlab::client {

class UdpAnnounce final : public TrackerTransaction,
                          private runtime::ResolveHandler,
                          private runtime::DatagramHandler,
                          private runtime::TimerHandler {
 public:
  UdpAnnounce(const runtime::Outside& outside, const protocol::Url& url, std::optional<IpAddress> from, int attempts,
              Reach reach = Reach::any);
  ~UdpAnnounce() override;

  void begin(const protocol::AnnounceRequest& request, AnnounceHandler& handler) override;
  void scrape(const InfoHashV1& info_hash, ScrapeHandler& handler) override;
  void cancel() override;

 private:
  static constexpr Duration kFirstWait = 15s;
  static constexpr Duration kConnectionLife = 60s;

  void on_resolved(runtime::Tag tag,
                   std::expected<std::span<const IpAddress>, runtime::NetworkError> addresses) override;
  void on_datagrams(runtime::DatagramSocketId socket, std::span<const runtime::Datagram> batch) override;
  void on_timer(runtime::Tag tag) override;

  void send();
  void receive(const runtime::Datagram& datagram);
  void begin();
  void fail(std::string reason);

  runtime::Outside outside_;
  protocol::Url url_;
  std::optional<IpAddress> from_;
  int attempts_;
  Reach reach_;
  runtime::Timer timer_;
  // Under way: one of the two, with who asked.
  struct Announcing { protocol::AnnounceRequest request; AnnounceHandler* handler; };
  struct Scraping { InfoHashV1 info_hash; ScrapeHandler* handler; };
  std::variant<std::monostate, Announcing, Scraping> task_;
  std::optional<Endpoint> tracker_;
  std::optional<runtime::DatagramSocketId> socket_;
  std::optional<protocol::udp::ConnectionId> connection_;
  Time connected_ = kStart;
  protocol::udp::TransactionId transaction_;
  bool is_connecting_ = false;
  int attempt_ = 0;
};

}  // namespace swarmlab::client
