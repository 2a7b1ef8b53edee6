#include "client/console/screen.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "protocol/quantities.hpp"
#include "protocol/text.hpp"

namespace swarmlab::client {
namespace {

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kInverse = "\x1b[7m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kCyan = "\x1b[36m";

constexpr std::size_t kMostTorrentLines = 6;
constexpr std::size_t kMostPieceLines = 4;

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0u) != 0x80u; }

std::string rate(BytesPerSecond rate) {
  const auto bytes = static_cast<double>(rate.value());
  if (rate.value() == 0) return "-";
  return rate.value() < 1000 * 1024 ? fmt::format("{:.1f} KiB/s", bytes / 1024) : fmt::format("{:.1f} MiB/s", bytes / (1 << 20));
}

std::string size_text(ByteCount size) {
  const auto bytes = static_cast<double>(size.value());
  if (size < 1_MiB) return fmt::format("{:.0f} KiB", bytes / 1024);
  if (size < 1_GiB) return fmt::format("{:.1f} MiB", bytes / (1 << 20));
  return fmt::format("{:.2f} GiB", bytes / (1 << 30));
}

std::string whole_seconds(Duration time) { return to_text(Duration(std::chrono::ceil<std::chrono::seconds>(time))); }

std::string percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "-" : fmt::format("{:.1f} %", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string eta(const TorrentStatus& status) {
  if (status.state != TorrentState::downloading) return "";
  if (status.download_rate.value() == 0) return "ETA unknown";
  return "ETA " + whole_seconds(status.left / status.download_rate);
}

std::string_view colour_of(TorrentState state) {
  switch (state) {
    case TorrentState::failed: return kRed;
    case TorrentState::seeding: return kGreen;
    case TorrentState::downloading: return kCyan;
    default: return kYellow;
  }
}

// One line of the drawing: text of a known width in pieces of one colour each.
class Line {
 public:
  explicit Line(std::size_t columns) : left_(columns) {}
  void add(std::string_view text, std::size_t width, std::string_view colour = {}) {
    const std::size_t cells = std::min(width, left_);
    if (cells == 0) return;
    left_ -= cells;
    text_ += colour;
    text_ += fit(text, cells);
    if (!colour.empty()) text_ += kReset;
  }
  std::size_t left() const { return left_; }
  std::string take() { return std::move(text_); }

 private:
  std::size_t left_;
  std::string text_;
};

std::string header(const ScreenModel& model, std::size_t columns) {
  std::string left = " btclient · listens at " + model.listening;
  if (!model.control.empty()) left += " · control " + model.control;
  if (model.is_stopping) left += " · saying goodbye";
  const std::string right = fmt::format("up {} · loop {} ms ", whole_seconds(model.uptime),
                                        std::chrono::duration_cast<std::chrono::milliseconds>(model.loop_latency).count());
  const auto width = static_cast<std::size_t>(std::ranges::count_if(right, begins_character));
  Line line(columns);
  line.add(left, columns > width ? columns - width : columns, kInverse);
  line.add(right, width, kInverse);
  return line.take();
}

std::string torrent_line(const ScreenModel::Torrent& torrent, bool is_chosen, std::size_t columns) {
  const TorrentStatus& status = torrent.status;
  Line line(columns);
  line.add(is_chosen ? " > " : "   ", 3);
  line.add(protocol::one_line(torrent.name), columns > 104 ? columns - 86 : 18, is_chosen ? kBold : std::string_view{});
  line.add(" ", 1);
  line.add(to_string(status.state), 12, colour_of(status.state));
  line.add(fmt::format("{:>7} ", percent(status.pieces_have, status.pieces_total)), 8);
  if (!status.error.empty()) {
    line.add(" " + protocol::one_line(status.error), line.left(), kRed);
    return line.take();
  }
  line.add(fmt::format(" ↓ {}", rate(status.download_rate)), 16);
  line.add(fmt::format(" ↑ {}", rate(status.upload_rate)), 16);
  line.add(eta(status), 16);
  line.add(counted(status.peers, "peer"), line.left());
  return line.take();
}

void draw_pieces(const ScreenModel& model, const ScreenSize& size, std::vector<std::string>& lines) {
  const std::vector<PieceState>& pieces = model.pieces.states;
  if (pieces.empty() || size.columns < 8) return;
  const auto have = std::ranges::count(pieces, PieceState::have);
  const auto begun = std::ranges::count_if(pieces, [](PieceState s) { return s == PieceState::partial || s == PieceState::whole; });
  Line title(size.columns);
  title.add(fmt::format(" PIECES {} of {}, {} begun", have, pieces.size(), begun), size.columns, kBold);
  lines.push_back(title.take());
  const std::size_t width = size.columns - 2;
  const std::size_t rows = std::clamp<std::size_t>((pieces.size() + width - 1) / width, 1, kMostPieceLines);
  const std::size_t cells = width * rows;
  const std::vector<std::string_view> marks = density(pieces, cells);
  for (std::size_t row = 0; row < rows; ++row) {
    std::string line = " ";
    std::string_view colour;
    for (std::size_t cell = row * width; cell < (row + 1) * width; ++cell) {
      const std::size_t begin = cell * pieces.size() / cells;
      const std::size_t end = std::max(begin + 1, (cell + 1) * pieces.size() / cells);
      const bool is_begun = std::any_of(pieces.begin() + static_cast<std::ptrdiff_t>(begin),
                                        pieces.begin() + static_cast<std::ptrdiff_t>(end),
                                        [](PieceState s) { return s == PieceState::partial || s == PieceState::whole; });
      const bool is_empty = marks[cell] == " ";
      const std::string_view wanted = is_begun ? kYellow : is_empty ? kDim : kGreen;
      if (wanted != colour) {
        line += kReset;
        line += wanted;
        colour = wanted;
      }
      line += is_empty ? (is_begun ? "░" : "·") : marks[cell];
    }
    line += kReset;
    line += ' ';
    lines.push_back(std::move(line));
  }
}

// What the wire says in letters: D we want and may, d we want and are choked; U it wants and may, u it wants and is choked.
std::string flags_of(const PeerStatus& peer) {
  std::string flags;
  flags += !peer.am_interested ? '-' : peer.peer_choking ? 'd' : 'D';
  flags += !peer.peer_interested ? '-' : peer.am_choking ? 'u' : 'U';
  flags += peer.is_snubbed ? 's' : '-';
  flags += peer.by == Initiator::us ? '>' : '<';
  return flags;
}

void draw_peers(const ScreenModel& model, const ScreenSize& size, std::size_t most, std::vector<std::string>& lines) {
  if (most < 2) return;
  Line title(size.columns);
  title.add(" PEERS", 22, kBold);
  title.add("   have        down          up      got    given ask want flag client", size.columns, kDim);
  lines.push_back(title.take());
  std::vector<const PeerStatus*> sorted;
  for (const PeerStatus& peer : model.peers) sorted.push_back(&peer);
  const auto both = [](const PeerStatus* peer) { return peer->download_rate.value() + peer->upload_rate.value(); };
  std::ranges::sort(sorted, [&](const PeerStatus* a, const PeerStatus* b) {
    return std::pair(both(b), a->key) < std::pair(both(a), b->key);
  });
  const std::size_t shown = sorted.size() < most ? sorted.size() : most - 2;
  for (std::size_t i = 0; i < shown; ++i) {
    const PeerStatus& peer = *sorted[i];
    Line line(size.columns);
    line.add(" " + to_string(peer.endpoint), 22);
    if (!peer.is_ready) {
      line.add(" connecting", size.columns, kDim);
      lines.push_back(line.take());
      continue;
    }
    line.add(fmt::format("{:>7}", percent(peer.pieces, model.pieces.states.size())), 7);
    line.add(fmt::format("{:>12}", rate(peer.download_rate)), 12, peer.download_rate.value() > 0 ? kCyan : kDim);
    line.add(fmt::format("{:>12}", rate(peer.upload_rate)), 12, peer.upload_rate.value() > 0 ? kGreen : kDim);
    line.add(fmt::format("{:>9}{:>9}", size_text(peer.downloaded), size_text(peer.uploaded)), 18);
    line.add(fmt::format("{:>4}{:>5} ", peer.requests_open, peer.requests_queued), 10);
    line.add(flags_of(peer), 5);
    line.add(protocol::one_line(peer.client), size.columns);
    lines.push_back(line.take());
  }
  if (shown < sorted.size()) {
    Line more(size.columns);
    more.add(fmt::format(" and {} more", sorted.size() - shown), size.columns, kDim);
    lines.push_back(more.take());
  }
}

}  // namespace

std::string fit(std::string_view text, std::size_t width) {
  std::string fitted;
  std::size_t cells = 0;
  for (const char byte : text) {
    if (begins_character(byte) && ++cells > width) {
      --cells;
      break;
    }
    fitted += byte;
  }
  return fitted.append(width - std::min(cells, width), ' ');
}

std::vector<std::string_view> density(const std::vector<PieceState>& pieces, std::size_t cells) {
  static constexpr std::string_view kMarks[] = {" ", "░", "▒", "▓", "█"};
  std::vector<std::string_view> marks;
  marks.reserve(cells);
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const std::size_t begin = cell * pieces.size() / cells;
    const std::size_t end = std::max(begin + 1, (cell + 1) * pieces.size() / cells);
    std::size_t have = 0;
    for (std::size_t i = begin; i < std::min(end, pieces.size()); ++i) have += pieces[i] == PieceState::have ? 1u : 0u;
    // Never rounded to nothing or to everything: one missing piece must show.
    marks.push_back(have == 0 ? kMarks[0] : have == end - begin ? kMarks[4] : kMarks[1 + have * 3 / (end - begin)]);
  }
  return marks;
}

