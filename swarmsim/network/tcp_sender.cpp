#include "swarmsim/network/tcp_sender.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {
namespace {

std::int64_t as_signed(std::uint64_t n) { return static_cast<std::int64_t>(n); }
std::uint64_t as_unsigned(std::int64_t n) { return static_cast<std::uint64_t>(n); }

// A range of several packets ends with a whole one.
std::int64_t whole_packets(std::int64_t bytes) { return bytes - bytes % tcp::kMss; }

}  // namespace

std::int64_t TcpSender::in_flight() const {
  if (sacked_.empty() && state_ == State::open) return as_signed(next_ - una_);
  const auto unsacked = [this](std::uint64_t begin, std::uint64_t end) {
    return begin < end ? as_signed(end - begin - sacked_.count_in({begin, end})) : 0;
  };
  const std::uint64_t alive_from = std::max(una_, lost_edge_);
  return unsacked(alive_from, next_) +
         unsacked(una_, std::min(retransmitted_below_, alive_from));
}

std::optional<ByteRange> TcpSender::next_retransmission(std::int64_t limit) {
  if (state_ == State::open || retransmitted_below_ >= lost_edge_) return std::nullopt;
  std::int64_t room = window_.bytes() - in_flight();
  if (first_hole_due_) room = std::max<std::int64_t>(room, tcp::kMss);
  if (room < tcp::kMss) {   // RFC 6675: cwnd - pipe >= 1 SMSS
    window_limits_ = true;
    return std::nullopt;
  }
  ByteRange hole = sacked_.first_gap(std::max(retransmitted_below_, una_), lost_edge_);
  if (hole.begin == hole.end) {
    retransmitted_below_ = lost_edge_;
    return std::nullopt;
  }
  const std::int64_t most = std::min(whole_packets(room), limit);
  if (as_signed(hole.end - hole.begin) > most) hole.end = hole.begin + as_unsigned(most);
  return hole;
}

std::optional<ByteRange> TcpSender::next_new(std::uint64_t message_end, std::int64_t limit) {
  if (next_ >= end()) return std::nullopt;
  if (next_ == written_) return ByteRange{next_, next_ + 1};   // only the FIN, which needs no window
  const std::uint64_t stop = message_end >= written_ ? end() : message_end;
  const std::int64_t wanted = std::min(as_signed(stop - next_), limit);
  const std::int64_t pipe = in_flight();
  const std::int64_t window_room = window_.bytes() - pipe;
  const std::int64_t receiver_room = as_signed(window_edge_) - as_signed(next_);
  std::int64_t length = wanted;
  if (window_room < wanted) {
    window_limits_ = true;
    length = whole_packets(window_room);
    if (window_room < tcp::kMss) {
      if (pipe > 0 || window_room <= 0) return std::nullopt;
      length = window_room;
    }
  }
  if (receiver_room < length) {
    // A FIN behind the last byte that fits may still go along.
    if (receiver_room + 1 == length && stop == end() && fin_wanted_) --length;
    if (receiver_room < length) length = whole_packets(receiver_room);
    if (receiver_room < tcp::kMss) {
      if (pipe > 0 || receiver_room <= 0) return std::nullopt;   // no silly windows
      length = std::min(receiver_room, wanted);
    }
  }
  if (length <= 0) return std::nullopt;
  return ByteRange{next_, next_ + as_unsigned(length)};
}

void TcpSender::on_transmitted(ByteRange range, Time now) {
  if (range.end > next_) {
    SWARM_ASSERT(range.begin == next_ && range.end <= end(), range.begin, range.end, next_);
    // A window that rested longer than a timeout says little about the path any more.
    if (una_ == next_) {
      const Duration rested = now - last_sent_;
      if (last_sent_ != Time{} && rested > round_trip_.timeout()) {
        window_.on_idle(rested / round_trip_.timeout());
      }
      timer_ = kNever;   // it can only have been there to probe
    }
    next_ = range.end;
  } else {
    first_hole_due_ = false;
    retransmitted_below_ = std::max(retransmitted_below_, range.end);
  }
  last_sent_ = now;
  if (timer_ == kNever) restart_timer(now);
}

