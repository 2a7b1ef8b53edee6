// PiecePicker against a table that anybody can check: random operations, every answer compared.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "client/piece_picker.hpp"
#include "tests/unit/client/pictures.hpp"

namespace swarmlab::client {
namespace {

using protocol::Bitfield;
using protocol::BlockRange;
using protocol::PieceGeometry;

// Pieces of 3 blocks, the last one of 2 with a short end.
constexpr std::uint32_t kPieces = 12;
const PieceGeometry kGeometry(16_KiB * 3 * (kPieces - 1) + 20'000_B, 16_KiB * 3);

struct Model {
  struct Cell {
    std::vector<PeerKey> askers;             // in the order of asking
    std::optional<PeerKey> source;
    std::optional<PeerKey> given_back_by;
    bool is_wanted() const { return askers.empty() && !source; }
  };
  struct Friend {
    Bitfield has{kPieces};
    std::size_t open = 0;
    bool is_late = false;
    std::set<BlockRange> duplicates;
  };
  std::map<PieceIndex, std::vector<Cell>> missing;   // every piece that is not ours
  std::set<PieceIndex> begun;
  std::map<PeerKey, Friend> peers;

  Cell& cell(const BlockRange& range) { return missing.at(range.piece)[PieceGeometry::block_at(range.begin).value()]; }
  bool is_missing(PieceIndex piece) const { return missing.contains(piece); }
  bool is_whole(PieceIndex piece) const {
    return is_missing(piece) && std::ranges::all_of(missing.at(piece), [](const Cell& c) { return c.source.has_value(); });
  }
  std::uint32_t availability(PieceIndex piece) const {
    return static_cast<std::uint32_t>(std::ranges::count_if(peers, [&](const auto& peer) { return peer.second.has.test(piece); }));
  }
  std::uint64_t wanted() const {
    std::uint64_t count = 0;
    for (const auto& [piece, cells] : missing) count += static_cast<std::uint64_t>(std::ranges::count_if(cells, &Cell::is_wanted));
    return count;
  }
  // Whether a block is wanted that `who` could be asked for.
  bool has_work_for(PeerKey who, const Bitfield& allowed, bool again) const {
    for (const auto& [piece, cells] : missing) {
      if (!allowed.test(piece)) continue;
      for (const Cell& c : cells) {
        if (c.is_wanted() && (again || c.given_back_by != who)) return true;
      }
    }
    return false;
  }
  bool anything_to_be_had() const {
    for (const auto& [piece, cells] : missing) {
      if (availability(piece) > 0 && std::ranges::any_of(cells, &Cell::is_wanted)) return true;
    }
    return false;
  }
  void drop(PeerKey who, const BlockRange& range) {
    std::erase(cell(range).askers, who);
    peers.at(who).duplicates.erase(range);
    --peers.at(who).open;
  }
};

class Duel {
 public:
  explicit Duel(std::uint64_t seed) : random_(seed) {
    Bitfield have(kPieces);
    for (PieceIndex piece(0); piece.value() < kPieces; ++piece) {
      if (random_.chance(1, 6)) {
        have.set(piece);
      } else {
        model_.missing[piece].resize(kGeometry.block_count(piece));
      }
    }
    picker_.emplace(kGeometry, have, options_);
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure() && !model_.missing.empty(); ++i) {
      step();
      picker_->check_invariants();
      compare();
    }
  }
  bool is_complete() const { return model_.missing.empty(); }

 private:
  void step() {
    const auto roll = random_.below(100);
    if (model_.peers.size() < 2 || (roll < 4 && model_.peers.size() < 8)) return join();
    if (roll < 6) return leave();
    if (roll < 18) return have();
    if (roll < 55) return pick();
    if (roll < 80) return deliver();
    if (roll < 84) return deliver_anything();
    if (roll < 90) return release();
    if (roll < 92) return choke();
    if (roll < 94) return picker_->set_speed(any_peer(), Speed{static_cast<std::uint8_t>(random_.below(3))});
    if (roll < 96) return become_late_or_answer();
    verify();
  }

  PeerKey any_peer() {
    auto it = model_.peers.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(random_.below(model_.peers.size())));
    return it->first;
  }
  std::vector<BlockRange> open_requests(PeerKey who) {
    std::vector<BlockRange> open;
    for (auto& [piece, cells] : model_.missing) {
      for (BlockIndex b(0); b.value() < cells.size(); ++b) {
        if (std::ranges::count(cells[b.value()].askers, who) > 0) open.push_back(kGeometry.block(piece, b));
      }
    }
    return open;
  }

