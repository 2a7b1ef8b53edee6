#include "swarmsim/checks/tracker_talk.hpp"

#include <fmt/format.h>

#include <string_view>

#include "protocol/bencode.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/http_tracker.hpp"
#include "protocol/quantities.hpp"
#include "protocol/udp_tracker.hpp"

namespace swarmlab::swarmsim {
namespace {

namespace udp = protocol::udp;

using Asked = decltype(TrackerQuestion::what);
using Said = decltype(TrackerAnswer::what);

// A datagram of BEP 15 begins with a number, never with the name of a method.
bool is_http_request(Bytes payload) {
  const std::string_view text = as_text(payload);
  return text.starts_with("GET ") || text.starts_with("HEAD ") || text.starts_with("POST ");
}
bool is_http_reply(Bytes payload) { return as_text(payload).starts_with("HTTP/1."); }

Asked read_http_request(Bytes payload) {
  std::string_view line = as_text(payload);
  line = line.substr(0, line.find("\r\n"));
  const std::size_t target_at = line.find(' ') + 1;
  const std::string_view target = line.substr(target_at, line.find(' ', target_at) - target_at);
  const std::size_t question = target.find('?');
  const std::string_view path = target.substr(0, question);
  const std::string_view query = question == std::string_view::npos ? "" : target.substr(question + 1);
  const std::string_view page = path.substr(path.rfind('/') + 1);
  if (page.starts_with("scrape")) {
    auto scrape = protocol::parse_scrape_query(query);
    if (scrape) return std::move(*scrape);
    return NotUnderstood{scrape.error().reason};
  }
  auto announce = protocol::parse_announce_query(query);
  if (announce) return std::move(*announce);
  return NotUnderstood{announce.error().reason};
}

template <class Answer>
Said opened(std::expected<Answer, protocol::ReplyError> answer) {
  if (!answer) return NotUnderstood{to_string(answer.error())};
  return std::visit([](auto& what) -> Said { return std::move(what); }, *answer);
}

std::string raggedness(std::size_t bytes, std::size_t stride) {
  if (bytes % stride == 0) return {};
  return fmt::format("a compact list of {} bytes, which is no multiple of {}", bytes, stride);
}

std::string http_raggedness(Bytes body) {
  const auto document = protocol::bencode::Document::decode(body);
  if (!document) return {};
  for (const auto& [key, stride] : {std::pair{"peers", kCompactV4Bytes}, std::pair{"peers6", kCompactV6Bytes}}) {
    const auto list = document->root().find(key);
    if (!list || !list->string()) continue;
    if (auto ragged = raggedness(list->string()->size(), stride); !ragged.empty()) return ragged;
  }
  return {};
}

Bytes http_body(Bytes payload) {
  const std::size_t head = as_text(payload).find("\r\n\r\n");
  return head == std::string_view::npos ? Bytes{} : payload.subspan(head + 4);
}

Said read_http_reply(Bytes payload, const TrackerQuestion& question) {
  const std::string_view text = as_text(payload);
  const std::string_view line = text.substr(0, text.find("\r\n"));
  const std::size_t status_at = line.find(' ') + 1;
  if (line.substr(status_at, 3) != "200")
    return protocol::TrackerFailure{fmt::format("HTTP status {}", line.substr(status_at))};
  const Bytes body = http_body(payload);
  if (std::holds_alternative<protocol::ScrapeRequest>(question.what)) return opened(protocol::decode_scrape_reply(body));
  return opened(protocol::decode_announce_reply(body));
}

}  // namespace

EventSet TrackerTalk::ears(WireEventKind moment) {
  EventSet set;
  if (moment == WireEventKind::sent) set.sent(MessageKind::tracker_request).sent(MessageKind::tracker_reply);
  else set.received(MessageKind::tracker_request).received(MessageKind::tracker_reply);
  return set;
}

const TrackerQuestion* TrackerTalk::on_request(const WireEvent& event) {
  TrackerQuestion question{event.from, event.to, !is_http_request(event.payload), event.decided_earliest, event.decided_latest,
                           false, NotUnderstood{}};
  const std::size_t moment = event.kind == WireEventKind::sent ? 0 : 1;
  if (is_http_request(event.payload)) {
    Line& line = lines_[{true, event.connection.value(), 0, 0}];
    const std::size_t number = line.requests[moment]++;
    if (number == line.questions.size()) {
      question.what = read_http_request(event.payload);
      note_repetition(event, question);
      line.questions.push_back(std::move(question));
    }
    return &line.questions[number];
  }
  auto packet = udp::decode_request(event.payload);
  if (!packet) {
    if (!packet.error().answerable) return nullptr;
    question.what = NotUnderstood{packet.error().what};
    Line& line = lines_[{false, event.from.value(), packet.error().answerable->value(), event.to.value()}];
    if (line.questions.empty()) line.questions.push_back(std::move(question));
    return &line.questions.front();
  }
  if (std::holds_alternative<udp::ConnectRequest>(*packet)) return nullptr;
  udp::TransactionId transaction;
  if (auto* announce = std::get_if<udp::AnnouncePacket>(&*packet)) {
    transaction = announce->transaction;
    question.what = std::move(announce->request);
  } else {
    auto& scrape = std::get<udp::ScrapePacket>(*packet);
    transaction = scrape.transaction;
    question.what = std::move(scrape.request);
  }
  note_repetition(event, question);
  Line& line = lines_[{false, event.from.value(), transaction.value(), event.to.value()}];
  if (line.questions.empty()) {
    line.questions.push_back(std::move(question));
  } else if (question.is_repetition || line.questions.front().announce() == nullptr || question.announce() == nullptr ||
             *line.questions.front().announce() != *question.announce()) {
    line.questions.front() = std::move(question);   // a client that uses its ids again
  }
  return &line.questions.front();
}

void TrackerTalk::note_repetition(const WireEvent& event, TrackerQuestion& question) {
  if (event.kind != WireEventKind::sent || question.announce() == nullptr) return;
  const auto [last, is_first] = unanswered_.try_emplace({event.from, event.to}, *question.announce());
  question.is_repetition = !is_first && last->second == *question.announce();
  last->second = *question.announce();
}

std::optional<TrackerAnswer> TrackerTalk::on_reply(const WireEvent& event) {
  const std::size_t moment = event.kind == WireEventKind::sent ? 0 : 1;
  if (is_http_reply(event.payload)) {
    const auto found = lines_.find({true, event.connection.value(), 0, 0});
    if (found == lines_.end()) return std::nullopt;
    Line& line = found->second;
    const std::size_t number = line.replies[moment]++;
    if (number >= line.questions.size()) return std::nullopt;
    const TrackerQuestion& question = line.questions[number];
    if (moment == 1) unanswered_.erase({event.to, event.from});
    return TrackerAnswer{question, read_http_reply(event.payload, question), http_raggedness(http_body(event.payload))};
  }
  if (event.to.value() >= facts_.peers.size()) return std::nullopt;
  const bool is_v6 = facts_.peers[event.to.value()].listens.address.is_v6();
  auto packet = udp::decode_reply(event.payload, is_v6 ? udp::Family::v6 : udp::Family::v4);
  if (!packet) return std::nullopt;   // too short to say whose it is
  const auto answer_to = [&](udp::TransactionId transaction, Said said) -> std::optional<TrackerAnswer> {
    const auto found = lines_.find({false, event.to.value(), transaction.value(), event.from.value()});
    if (found == lines_.end()) return std::nullopt;
    if (moment == 1) unanswered_.erase({event.to, event.from});
    return TrackerAnswer{found->second.questions.front(), std::move(said), {}};
  };
  if (auto* announced = std::get_if<udp::AnnouncedReply>(&*packet)) {
    auto answer = answer_to(announced->transaction, std::move(announced->reply));
    constexpr std::size_t kPeersAt = 20;   // BEP 15, "announce response"
    if (answer) answer->ragged = raggedness(event.payload.size() - kPeersAt, is_v6 ? kCompactV6Bytes : kCompactV4Bytes);
    return answer;
  }
  if (auto* scraped = std::get_if<udp::ScrapedReply>(&*packet))
    return answer_to(scraped->transaction, protocol::ScrapeReply{std::move(scraped->entries)});
  if (auto* error = std::get_if<udp::ErrorReply>(&*packet))
    return answer_to(error->transaction, protocol::TrackerFailure{std::move(error->message)});
  return std::nullopt;
}

std::string to_string(const protocol::AnnounceRequest& request) {
  const std::string_view event =
      request.event == protocol::AnnounceEvent::none ? "without event" : to_string(request.event);
  return fmt::format("ANNOUNCE {}, left {}, uploaded {}, downloaded {}", event, to_text(request.left),
                     to_text(request.uploaded), to_text(request.downloaded));
}

}  // namespace swarmlab::swarmsim
