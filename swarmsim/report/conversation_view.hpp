// ConversationView: a trace as a conversation that a person can read.
//
//   00:00.150  -> seeder    INTERESTED                               arrived 21 ms later
//   00:00.192  <- seeder    UNCHOKE                                  had been sent 21 ms before
//   00:00.192  -> seeder    REQUEST x 12, pieces 3, 5..7             until 00:00.371
//
// Seen from one peer, its own messages stand where it sent them and the others' where they came to it: the order in
// which it knew things, whatever the distance.  Seen from nowhere, every message stands where it was sent.
// Blocks and announcements of pieces that pass in between are folded, for at most kLongestFold at a time; a corrupt
// block and everything else has a line of its own.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

inline constexpr Duration kLongestFold = 5s;

struct ConversationOptions {
  std::optional<HostId> peer = std::nullopt;       // whose view
  std::optional<HostId> with = std::nullopt;       // only what concerns this one, too
  std::optional<Time> around = std::nullopt;
  Duration window = 2s;                            // before and after `around`
  std::optional<MessageKind> kind = std::nullopt;  // only these messages
  bool fold = true;
};

class ConversationView final : public EventSink {
 public:
  // `names` by HostId, outlives the view.
  ConversationView(const ConversationOptions& options, std::span<const std::string> names, std::uint32_t piece_count);

  void on_event(const WireEvent& event) override;
  // All of it; ends in a newline.
  std::string text();

 private:
  struct Line {
    Time at{};
    Time until{};              // of the last message folded into it
    HostId from;
    HostId to;
    bool is_message = false;
    MessageKind kind = MessageKind::handshake;
    bool may_fold = false;
    std::uint32_t count = 1;
    std::vector<PieceIndex> pieces;   // of messages about pieces
    std::string what;
    Time decided{};
    Time sent = kNever;
    Time received = kNever;
  };

  bool concerns(const WireEvent& event) const;
  void add_message(const WireEvent& event);
  void arrived(const WireEvent& event);
  std::vector<Line> folded(const std::vector<Line>& lines) const;
  std::string line_text(const Line& line, std::size_t widest) const;
  std::string who(const Line& line) const;
  std::string remark(const Line& line) const;

  ConversationOptions options_;
  std::span<const std::string> names_;
  std::uint32_t piece_count_;
  std::vector<Line> lines_;
  // Messages of each direction of each connection that have not arrived, as indices into lines_, oldest first.
  std::map<std::pair<ConnectionId, Direction>, std::deque<std::size_t>> on_their_way_;
};

}  // namespace swarmlab::swarmsim
