#include "swarmsim/checks/request_bounds.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose requests are judged"},
    ParameterManual{"size", ParameterKind::count, Need::optional,
                    "bytes in a request (default: each peer's declared request_size, 16 KiB unless it says otherwise)"},
};

class RequestBounds final : public Check {
 public:
  explicit RequestBounds(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        size_(context.arguments.count("size")) {}

  EventSet interest() const override { return EventSet{}.sent(MessageKind::request); }

  void on_event(const WireEvent& event) override {
    if (!is_who_.has(event.from)) return;
    ++requests_;
    const protocol::BlockRange block = event.message.block();
    if (!facts_.geometry.contains(block.piece))
      return accuse(event, fmt::format("piece {} of a torrent with {} pieces", block.piece.value(),
                                       facts_.geometry.piece_count()));
    const ByteCount length = facts_.geometry.length_of(block.piece);
    const ByteCount begin(block.begin.value());
    if (block.length.value() == 0) return accuse(event, "nothing: a length of 0");
    if (begin + block.length > length)
      return accuse(event, fmt::format("{} bytes from {} on, beyond the end of the piece at {}", block.length.value(),
                                       begin.value(), length.value()));
    const bool is_last = begin + block.length == length;
    if (is_last) ++last_blocks_;
    const ByteCount size = size_ ? ByteCount::from_size(*size_) : facts_.peers[event.from.value()].request_size;
    if (block.length == part_of_piece(size) && begin.value() % block.length.value() == 0) return;
    if (block.length > size || (block.length < size && !is_last))
      return accuse(event, fmt::format("{} bytes from {} on; {} would be right", block.length.value(), begin.value(),
                                       std::min(size.value(), (length - begin).value())));
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} requests, {} of them at the end of a piece", wrong_, requests_, last_blocks_);
    judgement.limit = std::string("0");
    if (requests_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody requested anything in this run; there was nothing to judge";
    }
    return judgement;
  }

 private:
  // A piece in halves of halves, until one is no longer than a request may be.
  ByteCount part_of_piece(ByteCount most) const {
    ByteCount part = facts_.geometry.piece_length();
    while (part > most) part = part / 2;
    return part;
  }

  void accuse(const WireEvent& event, const std::string& what) {
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} asks {} for {}", facts_.name(event.from), facts_.name(event.to), what);
    first_.story.push_back(story_line(event.decided_earliest,
                                      conversation(facts_, event.from, event.to, event.message) + " decided"));
    first_.story.push_back(fmt::format("pieces have {}, the last one {}; look at how the client cuts a piece into blocks",
                                       to_text(facts_.geometry.piece_length()),
                                       to_text(facts_.geometry.length_of(PieceIndex(facts_.geometry.piece_count() - 1)))));
  }

  const RunFacts& facts_;
  PeerSet is_who_;
  std::optional<std::uint64_t> size_;   // what the scenario says instead of what the peers declare
  std::uint64_t requests_ = 0;
  std::uint64_t last_blocks_ = 0;
  std::uint64_t wrong_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kRequestBounds{
    .name = "request_bounds",
    .claim = "every request lies within its piece and has the usual length",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B29",
    .parameters = kParameters,
    .text = R"(A Request names an existing piece, and begin + length is at most the length of that piece (the last one is mostly
shorter).  Its length is the client's request size, 16 KiB by default, except for the last block of a piece, where it
is what remains; or the piece's, halved until that is no more (so transmission cuts them: 12 500 B of 50 000 B).  Longer
ones make others hang up (BEP 3); shorter ones, or ones across the end of a piece, come from piece lengths that are no
multiple of 16 KiB.  Vacuous when nobody requests.  Provoke it with piece lengths of 50 000 B and 24 KiB, and with
totals of k pieces, k pieces and one byte, less than one block, and one byte.)",
    .declared = "request_size",
};

std::unique_ptr<Check> make_request_bounds(const CheckContext& context) {
  return std::make_unique<RequestBounds>(context);
}

}  // namespace swarmlab::swarmsim
