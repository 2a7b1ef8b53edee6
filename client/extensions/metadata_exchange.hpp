// MetadataExchange: the extension "ut_metadata" (BEP 9): a torrent's info dictionary, served and fetched.
//
// Fetches while the torrent is known by its hash alone (MetadataFetch has the rules); serves from then on, and in a torrent
// that began with its metadata.  Who asks before we have it gets a reject, as the BEP demands: nothing unverified is
// passed on.  A peer is served each piece kServings times at most on one connection, then rejected: the dictionary may
// be 16 MiB, a request is 50 bytes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "client/extensions/extension.hpp"
#include "client/extensions/metadata_fetch.hpp"
#include "client/peer_set.hpp"
#include "runtime/outside.hpp"

namespace swarmlab::client {

class MetadataExchangeOwner {
 public:
  // The whole dictionary, its hash right.  Called once, from an event.
  virtual void on_metadata(std::vector<std::byte> info) = 0;
  // The peer sent what was not the dictionary (it may have left already).
  virtual void on_metadata_liar(PeerKey peer) = 0;
  // An event that came to the exchange directly is over.
  virtual void on_settled() = 0;

 protected:
  ~MetadataExchangeOwner() = default;
};

class MetadataExchange final : public Extension, private runtime::TimerHandler {
 public:
  static constexpr std::uint32_t kServings = 4;

  MetadataExchange(const runtime::Outside& outside, const Settings& settings, PeerSet& peers, MetadataExchangeOwner& owner);
  MetadataExchange(const MetadataExchange&) = delete;
  MetadataExchange& operator=(const MetadataExchange&) = delete;

  // Either one, once: what is to be fetched, or what can be served (it outlives the exchange).
  void fetch(const InfoHashV1& info_hash);
  void serve(const std::vector<std::byte>& info);
  // Nothing more is fetched.
  void halt();

  std::string_view name() const override { return "ut_metadata"; }
  bool is_offered() const override;
  void describe(protocol::ExtensionHandshake& ours) const override;
  void on_handshake(Peer& peer, const protocol::ExtensionHandshake& theirs) override;
  void on_message(Peer& peer, Bytes payload) override;
  void peer_left(Peer& peer) override;

 private:
  void on_timer(runtime::Tag tag) override;
  void answer(Peer& peer, std::uint32_t piece);
  void proceed();

  runtime::Clock& clock_;
  const Settings& settings_;
  PeerSet& peers_;
  MetadataExchangeOwner& owner_;
  runtime::Timer timer_;                                // time-outs and pauses of `fetch_`
  std::optional<MetadataFetch> fetch_;
  const std::vector<std::byte>* info_ = nullptr;
  std::map<PeerKey, std::uint32_t> served_;             // pieces sent to peers that are connected
};

}  // namespace swarmlab::client
