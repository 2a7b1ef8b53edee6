#include "swarmsim/scenario/settings_names.hpp"

#include <fmt/format.h>

#include <array>
#include <variant>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {
namespace {

using client::Settings;

// The bound of a number is generous for experiments and keeps a slip of the keyboard from taking all memory.
struct NumberSetting {
  std::uint32_t Settings::*member;
  std::uint32_t least;
  std::uint32_t most;
};
using Member = std::variant<NumberSetting, Duration Settings::*, ByteCount Settings::*, bool Settings::*,
                            std::optional<BytesPerSecond> Settings::*, client::SeedPolicy Settings::*, client::LeechPolicy Settings::*,
                            client::PieceAffinity Settings::*,
                            client::Allocation Settings::*, client::RestartStrategy client::RestartPolicy::*,
                            Duration client::RestartPolicy::*, std::uint32_t client::RestartPolicy::*>;
struct Setting {
  std::string_view name;
  Member member;
};

const std::array kSettings{
    Setting{"allocate", &Settings::allocate},
    Setting{"announce_to_all_tiers", &Settings::announce_to_all_tiers},
    Setting{"auto_upload_slots", &Settings::auto_upload_slots},
    Setting{"choker", &Settings::choker},
    Setting{"connect_timeout", &Settings::connect_timeout},
    Setting{"down_limit", &Settings::down_limit},
    Setting{"end_game", &Settings::end_game},
    Setting{"end_game_requesters", NumberSetting{&Settings::end_game_requesters, 1, 10'000}},
    Setting{"extension_protocol", &Settings::extension_protocol},
    Setting{"fast_extension", &Settings::fast_extension},
    Setting{"handshake_timeout", &Settings::handshake_timeout},
    Setting{"idle_timeout", &Settings::idle_timeout},
    Setting{"interest_grace", &Settings::interest_grace},
    Setting{"keepalive_interval", &Settings::keepalive_interval},
    Setting{"late_after", &Settings::late_after},
    Setting{"late_factor", NumberSetting{&Settings::late_factor, 0, 100}},
    Setting{"limit_overhead", &Settings::limit_overhead},
    Setting{"max_half_open", NumberSetting{&Settings::max_half_open, 1, 10'000}},
    Setting{"max_peers", NumberSetting{&Settings::max_peers, 1, 10'000}},
    Setting{"metadata_exchange", &Settings::metadata_exchange},
    Setting{"metadata_timeout", &Settings::metadata_timeout},
    Setting{"newcomer_age", &Settings::newcomer_age},
    Setting{"newcomer_weight", NumberSetting{&Settings::newcomer_weight, 1, 1000}},
    Setting{"numwant", NumberSetting{&Settings::numwant, 0, 10'000}},
    Setting{"optimistic", NumberSetting{&Settings::optimistic, 0, 10'000}},
    Setting{"optimistic_interval", &Settings::optimistic_interval},
    Setting{"parole", &Settings::parole},
    Setting{"partial_pieces", NumberSetting{&Settings::partial_pieces, 0, 10'000}},
    Setting{"peer_exchange", &Settings::peer_exchange},
    Setting{"peer_priority", &Settings::peer_priority},
    Setting{"pex_interval", &Settings::pex_interval},
    Setting{"piece_affinity", &Settings::piece_affinity},
    Setting{"random_first_pieces", NumberSetting{&Settings::random_first_pieces, 0, 1'000'000}},
    Setting{"rate_window", &Settings::rate_window},
    Setting{"rechoke_interval", &Settings::rechoke_interval},
    Setting{"recent_content", &Settings::recent_content},
    Setting{"redial_base", &Settings::redial_base},
    Setting{"request_depth_max", NumberSetting{&Settings::request_depth_max, 1, 10'000}},
    Setting{"request_depth_min", NumberSetting{&Settings::request_depth_min, 1, 10'000}},
    Setting{"request_queue", NumberSetting{&Settings::request_queue, 1, 100'000}},
    Setting{"request_timeout", &Settings::request_timeout},
    Setting{"request_window", &Settings::request_window},
    Setting{"requesters", NumberSetting{&Settings::requesters, 1, 10'000}},
    Setting{"restart", &client::RestartPolicy::strategy},
    Setting{"restart_pause", &client::RestartPolicy::pause},
    Setting{"restarts", &client::RestartPolicy::max_restarts},
    Setting{"restarts_within", &client::RestartPolicy::within},
    Setting{"resume_data", &Settings::resume_data},
    Setting{"resume_interval", &Settings::resume_interval},
    Setting{"seed_choker", &Settings::seed_choker},
    Setting{"seed_turn_bytes", &Settings::seed_turn_bytes},
    Setting{"seed_turn_time", &Settings::seed_turn_time},
    Setting{"sequential", &Settings::sequential},
    Setting{"snub_after", &Settings::snub_after},
    Setting{"super_seed_open", NumberSetting{&Settings::super_seed_open, 1, 10'000}},
    Setting{"super_seed_patience", &Settings::super_seed_patience},
    Setting{"super_seeding", &Settings::super_seeding},
    Setting{"suspect_pieces", NumberSetting{&Settings::suspect_pieces, 1, 1'000'000}},
    Setting{"ban_time", &Settings::ban_time},
    Setting{"tracker_timeout", &Settings::tracker_timeout},
    Setting{"up_limit", &Settings::up_limit},
    Setting{"upload_slots", NumberSetting{&Settings::upload_slots, 0, 10'000}},
    Setting{"write_backlog", &Settings::write_backlog},
    Setting{"write_delay", &Settings::write_delay},
    Setting{"write_gather", &Settings::write_gather},
};

const std::array<std::string_view, kSettings.size()> kNames = [] {
  std::array<std::string_view, kSettings.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kSettings[i].name;
  return names;
}();

struct Assign {
  MapReader& reader;
  std::string_view name;
  const YamlNode& value;
  Settings& settings;

  void operator()(const NumberSetting& number) const {
    const auto given = reader.count(name, number.most);
    if (!given) return;
    if (*given < number.least) {
      reader.diagnostics().add(value.at, fmt::format("{}: {} is too few; at least {}", name, *given, number.least));
      return;
    }
    settings.*number.member = static_cast<std::uint32_t>(*given);
  }
  void operator()(Duration Settings::*member) const {
    const auto given = reader.duration(name);
    if (!given) return;
    if (*given < 1ms) reader.diagnostics().add(value.at, fmt::format("{}: less than 1 ms", name));
    else settings.*member = *given;
  }
  void operator()(ByteCount Settings::*member) const {
    if (const auto given = reader.size(name)) settings.*member = *given;
  }
  void operator()(bool Settings::*member) const {
    if (const auto given = reader.flag(name)) settings.*member = *given;
  }
  void operator()(client::SeedPolicy Settings::*member) const {
    static constexpr std::array<std::string_view, 4> kWords{"time_quota", "fastest_upload", "anti_leech", "new_seed"};
    if (const auto given = reader.word(name, kWords)) settings.*member = static_cast<client::SeedPolicy>(*given);
  }
  void operator()(client::LeechPolicy Settings::*member) const {
    static constexpr std::array<std::string_view, 3> kWords{"tit_for_tat", "bittyrant", "propshare"};
    if (const auto given = reader.word(name, kWords)) settings.*member = static_cast<client::LeechPolicy>(*given);
  }
  void operator()(client::PieceAffinity Settings::*member) const {
    static constexpr std::array<std::string_view, 2> kWords{"affine", "dealt"};
    if (const auto given = reader.word(name, kWords)) settings.*member = static_cast<client::PieceAffinity>(*given);
  }
  void operator()(client::Allocation Settings::*member) const {
    static constexpr std::array<std::string_view, 2> kWords{"sparse", "full"};
    if (const auto given = reader.word(name, kWords)) settings.*member = static_cast<client::Allocation>(*given);
  }
  void operator()(client::RestartStrategy client::RestartPolicy::*member) const {
    static constexpr std::array<std::string_view, 2> kWords{"never", "one_for_one"};
    if (const auto given = reader.word(name, kWords)) settings.restart.*member = static_cast<client::RestartStrategy>(*given);
  }
  void operator()(Duration client::RestartPolicy::*member) const {
    const auto given = reader.duration(name);
    if (!given) return;
    if (*given < 1ms) reader.diagnostics().add(value.at, fmt::format("{}: less than 1 ms", name));
    else settings.restart.*member = *given;
  }
  void operator()(std::uint32_t client::RestartPolicy::*member) const {
    if (const auto given = reader.count(name, 1000)) settings.restart.*member = static_cast<std::uint32_t>(*given);
  }
  void operator()(std::optional<BytesPerSecond> Settings::*member) const {
    const auto given = reader.rate(name);
    if (!given) return;
    if (given->value() == 0) reader.diagnostics().add(value.at, fmt::format("{}: a rate of nothing", name));
    else settings.*member = *given;
  }
};

}  // namespace

std::span<const std::string_view> setting_names() { return kNames; }

void read_settings(const YamlNode& node, const std::string& what, Settings& settings, Diagnostics& diagnostics) {
  MapReader reader(node, what, diagnostics);
  for (const Setting& setting : kSettings) {
    const YamlNode* value = reader.take(setting.name);
    if (value != nullptr) std::visit(Assign{reader, setting.name, *value, settings}, setting.member);
  }
  reader.finish();
}

}  // namespace swarmlab::swarmsim
