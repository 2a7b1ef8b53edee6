#include "client/write_gatherer.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::client {

void WriteGatherer::add(const protocol::BlockRange& block, runtime::Slices data, Piece piece, Time now, std::vector<Write>& out) {
  held_ += block.length;
  const auto place = pieces_.try_emplace(block.piece, Held{now, {}}).first;
  std::vector<Run>& runs = place->second.runs;
  Run run{block.begin.value(), static_cast<std::uint32_t>(block.length.value()), std::move(data)};
  auto next = std::ranges::lower_bound(runs, run.begin, {}, &Run::begin);
  SWARM_ASSERT(next == runs.end() || next->begin >= run.end(), block.piece, block.begin);
  SWARM_ASSERT(next == runs.begin() || std::prev(next)->end() <= run.begin, block.piece, block.begin);

  const auto join = [](Run& front, Run& back) {
    for (runtime::Slice& slice : back.data) runtime::append(front.data, std::move(slice));
    front.length += back.length;
  };
  if (next != runs.end() && next->begin == run.end()) {
    join(run, *next);
    next = runs.erase(next);
  }
  if (next != runs.begin() && std::prev(next)->end() == run.begin) {
    --next;
    join(*next, run);
  } else {
    next = runs.insert(next, std::move(run));
  }

  if (piece == Piece::is_whole) {
    put_out(place, out);
  } else if (ByteCount(next->length) >= rules_.enough) {
    put_out(block.piece, std::move(*next), out);
    runs.erase(next);
    if (runs.empty()) pieces_.erase(place);
  }
  if (held_ <= rules_.most) return;
  while (held_ > rules_.most / 2) {
    put_out(std::ranges::min_element(pieces_, {}, [](const auto& entry) { return std::pair(entry.second.since, entry.first); }), out);
  }
}

void WriteGatherer::take_due(Time now, std::vector<Write>& out) {
  for (auto piece = pieces_.begin(); piece != pieces_.end();) {
    piece = piece->second.since + rules_.patience <= now ? put_out(piece, out) : std::next(piece);
  }
}

Time WriteGatherer::due() const {
  Time first = kNever;
  for (const auto& [piece, held] : pieces_) first = std::min(first, held.since + rules_.patience);
  return first;
}

void WriteGatherer::clear() {
  pieces_.clear();
  held_ = {};
}

void WriteGatherer::put_out(PieceIndex piece, Run run, std::vector<Write>& out) {
  held_ -= ByteCount(run.length);
  out.push_back({piece, BlockBegin(run.begin), std::move(run.data)});
}

WriteGatherer::Pieces::iterator WriteGatherer::put_out(Pieces::iterator piece, std::vector<Write>& out) {
  for (Run& run : piece->second.runs) put_out(piece->first, std::move(run), out);
  return pieces_.erase(piece);
}

}  // namespace swarmlab::client
