#include "swarmsim/checks/early_state_is_kept.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/metadata_arrivals.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that begin with a magnet link"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time to act, once the metadata is here, upon what was said before (default: 10 s)"},
};

// One connection of a peer that has no metadata yet: what the other end has said there, and what was done about it.
struct Early {
  bool told_pieces = false;         // Bitfield, HaveAll or Have, before the metadata
  Time told_at{};
  bool told_again = false;          // a piece announced after it
  bool they_unchoke = false;        // in force
  bool they_are_interested = false; // said before the metadata, and in force
  bool am_interested = false;
  bool was_unchoked_by_us = false;
  bool was_asked = false;           // for any block
};

struct Duty {
  HostId peer;
  Time due{};
};

class EarlyStateIsKept final : public Check {
 public:
  explicit EarlyStateIsKept(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), connections_(context.books.connections()), heard_(context.books.heard()),
        who_(context.arguments.peers("who")), within_(context.arguments.duration("within", 10s)), is_who_(who_, facts_.peers.size()),
        metadata_(facts_) {}

  EventSet interest() const override {
    using enum MessageKind;
    EventSet set = EventSet{}.add(WireEventKind::stopped);
    for (const MessageKind kind : {bitfield, have_all, have, choke, unchoke, interested, not_interested, metadata_data}) set.received(kind);
    for (const MessageKind kind : {interested, not_interested, unchoke, request}) set.sent(kind);
    return set;
  }

  void on_event(const WireEvent& event) override {
    judge_until(event.at);
    if (event.kind == WireEventKind::stopped) {
      std::erase_if(duties_, [&](const Duty& duty) { return duty.peer == event.from; });
    } else if (event.kind == WireEventKind::sent) {
      if (is_who_.has(event.from)) on_said(event, early_.writer(event));
    } else if (is_who_.has(event.to)) {
      on_heard(event, early_.reader(event));
    }
  }

