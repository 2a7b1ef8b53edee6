// TcpLayer's reaction to what arrives.
#include <algorithm>

#include "swarmsim/virtual/tcp_layer.hpp"

namespace swarmlab::swarmsim {

using runtime::NetworkError;

void TcpLayer::on_syn(EndRef at, const Segment& segment) {
  TcpEnd& end = end_at(at);
  switch (end.state) {
    case TcpEnd::State::none: break;
    case TcpEnd::State::syn_received:   // our answer was lost
      end.receiver.on_handshake(segment.sent_at);
      send_control(at, Segment::syn | Segment::ack);
      return;
    case TcpEnd::State::gone: send_control(at, Segment::rst); return;
    case TcpEnd::State::syn_sent:
    case TcpEnd::State::open:
    case TcpEnd::State::lingering: return;
  }
  const auto listener = listener_for(end.host, end.endpoint);
  if (!listener) {
    send_control(at, Segment::rst);
    return;
  }
  if (end.endpoint.address.is_unspecified()) end.endpoint.address = end_at(at ^ 1).endpoint.address;
  end.listener = runtime::ListenerId(*listener);
  end.state = TcpEnd::State::syn_received;
  end.receiver.on_handshake(segment.sent_at);
  end.sender.open_window(segment.window_edge);
  end.handshake_tries = 1;
  end.retry_handshake_at = loop_.now() + tcp::kInitialRto;
  send_control(at, Segment::syn | Segment::ack);
  mark(at);
}

void TcpLayer::on_syn_ack(EndRef at, const Segment& segment) {
  TcpEnd& end = end_at(at);
  if (end.state == TcpEnd::State::gone) {
    send_control(at, Segment::rst);
    return;
  }
  end.receiver.reply_now();
  mark(at);
  if (end.state != TcpEnd::State::syn_sent) return;   // our answer was lost
  end.state = TcpEnd::State::open;
  end.retry_handshake_at = kNever;
  end.receiver.on_handshake(segment.sent_at);
  end.sender.open_window(segment.window_edge);
  if (segment.echo != kNever) end.sender.set_initial_round_trip(loop_.now() - segment.echo);
  tell_opened(connection_of(at));
  tell_written(at);
  if (end.handler != nullptr) end.handler->on_connected(end.stream);
}

void TcpLayer::tell_opened(Connection& connection) {
  connection.is_told = true;
  if (tap_ == nullptr) return;
  tap_->on_connection_opened({.id = connection.id, .dialler = HostId(connection.ends[0].host),
                              .acceptor = HostId(connection.ends[1].host),
                              .dialler_endpoint = connection.ends[0].endpoint,
                              .acceptor_endpoint = connection.ends[1].endpoint},
                             loop_.now());
}

// The handshake's last segment, or in its place the first with data.  True: there is a stream, go on.
bool TcpLayer::become_accepted(EndRef at, const Segment& segment) {
  TcpEnd& end = end_at(at);
  Host& host = hosts_[end.host];
  runtime::AcceptHandler* const handler = host.listeners[end.listener.value()].handler;
  if (handler == nullptr) {   // the listener closed in the meantime
    send_control(at, Segment::rst);
    tell_reset(at);
    bury(at, TcpEnd::State::gone);
    return false;
  }
  end.state = TcpEnd::State::open;
  end.retry_handshake_at = kNever;
  if (segment.echo != kNever) end.sender.set_initial_round_trip(loop_.now() - segment.echo);
  const runtime::StreamId stream = new_stream(end.host, at);
  const std::uint32_t host_index = end.host;
  end.stream = stream;
  handler->on_accept(end.listener, stream, end_at(at ^ 1).endpoint);
  if (find(host_index, stream) == kNoEnd) return end_at(at).state == TcpEnd::State::open;
  if (end_at(at).handler == nullptr) reset(host_index, stream);
  return end_at(at).state == TcpEnd::State::open;
}

void TcpLayer::on_reset(EndRef at) {
  const TcpEnd& end = end_at(at);
  switch (end.state) {
    case TcpEnd::State::none:
    case TcpEnd::State::gone: return;
    case TcpEnd::State::syn_sent: end_by_world(at, NetworkError::refused); return;
    case TcpEnd::State::syn_received:
    case TcpEnd::State::open:
    case TcpEnd::State::lingering:
      tell_reset(at);
      end_by_world(at, NetworkError::reset);
      return;
  }
}

void TcpLayer::take_acknowledgement(EndRef at, const Segment& segment) {
  if ((segment.flags & Segment::ack) == 0) return;
  TcpEnd& end = end_at(at);
  Acknowledgement ack{.offset = segment.acknowledged, .window_edge = segment.window_edge,
                      .count = segment.acknowledgements, .echo = std::nullopt, .selective = {}};
  if (segment.echo != kNever) ack.echo = segment.echo;
  if (segment.selective != Pool<SelectiveRanges>::kNone) {
    const SelectiveRanges& ranges = selective_[segment.selective];
    ack.selective = std::span(ranges.range).first(ranges.count);
  }
  end.sender.on_acknowledgement(ack, loop_.now());
  if (end.owner_closed && end.state == TcpEnd::State::open && end.sender.fin_acknowledged()) {
    bury(at, TcpEnd::State::lingering);
  }
  mark(at);
}

void TcpLayer::take_data(EndRef at, const Segment& segment) {
  TcpEnd& end = end_at(at);
  const bool fin = (segment.flags & Segment::fin) != 0;
  const ByteRange range{segment.begin, segment.begin + segment.length + (fin ? 1 : 0)};
  if (range.begin == range.end) {
    if ((segment.flags & Segment::probe) != 0) end.receiver.reply_now();
    return;
  }
  // A RST overtakes what is on its way: nobody must get what the tap cannot be told of any more.
  if (connection_of(at).end_was_told) return;
  const std::uint64_t before = end.receiver.delivered();
  if (end.state == TcpEnd::State::lingering && segment.begin + segment.length > before) {
    send_control(at, Segment::rst);   // nobody will ever read this; a sender that goes on must hear it
    tell_reset(at);
    bury(at, TcpEnd::State::gone);
    return;
  }
  if (segment.length >= tcp::kMss) end.receiver.add_round_trip(loop_.now() - segment.heard);
  end.receiver.on_segment(range, fin, segment.carried.burst.packets, segment.sent_at, loop_.now());
  mark(at);
  const std::uint64_t delivered = end.receiver.delivered();
  if (delivered > before) {
    if (end.owner_closed) {
      end_at(at ^ 1).outgoing.discard(pools_);
      end.read = delivered;
      end.receiver.on_read(delivered, loop_.now());
    } else if (tap_ != nullptr) {
      tap_->on_received(connection_of(at).id, direction_from(at ^ 1), loop_.now(), delivered);
    }
  }
  if (end.receiver.finished() && !end.end_was_told) {
    end.end_was_told = true;
    if (tap_ != nullptr) {
      tap_->on_ended(connection_of(at).id, direction_from(at ^ 1), loop_.now(), StreamEnd::finished);
    }
  }
  const bool has_news = delivered > end.read || end.receiver.finished();
  if (!has_news || !end.readable_due || end.handler == nullptr) return;
  end.readable_due = false;
  end.handler->on_readable(end.stream);
}

}  // namespace swarmlab::swarmsim