void TcpSender::note_idle_window() {
  if (has_unsent()) return;
  window_limits_ = window_.in_slow_start() && 2 * in_flight() >= window_.bytes();
}

bool TcpSender::is_blocked_by_receiver() const {
  return una_ == next_ && next_ < written_ && window_edge_ <= next_;
}

void TcpSender::restart_timer(Time now) {
  if (una_ == next_) {
    timer_ = kNever;
    return;
  }
  timer_ = now + backed_off_timeout();
}

Duration TcpSender::backed_off_timeout() const {
  return std::min(round_trip_.timeout() * (std::int64_t{1} << std::min<int>(retries_, 12)),
                  tcp::kMaximumRto);
}

void TcpSender::start_probe_timer(Time now) { timer_ = now + backed_off_timeout(); }

void TcpSender::on_probed(Time now) {
  if (retries_ < 30) ++retries_;
  start_probe_timer(now);
}

void TcpSender::open_window(std::uint64_t edge) {
  if (edge <= window_edge_) return;
  if (is_blocked_by_receiver()) retries_ = 0;
  window_edge_ = edge;
}

bool TcpSender::on_acknowledgement(const Acknowledgement& ack, Time now) {
  if (ack.offset > next_ || ack.offset < una_) return false;
  open_window(ack.window_edge);
  const std::int64_t newly = as_signed(ack.offset - una_);
  for (const ByteRange& range : ack.selective) {
    if (range.end > ack.offset && range.end <= next_) {
      sacked_.add({std::max(range.begin, ack.offset), range.end});
    }
  }
  if (newly == 0 && ack.selective.empty()) return false;
  if (newly > 0) {
    if (ack.echo) round_trip_.add_sample(now - *ack.echo);
    una_ = ack.offset;
    retries_ = 0;
    sacked_.forget_below(una_);
    retransmitted_below_ = std::max(retransmitted_below_, una_);
    if (state_ != State::open && una_ >= recover_) state_ = State::open;
    if (state_ != State::recovery && window_limits_) window_.grow(newly, ack.count);
    restart_timer(now);
  }
  if (!sacked_.empty()) find_losses();
  if (state_ == State::open && sacked_.empty()) lost_edge_ = una_;
  return newly > 0;
}

// RFC 6675, IsLost(): what has more than (DupThresh - 1) packets sacked above it.
void TcpSender::find_losses() {
  std::uint64_t sacked_above = 0;
  int ranges_above = 0;
  const auto ranges = sacked_.ranges();
  for (std::size_t i = ranges.size(); i-- > 0;) {
    sacked_above += ranges[i].end - ranges[i].begin;
    ++ranges_above;
    if (sacked_above > (tcp::kDuplicateThreshold - 1) * std::uint64_t{tcp::kMss} ||
        ranges_above >= tcp::kDuplicateThreshold) {
      lost_edge_ = std::max(lost_edge_, ranges[i].begin);
      break;
    }
  }
  if (lost_edge_ <= una_ || state_ != State::open) return;
  state_ = State::recovery;
  recover_ = next_;
  retransmitted_below_ = una_;
  first_hole_due_ = true;   // RFC 6675 (4.3): it goes out whatever the window says
  window_.on_loss(as_signed(next_ - una_));
}

void TcpSender::on_timeout(Time now) {
  SWARM_ASSERT(una_ < next_, una_, next_);
  window_.on_timeout(as_signed(next_ - una_), retries_ == 0);
  if (retries_ < 255) ++retries_;
  state_ = State::loss;
  recover_ = next_;
  retransmitted_below_ = una_;
  lost_edge_ = next_;
  restart_timer(now);
}

}  // namespace swarmlab::swarmsim
