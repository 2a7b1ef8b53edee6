// Stream: one TCP connection of AsioNetwork.
//
// Reading.  The socket is registered edge-triggered; an edge sets `readable_`, and on_readable() is
// owed to the handler whenever the last read() gave nothing.  A read that got less than it asked for has
// emptied the socket: the next one answers "nothing yet" without asking the kernel, until the next edge.
//
// Writing.  write() queues; the queue goes out once per round of the loop, or at once when it reaches the
// low-water mark, in one sendmsg().  The kernel takes as much as TCP_NOTSENT_LOWAT, which is the mark, lets
// it; it calls us again when half of that is gone, so on_writable() comes at the mark or as late as
// half of it.
//
// Ending.  close() hands the stream over to lingering: queue, FIN, then everything that still comes in is thrown
// away until the other side's FIN, so that no reset of ours can overtake our last bytes.  Lingering ends by a
// reset after kLingerTime or kLingerBytes.
//
//   connecting -> open -> failed (on_closed owed) -> gone
//                   \---> lingering --------------> gone
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "protocol/endpoint.hpp"
#include "runtime/asio/event_loop.hpp"
#include "runtime/asio/send_queue.hpp"
#include "runtime/buffer_pool.hpp"
#include "runtime/descriptor.hpp"
#include "runtime/network.hpp"

namespace swarmlab::runtime {

inline constexpr Duration kLingerTime = 10s;
inline constexpr std::size_t kLingerBytes = std::size_t{4} << 20;
inline constexpr std::size_t kDefaultLowWater = std::size_t{32} << 10;

class Stream;

// What streams need of the network they belong to.
class StreamHome {
 public:
  virtual EventLoop& loop() = 0;
  virtual BumpBuffer& read_buffer() = 0;
  virtual std::vector<Bytes>& gather_list() = 0;
  // settle() is wanted at the end of the round.
  virtual void wants_attention(Stream& stream) = 0;
  // Answered by Stream::file_read(), unless the stream is gone by then.
  virtual void read_file(StreamId stream, std::uint64_t sequence, std::shared_ptr<PosixFile> file,
                         ByteCount offset, ByteCount length) = 0;
  // The owner is done with it; it lingers until gone().
  virtual void lingers(Stream& stream) = 0;
  // Deletes the stream.
  virtual void gone(Stream& stream) = 0;

 protected:
  ~StreamHome() = default;
};

class Stream final : public Watcher {
 public:
  // A connection to be made: failures come as on_closed(), also those that are known at once.
  Stream(StreamHome& home, StreamId id, const Endpoint& to, std::optional<IpAddress> from,
         StreamHandler& handler);
  // One accepted.
  Stream(StreamHome& home, StreamId id, Descriptor socket, const Endpoint& peer);
  ~Stream();

  StreamId id() const { return id_; }
  // The owner has let go of it: no call to it comes any more.
  bool is_lingering() const { return state_ == State::lingering; }
  // Somebody has it, or it has been closed: an accepted stream that nobody took is reset.
  bool was_taken() const { return handler_ != nullptr || is_lingering(); }
  // Gives the socket back to the system; no event comes any more.
  void release();
  void set_handler(StreamHandler& handler);
  ReadResult read(std::size_t max);
  void write(Bytes bytes);
  void write(Slice slice, std::shared_ptr<PosixFile> file);
  ByteCount unsent() const;
  void set_low_water(std::size_t mark);
  void shutdown_write();
  // The stream may be deleted by these two.
  void close();
  void reset();
  Endpoint local_endpoint() const { return local_; }
  Endpoint peer_endpoint() const { return peer_; }
  std::optional<Duration> round_trip_time() const;

  void on_events(std::uint32_t events) override;
  // Once per round where wants_attention() was called: flushes and makes the callbacks that are owed.
  void settle();
  void file_read(std::uint64_t sequence, FileError error, Slices data);
  // Lingering took too long.
  void give_up();

  bool is_queued_for_attention = false;

 private:
  enum class State : std::uint8_t { connecting, open, failed, lingering };

  void connect(const Endpoint& to, std::optional<IpAddress> from);
  void set_up();
  void finish_connecting();
  void attend();
  void after_write();
  void offer_readable();
  void fail(NetworkError why);
  void flush();
  void wait_below_mark();
  void drain();
  std::size_t unsent_in_kernel() const;

  StreamHome& home_;
  const StreamId id_;
  Descriptor socket_;
  StreamHandler* handler_ = nullptr;
  Endpoint peer_;
  Endpoint local_;
  SendQueue queue_;
  std::size_t mark_ = kDefaultLowWater;
  std::size_t discarded_ = 0;              // while lingering
  // The kernel has no more than this unsent: what it was given since it last told.
  mutable std::size_t kernel_bound_ = 0;
  NetworkError failure_ = NetworkError::other;
  std::optional<NetworkError> send_failure_;   // on_closed() is owed, once the reader had the rest
  State state_ = State::connecting;
  bool readable_ = false;                  // the kernel may have something for read()
  bool owes_readable_ = true;              // the last read() gave nothing
  bool end_seen_ = false;                  // their FIN is in: a short read does not mean "empty"
  bool end_read_ = false;                  // and was given to the reader
  bool kernel_is_full_ = false;            // the last send was cut short: an edge will follow
  mutable bool was_above_mark_ = false;    // on_writable() is owed when unsent() falls below
  bool wants_shutdown_ = false;            // FIN behind the queue
  bool is_shut_down_ = false;              // FIN is out
};

}  // namespace swarmlab::runtime
