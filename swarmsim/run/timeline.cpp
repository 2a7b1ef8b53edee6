#include "swarmsim/run/timeline.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

// How long a peer that leaves has for its goodbyes before its host is gone.
constexpr Duration kFarewell = 10s;

// What befalls no single peer is an event of this entity.
constexpr std::string_view kNetwork = "the network";

}  // namespace

Time TimelinePlayer::plan(std::span<const TimelineEntry> timeline) {
  Time last = kStart;
  for (const TimelineEntry& entry : timeline) {
    last = std::max(last, entry.at + entry.lasts);
    if (entry.action == TimelineAction::partition) plan_partition(entry);
    else if (entry.action == TimelineAction::reset) plan_reset(entry);
    else for (const HostId peer : entry.peers) plan_for(entry, peer);
  }
  return last;
}

void TimelinePlayer::at(Time time, HostId peer, std::function<void()> action) {
  stage_.at(time, names_[peer.value()], std::move(action));
}

void TimelinePlayer::plan_for(const TimelineEntry& entry, HostId peer) {
  const bool lasts = entry.lasts > Duration{0};
  const Time end = entry.at + entry.lasts;
  switch (entry.action) {
    case TimelineAction::stop: at(entry.at, peer, [this, peer] { keeper_.stop(peer); }); return;
    case TimelineAction::leave:
      at(entry.at, peer, [this, peer] { keeper_.stop(peer); });
      at(entry.at + kFarewell, peer, [this, peer] { stage_.set_online(peer, false); });
      return;
    case TimelineAction::kill: at(entry.at, peer, [this, peer] { keeper_.kill(peer); }); return;
    case TimelineAction::restart: at(entry.at, peer, [this, peer] { keeper_.restart(peer); }); return;
    case TimelineAction::vanish:
      if (!lasts) {
        at(entry.at, peer, [this, peer] { keeper_.cut_power(peer); });
        return;
      }
      at(entry.at, peer, [this, peer] {
        keeper_.remark(peer, "is off the network");
        stage_.set_online(peer, false);
      });
      at(end, peer, [this, peer] {
        keeper_.remark(peer, "is on the network again");
        stage_.set_online(peer, true);
      });
      return;
    case TimelineAction::pause:
      at(entry.at, peer, [this, peer] {
        keeper_.remark(peer, "stands still");
        stage_.pause(peer);
      });
      at(end, peer, [this, peer] {
        keeper_.remark(peer, "goes on");
        stage_.resume(peer);
      });
      return;
    case TimelineAction::pause_download:
      at(entry.at, peer, [this, peer] { keeper_.pause_download(peer); });
      at(end, peer, [this, peer] { keeper_.resume_download(peer); });
      return;
    case TimelineAction::link: plan_link(entry, peer); return;
    case TimelineAction::selection: at(entry.at, peer, [this, peer, &entry] { keeper_.select(peer, entry.select); }); return;
    case TimelineAction::storage: plan_storage(entry, peer); return;
    case TimelineAction::lose: at(entry.at, peer, [this, peer, &entry] { keeper_.lose(peer, entry.lost); }); return;
    case TimelineAction::join:        // arrival_times.hpp
    case TimelineAction::partition:
    case TimelineAction::reset: return;
  }
}

void TimelinePlayer::plan_link(const TimelineEntry& entry, HostId peer) {
  const auto before = std::make_shared<LinkSpec>();
  at(entry.at, peer, [this, peer, before, change = entry.change] {
    *before = stage_.link(peer);
    LinkSpec link = *before;
    change.apply_to(link);
    stage_.set_link(peer, link);
    keeper_.remark(peer, "has another link");
  });
  if (entry.lasts <= Duration{0}) return;
  at(entry.at + entry.lasts, peer, [this, peer, before] {
    stage_.set_link(peer, *before);
    keeper_.remark(peer, "has its link as before");
  });
}

void TimelinePlayer::plan_storage(const TimelineEntry& entry, HostId peer) {
  const auto before = std::make_shared<StorageFaults>();
  at(entry.at, peer, [this, peer, before, &entry] {
    *before = stage_.storage_faults(peer);
    stage_.set_storage_faults(peer, entry.storage);
    keeper_.remark(peer, "has something wrong with its storage");
  });
  if (entry.lasts <= Duration{0}) return;
  at(entry.at + entry.lasts, peer, [this, peer, before] {
    stage_.set_storage_faults(peer, *before);
    keeper_.remark(peer, "has its storage as before");
  });
}

void TimelinePlayer::plan_partition(const TimelineEntry& entry) {
  const auto number = std::make_shared<std::uint32_t>();
  stage_.at(entry.at, kNetwork, [this, number, &entry] { *number = stage_.partition(entry.cells, entry.one_way); });
  stage_.at(entry.at + entry.lasts, kNetwork, [this, number] { stage_.heal(*number); });
}

void TimelinePlayer::plan_reset(const TimelineEntry& entry) {
  stage_.at(entry.at, kNetwork, [this, &entry] {
    for (const HostId a : entry.peers)
      for (const HostId b : entry.with)
        if (a != b) stage_.reset_connections(a, b);
  });
}

}  // namespace swarmlab::swarmsim
