#include "swarmsim/checks/service_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {

ServiceWatch::ServiceWatch(const RunFacts& facts, const PeerSet& seeds)
    : facts_(facts), is_seed_(seeds), interested_(facts.peers.size(), 0) {}

EventSet ServiceWatch::interest() {
  using enum MessageKind;
  return EventSet{}
      .add(WireEventKind::ended)
      .add(WireEventKind::stopped)
      .received(interested)
      .received(not_interested)
      .received(request)
      .sent(unchoke)
      .sent(choke)
      .sent(piece);
}

void ServiceWatch::on_event(const WireEvent& event) {
  judge_due(event.at);
  const auto its_case = [&](Direction seed_writes) {
    return std::ranges::find_if(open_, [&](const Case& one) {
      return one.connection == event.connection && one.seed_writes == seed_writes;
    });
  };
  switch (event.kind) {
    case WireEventKind::ended:
      for (const Direction writes : {Direction::from_dialler, Direction::from_acceptor}) {
        char& interested = is_interested_.at(event.connection, writes);
        const HostId reader = writes == event.direction ? event.to : event.from;
        if (std::exchange(interested, 0) != 0) --interested_[reader.value()];
      }
      return drop(event.connection);
    case WireEventKind::stopped:
      std::erase_if(open_, [&](const Case& one) { return one.seed == event.from || one.newcomer == event.from; });
      return;
    case WireEventKind::received:
      if (!is_seed_.has(event.to)) return;
      if (event.message.kind == MessageKind::request) {
        const auto found = its_case(opposite(event.direction));
        if (found != open_.end() && found->asked == kNever) found->asked = event.at;
      } else {
        set_interest(event, event.message.kind == MessageKind::interested);
      }
      return;
    case WireEventKind::sent: {
      if (!is_seed_.has(event.from)) return;
      const auto found = its_case(event.direction);
      if (found == open_.end()) return;
      if (event.message.kind == MessageKind::unchoke) {
        found->unchoked = event.at;
      } else if (event.message.kind == MessageKind::piece) {
        ++served_;
        slowest_ = std::max(slowest_, event.at - found->since);
        open_.erase(found);
      }
      return;
    }
    case WireEventKind::joined:
    case WireEventKind::opened:
    case WireEventKind::undecodable: return;
  }
}

void ServiceWatch::set_interest(const WireEvent& event, bool interested) {
  char& was = is_interested_.writer(event);
  if ((was != 0) != interested) interested_[event.to.value()] += interested ? 1u : ~0u;
  was = interested ? 1 : 0;
  if (!interested) drop(event.connection);
  drop_contested(event.to);
}

void ServiceWatch::begin(const WireEvent& event, std::string why) {
  Case one;
  one.seed = event.to;
  one.newcomer = event.from;
  one.connection = event.connection;
  one.seed_writes = opposite(event.direction);
  one.since = event.at;
  one.why = std::move(why);
  open_.push_back(std::move(one));
  drop_contested(event.to);
}

void ServiceWatch::drop(ConnectionId connection) {
  std::erase_if(open_, [&](const Case& one) { return one.connection == connection; });
}

void ServiceWatch::drop_contested(HostId seed) {
  if (interested_[seed.value()] <= facts_.peers[seed.value()].upload_slots) return;
  std::erase_if(open_, [&](const Case& one) { return one.seed == seed; });
}

void ServiceWatch::judge_due(Time now) {
  std::erase_if(open_, [&](const Case& one) {
    if (now <= one.since + patience(one.seed)) return false;
    // Unchoked and asked for nothing, or only just: not the seed's doing.
    const bool asked_in_time = one.asked != kNever && now - one.asked > kGrace;
    const bool is_its_fault = one.unchoked == kNever || asked_in_time;
    if (is_its_fault && !is_violated_) {
      is_violated_ = true;
      accused_ = one;
      accused_at_ = one.since + patience(one.seed);
    }
    return is_its_fault || one.asked == kNever;
  });
}

Judgement ServiceWatch::judgement(Time end, std::string_view nothing, std::string_view look_at) {
  judge_due(end);
  Judgement judgement;
  judgement.measured = fmt::format("{} served, slowest first block after {}", served_, to_text(slowest_));
  judgement.limit = "two rounds and 5 s";
  if (is_violated_) {
    const std::string& seed = facts_.name(accused_.seed);
    const std::string& newcomer = facts_.name(accused_.newcomer);
    judgement.verdict = Verdict::violated;
    judgement.summary = fmt::format("{} sends {} no block within {} of its Interested ({})", seed, newcomer,
                                    to_text(patience(accused_.seed)), accused_.why);
    judgement.story.push_back(story_line(accused_.since, conversation(facts_, accused_.newcomer, accused_.seed, "INTERESTED received")));
    if (accused_.unchoked == kNever) {
      judgement.story.push_back(story_line(accused_at_, fmt::format("{} has not unchoked it, though a slot is free", seed)));
    } else {
      judgement.story.push_back(story_line(accused_.unchoked, conversation(facts_, accused_.seed, accused_.newcomer, "UNCHOKE")));
      judgement.story.push_back(
          story_line(accused_.asked, fmt::format("the first request of {} arrives, and stays without answer", newcomer)));
    }
    judgement.story.push_back(fmt::format("look at {}", look_at));
    return judgement;
  }
  if (served_ > 0) return judgement;
  judgement.verdict = Verdict::vacuous;
  judgement.summary = std::string(nothing);
  return judgement;
}

}  // namespace swarmlab::swarmsim
