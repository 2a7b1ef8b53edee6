#include "swarmsim/peers/bad_requests.hpp"

#include <array>
#include <cstdint>
#include <string>

#include "swarmsim/peers/periodic_box.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array<std::string_view, 10> kKinds{"all", "no_such_piece", "piece_2_to_the_31", "last_number", "past_the_end",
                                                  "over_the_end", "begin_wraps", "length_wraps", "empty", "too_long"};
constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the times at which it asks for nonsense"},
    BehaviourParameter{"kind", BehaviourValueKind::word, "all", "which nonsense; all: one after another", kKinds},
    BehaviourParameter{"every", BehaviourValueKind::duration, "2 s", "how often it has the occasion, on each connection"},
};

class BadRequests final : public PeriodicBox {
 public:
  using PeriodicBox::PeriodicBox;

 private:
  void misbehave() override {
    std::string_view kind = role_.spec.word("kind");
    if (kind == "all") kind = kKinds[1 + role_.turn++ % (kKinds.size() - 1)];
    role_.bites("asks for nonsense: " + std::string(kind));
    send(protocol::Request{nonsense(kind)});
  }

  protocol::BlockRange nonsense(std::string_view kind) const {
    const std::uint32_t pieces = role_.geometry.piece_count();
    const auto length = static_cast<std::uint32_t>(role_.geometry.piece_length().value());
    const auto range = [](std::uint32_t piece, std::uint32_t begin, std::uint32_t bytes) {
      return protocol::BlockRange{PieceIndex(piece), BlockBegin(begin), ByteCount(bytes)};
    };
    if (kind == "no_such_piece") return range(pieces, 0, 16384);
    if (kind == "piece_2_to_the_31") return range(0x8000'0000, 0, 16384);
    if (kind == "last_number") return range(0xffff'ffff, 0xffff'ffff, 0xffff'ffff);
    if (kind == "past_the_end") return range(0, length, 16384);
    if (kind == "over_the_end") return range(0, length - 1, 2);
    if (kind == "begin_wraps") return range(0, 0xffff'c000, 0x4000);
    if (kind == "length_wraps") return range(0, 16384, 0xffff'ffff);
    if (kind == "empty") return range(0, 0, 0);
    return range(0, 0, 0x0100'0000);   // too_long: 16 MiB, where nobody serves more than 128 KiB at once
  }
};

}  // namespace

constinit const BehaviourManual kBadRequests{
    .name = "bad_requests",
    .claim = "asks for blocks that do not exist, are empty or too long",
    .kind = BehaviourKind::box,
    .bugs = "B29, B80",
    .parameters = kParameters,
    .text = R"(Each request has the right form and asks for nonsense: numbers past the torrent, sums that wrap in 32
bits, no bytes, far too many.  A correct client sends nothing for it; it may reject, ignore or hang up, and lives
on.)",
};

std::unique_ptr<Box> make_bad_requests(Role& role, Line& line, std::size_t place) {
  return make_box_of<BadRequests>(role, line, place);
}

}  // namespace swarmlab::swarmsim
