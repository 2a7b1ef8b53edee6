#include "client/announcer.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::client {
namespace {

using protocol::AnnounceEvent;

constexpr Duration kFirstPause = 15s;
constexpr Duration kLongestPause = 15min;
// Trackers ask for anything; sense is between these (bug B67).
constexpr std::chrono::seconds kShortestInterval = 1s;
constexpr std::chrono::seconds kLongestInterval = 24h;
constexpr std::chrono::seconds kDefaultInterval = 30min;
enum Timer : runtime::Tag { kNextRound, kStopPatience };

}  // namespace

Announcer::Announcer(const runtime::Outside& outside, const Settings& settings,
                     const AnnouncerIdentity& identity, const std::vector<std::vector<std::string>>& tiers,
                     AnnouncerOwner& owner)
    : outside_(outside), settings_(settings), identity_(identity), owner_(owner),
      next_timer_(outside.timers, *this, kNextRound), stop_timer_(outside.timers, *this, kStopPatience) {
  std::size_t count = 0;
  for (const auto& tier : tiers) count += tier.size();
  for (const auto& urls : tiers) {
    std::vector<Tracker> tier;
    for (const std::string& url : urls) {
      auto made = make_transaction(outside_, settings_, url, identity_.from, count > 1 ? Patience::hasty : Patience::patient,
                                   identity_.has_other_family ? Reach::own_family : Reach::any);
      if (made) {
        tier.push_back({url, std::move(*made), false, false});
      } else {
        unusable_.emplace_back(url, made.error());
      }
    }
    outside_.random.shuffle(std::span(tier));
    if (!tier.empty()) tiers_.push_back(std::move(tier));
  }
}

Announcer::~Announcer() = default;

void Announcer::start() {
  SWARM_ASSERT(phase_ == Phase::idle);
  phase_ = Phase::running;
  for (const auto& [url, why] : unusable_) owner_.on_tracker_failure(url, AnnounceEvent::started, why);
  begin_round();
}

void Announcer::completed() {
  for (auto& tier : tiers_) {
    for (Tracker& tracker : tier) tracker.owes_completed = tracker.knows_us;
  }
  // Under way with `started` or a plain announce from before: this tracker hears of it next.
  if (current_ != nullptr) current_->owes_completed = true;
  if (phase_ == Phase::running && current_ == nullptr) begin_round();
}

void Announcer::reannounce() {
  if (phase_ == Phase::running && current_ == nullptr) begin_round();
}

void Announcer::stop() {
  if (phase_ == Phase::stopping || phase_ == Phase::stopped) return;
  const bool was_running = phase_ == Phase::running;
  phase_ = Phase::stopping;
  next_timer_.disarm();
  stop_timer_.arm(outside_.clock.now() + (was_running ? settings_.stop_timeout : Duration{}));
  // An announce that waits for a dead tracker must not keep those that know us from hearing of our end.  `completed`
  // is waited for: it would have to be said again, and might be counted twice.
  if (current_ != nullptr && current_event_ != AnnounceEvent::completed && somebody_knows_us()) {
    std::exchange(current_, nullptr)->transaction->cancel();
  }
  if (current_ == nullptr && was_running) stop_next();
}

bool Announcer::somebody_knows_us() const {
  return std::ranges::any_of(tiers_, [](const auto& tier) { return std::ranges::any_of(tier, &Tracker::knows_us); });
}

void Announcer::begin_round() {
  next_timer_.disarm();
  next_tier_ = 0;
  next_in_tier_ = 0;
  announce_next();
}

void Announcer::announce_next() {
  while (next_tier_ < tiers_.size() && next_in_tier_ >= tiers_[next_tier_].size()) {
    ++next_tier_;
    next_in_tier_ = 0;
  }
  if (next_tier_ >= tiers_.size()) {
    if (tiers_.empty()) return;
    pause_ = pause_ == Duration{} ? kFirstPause : std::min(pause_ * 2, Duration(kLongestPause));
    next_timer_.arm(outside_.clock.now() + pause_);
    return;
  }
  Tracker& tracker = tiers_[next_tier_][next_in_tier_];
  announce(tracker, !tracker.knows_us         ? AnnounceEvent::started
                    : tracker.owes_completed ? AnnounceEvent::completed
                                              : AnnounceEvent::none);
}

