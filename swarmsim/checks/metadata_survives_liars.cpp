#include "swarmsim/checks/metadata_survives_liars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/extension_handshake.hpp"
#include "protocol/quantities.hpp"
#include "swarmsim/checks/metadata_arrivals.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that begin with a magnet link"},
    ParameterManual{"liars", ParameterKind::peers, Need::required, "the peers that lie about the metadata"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time to have the metadata once an honest source is known (default: 1 min)"},
};

struct Seeker {
  Time source_known = kNever;      // an honest peer has offered the metadata
  HostId source;
  Time lied_to = kNever;
  std::string first_lie;
  bool is_gone = false;
};

class MetadataSurvivesLiars final : public Check {
 public:
  explicit MetadataSurvivesLiars(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who")), within_(context.arguments.duration("within", 60s)),
        is_who_(who_, facts_.peers.size()), is_liar_(context.arguments.peers("liars"), facts_.peers.size()), metadata_(facts_),
        seekers_(facts_.peers.size()), last_data_(facts_.peers.size(), kStart) {}

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::stopped)
        .received(MessageKind::extension_handshake)
        .received(MessageKind::metadata_data)
        .received(MessageKind::metadata_reject)
        .sent(MessageKind::metadata_request)
        .sent(MessageKind::request);
  }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::stopped) {
      seekers_[event.from.value()].is_gone = true;
      return;
    }
    if (event.kind == WireEventKind::sent) {
      if (!is_who_.has(event.from)) return;
      if (event.message.kind == MessageKind::request) judge_request(event);
      else if (event.decided_earliest > last_data_[event.from.value()]) metadata_.on_asked_again(event.from, event.message.piece);
      return;
    }
    if (!is_who_.has(event.to)) return;
    if (event.message.kind == MessageKind::metadata_data) last_data_[event.to.value()] = event.at;
    if (event.message.kind == MessageKind::extension_handshake) return on_offer(event);
    if (metadata_.complete_at(event.to) != kNever) return;
    switch (event.message.kind) {
      case MessageKind::metadata_data:
        if (event.message.authentic == Authentic::no) note_lie(event, to_string(event.message));
        metadata_.on_data(event);
        return;
      default:
        if (is_liar_.has(event.from)) note_lie(event, to_string(event.message));
        return;
    }
  }

  bool is_ready(Time now, Disks&) override {
    return std::ranges::all_of(who_, [&](HostId peer) { return !owes(peer) || now > due(peer); });
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    std::uint32_t complete = 0;
    std::uint32_t lied_to = 0;
    Duration slowest{};
    for (const HostId peer : who_) {
      const Seeker& seeker = seekers_[peer.value()];
      if (seeker.lied_to != kNever) ++lied_to;
      const Time done = metadata_.complete_at(peer);
      if (done != kNever) ++complete;
      if (seeker.source_known == kNever) continue;
      if (done != kNever) slowest = std::max(slowest, done - seeker.source_known);
      if (!seeker.is_gone && std::min(done, end.at) > due(peer)) accuse_slowness(peer);
    }
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} have it, at most {} after an honest offer; {} were lied to", complete, who_.size(),
                                     to_text(slowest), lied_to);
    judgement.limit = to_text(within_);
    if (judgement.verdict == Verdict::held && lied_to == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody was lied to about the metadata while it lacked it";
    }
    return judgement;
  }

 private:
  bool owes(HostId peer) const {
    const Seeker& seeker = seekers_[peer.value()];
    return seeker.source_known != kNever && metadata_.complete_at(peer) == kNever && !seeker.is_gone;
  }
  Time due(HostId peer) const { return seekers_[peer.value()].source_known + within_; }

  void on_offer(const WireEvent& event) {
    const auto offer = protocol::decode_extension_handshake(event.payload);
    if (!offer) return;
    const auto number = offer->message_ids.find("ut_metadata");
    const bool offers = number != offer->message_ids.end() && number->second != 0;
    if (offers && offer->metadata_size && *offer->metadata_size != facts_.metadata_size)
      note_lie(event, fmt::format("claims a metadata of {}; it has {}", to_text(*offer->metadata_size), to_text(facts_.metadata_size)));
    if (!offers || is_liar_.has(event.from) || offer->metadata_size != facts_.metadata_size) return;
    Seeker& seeker = seekers_[event.to.value()];
    if (seeker.source_known != kNever) return;
    seeker.source_known = event.at;
    seeker.source = event.from;
  }

  void note_lie(const WireEvent& event, const std::string& what) {
    Seeker& seeker = seekers_[event.to.value()];
    if (seeker.lied_to != kNever || metadata_.complete_at(event.to) != kNever) return;
    seeker.lied_to = event.at;
    seeker.first_lie = story_line(event.at, conversation(facts_, event.from, event.to, what));
  }

  // Whoever asks for blocks takes some metadata for true.
  void judge_request(const WireEvent& event) {
    if (event.decided_latest >= metadata_.complete_at(event.from) || first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} asks for a block before the true metadata has reached it", facts_.name(event.from));
    if (const Seeker& seeker = seekers_[event.from.value()]; seeker.lied_to != kNever) first_.story.push_back(seeker.first_lie);
    first_.story.push_back(story_line(event.at, conversation(facts_, event.from, event.to, event.message)));
    first_.story.push_back("look at whether the client compares what it got with the info-hash before it uses it");
  }

  void accuse_slowness(HostId peer) {
    if (first_.verdict == Verdict::violated) return;
    const Seeker& seeker = seekers_[peer.value()];
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} has {} of {} pieces of the metadata {} after {} had offered it", facts_.name(peer),
                                 metadata_.pieces(peer), facts_.metadata_pieces(), to_text(within_), facts_.name(seeker.source));
    if (seeker.lied_to != kNever) first_.story.push_back(seeker.first_lie);
    first_.story.push_back(story_line(seeker.source_known, fmt::format("{} offers {} the metadata in its true size",
                                                                       facts_.name(seeker.source), facts_.name(peer))));
    first_.story.push_back("look at whom a client asks for metadata, for how long, and what it does when the whole is false");
  }

  const RunFacts& facts_;
  std::vector<HostId> who_;
  Duration within_;
  PeerSet is_who_;
  PeerSet is_liar_;
  MetadataArrivals metadata_;
  std::vector<Seeker> seekers_;     // by peer
  std::vector<Time> last_data_;         // by peer: what is decided later is decided knowing it
  Judgement first_;
};

}  // namespace

constinit const CheckManual kMetadataSurvivesLiars{
    .name = "metadata_survives_liars",
    .claim = "bad sources of metadata cannot keep a magnet link from an honest one",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B70",
    .parameters = kParameters,
    .text = R"(A client that begins with a magnet link has the whole, true metadata within the given time after the first peer that is not
among the liars offered it in its true size, however many others claim other sizes, send garbage, reject every
request or never answer; and it asks for no block before (metadata that does not match the info-hash is not used).
Who asks again for a piece that has reached it true has thrown it away.  Vacuous when nobody was lied to.  Provoke it with the
behaviour `metadata_liar`, and one honest source.)",
    .needs = {Feature::magnet},
};

std::unique_ptr<Check> make_metadata_survives_liars(const CheckContext& context) {
  return std::make_unique<MetadataSurvivesLiars>(context);
}

}  // namespace swarmlab::swarmsim
