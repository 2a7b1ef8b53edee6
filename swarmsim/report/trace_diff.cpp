#include "swarmsim/report/trace_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <optional>
#include <tuple>
#include <vector>

#include "protocol/quantities.hpp"
#include "protocol/text.hpp"
#include "swarmsim/report/event_text.hpp"
#include "swarmsim/wire/fingerprint.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kMostListed = 8;   // names in a line

constexpr std::size_t kContext = 5;

// One event in words and as it is compared.
struct Item {
  std::string compared;
  std::string shown;
  std::string host;      // at which it happened
  std::size_t line = 0;
};

// Events in the order in which they are compared: by time, host, and the host's own order.
class Events {
 public:
  explicit Events(TraceReader& reader)
      : reader_(reader), names_(reader.header().names()), codec_(names_), pieces_(reader.header().geometry.piece_count()) {}

  // nullopt at the end.
  std::expected<std::optional<Item>, std::string> next() {
    if (ready_.empty())
      if (const auto read = read_moment(); !read) return std::unexpected(read.error());
    if (ready_.empty()) return std::nullopt;
    Item item = std::move(ready_.front());
    ready_.pop_front();
    return item;
  }
  const std::optional<TraceEnd>& end() const { return end_; }

 private:
  std::expected<void, std::string> read_moment() {
    std::vector<Item> moment;
    if (waiting_) moment.push_back(std::move(*waiting_));
    waiting_.reset();
    while (!end_) {
      const auto read = reader_.next();
      if (!read) return std::unexpected(read.error());
      if (const auto* end = std::get_if<TraceEnd>(&*read)) {
        end_ = *end;
        break;
      }
      const WireEvent& event = std::get<WireEvent>(*read);
      Item item;
      codec_.encode(event, item.compared);
      item.shown = fmt::format("{}  {}", to_clock(event.at), event_text(event, names_, pieces_));
      item.host = names_[(event.kind == WireEventKind::received ? event.to : event.from).value()];
      item.line = reader_.line_number();
      const bool is_of_moment = moment.empty() || event.at == now_;
      now_ = event.at;
      if (!is_of_moment) {
        waiting_ = std::move(item);
        break;
      }
      moment.push_back(std::move(item));
    }
    std::ranges::sort(moment, {}, [](const Item& item) { return std::tie(item.host, item.line); });
    std::ranges::move(moment, std::back_inserter(ready_));
    return {};
  }

  TraceReader& reader_;
  std::vector<std::string> names_;
  TraceEventCodec codec_;
  std::uint32_t pieces_;
  Time now_{};
  std::optional<Item> waiting_;   // the first of the moment after
  std::deque<Item> ready_;
  std::optional<TraceEnd> end_;
};

// What the headers say differently; a line each.
std::string header_differences(const TraceHeader& a, const TraceHeader& b) {
  std::string text;
  if (a.seed != b.seed) text += fmt::format("the seeds differ: {} and {}\n", a.seed, b.seed);
  if (a.text != b.text) text += fmt::format("the scenarios differ: {} and {}\n", a.file, b.file);
  if (a.set != b.set) text += "what --set changed differs\n";
  if (a.info_hash != b.info_hash) text += "the torrents differ\n";
  std::vector<std::string> of_a = a.names();
  std::vector<std::string> of_b = b.names();
  std::ranges::sort(of_a);
  std::ranges::sort(of_b);
  std::vector<std::string> only_a;
  std::vector<std::string> only_b;
  std::ranges::set_difference(of_a, of_b, std::back_inserter(only_a));
  std::ranges::set_difference(of_b, of_a, std::back_inserter(only_b));
  if (!only_a.empty()) text += fmt::format("only A has {}\n", protocol::listed(only_a, kMostListed));
  if (!only_b.empty()) text += fmt::format("only B has {}\n", protocol::listed(only_b, kMostListed));
  return text;
}

// Of two runs with equal events.
std::string end_differences(const TraceEnd& a, const TraceEnd& b) {
  std::string text;
  if (a.at != b.at) text += fmt::format("A ends at {}, B at {}\n", to_clock(a.at), to_clock(b.at));
  if (a.fingerprint != b.fingerprint)
    text += fmt::format("the fingerprints written down differ: {} and {}\n", fingerprint_text(a.fingerprint),
                        fingerprint_text(b.fingerprint));
  if (a.was_cut_short != b.was_cut_short || a.invalid != b.invalid || a.faults != b.faults ||
      a.notes != b.notes) text += "what is noted at the end differs\n";
  if (a.disks != b.disks) text += "the disks differ at the end\n";
  for (std::size_t i = 0; i < std::max(a.verdicts.size(), b.verdicts.size()); ++i) {
    const auto said = [i](const TraceEnd& end) {
      if (i >= end.verdicts.size()) return std::string("nothing");
      const TraceVerdict& verdict = end.verdicts[i];
      return fmt::format("{} of {} {} ({})", verdict.check, verdict.who, verdict.verdict, verdict.measured);
    };
    if (said(a) != said(b)) text += fmt::format("verdict {}: A says {}; B says {}\n", i + 1, said(a), said(b));
  }
  return text;
}

// The event and some that follow it.
std::expected<std::string, std::string> shown(std::string_view name, std::optional<Item> item, Events& events) {
  if (!item) return fmt::format("{}: nothing more happens\n", name);
  std::string text = fmt::format("{}: {}   (line {})\n", name, item->shown, item->line);
  for (std::size_t i = 0; i < kContext; ++i) {
    const auto next = events.next();
    if (!next) return std::unexpected(next.error());
    if (!*next) break;
    text += fmt::format("     {}\n", (*next)->shown);
  }
  return text;
}

}  // namespace

std::expected<TraceDifference, std::string> compare_traces(TraceReader& a, TraceReader& b) {
  Events of_a(a);
  Events of_b(b);
  std::string text = header_differences(a.header(), b.header());
  std::deque<std::string> before;
  for (std::uint64_t alike = 0;; ++alike) {
    auto next_a = of_a.next();
    if (!next_a) return std::unexpected(next_a.error());
    auto next_b = of_b.next();
    if (!next_b) return std::unexpected(next_b.error());
    if (!*next_a && !*next_b) {
      text += end_differences(*of_a.end(), *of_b.end());
      const bool is_equal = text.empty();
      return TraceDifference{is_equal, text + fmt::format("all {} events are alike\n", alike)};
    }
    if (*next_a && *next_b && (*next_a)->compared == (*next_b)->compared) {
      before.push_back((*next_a)->shown);
      if (before.size() > kContext) before.pop_front();
      continue;
    }
    text += fmt::format("the first {} events are alike{}\n", alike, before.empty() ? "" : "; the last of them:");
    for (const std::string& line : before) text += fmt::format("     {}\n", line);
    for (const auto& [name, item, events] : {std::tuple{"A", *next_a, &of_a}, std::tuple{"B", *next_b, &of_b}}) {
      const auto part = shown(name, item, *events);
      if (!part) return std::unexpected(part.error());
      text += *part;
    }
    return TraceDifference{false, std::move(text)};
  }
}

}  // namespace swarmlab::swarmsim
