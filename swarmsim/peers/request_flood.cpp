#include "swarmsim/peers/request_flood.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "swarmsim/peers/periodic_box.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::uint64_t kShift = 512;
constexpr std::array<std::string_view, 2> kWhile{"unchoked", "always"};
constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the times at which it floods"},
    BehaviourParameter{"burst", BehaviourValueKind::count, "1000", "requests at a time"},
    BehaviourParameter{"every", BehaviourValueKind::duration, "1 s", "how often it has the occasion, on each connection"},
    BehaviourParameter{"while", BehaviourValueKind::word, "unchoked", "always: even when choked", kWhile},
};

class RequestFlood final : public PeriodicBox {
 public:
  using PeriodicBox::PeriodicBox;

 private:
  void misbehave() override {
    if (line_.they_choke() && role_.spec.word("while") == "unchoked") return;
    const std::vector<PieceIndex> theirs = pieces_in(line_.they_have());
    if (theirs.empty()) return;
    const std::uint64_t burst = role_.spec.count("burst");
    role_.bites("sends requests at once: " + std::to_string(burst));
    for (std::uint64_t i = 0; i < burst; ++i) send(protocol::Request{next(theirs)});
  }

  // Every piece in turn, then the same ranges shifted, so that no two requests are equal for long.
  protocol::BlockRange next(const std::vector<PieceIndex>& theirs) {
    const std::uint64_t k = made_++;
    const PieceIndex piece = theirs[k % theirs.size()];
    const auto length = static_cast<std::uint64_t>(role_.geometry.length_of(piece).value());
    const std::uint64_t begin = k / theirs.size() * kShift % length;
    const std::uint64_t most = static_cast<std::uint64_t>(protocol::kBlockBytes.value());
    return {piece, BlockBegin(static_cast<std::uint32_t>(begin)), ByteCount(static_cast<std::int64_t>(std::min(most, length - begin)))};
  }

  std::uint64_t made_ = 0;
};

}  // namespace

constinit const BehaviourManual kRequestFlood{
    .name = "request_flood",
    .claim = "asks for far more at once than anybody keeps",
    .kind = BehaviourKind::box,
    .bugs = "B24, B79",
    .parameters = kParameters,
    .text = R"(Thousands of different, valid requests.  A correct client keeps a bounded number of them per peer: the
others get a Reject (BEP 6), or it hangs up; and everybody else is served as before.  The answers are of no use to
the flooder; its own engine drops them.)",
};

std::unique_ptr<Box> make_request_flood(Role& role, Line& line, std::size_t place) {
  return make_box_of<RequestFlood>(role, line, place);
}

}  // namespace swarmlab::swarmsim
