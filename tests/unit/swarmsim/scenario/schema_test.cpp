// tests/integration/test_scenario_schema.py holds the stock scenarios against it.
#include "swarmsim/scenario/schema.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/catalogue.hpp"
#include "swarmsim/checks/expect.hpp"
#include "swarmsim/peers/catalogue.hpp"
#include "swarmsim/scenario/settings_names.hpp"

namespace swarmlab::swarmsim {
namespace {

nlohmann::json schema() { return nlohmann::json::parse(scenario_schema()); }

TEST(ScenarioSchema, ItsFileIsUpToDate) {
  std::ifstream file(SWARMLAB_ROOT "/docs/scenario.schema.json");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(text.str() == scenario_schema()) << "docs/scenario.schema.json is stale: swarmsim schema > docs/scenario.schema.json";
}

TEST(ScenarioSchema, KnowsEveryCheckBehaviourAndSetting) {
  const nlohmann::json definitions = schema()["definitions"];
  for (const CheckManual* manual : check_manuals()) {
    if (manual == &kExpect) {
      EXPECT_EQ(definitions["check"]["properties"]["expect"]["type"], "string") << "it takes a text";
      continue;
    }
    const auto& parameters = definitions["check"]["properties"][std::string(manual->name)]["properties"];
    for (const ParameterManual& parameter : manual->parameters) EXPECT_TRUE(parameters.contains(parameter.name)) << manual->name;
  }
  for (const BehaviourManual* manual : behaviour_manuals())
    EXPECT_TRUE(definitions["behaviour"]["anyOf"][1]["properties"].contains(manual->name)) << manual->name;
  for (const std::string_view name : setting_names())
    EXPECT_TRUE(definitions["settings"]["properties"].contains(name)) << name;
}

TEST(ScenarioSchema, ItsPatternsAcceptWhatTheParserAcceptsAndNothingElse) {
  const nlohmann::json definitions = schema()["definitions"];
  std::vector<std::string> texts{"", "5", "0", "x", "5 x", "5 miB", "-5 s", "1.5.2 s", ".5 s", "5..2 s", "5 s s", "1e3 s"};
  for (const char* unit : {"B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB", "bit/s", "kbit/s", "Mbit/s", "Gbit/s", "B/s", "kB/s",
                           "MB/s", "GB/s", "KiB/s", "MiB/s", "GiB/s", "TiB/s", "ns", "us", "ms", "s", "min", "h", "d", "%", "m"})
    for (const char* number : {"5 ", "5", "16.5 ", "0 "}) texts.push_back(std::string(number) + unit);
  for (const std::string& text : texts) {
    const auto matches = [&](const char* definition) {
      return std::regex_search(text, std::regex(definitions[definition]["pattern"].get<std::string>()));
    };
    EXPECT_EQ(matches("size"), parse_size(text).has_value()) << text;
    EXPECT_EQ(matches("rate"), parse_rate(text).has_value()) << text;
    EXPECT_EQ(matches("duration"), parse_duration(text).has_value()) << text;
    EXPECT_EQ(matches("share"), parse_share(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace swarmlab::swarmsim