void Announcer::announce(Tracker& tracker, AnnounceEvent event) {
  const TransferTotals totals = owner_.totals();
  current_ = &tracker;
  current_event_ = event;
  // Whoever hears `started` with nothing left knows a seed: `completed` would be an invention.
  if (event == AnnounceEvent::started && totals.left.value() == 0) tracker.owes_completed = false;
  protocol::AnnounceRequest request;
  request.info_hash = identity_.info_hash;
  request.peer_id = identity_.peer_id;
  request.port = identity_.port;
  request.uploaded = totals.uploaded;
  request.downloaded = totals.downloaded;
  request.left = totals.left;
  request.event = event == AnnounceEvent::none && totals.is_partial_seed ? AnnounceEvent::paused : event;
  request.key = identity_.key;
  request.numwant = event == AnnounceEvent::stopped ? 0 : settings_.numwant;
  AnnounceHandler& handler = *this;
  tracker.transaction->begin(request, handler);
}

void Announcer::on_announced(std::expected<protocol::AnnounceReply, std::string> outcome) {
  if (outcome) {
    succeeded(*outcome);
  } else {
    failed(outcome.error());
  }
}

void Announcer::succeeded(const protocol::AnnounceReply& reply) {
  Tracker& tracker = *std::exchange(current_, nullptr);
  pause_ = {};
  tracker.knows_us = current_event_ != AnnounceEvent::stopped;
  if (current_event_ == AnnounceEvent::completed) tracker.owes_completed = false;
  const std::chrono::seconds interval =
      reply.interval < kShortestInterval ? kDefaultInterval : std::min(reply.interval, kLongestInterval);
  owner_.on_tracker_answer(tracker.url, current_event_, reply, interval);
  if (phase_ == Phase::stopping) {
    stop_next();
    return;
  }
  if (tracker.owes_completed) {
    announce(tracker, AnnounceEvent::completed);
    return;
  }
  // BEP 12: who answered is asked first from now on.
  auto& tier = tiers_[next_tier_];
  std::rotate(tier.begin(), tier.begin() + static_cast<std::ptrdiff_t>(next_in_tier_),
              tier.begin() + static_cast<std::ptrdiff_t>(next_in_tier_) + 1);
  next_timer_.arm(outside_.clock.now() + interval);
}

void Announcer::failed(const std::string& reason) {
  Tracker& tracker = *std::exchange(current_, nullptr);
  const bool is_elsewhere = identity_.has_other_family && reason == kNoAddressInFamily;
  if (!is_elsewhere) owner_.on_tracker_failure(tracker.url, current_event_, reason);
  if (phase_ == Phase::stopping) {
    tracker.knows_us = false;   // it was told, or cannot be
    stop_next();
    return;
  }
  ++next_in_tier_;
  announce_next();
}

void Announcer::stop_next() {
  for (auto& tier : tiers_) {
    for (Tracker& tracker : tier) {
      if (!tracker.knows_us) continue;
      announce(tracker, tracker.owes_completed ? AnnounceEvent::completed : AnnounceEvent::stopped);
      return;
    }
  }
  // From an event, never from within stop().
  stop_timer_.arm(outside_.clock.now());
}

void Announcer::on_timer(runtime::Tag tag) {
  if (tag == kNextRound) {
    next_timer_.expired();
    if (phase_ == Phase::running && current_ == nullptr) begin_round();
    return;
  }
  stop_timer_.expired();
  if (phase_ == Phase::stopping) end();
}

void Announcer::end() {
  phase_ = Phase::stopped;
  if (current_ != nullptr) {
    current_->transaction->cancel();
    owner_.on_tracker_failure(current_->url, current_event_, "no answer in time; not waiting any longer");
    current_ = nullptr;
  }
  owner_.on_announcer_stopped();
}

}  // namespace swarmlab::client