  void join() {
    Model::Friend fresh;
    const auto percent = random_.chance(1, 4) ? 100 : random_.below(100);
    for (PieceIndex piece(0); piece.value() < kPieces; ++piece) {
      if (random_.chance(percent, 100)) fresh.has.set(piece);
    }
    picker_->peer_joined(fresh.has);
    model_.peers.emplace(next_key_, std::move(fresh));
    ++next_key_;
  }
  void release_everything_of(PeerKey who) {
    for (const BlockRange& range : open_requests(who)) {
      model_.drop(who, range);
      if (model_.cell(range).is_wanted()) model_.cell(range).given_back_by.reset();
    }
    picker_->release_all(who);
    model_.peers.at(who).is_late = false;
  }
  void become_late_or_answer() {
    const PeerKey who = any_peer();
    Model::Friend& peer = model_.peers.at(who);
    if (peer.open == 0) return;
    peer.is_late = !peer.is_late;
    picker_->set_late(who, peer.is_late);
  }
  void leave() {
    const PeerKey who = any_peer();
    release_everything_of(who);
    picker_->peer_left(model_.peers.at(who).has);
    model_.peers.erase(who);
  }
  void choke() { release_everything_of(any_peer()); }
  void have() {
    const PeerKey who = any_peer();
    const PieceIndex piece(static_cast<std::uint32_t>(random_.below(kPieces)));
    Bitfield& has = model_.peers.at(who).has;
    if (has.set(piece)) picker_->peer_has(piece, has);
  }

  void pick() {
    const PeerKey who = any_peer();
    Model::Friend& peer = model_.peers.at(who);
    const std::size_t count = 1 + random_.below(6);
    const bool again = random_.chance(1, 2);
    const auto speed = Speed{static_cast<std::uint8_t>(random_.below(3))};
    Bitfield allowed = peer.has;   // now and then it chokes us and allows only a part
    const auto denied = random_.chance(1, 5) ? random_.below(kPieces) : 0;
    for (std::uint64_t i = 0; i < denied; ++i) allowed.reset(PieceIndex(static_cast<std::uint32_t>(random_.below(kPieces))));
    std::vector<BlockRange> out;
    picker_->pick({.key = who, .pieces = allowed, .speed = speed, .again = again}, count, random_, out);
    ASSERT_LE(out.size(), count);
    for (const BlockRange& range : out) {
      ASSERT_TRUE(kGeometry.is_block(range));
      ASSERT_TRUE(allowed.test(range.piece));
      Model::Cell& cell = model_.cell(range);
      ASSERT_FALSE(cell.source);
      ASSERT_EQ(std::ranges::count(cell.askers, who), 0);
      if (cell.is_wanted()) {
        if (!model_.begun.contains(range.piece)) check_new(allowed, range.piece);
        // What it gave back itself comes when nothing else is left.
        if (cell.given_back_by == who) {
          ASSERT_TRUE(again);
          ASSERT_FALSE(model_.has_work_for(who, allowed, false));
        }
      } else {
        // Late everywhere, or the end-game.
        const bool is_late = std::ranges::all_of(cell.askers, [&](PeerKey asker) { return model_.peers.at(asker).is_late; });
        ASSERT_TRUE(is_late || !model_.anything_to_be_had());
        ASSERT_LT(cell.askers.size(), is_late ? PiecePicker::kLateAskersMax : options_.end_game_requesters);
        peer.duplicates.insert(range);
        ASSERT_LE(peer.duplicates.size(), options_.end_game_per_peer);
      }
      cell.askers.push_back(who);
      cell.given_back_by.reset();
      ++peer.open;
      model_.begun.insert(range.piece);
    }
    if (out.size() == count) return;
    ASSERT_FALSE(model_.has_work_for(who, allowed, again));
    if (model_.anything_to_be_had() || peer.duplicates.size() == options_.end_game_per_peer) return;
    const std::size_t places = options_.end_game_requesters - (speed == Speed::slow ? 1 : 0);
    for (auto& [piece, cells] : model_.missing) {   // no duplicate was left out
      if (!allowed.test(piece)) continue;
      for (const Model::Cell& cell : cells) {
        ASSERT_TRUE(cell.source || cell.is_wanted() || cell.askers.size() >= places ||
                    std::ranges::count(cell.askers, who) == 1);
      }
    }
  }

  // A piece that nobody began is the rarest of those.
  void check_new(const Bitfield& allowed, PieceIndex piece) {
    if (kPieces - model_.missing.size() < options_.random_first_pieces) return;
    for (const auto& [other, cells] : model_.missing) {
      if (model_.begun.contains(other) || !allowed.test(other)) continue;
      ASSERT_LE(model_.availability(piece), model_.availability(other)) << piece.value() << ' ' << other.value();
    }
  }

