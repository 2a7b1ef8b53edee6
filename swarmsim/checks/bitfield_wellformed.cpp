#include "swarmsim/checks/bitfield_wellformed.hpp"

#include <fmt/format.h>

#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/possible_pieces.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose bitfields are judged"},
};

class BitfieldWellformed final : public Check {
 public:
  explicit BitfieldWellformed(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()), possible_(facts_) {}

  EventSet interest() const override {
    return EventSet{}.sent(MessageKind::bitfield).received(MessageKind::piece);
  }

  void on_event(const WireEvent& event) override {
    if (event.message.kind == MessageKind::piece) {
      if (is_who_.has(event.to)) possible_.on_block(event);
    } else if (is_who_.has(event.from)) {
      ++bitfields_;
      judge(event);
    }
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} bitfields", wrong_, bitfields_);
    judgement.limit = std::string("0");
    if (bitfields_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "none of the peers sent a Bitfield (with the Fast extension a seed says Have All instead)";
    }
    return judgement;
  }

 private:
  void judge(const WireEvent& event) {
    const std::uint32_t pieces = facts_.geometry.piece_count();
    const std::size_t right = protocol::Bitfield::wire_bytes(pieces);
    if (event.payload.size() != right)
      return accuse(event, fmt::format("of {} for {} pieces; {} would be right", bytes(event.payload.size()), pieces,
                                       bytes(right)));
    for (std::size_t bit = pieces; bit < 8 * right; ++bit)
      if (is_set(event.payload, bit))
        return accuse(event, fmt::format("with spare bit {} set; the torrent's last piece is {}", bit, pieces - 1));
    for (std::uint32_t piece = 0; piece < pieces; ++piece)
      if (is_set(event.payload, piece) && !possible_.can_have(event.from, PieceIndex(piece)))
        return accuse(event, fmt::format("that claims piece {}, which it cannot have", piece));
  }

  static bool is_set(Bytes payload, std::size_t bit) {
    return (payload[bit / 8] & std::byte{0x80} >> (bit % 8)) != std::byte{0};
  }
  static std::string bytes(std::size_t count) { return fmt::format("{} byte{}", count, count == 1 ? "" : "s"); }

  void accuse(const WireEvent& event, const std::string& how) {
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} sends {} a bitfield {}", facts_.name(event.from), facts_.name(event.to), how);
    std::string payload;
    for (const std::byte byte : event.payload.first(std::min<std::size_t>(16, event.payload.size())))
      payload += fmt::format(" {:02x}", std::to_integer<unsigned>(byte));
    if (event.payload.size() > 16) payload += " ...";
    first_.story.push_back(story_line(event.at, conversation(facts_, event.from, event.to, event.message) + payload));
    first_.story.push_back("piece 0 is the high bit of the first byte; look at where the client packs its bitfield");
  }

  const RunFacts& facts_;
  PeerSet is_who_;
  PossiblePieces possible_;
  std::uint64_t bitfields_ = 0;
  std::uint64_t wrong_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kBitfieldWellformed{
    .name = "bitfield_wellformed",
    .claim = "every bitfield has the right length, no spare bits, and claims only what its sender has",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B14",
    .parameters = kParameters,
    .text = R"(BEP 3, "bitfield": one bit per piece, the high bit of the first byte is piece 0, "spare bits at the end are set
to zero".  A Bitfield of n pieces has (n + 7) / 8 bytes; spare bits are 0; a set bit names a piece that the sender
had when it joined, or all blocks of which have reached it.  So reversed bits show too, unless the sender has
everything.  Vacuous when nobody sends one: with the Fast extension a seed may say Have All, who has nothing Have
None.  Provoke it with partial peers, and piece counts of 1, 7, 8, 9 and around multiples of 8.)",
};

std::unique_ptr<Check> make_bitfield_wellformed(const CheckContext& context) {
  return std::make_unique<BitfieldWellformed>(context);
}

}  // namespace swarmlab::swarmsim
