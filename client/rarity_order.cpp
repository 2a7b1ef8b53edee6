#include "client/rarity_order.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::client {
namespace {

using protocol::Bitfield;

constexpr std::size_t kWordBytes = 8;

// 64 pieces at once, the first of them in the highest bit; zero bits behind the end.
std::uint64_t load_word(Bytes wire, std::size_t word) {
  std::uint64_t bits = 0;
  const std::size_t begin = word * kWordBytes;
  for (std::size_t i = begin; i < begin + kWordBytes; ++i) {
    bits = bits << 8 | (i < wire.size() ? std::to_integer<std::uint64_t>(wire[i]) : 0);
  }
  return bits;
}

std::size_t word_count(Bytes wire) { return (wire.size() + kWordBytes - 1) / kWordBytes; }

// The first piece of `bits`, which is word `word`, and takes it out.  Requires bits != 0.
PieceIndex take_first(std::uint64_t& bits, std::size_t word) {
  const int bit = std::countl_zero(bits);
  bits &= ~(std::uint64_t{1} << (63 - bit));
  return PieceIndex(static_cast<std::uint32_t>(word * 64) + static_cast<std::uint32_t>(bit));
}

template <class Visit>
void for_each_piece(const Bitfield& pieces, Visit visit) {
  for (std::size_t word = 0; word < word_count(pieces.wire()); ++word) {
    std::uint64_t bits = load_word(pieces.wire(), word);
    while (bits != 0) visit(take_first(bits, word));
  }
}

}  // namespace

RarityOrder::RarityOrder(const Bitfield& out) : bucket_{0} {
  if (out.all()) {
    clear();
    return;
  }
  place_.resize(out.size(), kOut | kNoteMax);
  count_.resize(out.size());
  order_.reserve(out.size() - out.count());
  not_begun_ = Bitfield(out.size());
  for (PieceIndex piece(0); piece.value() < out.size(); ++piece) {
    if (out.test(piece)) continue;
    place_[piece.value()] = static_cast<std::uint32_t>(order_.size());
    order_.push_back(piece.value());
    not_begun_.set(piece);
  }
}

void RarityOrder::clear() {
  place_ = {};
  count_ = {};
  order_ = {};
  bucket_ = {};
  not_begun_ = {};
}

void RarityOrder::peer_joined(const Bitfield& pieces) {
  if (pieces.all()) {
    ++seeds_;
  } else if (!count_.empty()) {
    for_each_piece(pieces, [this](PieceIndex piece) { count_up(piece); });
  }
}

void RarityOrder::peer_has(PieceIndex piece, const Bitfield& pieces) {
  SWARM_ASSERT(pieces.test(piece), piece);
  if (pieces.all()) {
    ++seeds_;
    if (count_.empty()) return;
    for (PieceIndex other(0); other.value() < pieces.size(); ++other) {
      if (other != piece) count_down(other);
    }
  } else if (!count_.empty()) {
    count_up(piece);
  }
}

void RarityOrder::peer_left(const Bitfield& pieces) {
  if (pieces.all()) {
    SWARM_ASSERT(seeds_ > 0);
    --seeds_;
  } else if (!count_.empty()) {
    for_each_piece(pieces, [this](PieceIndex piece) { count_down(piece); });
  }
}

std::uint32_t RarityOrder::end_of_bucket(std::uint32_t count) const {
  return count + 1 < bucket_.size() ? bucket_[count + 1] : static_cast<std::uint32_t>(order_.size());
}

void RarityOrder::swap_places(std::uint32_t a, std::uint32_t b) {
  std::swap(order_[a], order_[b]);
  place_[order_[a]] = a;
  place_[order_[b]] = b;
}

void RarityOrder::count_up(PieceIndex piece) {
  std::uint16_t& count = count_[piece.value()];
  SWARM_ASSERT(count < std::numeric_limits<std::uint16_t>::max(), piece);
  if (contains(piece)) {
    if (bucket_.size() == count + std::size_t{1}) bucket_.push_back(static_cast<std::uint32_t>(order_.size()));
    swap_places(place_[piece.value()], --bucket_[count + std::size_t{1}]);
  }
  ++count;
}

void RarityOrder::count_down(PieceIndex piece) {
  std::uint16_t& count = count_[piece.value()];
  SWARM_ASSERT(count > 0, piece);
  if (contains(piece)) swap_places(place_[piece.value()], bucket_[count]++);
  --count;
}

void RarityOrder::take_out(PieceIndex piece, std::uint32_t note) {
  SWARM_ASSERT(contains(piece) && note <= kNoteMax, piece, note);
  for (std::size_t bucket = count_[piece.value()] + std::size_t{1}; bucket > 0; --bucket) {
    swap_places(place_[piece.value()], bucket_[bucket - 1]++);
  }
  place_[piece.value()] = kOut | note;
  not_begun_.reset(piece);
}

void RarityOrder::set_note(PieceIndex piece, std::uint32_t note) {
  SWARM_ASSERT(!contains(piece) && note <= kNoteMax, piece, note);
  place_[piece.value()] = kOut | note;
}

