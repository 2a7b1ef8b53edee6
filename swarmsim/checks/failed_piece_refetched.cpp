#include "swarmsim/checks/failed_piece_refetched.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "swarmsim/checks/requests_survive.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

class FailedPieceRefetched final : public RequestsSurvive {
 public:
  explicit FailedPieceRefetched(const CheckContext& context)
      : RequestsSurvive(context, "no piece failed its hash while somebody else had it"),
        failed_(facts_.peers.size()) {}

  EventSet interest() const override { return EventSet{}.add(RequestsSurvive::interest()).sent(MessageKind::have); }

  void on_whole_piece(const WholePiece& whole) override {
    if (!is_who_.has(whole.peer)) return;
    std::vector<PieceIndex>& failed = failed_[whole.peer.value()];
    std::erase(failed, whole.piece);
    if (whole.is_true) return;
    failed.push_back(whole.piece);
    blocks_.lose({.at = whole.at,
                  .asker = whole.peer,
                  .block = facts_.geometry.block(whole.piece, BlockIndex(0)),
                  .scope = LostBlocks::Scope::any_block_of_its_piece,
                  .how = fmt::format("is whole at {}, and false", facts_.name(whole.peer)),
                  .at_connection = {}});
  }

  Judgement conclude(const EndOfRun& end, Disks& disks) override {
    Judgement judgement = RequestsSurvive::conclude(end, disks);
    return announced_.verdict == Verdict::violated ? with_numbers(announced_, judgement) : judgement;
  }

 private:
  void find_losses(const WireEvent& event) override {
    const MessageKind kind = event.message.kind;
    if (event.kind == WireEventKind::received && kind == MessageKind::piece) return forgive(event);
    if (event.kind != WireEventKind::sent || kind != MessageKind::have || !is_who_.has(event.from)) return;
    const std::vector<PieceIndex>& failed = failed_[event.from.value()];
    if (announced_.verdict == Verdict::violated || std::ranges::find(failed, event.message.piece) == failed.end()) return;
    announced_.verdict = Verdict::violated;
    announced_.summary = fmt::format("{} announces piece {}, which arrived false and was not fetched again",
                                     facts_.name(event.from), event.message.piece.value());
    announced_.story.push_back(story_line(event.at, conversation(facts_, event.from, event.to, event.message)));
    announced_.story.push_back("look at what the client does when the hash of a piece is wrong");
  }

  // A client may keep the true blocks of a failed piece, and have it with the first one that comes again.
  void forgive(const WireEvent& event) {
    if (is_who_.has(event.to) && event.message.authentic != Authentic::no)
      std::erase(failed_[event.to.value()], event.message.piece);
  }

  static Judgement with_numbers(Judgement to, const Judgement& from) {
    to.measured = from.measured;
    to.limit = from.limit;
    return to;
  }

  std::vector<std::vector<PieceIndex>> failed_;   // by peer: whole and false, and nothing of it came since
  Judgement announced_;
};

}  // namespace

constinit const CheckManual kFailedPieceRefetched{
    .name = "failed_piece_refetched",
    .claim = "a piece that failed its hash is fetched again, and not announced before",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B41",
    .parameters = kRequestsSurviveParameters,
    .text = R"(When all blocks of a piece have arrived and at least one was false, no Have for it is sent, and blocks of it are
asked for again.  It has been forgotten when one source that has the piece, does not choke and never sent a corrupt block
stood ready for the whole time allowed and then has nothing to do, or was put to a piece not begun, while no block of
it was asked from anybody.  A source on whose blocks the peer waited for 5 s in vain is none until the next comes.
Whether the client fetches all of it or only what it suspects is its own affair; that a good second delivery is not
fetched a third time is said by no_request_for_owned_block.  Vacuous when no piece came false that an honest source
had.  Provoke it with a peer that spoils some blocks beside honest ones.)",
};

std::unique_ptr<Check> make_failed_piece_refetched(const CheckContext& context) {
  return std::make_unique<FailedPieceRefetched>(context);
}

}  // namespace swarmlab::swarmsim
