// The behaviours there are: by name, with manual and factory.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "swarmsim/peers/behaviour.hpp"
#include "swarmsim/peers/box.hpp"
#include "swarmsim/peers/raw_peer.hpp"

namespace swarmlab::swarmsim {

// In the order of names.
std::span<const BehaviourManual* const> behaviour_manuals();
// Null where there is none of that name.
const BehaviourManual* find_behaviour_manual(std::string_view name);
// Requires a behaviour of kind box.
std::unique_ptr<Box> make_box(Role& role, Line& line, std::size_t place);
// Requires a behaviour of kind script.
std::unique_ptr<RawPeer> make_raw_peer(Role& role, RawPeerPlace place);

// What `swarmsim explain NAME` prints, and docs/behaviours.md is made of.
std::string explain(const BehaviourManual& manual);
// The whole of docs/behaviours.md.
std::string behaviours_page();

}  // namespace swarmlab::swarmsim