  void arrive(PeerKey who, const BlockRange& range) {
    const bool is_missing = model_.is_missing(range.piece) && !model_.cell(range).source;
    std::vector<PeerKey> cancels;
    Arrival expected = Arrival::duplicate;
    if (is_missing) {
      cancels = model_.cell(range).askers;
      expected = std::erase(cancels, who) > 0 ? Arrival::asked : Arrival::unasked;
    }
    ASSERT_EQ(picker_->judge(who, range), expected);
    const auto result = picker_->received(who, range);
    ASSERT_EQ(result.arrival, expected);
    ASSERT_EQ(std::vector(result.cancel_at.begin(), result.cancel_at.end()), cancels);
    if (is_missing) {
      Model::Cell& cell = model_.cell(range);
      for (const PeerKey asker : std::vector(cell.askers)) model_.drop(asker, range);
      cell.source = who;
      cell.given_back_by.reset();
      model_.begun.insert(range.piece);
    }
    ASSERT_EQ(result.piece_is_whole, is_missing && model_.is_whole(range.piece));
  }
  void deliver() {
    const PeerKey who = any_peer();
    const auto open = open_requests(who);
    if (!open.empty()) arrive(who, open[random_.below(open.size())]);
  }
  void deliver_anything() {
    const PieceIndex piece(static_cast<std::uint32_t>(random_.below(kPieces)));
    const BlockIndex block(static_cast<std::uint32_t>(random_.below(kGeometry.block_count(piece))));
    arrive(any_peer(), kGeometry.block(piece, block));
  }
  void release() {
    const PeerKey who = any_peer();
    const auto open = open_requests(who);
    if (open.empty()) return;
    const BlockRange range = open[random_.below(open.size())];
    const Release why{static_cast<std::uint8_t>(random_.below(3))};
    ASSERT_TRUE(picker_->released(who, range, why));
    ASSERT_FALSE(picker_->released(who, range));
    model_.drop(who, range);
    if (!model_.cell(range).is_wanted()) return;
    if (why == Release::choked) model_.cell(range).given_back_by.reset();
    else model_.cell(range).given_back_by = who;
  }
  void verify() {
    for (PieceIndex piece(0); piece.value() < kPieces; ++piece) {
      if (!model_.is_whole(piece)) continue;
      if (random_.chance(1, 2)) {
        picker_->failed(piece);
        model_.missing[piece].assign(kGeometry.block_count(piece), {});
      } else {
        picker_->verified(piece);
        model_.missing.erase(piece);
      }
      return;
    }
  }

  void compare() {
    ASSERT_EQ(picker_->missing_pieces(), model_.missing.size());
    ASSERT_EQ(picker_->wanted_blocks(), model_.wanted());
    ASSERT_EQ(picker_->in_end_game(), !model_.missing.empty() && !model_.anything_to_be_had());
    for (const auto& [key, peer] : model_.peers) ASSERT_EQ(picker_->open_requests(key), peer.open);
    for (PieceIndex piece(0); piece.value() < kPieces; ++piece) {
      PieceState state = PieceState::have;
      if (model_.is_missing(piece)) {
        state = model_.is_whole(piece)          ? PieceState::whole
                : model_.begun.contains(piece) ? PieceState::partial
                                               : PieceState::missing;
        ASSERT_EQ(picker_->availability(piece), model_.availability(piece));
        for (BlockIndex b(0); b.value() < model_.missing.at(piece).size(); ++b) {
          ASSERT_EQ(picker_->holders(kGeometry.block(piece, b)), model_.missing.at(piece)[b.value()].askers);
        }
      }
      ASSERT_EQ(picker_->state(piece), state);
      if (state != PieceState::partial && state != PieceState::whole) continue;
      std::vector<PeerKey> sources;
      for (const auto& cell : model_.missing.at(piece)) sources.push_back(cell.source.value_or(kNobody));
      ASSERT_EQ(picker_->sources(piece), sources);
    }
  }

  PiecePicker::Options options_{.random_first_pieces = 2};
  runtime::Random random_;
  Model model_;
  std::optional<PiecePicker> picker_;
  PeerKey next_key_{0};
};

TEST(PiecePickerModel, AgreesWithATableUnderRandomOperations) {
  int completed = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    SCOPED_TRACE(seed);
    Duel duel(seed);
    duel.run(2'000);
    if (HasFailure()) return;
    completed += duel.is_complete() ? 1 : 0;
  }
  EXPECT_GT(completed, 100);   // the end of a download was seen, end-game included
}

}  // namespace
}  // namespace swarmlab::client
