#include "swarmsim/checks/self_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that may come upon themselves"},
    ParameterManual{"dials", ParameterKind::count, Need::optional, "how often each may dial itself (default: 2)"},
    ParameterManual{"within", ParameterKind::duration, Need::optional, "time to hang up after both handshakes (default: 5 s)"},
};

constexpr std::uint64_t kDials = 2;   // B61: "dials that address at most twice"

struct Own {
  std::uint64_t dials = 0;
  std::vector<Time> dialled;
};

class SelfConnection final : public Check {
 public:
  explicit SelfConnection(const CheckContext& context)
      : facts_(context.facts), connections_(context.books.connections()), dials_(context.arguments.count("dials").value_or(kDials)),
        within_(context.arguments.duration("within", 5s)), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        own_(facts_.peers.size()) {}

  EventSet interest() const override {
    return EventSet{}.add(WireEventKind::joined).add(WireEventKind::opened).add(WireEventKind::ended).sent(MessageKind::request);
  }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::joined: own_[event.from.value()] = {}; return;   // a new process need not know
      case WireEventKind::opened: return on_opened(event);
      case WireEventKind::ended:
        if (const PeerConnection* connection = own_connection(event); connection != nullptr && connection->ended == event.at)
          judge_length(*connection, event.at);
        return;
      case WireEventKind::sent:
        if (own_connection(event) != nullptr)
          accuse(event.from, "asks itself for a block", {story_line(event.at, conversation(facts_, event.from, event.to, event.message))});
        return;
      case WireEventKind::stopped:
      case WireEventKind::received:
      case WireEventKind::undecodable: return;
    }
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    for (std::uint32_t i = 0; i < facts_.peers.size(); ++i)
      for (const ConnectionId id : connections_.open_of(HostId(i)))
        if (const PeerConnection* connection = connections_.find(id); connection->dialler == connection->acceptor && is_who_.has(HostId(i)))
          judge_length(*connection, end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} dialled themselves, at most {} times each", met_, most_);
    judgement.limit = fmt::format("{} times each, {} long", dials_, to_text(within_));
    if (judgement.verdict == Verdict::held && met_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody was ever connected to itself";
    }
    return judgement;
  }

 private:
  const PeerConnection* own_connection(const WireEvent& event) const {
    if (event.from != event.to || !is_who_.has(event.from)) return nullptr;
    return connections_.find(event.connection);
  }

  void on_opened(const WireEvent& event) {
    if (own_connection(event) == nullptr) return;
    Own& own = own_[event.from.value()];
    if (++own.dials == 1) ++met_;
    most_ = std::max(most_, own.dials);
    if (own.dialled.size() < 5) own.dialled.push_back(event.at);
    if (own.dials <= dials_) return;
    std::vector<std::string> lines;
    for (const Time at : own.dialled) lines.push_back(story_line(at, fmt::format("{} dials its own address", facts_.name(event.from))));
    accuse(event.from, fmt::format("dials its own address for the {}. time", own.dials), std::move(lines));
  }

  void judge_length(const PeerConnection& connection, Time end) {
    const Time shaken = connection.shaken();
    if (shaken == kNever || end - shaken <= within_) return;
    accuse(connection.dialler, fmt::format("talks to itself for {}", to_text(end - shaken)),
           {story_line(connection.opened, fmt::format("{} dials its own address", facts_.name(connection.dialler))),
            story_line(shaken, "both handshakes have arrived; both carry its own peer id")});
  }

  void accuse(HostId peer, const std::string& what, std::vector<std::string> story) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {}", facts_.name(peer), what);
    first_.story = std::move(story);
    first_.story.push_back("look at what a client does with a handshake that carries its own peer id, and with that address");
  }

  const RunFacts& facts_;
  const Connections& connections_;
  std::uint64_t dials_;
  Duration within_;
  PeerSet is_who_;
  std::vector<Own> own_;       // by peer
  std::uint32_t met_ = 0;
  std::uint64_t most_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kSelfConnection{
    .name = "self_connection",
    .claim = "a client that is given its own address recognises itself, hangs up, and does not dial it again and again",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B61",
    .parameters = kParameters,
    .text = R"(Trackers and other peers hand out a client's own address, since they cannot know better.  A connection to itself
carries no Request, ends within the given time of its two handshakes, and the address is dialled at most twice in the life
of a process.  Vacuous when nobody was connected to itself.  Provoke it with a tracker that puts the asker into its
list (faults: [mirror]).)",
};

std::unique_ptr<Check> make_self_connection(const CheckContext& context) { return std::make_unique<SelfConnection>(context); }

}  // namespace swarmlab::swarmsim
