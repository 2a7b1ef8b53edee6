// PieceAffinity: whether a piece belongs to one peer or to whoever comes.
//
//   affine  Each peer fetches a piece of its own, as far as there are enough.  A piece that fails its hash then names its culprit
//           (bug B44), and few stand half done (B31).  libtorrent does so for peers quick enough (`whole_pieces_threshold`).
//   dealt   The blocks of the pieces that are begun are dealt out over all quick peers, the oldest piece first, so that
//           each is whole, and can be passed on, as soon as all together can bring it: Cohen 2003, "strict priority".  Good where
//           pieces are large and peers few and alike; who spoilt a piece is then found by comparing digests only
//           (smart_ban.hpp).  A slow peer (PiecePicker, Speed) keeps to a piece of its own, which no others wait for.
#pragma once

#include <cstdint>

namespace swarmlab::client {

enum class PieceAffinity : std::uint8_t { affine, dealt };

}  // namespace swarmlab::client
