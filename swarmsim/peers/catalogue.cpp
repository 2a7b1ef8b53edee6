#include "swarmsim/peers/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/assert.hpp"
#include "swarmsim/peers/choke_flapper.hpp"
#include "swarmsim/peers/corrupt_blocks.hpp"
#include "swarmsim/peers/disconnect_in_piece.hpp"
#include "swarmsim/peers/disconnect_on_unchoke.hpp"
#include "swarmsim/peers/lying_bitfield.hpp"
#include "swarmsim/peers/lying_have.hpp"
#include "swarmsim/peers/rejects_everything.hpp"
#include "swarmsim/peers/tar_pit.hpp"
#include "swarmsim/peers/withheld_piece.hpp"

namespace swarmlab::swarmsim {
namespace {

struct Entry {
  const BehaviourManual* manual;
  MakeBox make;                    // null for a script
};

constexpr std::array kCatalogue{
    Entry{&kChokeFlapper, make_choke_flapper},
    Entry{&kCorruptBlocks, make_corrupt_blocks},
    Entry{&kDisconnectInPiece, make_disconnect_in_piece},
    Entry{&kDisconnectOnUnchoke, make_disconnect_on_unchoke},
    Entry{&kLyingBitfield, make_lying_bitfield},
    Entry{&kLyingHave, make_lying_have},
    Entry{&kRejectsEverything, make_rejects_everything},
    Entry{&kTarPit, make_tar_pit},
    Entry{&kWithheldPiece, make_withheld_piece},
};

constexpr auto kManuals = [] {
  std::array<const BehaviourManual*, kCatalogue.size()> manuals{};
  for (std::size_t i = 0; i < manuals.size(); ++i) manuals[i] = kCatalogue[i].manual;
  return manuals;
}();

}  // namespace

std::span<const BehaviourManual* const> behaviour_manuals() { return kManuals; }

const BehaviourManual* find_behaviour_manual(std::string_view name) {
  const auto found = std::ranges::find(kManuals, name, [](const BehaviourManual* manual) { return manual->name; });
  return found == kManuals.end() ? nullptr : *found;
}

std::unique_ptr<Box> make_box(Role& role, Line& line, std::size_t place) {
  const auto found = std::ranges::find(kCatalogue, &role.spec.manual(), &Entry::manual);
  SWARM_ASSERT(found != kCatalogue.end() && found->make != nullptr, role.spec.manual().name);
  return found->make(role, line, place);
}

std::string explain(const BehaviourManual& manual) {
  std::string text = fmt::format("{}: {}\n\n  kind: {}   provokes: {}\n\n", manual.name, manual.claim,
                                 manual.kind == BehaviourKind::box ? "box between engine and network" : "raw peer without engine",
                                 manual.bugs);
  for (const BehaviourParameter& parameter : manual.parameters) {
    text += fmt::format("  {:<9} {} (default: {}", parameter.name, parameter.about, parameter.standard);
    if (!parameter.words.empty()) text += fmt::format("; one of: {}", fmt::join(parameter.words, ", "));
    text += ")\n";
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
