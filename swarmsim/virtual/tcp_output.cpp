// TcpLayer's output: what is transmitted after an event, its timers, and how ends end.
#include <algorithm>
#include <memory>

#include "swarmsim/virtual/tcp_layer.hpp"

namespace swarmlab::swarmsim {

using runtime::NetworkError;

void TcpLayer::mark(EndRef ref) {
  TcpEnd& end = end_at(ref);
  if (end.is_dirty) return;
  end.is_dirty = true;
  dirty_.push_back(ref);
}

// Owners told that they may write do write: the lists grow while they are walked.
void TcpLayer::flush() {
  std::size_t flushed = 0;
  std::size_t told = 0;
  while (flushed < dirty_.size() || told < writable_.size()) {
    if (flushed < dirty_.size()) {
      const EndRef ref = dirty_[flushed++];
      end_at(ref).is_dirty = false;
      transmit(ref);
      continue;
    }
    const TcpEnd& end = end_at(writable_[told++]);
    if (end.handler != nullptr && end.state == TcpEnd::State::open) end.handler->on_writable(end.stream);
  }
  dirty_.clear();
  writable_.clear();
  if (!over_.empty()) free_what_is_over();
}

void TcpLayer::transmit(EndRef ref) {
  TcpEnd& end = end_at(ref);
  if (end.state == TcpEnd::State::open) {
    TcpSender& sender = end.sender;
    const std::uint64_t sent_before = sender.next();
    if (sender.has_unsent() || sender.in_recovery()) {
      const auto of_window = static_cast<std::int32_t>(
          std::min<std::int64_t>(sender.window().bytes() / (4 * tcp::kMss), 1 << 20));
      const std::int64_t limit =
          std::int64_t{std::max(1, std::min(of_window, fabric_.train_limit(end.host, end_at(ref ^ 1).host)))} *
          tcp::kMss;
      while (const auto range = sender.next_retransmission(limit)) {
        send_range(ref, *range);
        sender.on_transmitted(*range, loop_.now());
      }
      while (sender.has_unsent()) {
        const std::uint64_t stop =
            sender.next() < sender.written()
                ? end.outgoing.message_end(pools_, sender.next(), static_cast<std::uint64_t>(limit))
                : sender.written();
        const auto range = sender.next_new(stop, limit);
        if (!range) break;
        send_range(ref, *range);
        sender.on_transmitted(*range, loop_.now());
      }
    }
    sender.note_idle_window();
    if (tap_ != nullptr && sender.next() > sent_before && sent_before < sender.written()) {
      tap_->on_sent(connection_of(ref).id, direction_from(ref), loop_.now(),
                    std::min(sender.next(), sender.written()));
    }
    if (sender.is_blocked_by_receiver() && sender.timer() == kNever) sender.start_probe_timer(loop_.now());
    if (end.above_low_water && sender.unsent() < end.low_water) {
      end.above_low_water = false;
      if (end.handler != nullptr) writable_.push_back(ref);
    }
  }
  if (end.state == TcpEnd::State::open || end.state == TcpEnd::State::lingering) {
    if (end.receiver.wants_to_reply()) send_control(ref, Segment::ack);
  }
  schedule_timers(ref);
}

void TcpLayer::schedule_timers(EndRef ref) {
  TcpEnd& end = end_at(ref);
  if (end.state == TcpEnd::State::gone || end.state == TcpEnd::State::none) return;
  schedule(ref, end.retry_timer, std::min(end.retry_handshake_at, end.sender.timer()), EventKind::retry_timer);
  schedule(ref, end.reply_timer, end.receiver.reply_at(), EventKind::reply_timer);
}

void TcpLayer::schedule(EndRef ref, LazyTimer& timer, Time at, EventKind kind) {
  if (at >= timer.queued_at) return;
  timer.queued_at = at;
  timer.sequence =
      loop_.post(at, fabric_.host(end_at(ref).host).entity, kind, ref, connection_of(ref).id.value());
}

void TcpLayer::on_reply_timer(std::uint32_t ref, std::uint32_t connection, std::uint32_t sequence) {
  TcpEnd& end = end_at(ref);
  LazyTimer& timer = end.reply_timer;
  if (connection_of(ref).id.value() != connection || timer.sequence != sequence || timer.queued_at == kNever) return;
  timer.queued_at = kNever;
  if (end.receiver.reply_at() <= loop_.now()) end.receiver.reply_now();
  mark(ref);
}

void TcpLayer::on_retry_timer(std::uint32_t ref, std::uint32_t connection, std::uint32_t sequence) {
  TcpEnd& end = end_at(ref);
  LazyTimer& timer = end.retry_timer;
  if (connection_of(ref).id.value() != connection || timer.sequence != sequence || timer.queued_at == kNever) return;
  timer.queued_at = kNever;
  mark(ref);
  if (end.retry_handshake_at <= loop_.now()) {
    retry_handshake(ref);
  } else if (end.sender.timer() <= loop_.now()) {
    on_retransmission_timer(ref);
  }
}

void TcpLayer::retry_handshake(EndRef ref) {
  TcpEnd& end = end_at(ref);
  const bool dials = end.state == TcpEnd::State::syn_sent;
  if (end.handshake_tries > (dials ? tcp::kSynRetries : tcp::kSynAckRetries)) {
    tell_reset(ref);
    end_by_world(ref, NetworkError::timed_out);
    return;
  }
  end.retry_handshake_at = loop_.now() + tcp::kInitialRto * (1 << end.handshake_tries);
  ++end.handshake_tries;
  if (dials) {
    send_control(ref, Segment::syn);
  } else {
    send_control(ref, Segment::syn | Segment::ack);
  }
}

void TcpLayer::on_retransmission_timer(EndRef ref) {
  TcpEnd& end = end_at(ref);
  const bool probes = end.sender.is_blocked_by_receiver();
  // A reader may keep its window shut for as long as it likes, but not after the writer has gone.
  const int most = end.owner_closed ? tcp::kOrphanRetries : tcp::kDataRetries;
  if (end.sender.retries() >= most && (!probes || end.owner_closed)) {
    send_control(ref, Segment::rst);
    tell_reset(ref);
    end_by_world(ref, NetworkError::timed_out);
    return;
  }
  if (probes) {
    send_control(ref, Segment::probe);
    end.sender.on_probed(loop_.now());
  } else if (end.sender.all_transmitted_is_acknowledged()) {
    end.sender.stop_timer();
  } else {
    ++timeouts_;
    end.sender.on_timeout(loop_.now());
  }
}

// What was written while connecting, before the tap knew of the connection.
void TcpLayer::tell_written(EndRef ref) {
  if (tap_ == nullptr) return;
  end_at(ref).outgoing.for_each(pools_, [&](const runtime::Slice& slice) {
    if (slice.kind() == runtime::Slice::Kind::bytes) {
      tap_->on_written(connection_of(ref).id, direction_from(ref), loop_.now(), slice.bytes());
    } else {
      tap_->on_written(connection_of(ref).id, direction_from(ref), loop_.now(), slice);
    }
  });
}

void TcpLayer::tell_reset(EndRef ref, StreamEnd how) {
  Connection& connection = connection_of(ref);
  if (!connection.is_told || connection.end_was_told) return;
  connection.end_was_told = true;
  if (tap_ != nullptr) tap_->on_ended(connection.id, direction_from(ref), loop_.now(), how);
}

// The owner hears nothing of this end any more.
void TcpLayer::bury(EndRef ref, TcpEnd::State state) {
  TcpEnd& end = end_at(ref);
  end.state = state;
  end.handler = nullptr;
  end.retry_handshake_at = kNever;
  end.sender.stop_timer();
  auto& streams = hosts_[end.host].streams;
  if (end.stream.value() < streams.size() && streams[end.stream.value()] == ref) {
    streams[end.stream.value()] = kNoEnd;
  }
  end_at(ref ^ 1).outgoing.discard(pools_);
  over_.push_back(ref / 2);
}

void TcpLayer::end_by_world(EndRef ref, NetworkError why) {
  runtime::StreamHandler* const handler = end_at(ref).handler;
  const runtime::StreamId stream = end_at(ref).stream;
  bury(ref, TcpEnd::State::gone);
  if (handler != nullptr) handler->on_closed(stream, why);
}

void TcpLayer::on_stream_failed(std::uint32_t ref, std::uint32_t connection) {
  const TcpEnd& end = end_at(ref);
  if (connection_of(ref).id.value() != connection || end.handler == nullptr) return;
  end_by_world(ref, end.failure);
}

void TcpLayer::free_what_is_over() {
  for (const std::uint32_t slot : over_) {
    Connection& connection = connections_[slot];
    const auto is_over = [](const TcpEnd& end) {
      return end.handler == nullptr &&
             (end.state == TcpEnd::State::none || end.state == TcpEnd::State::gone ||
              end.state == TcpEnd::State::lingering);
    };
    if (connection.id == kFree || !is_over(connection.ends[0]) || !is_over(connection.ends[1])) continue;
    for (TcpEnd& end : connection.ends) end.outgoing.discard(pools_);
    std::destroy_at(&connection);
    std::construct_at(&connection);
    connections_.release(slot);
  }
  over_.clear();
}

}  // namespace swarmlab::swarmsim
