#include "swarmsim/checks/announced_endpoint_reachable.hpp"

#include <fmt/format.h>

#include <array>

#include "protocol/extension_handshake.hpp"
#include "swarmsim/checks/story.hpp"
#include "swarmsim/checks/tracker_talk.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose address is read in what they send"},
};

class AnnouncedEndpointReachable final : public Check {
 public:
  explicit AnnouncedEndpointReachable(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()), talk_(facts_) {}

  EventSet interest() const override {
    return EventSet{}.sent(MessageKind::tracker_request).sent(MessageKind::extension_handshake);
  }

  void on_event(const WireEvent& event) override {
    if (!is_who_.has(event.from)) return;
    const Endpoint& listens = facts_.peers[event.from.value()].listens;
    if (listens.port == 0) return;
    if (event.message.kind == MessageKind::tracker_request) {
      const TrackerQuestion* question = talk_.on_request(event);
      if (question == nullptr || question->announce() == nullptr || question->announce()->event == protocol::AnnounceEvent::stopped) return;
      ++announces_;
      judge(event, "announces", question->announce()->port, question->announce()->ip);
    } else {
      const auto handshake = protocol::decode_extension_handshake(event.payload);
      if (!handshake || !handshake->listen_port) return;
      ++greetings_;
      judge(event, "says in its extension handshake", *handshake->listen_port, std::nullopt);
    }
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} wrong of {} announces and {} extension handshakes", wrong_, announces_, greetings_);
    judgement.limit = std::string("0 wrong");
    if (announces_ + greetings_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "none of the peers told anybody where it listens";
    }
    return judgement;
  }

 private:
  void judge(const WireEvent& event, std::string_view how, std::uint16_t port, const std::optional<IpAddress>& ip) {
    const Endpoint& listens = facts_.peers[event.from.value()].listens;
    if (port == listens.port && (!ip || *ip == listens.address)) return;
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    const std::string said = ip ? to_string(Endpoint{*ip, port}) : fmt::format("port {}", port);
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {} {}, where nobody listens; it is reached at {}", facts_.name(event.from), how, said,
                                 to_string(listens));
    const bool is_to_peer = event.to.value() < facts_.peers.size();
    first_.story = {story_line(event.at, fmt::format("{} -> {}  {}, with {}", facts_.name(event.from),
                                                     is_to_peer ? facts_.name(event.to) : "tracker", to_string(event.message.kind), said)),
                    "look at where the port and address of announces and extension handshakes come from, and in which byte order"};
  }

  const RunFacts& facts_;
  PeerSet is_who_;
  TrackerTalk talk_;
  std::uint64_t announces_ = 0;
  std::uint64_t greetings_ = 0;
  std::uint64_t wrong_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kAnnouncedEndpointReachable{
    .name = "announced_endpoint_reachable",
    .claim = "the address that a client gives to trackers and peers is one at which it listens",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B65",
    .parameters = kParameters,
    .text = R"(The port of every announce (BEP 3, BEP 15) and of every extension handshake that names one ("p", BEP 10) is the port at
which the peer is reached, and the address, where an announce gives one, is its own.  Where that is, the scenario or the
client's adapter declares; a client for which nobody declares it is not judged, nor is the address in a farewell.  Vacuous
when none of the peers named an address.  Provoke it over HTTP and UDP, IPv4 and IPv6.)",
};

std::unique_ptr<Check> make_announced_endpoint_reachable(const CheckContext& context) {
  return std::make_unique<AnnouncedEndpointReachable>(context);
}

}  // namespace swarmlab::swarmsim
