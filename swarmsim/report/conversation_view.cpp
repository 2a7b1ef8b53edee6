#include "swarmsim/report/conversation_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/quantities.hpp"
#include "swarmsim/report/event_text.hpp"

namespace swarmlab::swarmsim {
namespace {

// A message that waited longer than this between its writing and its sending waited behind something.
constexpr Duration kWorthSaying = 1ms;
constexpr std::size_t kMostRanges = 6;

// What passes by the hundred.
bool is_bulk(MessageKind kind) {
  return kind == MessageKind::request || kind == MessageKind::piece || kind == MessageKind::have;
}

bool is_datagram(const WireEvent& event) {
  const MessageKind kind = event.message.kind;
  return event.connection == ConnectionId{} && !event.payload.empty() &&
         (kind == MessageKind::tracker_request || kind == MessageKind::tracker_reply) &&
         !as_text(event.payload).starts_with("GET ") && !as_text(event.payload).starts_with("HTTP/");
}

// "pieces 3, 5..7"
std::string ranges(std::vector<PieceIndex> pieces) {
  std::ranges::sort(pieces);
  pieces.erase(std::ranges::unique(pieces).begin(), pieces.end());
  std::string text = pieces.size() == 1 ? "piece " : "pieces ";
  std::size_t shown = 0;
  for (std::size_t i = 0; i < pieces.size(); ++shown) {
    std::size_t end = i + 1;
    while (end < pieces.size() && pieces[end].value() == pieces[end - 1].value() + 1) ++end;
    if (shown == kMostRanges) return text + fmt::format(" and {} more", pieces.size() - i);
    text += fmt::format("{}{}", shown == 0 ? "" : ", ", pieces[i].value());
    if (end > i + 1) text += fmt::format("{}{}", end == i + 2 ? ", " : "..", pieces[end - 1].value());
    i = end;
  }
  return text;
}

// Times of a conversation are looked at, not computed with: three digits are enough.
std::string about(Duration time) {
  if (time >= 10ms) time -= time % 100us;
  else if (time >= 1ms) time -= time % 10us;
  else time -= time % 1us;
  return to_text(time);
}

}  // namespace

ConversationView::ConversationView(const ConversationOptions& options, std::span<const std::string> names,
                                   std::uint32_t piece_count)
    : options_(options), names_(names), piece_count_(piece_count) {}

bool ConversationView::concerns(const WireEvent& event) const {
  const auto has = [&](std::optional<HostId> host) { return !host || event.from == *host || event.to == *host; };
  return has(options_.peer) && has(options_.with);
}

void ConversationView::on_event(const WireEvent& event) {
  if (!concerns(event)) return;
  switch (event.kind) {
    case WireEventKind::sent: return add_message(event);
    case WireEventKind::received: return arrived(event);
    case WireEventKind::joined:
    case WireEventKind::stopped:
    case WireEventKind::opened:
    case WireEventKind::ended:
    case WireEventKind::undecodable: break;
  }
  if (options_.kind) return;
  Line& line = lines_.emplace_back();
  line.at = line.until = event.at;
  line.from = event.from;
  line.to = event.to;
  const std::string all = event_text(event, names_, piece_count_);
  const std::size_t gap = all.find("  ");
  line.what = gap == std::string::npos ? all : all.substr(gap + 2);
}

void ConversationView::add_message(const WireEvent& event) {
  if (!is_datagram(event)) on_their_way_[{event.connection, event.direction}].push_back(lines_.size());
  Line& line = lines_.emplace_back();
  line.is_message = true;
  line.kind = event.message.kind;
  line.may_fold = is_bulk(line.kind) && event.message.authentic != Authentic::no;
  line.from = event.from;
  line.to = event.to;
  line.what = message_text(event, piece_count_);
  if (is_bulk(line.kind)) line.pieces.push_back(event.message.piece);
  line.decided = event.decided_earliest;
  line.sent = line.at = line.until = event.at;
}

// In order, as the stream delivers them.
void ConversationView::arrived(const WireEvent& event) {
  if (is_datagram(event)) return;
  std::deque<std::size_t>& oldest_first = on_their_way_[{event.connection, event.direction}];
  if (oldest_first.empty()) return;
  Line& line = lines_[oldest_first.front()];
  oldest_first.pop_front();
  line.received = event.at;
  if (options_.peer && event.to == *options_.peer) line.at = line.until = event.at;
}

std::string ConversationView::text() {
  std::vector<std::pair<Time, std::size_t>> order;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const Line& line = lines_[i];
    if (options_.kind && line.kind != *options_.kind) continue;
    if (options_.around && (line.at < *options_.around - options_.window || line.at > *options_.around + options_.window))
      continue;
    order.emplace_back(line.at, i);
  }
  std::ranges::sort(order);
  std::vector<Line> lines;
  for (const auto& [at, index] : order) lines.push_back(lines_[index]);
  if (options_.fold) lines = folded(lines);
  if (lines.empty()) return "nothing of that kind happened\n";
  std::size_t widest = 0;
  for (const Line& line : lines) widest = std::max(widest, who(line).size());
  std::string text;
  for (const Line& line : lines) text += line_text(line, widest) + "\n";
  return text;
}

// Runs of bulk messages become one line per sender, receiver and kind, where the first of them stood.
std::vector<ConversationView::Line> ConversationView::folded(const std::vector<Line>& lines) const {
  std::vector<Line> result;
  std::size_t run = 0;   // where in `result` the present run began
  for (const Line& line : lines) {
    if (!line.may_fold) {
      result.push_back(line);
      run = result.size();
      continue;
    }
    if (run < result.size() && line.at - result[run].at > kLongestFold) run = result.size();
    const auto like = std::ranges::find_if(result.begin() + static_cast<std::ptrdiff_t>(run), result.end(), [&](const Line& l) {
      return l.from == line.from && l.to == line.to && l.kind == line.kind;
    });
    if (like == result.end()) {
      result.push_back(line);
      continue;
    }
    ++like->count;
    like->until = line.at;
    like->pieces.push_back(line.pieces.front());
  }
  return result;
}

std::string ConversationView::who(const Line& line) const {
  const std::string& from = names_[line.from.value()];
  if (line.from == line.to) return options_.peer ? "" : from;
  if (!options_.peer) return fmt::format("{} -> {}", from, names_[line.to.value()]);
  return line.from == *options_.peer ? fmt::format("-> {}", names_[line.to.value()]) : fmt::format("<- {}", from);
}

std::string ConversationView::remark(const Line& line) const {
  if (!line.is_message) return "";
  if (line.count > 1) return line.until - line.at < 1ms ? "" : fmt::format("until {}", to_clock(line.until));
  std::string text;
  const bool is_own = !options_.peer || line.from == *options_.peer;
  if (line.received != kNever)
    text = is_own ? fmt::format("arrived {} later", about(line.received - line.sent))
                  : fmt::format("had been sent {} before", about(line.received - line.sent));
  else if (line.kind != MessageKind::tracker_request && line.kind != MessageKind::tracker_reply)
    text = "never arrived";
  if (line.sent - line.decided > kWorthSaying)
    text += fmt::format("{}written {} before it was sent", text.empty() ? "" : ", ", about(line.sent - line.decided));
  return text;
}

std::string ConversationView::line_text(const Line& line, std::size_t widest) const {
  const std::string what =
      line.count == 1 ? line.what : fmt::format("{} x {}, {}", to_string(line.kind), line.count, ranges(line.pieces));
  std::string text = fmt::format("{}  {:<{}}  {:<48}  {}", to_clock(line.at), who(line), widest, what, remark(line));
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

}  // namespace swarmlab::swarmsim
