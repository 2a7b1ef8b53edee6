// What things in a swarm are called: pieces, blocks, peers, torrents.
//
// An Index is a position with order and successor but no other arithmetic; mixing a piece index
// with a block index does not compile.  Hashes are plain byte arrays that compare and print.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/units.hpp"

namespace swarmlab {

template <class Tag, class Rep = std::uint32_t>
class Index {
 public:
  using rep = Rep;
  constexpr Index() = default;
  constexpr explicit Index(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(Index, Index) = default;
  constexpr Index& operator++() { ++value_; return *this; }

 private:
  Rep value_ = 0;
};

// A piece of a torrent, from 0 (BEP 3, "metainfo files").
using PieceIndex = Index<struct PieceTag>;
// A 16 KiB block within its piece, from 0.
using BlockIndex = Index<struct BlockTag>;
// The byte offset of a block within its piece, as it stands on the wire ("begin").
using BlockBegin = Index<struct BeginTag>;

template <class Tag, std::size_t N>
struct FixedBytes {
  std::array<std::byte, N> bytes{};
  static constexpr std::size_t kSize = N;
  friend constexpr auto operator<=>(const FixedBytes&, const FixedBytes&) = default;
  Bytes view() const { return bytes; }
  // Copies the first N bytes; requires in.size() >= N.
  static FixedBytes from(Bytes in) {
    FixedBytes out;
    for (std::size_t i = 0; i < N; ++i) out.bytes[i] = in[i];
    return out;
  }
};

using Sha1Digest = FixedBytes<struct Sha1Tag, 20>;
using Sha256Digest = FixedBytes<struct Sha256Tag, 32>;
// SHA-1 over the raw bytes of the info dictionary (BEP 3).
using InfoHashV1 = FixedBytes<struct InfoHashV1Tag, 20>;
// Chosen by each client at start; conventions in BEP 20.
using PeerId = FixedBytes<struct PeerIdTag, 20>;

// Lower-case hexadecimal.
std::string to_hex(Bytes bytes);
// Inverse of to_hex, either case; false, and `out` untouched, unless the text is 2 * out.size()
// hex digits.
bool from_hex(std::string_view text, MutableBytes out);

template <class Tag, std::size_t N>
std::string to_string(const FixedBytes<Tag, N>& value) { return to_hex(value.view()); }

inline Bytes as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace swarmlab
