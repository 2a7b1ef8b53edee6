// MetadataFetch: getting the info dictionary of a magnet link from peers, some of which lie (BEP 9; bugs B69, B70, B79).
//
// Pure: told what peers offer and send, it says what to ask of whom.  The info-hash is taken over the whole, so a single
// piece cannot be judged when it comes.  Rules:
//
//  - every claimed size is an assembly of its own, filled by all who claim it.
//    Rationale: the first size heard must not be final (TR #5943), and none can be believed before the hash agrees.
//  - a piece is asked of one peer at a time, of each peer kOpen at once (rtorrent 0.9.8 stops answering for good when a
//    second request reaches it before its first answer has left); who does not answer within `timeout` is
//    left alone for a pause that doubles, and its pieces are asked elsewhere.  What it sends after all is taken.
//  - a whole whose hash is wrong: where one peer gave all of it, that peer lied.  Where several gave, nobody knows who;
//    the digests of the pieces are kept with their senders, and from now on each source of this size fills an assembly of
//    its own, a few at a time.  The first that is right also shows whose pieces were not.
//  - memory grows with what has come, never with what is claimed: kMaxMetadataBytes for all assemblies together.  The
//    fullest one that is not right has to go when there is no room, and who filled it pauses longest.
//
// Cost: linear in sources and pieces per call, a few hundred calls in a download's life.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "client/peer_key.hpp"
#include "protocol/ids.hpp"
#include "protocol/metadata_message.hpp"
#include "protocol/units.hpp"

namespace swarmlab::client {

class MetadataFetch {
 public:
  struct Request {
    PeerKey peer;
    std::uint32_t piece = 0;
    friend bool operator==(const Request&, const Request&) = default;
  };
  static constexpr std::size_t kOpen = 1;          // requests to one peer
  static constexpr std::size_t kAlone = 4;         // assemblies of single sources at a time

  MetadataFetch(const InfoHashV1& info_hash, Duration timeout) : info_hash_(info_hash), timeout_(timeout) {}

  // ---- what peers say ----
  // The peer claims to have it, in this size; again with another size when it changes its mind.  Sizes beyond
  // kMaxMetadataBytes make no source.
  void offered(PeerKey peer, ByteCount size);
  void left(PeerKey peer);
  void received(PeerKey peer, const protocol::MetadataData& piece, Time now);
  void rejected(PeerKey peer, std::uint32_t piece, Time now);

  // ---- what to do ----
  // Gives up what is overdue and returns what to ask now, to be asked indeed.
  std::vector<Request> next(Time now);
  // When next() is to be called again though nothing is heard; kNever while there is nothing to wait for.
  Time due(Time now) const;
  // The dictionary once it is there and right; it stays so.
  const std::optional<std::vector<std::byte>>& metadata() const { return metadata_; }
  // Peers found out since the last call, in the order of finding; they are no sources any more.
  std::vector<PeerKey> take_liars() { return std::exchange(liars_, {}); }

  std::size_t sources() const { return sources_.size(); }
  ByteCount stored() const { return stored_; }

 private:
  struct Part {
    std::vector<std::byte> bytes;
    PeerKey from = kNobody;
  };
  using Parts = std::map<std::uint32_t, Part>;     // those that have come
  struct Open {
    std::uint32_t piece = 0;
    Time asked;
    bool is_late = false;                          // given up; may still come
  };
  struct Source {
    ByteCount size;
    std::vector<Open> open;
    Time again_after = kStart;
    Duration pause{};
    bool is_alone = false;                         // fills `own`, not the assembly of its size
    Parts own;
  };
  struct Blame { PeerKey peer; std::uint32_t piece = 0; Sha1Digest digest; };

  Parts& parts_of(Source& source) { return source.is_alone ? source.own : shared_[source.size]; }
  void ask(PeerKey key, Source& source, Time now, std::vector<Request>& out);
  bool is_asked(const Source& of, std::uint32_t piece) const;
  void refused(Source& source, Time now);
  void judge(PeerKey key, Source& source);
  void discard(Parts& parts);
  void make_room(Time now);
  void found_out(PeerKey peer);

  InfoHashV1 info_hash_;
  Duration timeout_;
  std::map<PeerKey, Source> sources_;
  std::map<ByteCount, Parts> shared_;
  std::map<ByteCount, std::vector<Blame>> blame_;  // sizes that several filled wrongly: who gave what
  std::vector<PeerKey> liars_;
  std::optional<std::vector<std::byte>> metadata_;
  ByteCount stored_;
};

}  // namespace swarmlab::client
