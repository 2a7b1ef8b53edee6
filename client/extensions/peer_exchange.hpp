// PeerExchange: the extension "ut_pex" (BEP 11): telling peers whom we are connected to, and hearing it from them.
//
// What we tell (bug B72):
//  - who is told: addresses that accept connections: those we dialled, and those that dialled us and said where they
//    listen.  Never the receiver itself; never in a private torrent (BEP 27), where ut_pex is not offered at all.
//  - the first message names everybody, the later ones what has changed since, at most kPexBatch of each kind; what does
//    not fit goes with the next.  An address is dropped only where it was added, and one that came and went between two
//    messages is in neither.  Nothing changed: no message.
//  - at least `pex_interval` passes between two messages to a peer.
//
// What we hear is a stranger's word, and may point at a victim (bugs B79, B82):
//  - at most kMostPerPeer new addresses are taken from one connection, and one port per address, so that nobody
//    alone decides whom we dial; loopback, multicast and link-local addresses are taken from nobody but peers on loopback.
//  - a peer that sends faster than kLeastGap allows is not listened to; one that does so kPatience times has to go.
//  - `dropped` is a hint that we do not need: an address that is dead is found out by dialling it.
//  - the addresses go behind those of the tracker (PeerPool).
//
// Cost: O(connections) per message sent, and nothing while nobody comes or goes.
#pragma once

#include <map>
#include <set>
#include <span>
#include <vector>

#include "client/extensions/extension.hpp"
#include "client/peer_set.hpp"
#include "protocol/pex_message.hpp"
#include "runtime/outside.hpp"

namespace swarmlab::client {

class PeerExchangeOwner {
 public:
  // Whether peers may be passed on and taken: not in a private torrent.
  virtual bool may_exchange() const = 0;
  // Not empty; what was left out is not among them.
  virtual void on_exchanged(const Peer& teller, std::span<const protocol::PexPeer> found) = 0;
  virtual void drop(Peer& peer, std::string_view reason) = 0;
  // An event that came to the exchange directly is over.
  virtual void on_settled() = 0;

 protected:
  ~PeerExchangeOwner() = default;
};

class PeerExchange final : public Extension, private runtime::TimerHandler {
 public:
  static constexpr std::size_t kMostPerPeer = 200;
  static constexpr Duration kLeastGap = 10s;
  static constexpr std::uint32_t kPatience = 10;

  PeerExchange(const runtime::Outside& outside, const Settings& settings, PeerSet& peers, PeerExchangeOwner& owner);
  PeerExchange(const PeerExchange&) = delete;
  PeerExchange& operator=(const PeerExchange&) = delete;

  // Somebody is connected, has left, or said where it listens.
  void contacts_changed();
  // Nothing more is told.
  void halt();

  std::string_view name() const override { return "ut_pex"; }
  bool is_offered() const override;
  void describe(protocol::ExtensionHandshake&) const override {}
  void on_handshake(Peer& peer, const protocol::ExtensionHandshake& theirs) override;
  void on_message(Peer& peer, Bytes payload) override;
  void peer_left(Peer& peer) override;

 private:
  struct State {
    Time next = kStart;                    // when it may be told something
    bool was_told = false;
    std::vector<Endpoint> told;            // sorted: what it takes us to be connected to
    Time heard = kStart;                   // its last message
    bool has_spoken = false;
    std::uint32_t hasty = 0;               // messages that came too soon
    std::set<IpAddress> taken;             // addresses it gave us
    std::size_t given = 0;
  };

  void on_timer(runtime::Tag tag) override;
  std::vector<protocol::PexPeer> contacts();
  void tell(Peer& peer, State& state, const std::vector<protocol::PexPeer>& contacts, Time now);

  runtime::Clock& clock_;
  const Settings& settings_;
  PeerSet& peers_;
  PeerExchangeOwner& owner_;
  runtime::Timer timer_;
  std::map<PeerKey, State> states_;        // of peers that speak it
};

}  // namespace swarmlab::client
