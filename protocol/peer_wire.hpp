// Peer messages (BEP 3, "peer messages"; BEP 5 port; BEP 6 fast extension; BEP 10 extended).
//
//    +----------------+------+-----------------------------+
//    | length (u32)   | id   | payload: length - 1 bytes   |      length 0: keep-alive, no id
//    +----------------+------+-----------------------------+
//
// decode_one: bytes of one connection -> one message.  Every byte string gives a message, "not yet"
// (nullopt) or one DecodeError, after which the stream is unusable: there is nothing to
// resynchronise on.  Views in the message live as long as the input.  A length is judged before its
// bytes are waited for.  The caller, who knows the stream, adds peer and offset to an error.
//
// Of a Piece only the 13 bytes of its header are decoded: the block itself goes from the stream to
// hash and disk in slices, unseen here.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/piece_geometry.hpp"
#include "protocol/units.hpp"

namespace swarmlab::protocol {

enum class MessageId : std::uint8_t {
  choke = 0, unchoke = 1, interested = 2, not_interested = 3, have = 4, bitfield = 5,
  request = 6, piece = 7, cancel = 8, port = 9,
  suggest = 13, have_all = 14, have_none = 15, reject = 16, allowed_fast = 17,
  extended = 20,
};

struct KeepAlive { friend bool operator==(KeepAlive, KeepAlive) = default; };
struct Choke { friend bool operator==(Choke, Choke) = default; };
struct Unchoke { friend bool operator==(Unchoke, Unchoke) = default; };
struct Interested { friend bool operator==(Interested, Interested) = default; };
struct NotInterested { friend bool operator==(NotInterested, NotInterested) = default; };
struct Have { PieceIndex piece; friend bool operator==(Have, Have) = default; };
// The payload as it stands; Bitfield::from_wire judges it, knowing the number of pieces.
struct BitfieldMessage { Bytes payload; };
struct Request { BlockRange block; friend bool operator==(const Request&, const Request&) = default; };
// Header of a piece message; `block.length` bytes of the block follow on the stream.
struct PieceHeader { BlockRange block; friend bool operator==(const PieceHeader&, const PieceHeader&) = default; };
struct Cancel { BlockRange block; friend bool operator==(const Cancel&, const Cancel&) = default; };
struct Port { std::uint16_t port = 0; friend bool operator==(Port, Port) = default; };
struct Suggest { PieceIndex piece; friend bool operator==(Suggest, Suggest) = default; };
struct HaveAll { friend bool operator==(HaveAll, HaveAll) = default; };
struct HaveNone { friend bool operator==(HaveNone, HaveNone) = default; };
struct Reject { BlockRange block; friend bool operator==(const Reject&, const Reject&) = default; };
struct AllowedFast { PieceIndex piece; friend bool operator==(AllowedFast, AllowedFast) = default; };
// BEP 10: sub-message 0 is the extension handshake.
struct Extended { std::uint8_t id = 0; Bytes payload; };
// A message number nobody here speaks; not an error (BEP 10: extensions are negotiated).
struct Unknown { std::uint8_t id = 0; Bytes payload; };

using Message = std::variant<KeepAlive, Choke, Unchoke, Interested, NotInterested, Have,
                             BitfieldMessage, Request, PieceHeader, Cancel, Port, Suggest, HaveAll,
                             HaveNone, Reject, AllowedFast, Extended, Unknown>;

inline constexpr std::size_t kPrefixBytes = 4;
inline constexpr std::size_t kPieceHeaderBytes = 13;  // prefix, id, index, begin
// Longest message by length prefix: the id and a bitfield of 2^23 pieces, which is 1 MiB.  A block of
// 128 KiB is the most that clients in the wild ask for; a longer one is oversized, while a request for
// more is a message like any other, to be judged against the torrent.
inline constexpr ByteCount kMaxMessageBytes = 1_MiB + 1_B;
inline constexpr ByteCount kMaxBlockBytes = 128_KiB;

struct DecodeError {
  enum class Kind : std::uint8_t { oversized, wrong_length } kind;
  std::uint32_t length = 0;             // as the prefix says
  std::optional<std::uint8_t> id;       // where it was seen
  friend bool operator==(const DecodeError&, const DecodeError&) = default;
};
struct Decoded {
  Message message;
  std::size_t consumed = 0;             // for a PieceHeader: 13, without the block
};

std::expected<std::optional<Decoded>, DecodeError> decode_one(Bytes in);

// Appends the wire form of `message` (of a PieceHeader: the 13 header bytes).
void encode(const Message& message, std::vector<std::byte>& out);

// The wire form of a message of fixed length, on the stack: what the hot path sends.
struct ShortMessage {
  std::array<std::byte, 17> bytes{};
  std::uint8_t size = 0;
  Bytes view() const { return Bytes(bytes).first(size); }
};
ShortMessage encode(KeepAlive);
ShortMessage encode(Choke);
ShortMessage encode(Unchoke);
ShortMessage encode(Interested);
ShortMessage encode(NotInterested);
ShortMessage encode(Have);
ShortMessage encode(const Request&);
ShortMessage encode(const PieceHeader&);
ShortMessage encode(const Cancel&);
ShortMessage encode(Port);
ShortMessage encode(Suggest);
ShortMessage encode(HaveAll);
ShortMessage encode(HaveNone);
ShortMessage encode(const Reject&);
ShortMessage encode(AllowedFast);

// "request piece 21, begin 0, length 16384": one wording for log, trace and test.
std::string to_string(const Message& message);
std::string to_string(const DecodeError& error);

// The pieces a choked peer may request (BEP 6, "allowed fast"): `count` pieces derived from the
// peer's address and the info-hash.  IPv4 only, as in the BEP; for IPv6 the answer is empty.
// Requires piece_count > 0; gives min(count, piece_count) distinct pieces.
std::vector<PieceIndex> allowed_fast_set(std::array<std::uint8_t, 4> peer_address,
                                         const InfoHashV1& info_hash, std::uint32_t piece_count,
                                         std::uint32_t count);

}  // namespace swarmlab::protocol
