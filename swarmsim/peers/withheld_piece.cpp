#include "swarmsim/peers/withheld_piece.hpp"

#include <array>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array<std::string_view, 2> kAnswers{"silence", "reject"};
constexpr std::array kParameters{
    BehaviourParameter{"pieces", BehaviourValueKind::pieces, "0", "which are withheld"},
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the requests for them that are not served"},
    BehaviourParameter{"answer", BehaviourValueKind::word, "silence", "reject needs the fast extension on both sides", kAnswers},
};

class WithheldPiece final : public Box {
 public:
  using Box::Box;

  void to_engine(Parcel parcel) override {
    const auto* request = parcel.as<protocol::Request>();
    if (request == nullptr || !role_.spec.pieces("pieces").has(request->block.piece) || !role_.is_due()) {
      pass_to_engine(std::move(parcel));
      return;
    }
    role_.bites("withholds " + to_words(request->block));
    if (role_.spec.word("answer") == "reject") send_reject(request->block);
  }
};

}  // namespace

constinit const BehaviourManual kWithheldPiece{
    .name = "withheld_piece",
    .claim = "serves everything but one piece, which it announced like the others",
    .kind = BehaviourKind::box,
    .bugs = "B22, B33, B37",
    .parameters = kParameters,
    .text = R"(Requests for the named pieces are left alone, or rejected; all others are served.  A correct client
gets that piece elsewhere and goes on with this peer for the rest; the last blocks must not wait for it longer than
the request timeout.)",
};

std::unique_ptr<Box> make_withheld_piece(Role& role, Line& line, std::size_t place) {
  return make_box_of<WithheldPiece>(role, line, place);
}

}  // namespace swarmlab::swarmsim