std::uint32_t RarityOrder::note(PieceIndex piece) const {
  SWARM_ASSERT(!contains(piece), piece);
  return place_[piece.value()] & ~kOut;
}

bool RarityOrder::any_available() const {
  return seeds_ > 0 ? size() > 0 : end_of_bucket(0) < order_.size();
}

std::optional<PieceIndex> RarityOrder::first(const Bitfield& pieces) const {
  if (size() == 0) return std::nullopt;
  for (std::size_t word = 0; word < word_count(pieces.wire()); ++word) {
    std::uint64_t bits = load_word(pieces.wire(), word) & load_word(not_begun_.wire(), word);
    if (bits != 0) return take_first(bits, word);
  }
  return std::nullopt;
}

std::optional<PieceIndex> RarityOrder::rarest(const Bitfield& pieces, runtime::Random& random, bool seeds_part) const {
  if (size() == 0) return std::nullopt;
  if (pieces.count() <= kCandidatesMax) return look_through_bitfield(kCandidatesMax, pieces, random);
  const auto end = static_cast<std::uint32_t>(order_.size());
  std::uint32_t budget = kPlacesMax;
  // A peer that is no seed is counted wherever it has something: count 0 holds nothing for it (unless
  // `pieces` is a part of what a seed has; the look through the bitfield finds that).
  const bool is_of_a_seed = seeds_part || pieces.all();
  for (std::uint32_t begin = is_of_a_seed ? bucket_[0] : end_of_bucket(0); begin < end && budget > 0;) {
    const std::uint32_t bucket_end = end_of_bucket(count_[order_[begin]]);
    if (const auto found = look(begin, bucket_end, budget, pieces, random)) return found;
    begin = bucket_end;
  }
  if (budget > 0 && (seeds_ == 0 || is_of_a_seed)) return std::nullopt;
  return look_through_bitfield(kCandidatesMax, pieces, random);
}

std::optional<PieceIndex> RarityOrder::any(const Bitfield& pieces, runtime::Random& random) const {
  if (size() == 0) return std::nullopt;
  std::uint32_t budget = kPlacesMax;
  if (const auto found = look(bucket_[0], static_cast<std::uint32_t>(order_.size()), budget, pieces, random)) {
    return found;
  }
  if (budget > 0) return std::nullopt;
  return look_through_bitfield(1, pieces, random);
}

std::optional<PieceIndex> RarityOrder::look(std::uint32_t begin, std::uint32_t end, std::uint32_t& budget,
                                            const Bitfield& pieces, runtime::Random& random) const {
  const std::uint32_t length = end - begin;
  const auto start = static_cast<std::uint32_t>(random.below(length));
  const std::uint32_t looks = std::min(length, budget);
  budget -= looks;
  for (std::uint32_t i = 0; i < looks; ++i) {
    const std::uint32_t offset = start + i < length ? start + i : start + i - length;
    const PieceIndex piece(order_[begin + offset]);
    if (pieces.test(piece)) return piece;
  }
  return std::nullopt;
}

std::optional<PieceIndex> RarityOrder::look_through_bitfield(std::uint32_t candidates, const Bitfield& pieces,
                                                             runtime::Random& random) const {
  const std::size_t words = word_count(pieces.wire());
  const auto start = static_cast<std::size_t>(random.below(words));
  std::optional<PieceIndex> best;
  std::uint64_t equals = 0;   // candidates as rare as the best; each of them is to win equally often
  for (std::size_t i = 0; i < words; ++i) {
    const std::size_t word = (start + i) % words;
    std::uint64_t bits = load_word(pieces.wire(), word) & load_word(not_begun_.wire(), word);
    while (bits != 0) {
      const PieceIndex piece = take_first(bits, word);
      if (!best || count_[piece.value()] < count_[best->value()]) {
        best = piece;
        equals = 1;
      } else if (count_[piece.value()] == count_[best->value()] && random.below(++equals) == 0) {
        best = piece;
      }
      if (--candidates == 0) return best;
    }
  }
  return best;
}

void RarityOrder::check_invariants() const {
  if (place_.empty()) return;
  std::uint32_t inside = 0;
  for (PieceIndex piece(0); piece.value() < place_.size(); ++piece) {
    SWARM_ASSERT(contains(piece) == not_begun_.test(piece), piece);
    if (!contains(piece)) continue;
    ++inside;
    const std::uint32_t place = place_[piece.value()];
    const std::uint32_t count = count_[piece.value()];
    SWARM_ASSERT(order_[place] == piece.value(), piece, place);
    SWARM_ASSERT(count < bucket_.size() && bucket_[count] <= place && place < end_of_bucket(count), piece, place, count);
  }
  SWARM_ASSERT(inside == size(), inside);
  SWARM_ASSERT(std::is_sorted(bucket_.begin(), bucket_.end()) && bucket_.back() <= order_.size());
}

}  // namespace swarmlab::client
