#include "swarmsim/checks/pex_wellformed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/pex_reading.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose peer exchange messages are read"},
    ParameterManual{"every", ParameterKind::duration, Need::optional, "how far apart two messages are at least (default: 1 min)"},
};

// BEP 11: "no more than 50 added peers and 50 removed", "no more frequently than once per minute".
constexpr std::size_t kMostEntries = 50;
constexpr Duration kEvery = 60s;
constexpr Duration kGrace = 1s;

// What one side has said on one connection.
struct Said {
  std::uint32_t messages = 0;
  Time last{};
  std::vector<Endpoint> added;   // ever
};

class PexWellformed final : public Check {
 public:
  explicit PexWellformed(const CheckContext& context)
      : facts_(context.facts), connections_(context.books.connections()), every_(context.arguments.duration("every", kEvery)),
        is_who_(context.arguments.peers("who"), facts_.peers.size()) {
    for (std::uint32_t i = 0; i < facts_.peers.size(); ++i) host_at_.emplace(facts_.peers[i].listens.address, HostId(i));
  }

  EventSet interest() const override {
    return EventSet{}.add(WireEventKind::ended).sent(MessageKind::pex);
  }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::ended) return note_parting(event);
    if (!is_who_.has(event.from)) return;
    Said& said = said_.writer(event);
    const PexReading reading = read_pex(event.payload);
    ++messages_;
    entries_ += reading.added.size() + reading.dropped.size();
    judge(event, said, reading);
    ++said.messages;
    said.last = event.decided_earliest;
    for (const Endpoint& peer : reading.added)
      if (std::ranges::find(said.added, peer) == said.added.end()) said.added.push_back(peer);
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} messages with {} peers", messages_, entries_);
    judgement.limit = fmt::format("true, at most {} + {} each, {} apart", kMostEntries, kMostEntries, to_text(every_));
    if (judgement.verdict == Verdict::held && entries_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "none of the peers told another of a third";
    }
    return judgement;
  }

 private:
  void judge(const WireEvent& event, const Said& said, const PexReading& reading) {
    if (!reading.problem.empty()) return accuse(event, fmt::format("sends a peer exchange in which {}", reading.problem));
    if (said.messages > 0 && event.decided_latest - said.last + kGrace < every_)
      return accuse(event, fmt::format("sends a peer exchange {} after the last", to_text(event.decided_latest - said.last)));
    if (said.messages > 0 && (reading.added.size() > kMostEntries || reading.dropped.size() > kMostEntries))
      return accuse(event, fmt::format("adds {} and drops {} peers in one peer exchange that is not its first", reading.added.size(),
                                       reading.dropped.size()));
    for (const Endpoint& peer : reading.added) judge_added(event, reading, peer);
    for (const Endpoint& peer : reading.dropped)
      if (std::ranges::find(said.added, peer) == said.added.end())
        accuse(event, fmt::format("drops {}, which it had not added", name_of(peer)));
  }

  void judge_added(const WireEvent& event, const PexReading& reading, const Endpoint& peer) {
    if (std::ranges::find(reading.dropped, peer) != reading.dropped.end())
      return accuse(event, fmt::format("adds and drops {} in one message", name_of(peer)));
    const auto host = host_at_.find(peer.address);
    if (host == host_at_.end()) return accuse(event, fmt::format("adds {}, which is nobody's address", to_string(peer)));
    const HostId third = host->second;
    const std::uint16_t port = facts_.peers[third.value()].listens.port;
    if (port != 0 && peer.port != port)
      return accuse(event, fmt::format("adds {}, where {} does not listen (it does at port {})", to_string(peer),
                                       facts_.name(third), port));
    if (third == event.from) return accuse(event, "adds itself");
    if (!was_connected(event.from, third, event.decided_earliest, event.decided_latest))
      accuse(event, fmt::format("adds {}, to which it has not been connected for {}", facts_.name(third), to_text(every_)));
  }

  // A list that was made up to one period ago may be sent now.
  bool was_connected(HostId peer, HostId third, Time earliest, Time latest) const {
    bool is_connected = false;
    connections_.for_each_between(peer, third, [&](const PeerConnection& connection) {
      if (connection.opened <= latest) is_connected = true;
    });
    const auto parted = parted_.find(std::minmax(peer, third));
    return is_connected || (parted != parted_.end() && earliest - parted->second <= every_ + kGrace);
  }

  void note_parting(const WireEvent& event) {
    const PeerConnection* connection = connections_.find(event.connection);
    if (connection != nullptr) parted_.insert_or_assign(std::minmax(connection->dialler, connection->acceptor), event.at);
  }

  std::string name_of(const Endpoint& peer) const {
    const auto host = host_at_.find(peer.address);
    return host == host_at_.end() ? to_string(peer) : facts_.name(host->second);
  }

  void accuse(const WireEvent& event, const std::string& what) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {}, to {}", facts_.name(event.from), what, facts_.name(event.to));
    first_.story = {story_line(event.at, conversation(facts_, event.from, event.to, event.message)),
                    "look at how a client collects the peers that it tells others about, and how it writes them down"};
  }

  const RunFacts& facts_;
  const Connections& connections_;
  Duration every_;
  PeerSet is_who_;
  std::map<IpAddress, HostId> host_at_;
  std::map<std::pair<HostId, HostId>, Time> parted_;   // the smaller first; when their last connection ended
  PerSide<Said> said_;
  std::uint32_t messages_ = 0;
  std::size_t entries_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kPexWellformed{
    .name = "pex_wellformed",
    .claim = "what peers tell each other about third ones is well-formed, true, and not said too often",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B72",
    .parameters = kParameters,
    .text = R"(BEP 11: compact lists are multiples of 6 or 18 bytes and have one byte of flags per added peer, if any; after the first
message at most 50 peers are added and 50 dropped, and on each connection messages are at least a minute apart.  Added
are only peers to which the sender is connected, or was within the last minute, at the port where they listen
(where that is declared), and never the sender itself; dropped only such as had been added; nobody is in both lists.
Vacuous when nobody was added or dropped.  Provoke it with peers that come and go.)",
    .needs = {Feature::pex},
};

std::unique_ptr<Check> make_pex_wellformed(const CheckContext& context) { return std::make_unique<PexWellformed>(context); }

}  // namespace swarmlab::swarmsim