  bool is_ready(Time now, Disks&) override { return duties_.empty() || now > duties_.back().due; }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    judge_until(end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} told what they have, {} said Interested before the metadata was there", tellers_, wishers_);
    judgement.limit = fmt::format("acted upon within {}", to_text(within_));
    if (judgement.verdict == Verdict::held && tellers_ + wishers_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody had said anything to a peer without metadata that it could act upon afterwards";
    }
    return judgement;
  }

 private:
  // `early` is what the receiver keeps of this connection.
  void on_heard(const WireEvent& event, Early& early) {
    const bool is_early = metadata_.complete_at(event.to) == kNever;
    switch (event.message.kind) {
      case MessageKind::metadata_data:
        if (metadata_.on_data(event)) duties_.push_back({event.to, event.at + within_});
        return;
      case MessageKind::bitfield:
      case MessageKind::have_all:
      case MessageKind::have:
        if (is_early && !early.told_pieces) early.told_at = event.at;
        if (is_early) early.told_pieces = true;
        else early.told_again = true;
        return;
      case MessageKind::choke: early.they_unchoke = false; return;
      case MessageKind::unchoke: early.they_unchoke = true; return;
      case MessageKind::interested: early.they_are_interested = is_early; return;
      case MessageKind::not_interested: early.they_are_interested = false; return;
      default: return;
    }
  }

  void on_said(const WireEvent& event, Early& early) {
    switch (event.message.kind) {
      case MessageKind::interested: early.am_interested = true; return;
      case MessageKind::not_interested: early.am_interested = false; return;
      case MessageKind::unchoke: early.was_unchoked_by_us = true; return;
      case MessageKind::request: early.was_asked = true; return;
      default: return;
    }
  }

  void judge_until(Time now) {
    while (!duties_.empty() && now > duties_.front().due) {
      const Duty duty = duties_.front();
      duties_.erase(duties_.begin());
      judge(duty.peer);
    }
  }

  void judge(HostId peer) {
    std::uint32_t interested = 0;   // in us, over all connections
    for (const ConnectionId open : connections_.open_of(peer))
      if (early_of(open, peer).they_are_interested) ++interested;
    for (const ConnectionId open : connections_.open_of(peer)) {
      const PeerConnection& connection = *connections_.find(open);
      if (connection.shaken() > metadata_.complete_at(peer)) continue;
      judge_pieces(peer, connection);
      judge_wish(peer, connection, interested);
    }
  }

  const Early& early_of(ConnectionId connection, HostId peer) {
    return early_.at(connection, connections_.find(connection)->direction_of(peer));
  }

  void judge_pieces(HostId peer, const PeerConnection& connection) {
    const Early& early = early_of(connection.id, peer);
    const HostId other = connection.other(peer);
    const Direction teller = connection.direction_of(other);
    if (!early.told_pieces) return;
    bool lacks_one = false;
    bool lacks_one_of_nobody_else = false;
    for (PieceIndex piece(0); piece.value() < facts_.geometry.piece_count(); ++piece) {
      if (!heard_.has(connection.id, teller, piece) || arrivals_.has(peer, piece)) continue;
      lacks_one = true;
      lacks_one_of_nobody_else = lacks_one_of_nobody_else || is_only_source(peer, connection, piece);
    }
    if (!lacks_one) return;
    ++tellers_;
    if (!early.am_interested)
      accuse(peer, other, fmt::format("lacks what {} told it before the metadata came, and is not interested {} after it",
                                      facts_.name(other), to_text(within_)), early);
    else if (early.they_unchoke && !early.told_again && lacks_one_of_nobody_else && !early.was_asked)
      accuse(peer, other, fmt::format("has asked {}, which does not choke it, for nothing {} after the metadata came, though only {} has "
                                      "what it lacks", facts_.name(other), to_text(within_), facts_.name(other)), early);
  }

  bool is_only_source(HostId peer, const PeerConnection& connection, PieceIndex piece) const {
    return std::ranges::none_of(connections_.open_of(peer), [&](ConnectionId open) {
      if (open == connection.id) return false;
      const PeerConnection& other = *connections_.find(open);
      return heard_.has(open, other.direction_of(other.other(peer)), piece);
    });
  }

  // With room for all who wish, each of them is unchoked within a round or two (B01 has the rest).
  void judge_wish(HostId peer, const PeerConnection& connection, std::uint32_t interested) {
    const Early& early = early_of(connection.id, peer);
    const PeerFacts& facts = facts_.peers[peer.value()];
    if (!early.they_are_interested || interested > facts.upload_slots || within_ < facts.rechoke_interval || !facts.tit_for_tat) return;
    ++wishers_;
    if (!early.was_unchoked_by_us)
      accuse(peer, connection.other(peer),
             fmt::format("leaves {} choked {} after the metadata came, which had said Interested before; {} of its {} slots are asked for",
                         facts_.name(connection.other(peer)), to_text(within_), interested, facts.upload_slots), early);
  }

  void accuse(HostId peer, HostId other, const std::string& what, const Early& early) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {}", facts_.name(peer), what);
    if (early.told_pieces)
      first_.story.push_back(story_line(early.told_at, fmt::format("{} tells {} what it has", facts_.name(other), facts_.name(peer))));
    first_.story.push_back(story_line(metadata_.complete_at(peer), fmt::format("{} has the whole metadata", facts_.name(peer))));
    first_.story.push_back("look at what a client does with Bitfield, Have, Have All, Unchoke and Interested before it has the metadata");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  const Connections& connections_;
  const Announced& heard_;
  std::vector<HostId> who_;
  Duration within_;
  PeerSet is_who_;
  MetadataArrivals metadata_;
  PerSide<Early> early_;            // by the side that has no metadata
  std::vector<Duty> duties_;        // in the order of time
  std::uint32_t tellers_ = 0;
  std::uint32_t wishers_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kEarlyStateIsKept{
    .name = "early_state_is_kept",
    .claim = "what peers said before the metadata was there counts when it is",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B13",
    .parameters = kParameters,
    .text = R"(A client that begins with a magnet link is connected, and is told things, before it knows what pieces there are.  The given
time after the metadata has come: it is interested in everyone who told it of a piece that it still lacks; it has asked
who alone has such a piece and does not choke it, without waiting for another announcement; and who had said Interested
has been unchoked, where there are slots for all who are interested (and the time is no shorter than a rechoke
interval).  Judged on connections that were shaken before.  Vacuous when there was nothing to act upon.  Provoke it with
magnet links, a slow source of metadata beside quick peers, and the behaviour `early_interest`.)",
    .declared = "upload_slots, rechoke_interval, tit_for_tat",
    .needs = {Feature::magnet},
};

std::unique_ptr<Check> make_early_state_is_kept(const CheckContext& context) { return std::make_unique<EarlyStateIsKept>(context); }

}  // namespace swarmlab::swarmsim
