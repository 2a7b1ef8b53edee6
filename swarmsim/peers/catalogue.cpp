#include "swarmsim/peers/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/assert.hpp"
#include "swarmsim/peers/allows_fast.hpp"
#include "swarmsim/peers/bad_handshakes.hpp"
#include "swarmsim/peers/bad_requests.hpp"
#include "swarmsim/peers/cancel_storm.hpp"
#include "swarmsim/peers/choke_flapper.hpp"
#include "swarmsim/peers/closed_window.hpp"
#include "swarmsim/peers/corrupt_blocks.hpp"
#include "swarmsim/peers/disconnect_in_piece.hpp"
#include "swarmsim/peers/disconnect_on_unchoke.hpp"
#include "swarmsim/peers/drops_surplus.hpp"
#include "swarmsim/peers/duplicate_blocks.hpp"
#include "swarmsim/peers/early_interest.hpp"
#include "swarmsim/peers/free_rider.hpp"
#include "swarmsim/peers/ignores_cancel.hpp"
#include "swarmsim/peers/ignores_choke.hpp"
#include "swarmsim/peers/lying_bitfield.hpp"
#include "swarmsim/peers/lying_have.hpp"
#include "swarmsim/peers/malformed.hpp"
#include "swarmsim/peers/metadata_liar.hpp"
#include "swarmsim/peers/pex_trap.hpp"
#include "swarmsim/peers/rejects_everything.hpp"
#include "swarmsim/peers/request_flood.hpp"
#include "swarmsim/peers/segmented.hpp"
#include "swarmsim/peers/serves_while_choking.hpp"
#include "swarmsim/peers/shared_peer_id.hpp"
#include "swarmsim/peers/silent_after_handshake.hpp"
#include "swarmsim/peers/slow_trickle.hpp"
#include "swarmsim/peers/tar_pit.hpp"
#include "swarmsim/peers/unrequested_blocks.hpp"
#include "swarmsim/peers/withheld_piece.hpp"

namespace swarmlab::swarmsim {
namespace {

struct Entry {
  const BehaviourManual* manual;
  MakeBox make_box = nullptr;               // one of the two
  MakeRawPeer make_raw_peer = nullptr;
};

constexpr std::array kCatalogue{
    Entry{&kAllowsFast, make_allows_fast},
    Entry{&kBadHandshakes, nullptr, make_bad_handshakes},
    Entry{&kBadRequests, make_bad_requests},
    Entry{&kCancelStorm, make_cancel_storm},
    Entry{&kChokeFlapper, make_choke_flapper},
    Entry{&kClosedWindow, nullptr, make_closed_window},
    Entry{&kCorruptBlocks, make_corrupt_blocks},
    Entry{&kDisconnectInPiece, make_disconnect_in_piece},
    Entry{&kDisconnectOnUnchoke, make_disconnect_on_unchoke},
    Entry{&kDropsSurplus, make_drops_surplus},
    Entry{&kDuplicateBlocks, make_duplicate_blocks},
    Entry{&kEarlyInterest, make_early_interest},
    Entry{&kFreeRider, make_free_rider},
    Entry{&kIgnoresCancel, make_ignores_cancel},
    Entry{&kIgnoresChoke, make_ignores_choke},
    Entry{&kLyingBitfield, make_lying_bitfield},
    Entry{&kLyingHave, make_lying_have},
    Entry{&kMalformed, make_malformed},
    Entry{&kMetadataLiar, make_metadata_liar},
    Entry{&kPexTrap, nullptr, make_pex_trap},
    Entry{&kRejectsEverything, make_rejects_everything},
    Entry{&kRequestFlood, make_request_flood},
    Entry{&kSegmented, nullptr, make_segmented},
    Entry{&kServesWhileChoking, make_serves_while_choking},
    Entry{&kSharedPeerId, nullptr, make_shared_peer_id},
    Entry{&kSilentAfterHandshake, make_silent_after_handshake},
    Entry{&kSlowTrickle, make_slow_trickle},
    Entry{&kTarPit, make_tar_pit},
    Entry{&kUnrequestedBlocks, make_unrequested_blocks},
    Entry{&kWithheldPiece, make_withheld_piece},
};

constexpr auto kManuals = [] {
  std::array<const BehaviourManual*, kCatalogue.size()> manuals{};
  for (std::size_t i = 0; i < manuals.size(); ++i) manuals[i] = kCatalogue[i].manual;
  return manuals;
}();

// The words that a parameter may be, some to a line.
std::string choices(std::span<const std::string_view> words) {
  constexpr std::size_t kWidth = 100;
  std::string text;
  std::string line;
  for (const std::string_view word : words) {
    if (!line.empty() && line.size() + word.size() > kWidth) text += fmt::format("{:13}{},\n", "", std::exchange(line, ""));
    line += fmt::format("{}{}", line.empty() ? "" : ", ", word);
  }
  if (!line.empty()) text += fmt::format("{:13}{}\n", "", line);
  return text;
}

}  // namespace

std::span<const BehaviourManual* const> behaviour_manuals() { return kManuals; }

const BehaviourManual* find_behaviour_manual(std::string_view name) {
  const auto found = std::ranges::find(kManuals, name, [](const BehaviourManual* manual) { return manual->name; });
  return found == kManuals.end() ? nullptr : *found;
}

std::unique_ptr<Box> make_box(Role& role, Line& line, std::size_t place) {
  const auto found = std::ranges::find(kCatalogue, &role.spec.manual(), &Entry::manual);
  SWARM_ASSERT(found != kCatalogue.end() && found->make_box != nullptr, role.spec.manual().name);
  return found->make_box(role, line, place);
}

std::unique_ptr<RawPeer> make_raw_peer(Role& role, RawPeerPlace place) {
  const auto found = std::ranges::find(kCatalogue, &role.spec.manual(), &Entry::manual);
  SWARM_ASSERT(found != kCatalogue.end() && found->make_raw_peer != nullptr, role.spec.manual().name);
  return found->make_raw_peer(role, std::move(place));
}

std::string explain(const BehaviourManual& manual) {
  std::string text = fmt::format("{}: {}\n\n  kind: {}   provokes: {}\n\n", manual.name, manual.claim,
                                 manual.kind == BehaviourKind::box ? "box between engine and network" : "raw peer without engine",
                                 manual.bugs);
  for (const BehaviourParameter& parameter : manual.parameters) {
    text += fmt::format("  {:<9} {} (default: {})\n", parameter.name, parameter.about, parameter.standard);
    text += choices(parameter.words);
  }
  text += fmt::format("\n{}\n", manual.text);
  return text;
}

std::string behaviours_page() {
  std::string page = R"(# Behaviours

What `swarmsim explain NAME` prints, for every way in which a peer may misbehave: `behaviour: [ NAME ]` in a scenario's
peer group, or `swarmsim peer NAME` on real sockets. Several are listed in order, the first nearest to the engine; a raw
peer stands alone. The first parameter may be given by itself: `behaviour: [ corrupt_blocks: 5% ]`. At `rate: 0%` each changes
nothing. This page is made by `swarmsim explain behaviours`.
)";
  for (const BehaviourManual* manual : behaviour_manuals())
    page += fmt::format("\n## {}\n\n```\n{}```\n", manual->name, explain(*manual));
  return page;
}

}  // namespace swarmlab::swarmsim
