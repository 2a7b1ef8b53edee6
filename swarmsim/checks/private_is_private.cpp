#include "swarmsim/checks/private_is_private.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <set>

#include "protocol/extension_handshake.hpp"
#include "swarmsim/checks/metadata_arrivals.hpp"
#include "swarmsim/checks/story.hpp"
#include "swarmsim/checks/tracker_talk.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that must keep the torrent to themselves"},
};

// What was decided so soon after the metadata came may have been on its way.
constexpr Duration kReaction = 1s;

class PrivateIsPrivate final : public Check {
 public:
  explicit PrivateIsPrivate(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()), talk_(facts_), metadata_(facts_),
        knows_(facts_.peers.size()) {
    for (std::uint32_t i = 0; i < facts_.peers.size(); ++i) host_at_.emplace(facts_.peers[i].listens.address, HostId(i));
  }

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::opened)
        .sent(MessageKind::extension_handshake)
        .sent(MessageKind::pex)
        .received(MessageKind::pex)
        .received(MessageKind::extended)
        .received(MessageKind::metadata_data)
        .sent(MessageKind::tracker_request)
        .received(MessageKind::tracker_reply);
  }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::opened) return on_opened(event);
    switch (event.message.kind) {
      case MessageKind::tracker_request: talk_.on_request(event); return;
      case MessageKind::tracker_reply: return on_reply(event);
      case MessageKind::metadata_data: metadata_.on_data(event); return;
      case MessageKind::extension_handshake:
        if (is_bound(event.from, event.decided_earliest)) on_handshake(event);
        return;
      default: break;
    }
    if (event.kind == WireEventKind::received) {
      if (is_who_.has(event.to)) ++temptations_;
    } else if (is_bound(event.from, event.decided_earliest)) {
      accuse(event, "sends a peer exchange in a private torrent", kExchange);
    }
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} extension handshakes and {} dials; {} messages that tempted", greetings_, dials_, temptations_);
    judgement.limit = std::string("no ut_pex, no peer but the tracker's");
    if (!facts_.is_private) {
      judgement.verdict = Verdict::not_applicable;
      judgement.summary = "the torrent of this run is not private";
    } else if (judgement.verdict == Verdict::held && greetings_ + dials_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "none of the peers dialled anybody or spoke the extension protocol";
    }
    return judgement;
  }

 private:
  // Whether it knows that the torrent is private, which stands in the metadata.
  bool is_bound(HostId peer, Time decided) const {
    if (!facts_.is_private || !is_who_.has(peer)) return false;
    const Time known = metadata_.complete_at(peer);
    return known == kStart || (known != kNever && decided > known + kReaction);
  }

  void on_handshake(const WireEvent& event) {
    ++greetings_;
    const auto handshake = protocol::decode_extension_handshake(event.payload);
    if (!handshake) return;
    const auto number = handshake->message_ids.find("ut_pex");
    if (number != handshake->message_ids.end() && number->second != 0)
      accuse(event, "offers peer exchange (ut_pex) in a private torrent", kExchange);
  }

  void on_reply(const WireEvent& event) {
    const auto answer = talk_.on_reply(event);
    if (!answer || answer->announced() == nullptr || !is_who_.has(event.to)) return;
    for (const protocol::TrackerPeer& peer : answer->announced()->peers)
      if (const auto host = host_at_.find(peer.endpoint.address); host != host_at_.end()) knows_[event.to.value()].insert(host->second);
  }

  // Who dials is known to the one it dials, and may be dialled back.
  void on_opened(const WireEvent& event) {
    if (event.from.value() >= knows_.size() || event.to.value() >= knows_.size()) return;
    knows_[event.to.value()].insert(event.from);
    if (!is_bound(event.from, event.at)) return;
    ++dials_;
    if (knows_[event.from.value()].contains(event.to)) return;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} dials {}, which no tracker has told it of", facts_.name(event.from), facts_.name(event.to));
    first_.story = {story_line(event.at, fmt::format("{} and {} are connected", facts_.name(event.from), facts_.name(event.to))),
                    "look at which sources of peers a client uses in a private torrent (BEP 27)"};
  }

  static constexpr std::string_view kExchange = "where a client decides which extensions it speaks in a torrent (BEP 27)";

  void accuse(const WireEvent& event, const std::string& what, std::string_view look_at) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {}, to {}", facts_.name(event.from), what, facts_.name(event.to));
    first_.story = {story_line(event.at, conversation(facts_, event.from, event.to, event.message)), fmt::format("look at {}", look_at)};
  }

  const RunFacts& facts_;
  PeerSet is_who_;
  TrackerTalk talk_;
  MetadataArrivals metadata_;
  std::map<IpAddress, HostId> host_at_;
  std::vector<std::set<HostId>> knows_;   // by peer: whom it may dial
  std::uint32_t greetings_ = 0;
  std::uint32_t dials_ = 0;
  std::uint32_t temptations_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kPrivateIsPrivate{
    .name = "private_is_private",
    .claim = "in a private torrent a client knows nobody but whom its tracker names, and tells nobody of others",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B71",
    .parameters = kParameters,
    .text = R"(BEP 27: with private = 1 in the info dictionary a client offers no ut_pex in its extension handshakes, sends no peer
exchange, and dials nobody whom no announce's answer named (and who has not dialled it), whatever others send it.  For magnet
links this holds from a second after the metadata came: before it nobody can know.  Not applicable when the
torrent is not private; vacuous when nobody dialled or spoke the extension protocol.  Provoke it with a peer that
sends addresses unasked: the behaviour `pex_trap`.)",
};

std::unique_ptr<Check> make_private_is_private(const CheckContext& context) { return std::make_unique<PrivateIsPrivate>(context); }

}  // namespace swarmlab::swarmsim
