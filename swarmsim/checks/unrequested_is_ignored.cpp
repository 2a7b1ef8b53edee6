#include "swarmsim/checks/unrequested_is_ignored.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "protocol/handshake.hpp"
#include "protocol/quantities.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that must ignore such blocks"},
};

bool offers_fast(const WireEvent& handshake) {
  const auto decoded = protocol::decode_handshake(handshake.payload);
  return decoded && *decoded && (*decoded)->features.fast;
}

// One side of a connection: what its writer has asked for.
struct Asker {
  bool offers_fast = false;
  std::vector<protocol::BlockRange> open;
  std::vector<protocol::BlockRange> given_up;   // cancelled or choked, and not answered: the block may be on its way, and be taken
};

// A false block that somebody pushed.
struct Case {
  Time pushed{};
  HostId by;
};

class UnrequestedIsIgnored final : public Check {
 public:
  explicit UnrequestedIsIgnored(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who"), facts_.peers.size()), peers_(facts_.peers.size()) {}

  EventSet interest() const override {
    return EventSet{}
        .sent(MessageKind::handshake)
        .sent(MessageKind::request)
        .sent(MessageKind::cancel)
        .received(MessageKind::piece)
        .received(MessageKind::reject)
        .received(MessageKind::choke)
        .add(WireEventKind::joined)
        .add(WireEventKind::ended);
  }

  std::vector<const SideTable*> tables() const override { return {&askers_}; }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::joined) {
      peers_[event.from.value()] = {};   // started again, with what its disk holds
    } else if (event.kind == WireEventKind::ended) {
      for (Asker* asker : {&askers_.writer(event), &askers_.reader(event)}) asker->open = asker->given_up = {};
    } else if (event.kind == WireEventKind::sent) {
      if (event.message.kind == MessageKind::handshake) askers_.writer(event).offers_fast = offers_fast(event);
      else if (who_.has(event.from)) on_asking(event, askers_.writer(event));
    } else if (who_.has(event.to)) {
      on_answer(event, askers_.reader(event));
    }
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} pushed into pieces that were lacking; {} asked for again",
                                     counted(pushed_, "false block"), counted(again_, "true one"));
    judgement.limit = std::string("0");
    if (judgement.verdict == Verdict::held && pushed_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody got a false block that it had not asked for, of a piece that it lacked";
    }
    return judgement;
  }

 private:
  struct Peer {
    std::map<protocol::BlockRange, Time> true_at;    // blocks that came true from who was asked
    std::map<protocol::BlockRange, Case> pushed;
    std::set<PieceIndex> tainted;                    // pieces of which a requested block was false
  };

  static bool take(std::vector<protocol::BlockRange>& from, const protocol::BlockRange& block) {
    const auto found = std::ranges::find(from, block);
    if (found == from.end()) return false;
    from.erase(found);
    return true;
  }

  void on_asking(const WireEvent& event, Asker& asker) {
    const protocol::BlockRange block = event.message.block();
    if (event.message.kind == MessageKind::cancel) {
      if (take(asker.open, block)) asker.given_up.push_back(block);
      return;
    }
    asker.open.push_back(block);
    Peer& peer = peers_[event.from.value()];
    const auto had = peer.true_at.find(block);
    if (had == peer.true_at.end() || peer.tainted.contains(block.piece)) return;
    const auto pushed = spoiling(peer, block.piece);
    if (pushed == peer.pushed.end()) return;
    const Case& cause = pushed->second;
    if (event.decided_earliest <= std::max(had->second, cause.pushed)) return;
    ++again_;
    if (first_.verdict == Verdict::violated) return;
    const std::string& who = facts_.name(event.from);
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} fetches piece {} again, into which {} had pushed a block that nobody asked it for", who,
                                 block.piece.value(), facts_.name(cause.by));
    WireMessage push;
    push.kind = MessageKind::piece;
    push.piece = pushed->first.piece;
    push.begin = pushed->first.begin;
    push.length = static_cast<std::uint32_t>(pushed->first.length.value());
    first_.story.push_back(story_line(cause.pushed, conversation(facts_, cause.by, event.from, push) + ", false and not asked for"));
    first_.story.push_back(story_line(had->second, fmt::format("{} reaches {}, true and asked for", to_words(block), who)));
    first_.story.push_back(story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message) + ", again"));
    first_.story.push_back("All blocks of that piece that were asked for came true, so a pushed one must have got into it.  Look at "
                           "where an arriving block is matched with the requests made to its sender.");
  }

  void on_answer(const WireEvent& event, Asker& asker) {
    if (event.message.kind == MessageKind::choke) {
      const bool both = askers_.at(event.connection, Direction::from_dialler).offers_fast &&
                        askers_.at(event.connection, Direction::from_acceptor).offers_fast;
      if (both) return;
      asker.given_up.insert(asker.given_up.end(), asker.open.begin(), asker.open.end());   // BEP 3: void
      asker.open.clear();
      return;
    }
    const protocol::BlockRange block = event.message.block();
    const bool was_asked = take(asker.open, block);
    const bool was_given_up = !was_asked && take(asker.given_up, block);
    if (event.message.kind == MessageKind::reject || !facts_.geometry.is_valid(block)) return;
    Peer& peer = peers_[event.to.value()];
    if (was_asked) {
      if (event.message.authentic == Authentic::yes) peer.true_at.emplace(block, event.at);
      else if (event.message.authentic == Authentic::no) peer.tainted.insert(block.piece);
    } else if (was_given_up) {
      if (event.message.authentic == Authentic::no) peer.tainted.insert(block.piece);
    } else if (event.message.authentic == Authentic::no && !has_all_of(peer, block.piece, event.to)) {
      ++pushed_;
      peer.pushed.insert_or_assign(block, Case{event.at, event.from});
    }
  }

  // A pushed block of a piece of which nothing is lacking if pushed ones count: only then can a hash have failed.
  std::map<protocol::BlockRange, Case>::const_iterator spoiling(const Peer& peer, PieceIndex piece) const {
    auto one = peer.pushed.end();
    for (BlockIndex index; index.value() < facts_.geometry.block_count(piece); ++index) {
      const protocol::BlockRange block = facts_.geometry.block(piece, index);
      const auto pushed = peer.pushed.find(block);
      if (pushed != peer.pushed.end()) one = pushed;
      else if (!peer.true_at.contains(block)) return peer.pushed.end();
    }
    return one;
  }

  // It had the piece at the start, or every block of it came true.
  bool has_all_of(const Peer& peer, PieceIndex piece, HostId who) const {
    if (facts_.peers[who.value()].has_at_start.test(piece)) return true;
    for (BlockIndex block; block.value() < facts_.geometry.block_count(piece); ++block)
      if (!peer.true_at.contains(facts_.geometry.block(piece, block))) return false;
    return true;
  }

  const RunFacts& facts_;
  PeerSet who_;
  PerSide<Asker> askers_;
  std::vector<Peer> peers_;
  std::uint64_t pushed_ = 0;
  std::uint64_t again_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kUnrequestedIsIgnored{
    .name = "unrequested_is_ignored",
    .claim = "a false block that nobody asked for makes nobody fetch true ones again",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B25, B43",
    .parameters = kParameters,
    .text = R"(Where a false block of a piece arrived from somebody who had not been asked for it, and every block of that piece that
was asked for came true, no block that came true may be asked for again once the pushed ones would make the piece whole:
else one of them got into it and spoilt its hash.  BEP 6 asks to close the connection on such a block; ignoring it does
as well.  After a Reject a block no longer counts as asked for; after a Cancel or, without Fast, a Choke it may still be on
its way, and a client that takes it has reason to fetch the piece again.  Vacuous when nobody got
such a block of a piece that it lacked.  Provoke it with unrequested_blocks beside a slow honest seed.)",
};

std::unique_ptr<Check> make_unrequested_is_ignored(const CheckContext& context) {
  return std::make_unique<UnrequestedIsIgnored>(context);
}

}  // namespace swarmlab::swarmsim