std::string draw(const ScreenModel& model, const ScreenSize& size) {
  std::vector<std::string> lines;
  lines.push_back(header(model, size.columns));
  const std::size_t begin = model.chosen < kMostTorrentLines ? 0 : model.chosen - kMostTorrentLines + 1;
  const std::size_t end = std::min(model.torrents.size(), begin + kMostTorrentLines);
  for (std::size_t i = begin; i < end; ++i) lines.push_back(torrent_line(model.torrents[i], i == model.chosen, size.columns));
  if (model.torrents.empty()) lines.emplace_back(fit("   no torrent yet", size.columns));
  lines.emplace_back();
  draw_pieces(model, size, lines);
  lines.emplace_back();
  // A third of what is left is the log's, its title and two lines at least.
  const std::size_t left = size.rows > lines.size() + 1 ? size.rows - lines.size() - 1 : 0;
  const std::size_t log_lines = std::min(left, std::max<std::size_t>(3, left / 3));
  draw_peers(model, size, left - log_lines, lines);
  if (lines.size() + log_lines + 1 <= size.rows) lines.resize(size.rows - log_lines - 1);
  if (log_lines > 1) {
    Line title(size.columns);
    title.add(" LOG", size.columns, kBold);
    lines.push_back(title.take());
    const std::size_t shown = std::min(model.log.size(), log_lines - 1);
    for (std::size_t i = model.log.size() - shown; i < model.log.size(); ++i) {
      lines.push_back(fit(" " + model.log[i], size.columns));
    }
  }
  lines.resize(size.rows > 0 ? size.rows - 1 : 0);
  Line keys(size.columns);
  keys.add(" q quit · Tab next torrent · D/d we want and may/are choked, U/u it does · s snubs · > we dialled", size.columns, kDim);
  lines.push_back(keys.take());

  std::string drawing;
  for (std::size_t i = 0; i < lines.size() && i < size.rows; ++i) {
    if (i > 0) drawing += "\r\n";
    drawing += lines[i];
    drawing += "\x1b[K";
  }
  return drawing;
}

}  // namespace swarmlab::client
