#include "swarmsim/checks/swarm_tally.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "swarmsim/checks/story.hpp"
#include "swarmsim/checks/tracker_talk.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kRemembered = 5;
// An announce that got no answer for so long gets none.
constexpr Duration kNoAnswer = 60s;

void count(SwarmTally::Range& range, bool is_sure, bool is_possible, std::uint32_t change) {
  if (is_sure) range.least += change;
  if (is_possible) range.most += change;
}

}  // namespace

std::string SwarmTally::Range::text() const {
  if (least == most) return fmt::format("{}", least);
  return fmt::format("{} {} {}", least, most - least == 1 ? "or" : "to", most);
}

void SwarmTally::set_states(Member& member, States states) {
  const auto add = [this](States of, std::uint32_t change) {
    count(counts_.seeds, of == kSeed, (of & kSeed) != 0, change);
    count(counts_.leechers, of == kLeecher, (of & kLeecher) != 0, change);
    count(counts_.live, (of & kAbsent) == 0, (of & (kSeed | kLeecher)) != 0, change);
  };
  add(member.states, ~std::uint32_t{0});   // minus one
  add(states, 1);
  member.states = states;
}

void SwarmTally::set_completed(Member& member, Member::Completed completed) {
  using enum Member::Completed;
  count(completed_, member.completed == yes, member.completed != no, ~std::uint32_t{0});
  count(completed_, completed == yes, completed != no, 1);
  member.completed = completed;
}

void SwarmTally::on_announce(HostId peer, const Endpoint& endpoint, const protocol::AnnounceRequest& request, Time at) {
  using protocol::AnnounceEvent;
  const Key key{peer, request.peer_id};
  const auto [entry, is_new] = members_.try_emplace(key);
  Member& member = entry->second;
  if (is_new || member.endpoint != endpoint) {
    auto& keys = at_endpoint_[endpoint];
    for (const Key& other : keys)   // one process listens there: who was there before is a ghost
      if (other != key) set_states(members_[other], either(members_[other].states, kAbsent));
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
    member.endpoint = endpoint;
  }
  if (at - member.heard > kNoAnswer) member.unanswered = 0;
  const bool is_stop = request.event == AnnounceEvent::stopped;
  member.announced = is_stop ? kAbsent : request.left.value() == 0 ? kSeed : kLeecher;
  member.has_said_stopped = is_stop;
  member.heard = at;
  ++member.unanswered;
  if (request.event == AnnounceEvent::completed && member.completed == Member::Completed::no && member.states != kSeed) {
    // Known as a leecher, it has completed; from somebody never heard of before, trackers may believe it or not.
    const bool is_sure = member.states == kLeecher && request.left.value() == 0;
    set_completed(member, is_sure ? Member::Completed::yes : Member::Completed::perhaps);
  }
  set_states(member, either(member.states, member.announced));
  may_forget_.push_back({at, key});
  must_forget_.push_back({at, key});
  if (recent_.size() == kRemembered) recent_.pop_front();
  recent_.push_back({at, peer, to_string(request)});
}

void SwarmTally::on_answer(HostId peer, const PeerId& id, Time at) {
  const auto found = members_.find({peer, id});
  if (found == members_.end()) return;
  Member& member = found->second;
  if (member.unanswered > 0) --member.unanswered;
  if (member.unanswered > 0 || member.states == member.announced) return;   // a later one may have been taken in already
  set_states(member, member.announced);
  changed_at_ = at;
  member.gone_since = at;
}

void SwarmTally::ring(std::deque<Alarm>& alarms, Time before, bool settles) {
  while (!alarms.empty() && alarms.front().heard < before) {
    const Alarm alarm = alarms.front();
    alarms.pop_front();
    Member& member = members_[alarm.key];
    if (member.heard != alarm.heard || member.states == kAbsent) continue;   // heard of since, or gone
    if (settles) member.gone_since = alarm.heard + patience_.must_forget_after;
    set_states(member, settles ? kAbsent : either(member.states, kAbsent));
  }
}

void SwarmTally::forget_silent(Time now) {
  ring(may_forget_, now - patience_.may_forget_after, false);
  ring(must_forget_, now - patience_.must_forget_after, true);
}

SwarmTally::Asking SwarmTally::asking(HostId peer, const PeerId& id) const {
  const auto found = members_.find({peer, id});
  if (found == members_.end()) return {};
  return {found->second.heard, changed_at_ > found->second.heard};
}

std::optional<SwarmTally::Gone> SwarmTally::gone(const Endpoint& endpoint) const {
  const auto found = at_endpoint_.find(endpoint);
  if (found == at_endpoint_.end()) return std::nullopt;
  std::optional<Gone> latest;
  for (const Key& key : found->second) {
    const Member& member = members_.at(key);
    if (member.states != kAbsent) {
      if (member.endpoint == endpoint) return std::nullopt;
      continue;
    }
    if (!latest || latest->since < member.gone_since) latest = Gone{key.peer, member.gone_since, member.has_said_stopped};
  }
  return latest;
}

std::vector<std::string> SwarmTally::recent(const std::function<std::string(HostId)>& name) const {
  std::vector<std::string> lines;
  for (const Line& line : recent_) lines.push_back(story_line(line.at, fmt::format("{} -> tracker  {}", name(line.peer), line.what)));
  return lines;
}

}  // namespace swarmlab::swarmsim
