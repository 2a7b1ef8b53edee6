#include "swarmsim/scenario/parse_run_tiers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/spelling.hpp"
#include "swarmsim/scenario/link_rates.hpp"
#include "swarmsim/scenario/map_reader.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array<std::string_view, 4> kStated{"smoke", "nightly", "lab", "lab-smoke"};
constexpr std::array<std::string_view, 4> kSettingsOfAnyClient{"upload_slots", "max_peers", "up_limit", "down_limit"};

// No limit, or one beyond what is allowed for all, counts as this; so no sum can wrap.
constexpr BytesPerSecond kTooMuch(2 * kLabRate.value());

class LabRules {
 public:
  LabRules(const Scenario& scenario, const YamlNode& root, Diagnostics& diagnostics)
      : scenario_(scenario), root_(root), diagnostics_(diagnostics), tier_(scenario.tiers.lab_smoke ? "lab-smoke" : "lab") {}

  void check() {
    if (scenario_.limit > kLabLimit)
      complain(root_.find("limit")->at, fmt::format("limit: {}, which takes as long in real time; at most {}",
                                                    to_text(scenario_.limit), to_text(kLabLimit)));
    check_rate("up", sum_of_uplinks(scenario_, kTooMuch));
    check_rate("down", sum_of_downlinks(scenario_, kTooMuch));
    if (std::ranges::none_of(scenario_.groups, &PeerGroup::is_subject)) {
      complain(root_.find("peers")->at, "peers: none is marked with 'subject: true', so no client would take anybody's place");
      return;
    }
    for (const PeerGroup& group : scenario_.groups)
      if (group.is_subject) check_subject(group);
    if (std::ranges::none_of(scenario_.checks, [this](const CheckSpec& check) { return is_about_a_subject(check); }))
      complain(root_.find("checks")->at, "checks: none is about a subject");
  }

 private:
  void complain(Position at, const std::string& what) { diagnostics_.add(at, fmt::format("tier: {}; {}", tier_, what)); }

  void check_rate(std::string_view direction, BytesPerSecond sum) {
    if (sum > kLabRate)
      complain(root_.find("tier")->at, fmt::format("the lines of all peers sum up to {} ({}); at most {}", to_text(sum), direction,
                                                   to_text(kLabRate)));
  }

  void check_subject(const PeerGroup& group) {
    if (!group.behaviours.empty())
      complain(group.at, fmt::format("peers.{}: a subject with a behaviour, which another client does not have", group.name));
    const YamlNode* settings = root_.find("peers")->find(group.name)->find("settings");
    if (settings == nullptr) return;
    for (std::size_t i = 0; i < settings->keys.size(); ++i)
      if (std::ranges::find(kSettingsOfAnyClient, settings->keys[i]) == kSettingsOfAnyClient.end())
        complain(settings->key_at[i], fmt::format("peers.{}.settings: '{}' is not a setting of every client", group.name,
                                                  settings->keys[i]));
  }

  bool is_about_a_subject(const CheckSpec& check) const {
    return std::ranges::any_of(check.arguments.peers("who"), [this](HostId peer) { return scenario_.group_of(peer).is_subject; });
  }

  const Scenario& scenario_;
  const YamlNode& root_;
  Diagnostics& diagnostics_;
  std::string_view tier_;
};

}  // namespace

RunTiers read_run_tiers(const YamlNode& node, Diagnostics& diagnostics) {
  RunTiers tiers;
  for_each_scalar(node, "tier", diagnostics, [&](const YamlNode& value) {
    if (value.text == "smoke") tiers.smoke = true;
    else if (value.text == "nightly") tiers.nightly_alone = true;
    else if (value.text == "lab") tiers.lab = true;
    else if (value.text == "lab-smoke") tiers.lab = tiers.lab_smoke = true;
    else if (value.text == "pr") diagnostics.add(value.at, "tier: every scenario is of 'pr' that is not of 'nightly'; leave it out");
    else
      diagnostics.add(value.at, fmt::format("tier: '{}' is unknown{}", value.text, suggestion(value.text, kStated)));
  });
  if (node.kind == YamlNode::Kind::list && node.items.empty())
    diagnostics.add(node.at, "tier: an empty list; leave it out where there is nothing to say");
  if (tiers.smoke && tiers.nightly_alone) diagnostics.add(node.at, "tier: either smoke, before every push, or nightly");
  return tiers;
}

void check_run_tiers(const Scenario& scenario, const YamlNode& root, Diagnostics& diagnostics) {
  if (scenario.tiers.lab) LabRules(scenario, root, diagnostics).check();
}

}  // namespace swarmlab::swarmsim
