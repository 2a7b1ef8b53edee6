#include "swarmsim/profile_command.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "swarmsim/lab/adapter_catalogue.hpp"
#include "swarmsim/plain_options.hpp"
#include "swarmsim/profile/experiments.hpp"
#include "swarmsim/profile/profile_report.hpp"
#include "swarmsim/report/json_report.hpp"
#include "swarmsim/report/run_folder.hpp"

namespace swarmlab::swarmsim {
namespace {

ExitStatus refuse(const std::string& why, const ProfileCommand& command, Env& env, ExitStatus status = ExitStatus::usage) {
  if (command.json) env.out << json_refusal(why, status);
  else env.error << "swarmsim: " << why << '\n';
  return status;
}

}  // namespace

std::expected<ProfileCommand, std::string> parse_profile(std::span<const std::string> words) {
  const auto options =
      PlainOptions::parse("profile", words, {.with_value = {"client", "only", "set", "write"}, .flags = {"json", "markdown"}});
  if (!options) return std::unexpected(options.error());
  if (!options->positional().empty())
    return std::unexpected(fmt::format("profile: what is '{}'? swarmsim profile --client NAME|FILE", options->positional().front()));
  ProfileCommand command;
  for (const std::string& client : options->values("client")) {
    if (client != "all") command.clients.push_back(client);
    else for (const BuiltInAdapter& adapter : built_in_adapters()) command.clients.emplace_back(adapter.client);
  }
  for (const std::string& text : options->values("set")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return std::unexpected(fmt::format("--set {}: a setting of the client, like --set upload_slots=4", text));
    command.settings.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  command.only = options->values("only");
  command.write = options->value("write");
  command.json = options->has("json");
  command.markdown = options->has("markdown");
  if (command.json && command.markdown) return std::unexpected("either --json or --markdown");
  if (command.write && command.clients.size() > 1) return std::unexpected("--write is for one client");
  return command;
}

ExitStatus measure_profiles(const ProfileCommand& command, Env& env) {
  std::vector<Adapter> adapters;
  for (const std::string& name : command.clients) {
    auto adapter = find_adapter(name);
    if (!adapter) return refuse(adapter.error(), command, env);
    adapters.push_back(std::move(*adapter));
  }
  const bool is_for_people = !command.json && !command.markdown;
  ExitStatus status = ExitStatus::held;
  std::vector<ClientProfile> profiles;
  for (std::size_t i = 0; i < std::max<std::size_t>(adapters.size(), 1); ++i) {
    ProfileOptions options{.client = adapters.empty() ? nullptr : &adapters[i], .programs = env.programs, .settings = command.settings,
                           .only = command.only};
    const std::string name = adapters.empty() ? "our engine in virtual time" : adapters[i].client;
    if (!adapters.empty()) {
      const auto folder = RunFolder::create("runs", "profile-" + name);
      if (!folder) return refuse(folder.error(), command, env, ExitStatus::environment);
      options.folder = folder->path();
      options.say = [&](const std::string& text) { env.error << fmt::format("{} {}\n", name, text) << std::flush; };
    }
    auto profile = measure_profile(options);
    if (!profile) return refuse(profile.error(), command, env);
    if (profile->client.empty()) profile->client = name;
    if (is_for_people)
      env.out << fmt::format("profile of {}\n{}\n{}", profile->client, describe(*profile), declarations(*profile)) << std::flush;
    if (profile->disagrees()) status = worse(status, ExitStatus::violated);
    if (profile->topics.empty()) status = worse(status, ExitStatus::environment);
    profiles.push_back(std::move(*profile));
  }
  if (command.json) env.out << profiles_json(profiles, status);
  if (command.markdown) env.out << profiles_page(profiles);
  if (!command.write) return status;
  if (const auto written = write_file(*command.write, declarations(profiles.front())); !written)
    return refuse(written.error(), command, env, ExitStatus::environment);
  return status;
}

}  // namespace swarmlab::swarmsim
