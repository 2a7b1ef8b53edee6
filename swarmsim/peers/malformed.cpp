#include "swarmsim/peers/malformed.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "protocol/big_endian.hpp"
#include "protocol/bitfield.hpp"
#include "protocol/ids.hpp"
#include "swarmsim/peers/periodic_box.hpp"
#include "swarmsim/peers/row_table.hpp"

namespace swarmlab::swarmsim {
namespace {

using protocol::PieceGeometry;
using Wire = std::vector<std::byte>;

// A message of `id` with these numbers as payload, and a length that fits.
Wire numbers(std::uint8_t id, std::initializer_list<std::uint32_t> values) {
  Wire wire;
  protocol::append_be(wire, static_cast<std::uint32_t>(1 + 4 * values.size()));
  wire.push_back(std::byte{id});
  for (const std::uint32_t value : values) protocol::append_be(wire, value);
  return wire;
}
// A message of `id` with so many bytes of payload.
Wire filled(std::uint8_t id, std::size_t bytes, std::byte with = std::byte{0}) {
  Wire wire;
  protocol::append_be(wire, static_cast<std::uint32_t>(1 + bytes));
  wire.push_back(std::byte{id});
  wire.insert(wire.end(), bytes, with);
  return wire;
}
// A length alone, and the beginning of what it promises.
Wire promise(std::uint32_t length, std::uint8_t id) {
  Wire wire;
  protocol::append_be(wire, length);
  wire.push_back(std::byte{id});
  wire.insert(wire.end(), 11, std::byte{0});
  return wire;
}
// An extension handshake (BEP 10) with that text where its dictionary should be.
Wire extended(const std::string& text) {
  Wire wire;
  protocol::append_be(wire, static_cast<std::uint32_t>(2 + text.size()));
  wire.push_back(std::byte{20});
  wire.push_back(std::byte{0});
  const Bytes bytes = as_bytes(text);
  wire.insert(wire.end(), bytes.begin(), bytes.end());
  return wire;
}
std::size_t bitfield_bytes(const PieceGeometry& g) { return protocol::Bitfield::wire_bytes(g.piece_count()); }

// What is sent, in this order: wrong in form, or in numbers.
struct MalformedRow {
  std::string_view name;
  std::string_view what;           // for people
  Wire (*make)(const PieceGeometry&);
};
constexpr std::array kRows{
    MalformedRow{"length_2_to_the_31", "a length of 2 GiB", [](const PieceGeometry&) { return promise(0x7fff'ffff, 7); }},
    MalformedRow{"length_4_gib", "a length of 4 GiB", [](const PieceGeometry&) { return promise(0xffff'ffff, 5); }},
    MalformedRow{"have_no_such_piece", "HAVE of the piece behind the last",
                 [](const PieceGeometry& g) { return numbers(4, {g.piece_count()}); }},
    MalformedRow{"have_2_to_the_31", "HAVE of piece 2^31", [](const PieceGeometry&) { return numbers(4, {0x8000'0000}); }},
    MalformedRow{"have_last_number", "HAVE of piece 2^32 - 1",
                 [](const PieceGeometry&) { return numbers(4, {0xffff'ffff}); }},
    MalformedRow{"have_short", "HAVE of three bytes", [](const PieceGeometry&) { return filled(4, 3); }},
    MalformedRow{"have_long", "HAVE of five bytes", [](const PieceGeometry&) { return filled(4, 5); }},
    MalformedRow{"choke_long", "CHOKE with a payload", [](const PieceGeometry&) { return filled(0, 4); }},
    MalformedRow{"unchoke_long", "UNCHOKE with a payload", [](const PieceGeometry&) { return filled(1, 1); }},
    MalformedRow{"interested_long", "INTERESTED with a payload", [](const PieceGeometry&) { return filled(2, 1); }},
    MalformedRow{"bitfield_short", "a bitfield one byte too short",
                 [](const PieceGeometry& g) { return filled(5, bitfield_bytes(g) - 1); }},
    MalformedRow{"bitfield_long", "a bitfield of 64 KiB too many",
                 [](const PieceGeometry& g) { return filled(5, bitfield_bytes(g) + 65536); }},
    MalformedRow{"bitfield_late", "another bitfield, with all bits set",
                 [](const PieceGeometry& g) { return filled(5, bitfield_bytes(g), std::byte{0xff}); }},
    MalformedRow{"request_short", "REQUEST of eleven bytes", [](const PieceGeometry&) { return filled(6, 11); }},
    MalformedRow{"request_long", "REQUEST of thirteen bytes", [](const PieceGeometry&) { return filled(6, 13); }},
    MalformedRow{"cancel_short", "CANCEL without its length", [](const PieceGeometry&) { return filled(8, 8); }},
    MalformedRow{"cancel_no_such_piece", "CANCEL in a piece that does not exist",
                 [](const PieceGeometry& g) { return numbers(8, {g.piece_count(), 0, 16384}); }},
    MalformedRow{"piece_without_block", "PIECE that ends behind its numbers",
                 [](const PieceGeometry&) { return filled(7, 8); }},
    MalformedRow{"piece_cut", "PIECE that ends within its numbers", [](const PieceGeometry&) { return filled(7, 3); }},
    MalformedRow{"piece_no_such_piece", "a block of a piece that does not exist",
                 [](const PieceGeometry& g) { return numbers(7, {g.piece_count(), 0, 1, 2, 3}); }},
    MalformedRow{"piece_past_its_end", "a block that begins behind its piece",
                 [](const PieceGeometry& g) { return numbers(7, {0, static_cast<std::uint32_t>(g.piece_length().value()), 1, 2, 3}); }},
    MalformedRow{"piece_begin_wraps", "a block whose end wraps in 32 bits",
                 [](const PieceGeometry&) { return numbers(7, {0, 0xffff'fffc, 1, 2, 3}); }},
    MalformedRow{"port_short", "PORT of one byte", [](const PieceGeometry&) { return filled(9, 1); }},
    MalformedRow{"suggest_no_such_piece", "SUGGEST of a piece that does not exist",
                 [](const PieceGeometry& g) { return numbers(13, {g.piece_count()}); }},
    MalformedRow{"have_all_late", "HAVE ALL in the middle", [](const PieceGeometry&) { return filled(14, 0); }},
    MalformedRow{"have_none_long", "HAVE NONE with a payload", [](const PieceGeometry&) { return filled(15, 4); }},
    MalformedRow{"reject_unasked", "REJECT of what nobody can have asked for",
                 [](const PieceGeometry&) { return numbers(16, {0xffff'ffff, 0xffff'ffff, 0xffff'ffff}); }},
    MalformedRow{"allowed_fast_no_such_piece", "ALLOWED FAST of a piece that does not exist",
                 [](const PieceGeometry& g) { return numbers(17, {g.piece_count()}); }},
    MalformedRow{"extended_empty", "EXTENDED without a number", [](const PieceGeometry&) { return filled(20, 0); }},
    MalformedRow{"extended_deep", "an extension handshake of 20 000 lists in each other",
                 [](const PieceGeometry&) { return extended(std::string(20'000, 'l')); }},
    MalformedRow{"extended_minus_zero", "an extension handshake with i-0e",
                 [](const PieceGeometry&) { return extended("d4:reqqi-0ee"); }},
    MalformedRow{"extended_cut", "an extension handshake that breaks off",
                 [](const PieceGeometry&) { return extended("d1:md11:ut_metadatai3"); }},
    MalformedRow{"extended_huge_string", "a string of 2^63 bytes in the extension handshake",
                 [](const PieceGeometry&) { return extended("d1:v9223372036854775807:x"); }},
    MalformedRow{"extended_list", "a list where the extension handshake is a dictionary",
                 [](const PieceGeometry&) { return extended("l1:me"); }},
    MalformedRow{"extended_bad_numbers", "negative and huge numbers in the extension handshake", [](const PieceGeometry&) {
      return extended("d13:metadata_sizei-1e1:pi99999999e4:reqqi-5ee"); }},
    MalformedRow{"unknown_numbers", "a message number that nobody knows (to be ignored)",
                 [](const PieceGeometry&) { return filled(99, 100, std::byte{0xaa}); }},
};

constexpr auto kNames = words_of(kRows);
constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the times at which it sends something malformed"},
    BehaviourParameter{"message", BehaviourValueKind::word, "all", "which; all: one after another", kNames},
    BehaviourParameter{"every", BehaviourValueKind::duration, "2 s", "how often it has the occasion, on each connection"},
};

class Malformed final : public PeriodicBox {
 public:
  using PeriodicBox::PeriodicBox;

 private:
  void misbehave() override {
    const MalformedRow& row = next_row(kRows, role_.spec.word("message"), role_.turn);
    role_.bites("sends " + std::string(row.what));
    line_.write_raw(row.make(role_.geometry));
  }
};

}  // namespace

constinit const BehaviourManual kMalformed{
    .name = "malformed",
    .claim = "sends messages that are wrong in form or in their numbers",
    .kind = BehaviourKind::box,
    .bugs = "B14, B56, B58, B78, B79, B80",
    .parameters = kParameters,
    .text = R"(At each occasion the next row of a table: lengths that lie, payloads too short and too long, numbers
beyond the torrent or about to wrap, fast messages at the wrong time, extension handshakes that are broken, nested
without end or full of nonsense.  The order goes on over connections, since most of them end with it.  A correct
client hangs up (or ignores what can be ignored), lives, and serves everybody else as before.)",
};

std::unique_ptr<Box> make_malformed(Role& role, Line& line, std::size_t place) {
  return make_box_of<Malformed>(role, line, place);
}

}  // namespace swarmlab::swarmsim
