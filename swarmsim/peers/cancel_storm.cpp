#include "swarmsim/peers/cancel_storm.hpp"

#include <array>
#include <string>
#include <vector>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array<std::string_view, 2> kWays{"cancel", "interest"};
constexpr std::array kParameters{
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the times at which it storms"},
    BehaviourParameter{"burst", BehaviourValueKind::count, "32", "requests that are made and cancelled"},
    BehaviourParameter{"every", BehaviourValueKind::duration, "200 ms", "how often it has the occasion, on each connection"},
    BehaviourParameter{"patience", BehaviourValueKind::duration, "5 ms", "between the requests and their end"},
    BehaviourParameter{"by", BehaviourValueKind::word, "cancel",
                       "how it takes them back; interest: it is not interested for a moment, which makes the other choke", kWays},
};

class CancelStorm final : public Box {
 public:
  using Box::Box;

  void on_start() override { wake_at(line_.now() + role_.spec.duration("every")); }

  void on_time() override {
    if (!made_.empty()) {
      take_back();
      wake_at(line_.now() + role_.spec.duration("every"));
      return;
    }
    const std::vector<PieceIndex> theirs = pieces_in(line_.they_have());
    if (line_.they_choke() || theirs.empty() || !role_.is_due()) {
      wake_at(line_.now() + role_.spec.duration("every"));
      return;
    }
    role_.bites("asks and cancels at once: " + std::to_string(role_.spec.count("burst")));
    for (std::uint64_t i = 0; i < role_.spec.count("burst"); ++i) {
      const PieceIndex piece = theirs[role_.random.below(theirs.size())];
      const auto index = static_cast<std::uint32_t>(role_.random.below(role_.geometry.block_count(piece)));
      made_.push_back(role_.geometry.block(piece, BlockIndex(index)));
      send(protocol::Request{made_.back()});
    }
    wake_at(line_.now() + role_.spec.duration("patience"));
  }

 private:
  void take_back() {
    if (role_.spec.word("by") == "interest") {
      send(protocol::NotInterested{});
      send(protocol::Interested{});
    } else {
      for (const protocol::BlockRange& block : made_) send(protocol::Cancel{block});
    }
    made_.clear();
  }

  std::vector<protocol::BlockRange> made_;
};

}  // namespace

constinit const BehaviourManual kCancelStorm{
    .name = "cancel_storm",
    .claim = "asks for blocks and takes that back before they can come",
    .kind = BehaviourKind::box,
    .bugs = "B23, B35, B79",
    .parameters = kParameters,
    .text = R"(While unchoked it makes a burst of requests at random and takes all of them back a moment later, timed so
that the uploader may have read them from disk in vain.  A correct client reads a block when there is room to send
it and not before, sends what it has read, and serves others meanwhile.)",
};

std::unique_ptr<Box> make_cancel_storm(Role& role, Line& line, std::size_t place) {
  return make_box_of<CancelStorm>(role, line, place);
}

}  // namespace swarmlab::swarmsim
