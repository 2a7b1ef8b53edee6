// Adapters: what their files may say, and what becomes of their templates.
#include "swarmsim/lab/adapter.hpp"

#include <gmock/gmock.h>

#include "swarmsim/lab/adapter_catalogue.hpp"
#include "swarmsim/lab/parse_adapter.hpp"
#include "swarmsim/lab/setting_units.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Adapter read(std::string_view text) {
  Diagnostics diagnostics;
  const auto adapter = parse_adapter(text, diagnostics);
  EXPECT_TRUE(adapter) << describe("a.yaml", diagnostics);
  return adapter.value_or(Adapter{});
}

std::string refusal(std::string_view text) {
  Diagnostics diagnostics;
  EXPECT_FALSE(parse_adapter(text, diagnostics));
  return describe("a.yaml", diagnostics);
}

constexpr std::string_view kSmallest = R"(
adapter: 1
client: mine
leech: [mine, --listen, '{listen_ip}:{port}', '{torrent}']
)";

using Stated = std::vector<std::pair<std::string, std::string>>;

TEST(Adapter, ThreeLinesAreEnough) {
  const Adapter adapter = read(kSmallest);
  EXPECT_EQ(adapter.client, "mine");
  EXPECT_EQ(adapter.seed, adapter.leech) << "a seed is started as a leecher is";
  EXPECT_EQ(adapter.ready.kind, Probe::Kind::port);
  EXPECT_TRUE(adapter.speaks.empty());
}

TEST(Adapter, EveryBuiltInOneIsValidAndGoesByItsName) {
  ASSERT_FALSE(built_in_adapters().empty());
  for (const BuiltInAdapter& built_in : built_in_adapters()) EXPECT_EQ(read(built_in.text).client, built_in.client);
}

TEST(Adapter, OneToBeginWithIsValidAsItIs) {
  const auto text = adapter_to_begin_with("mine");
  ASSERT_TRUE(text) << text.error();
  EXPECT_EQ(read(*text).client, "mine");
  EXPECT_FALSE(adapter_to_begin_with("not a name"));
}

TEST(Adapter, WhatIsWrongIsSaidWithItsPlaceAndWhatWouldBeRight) {
  EXPECT_THAT(refusal("adapter: 2\nclient: x\nleech: [x]\n"), HasSubstr("a.yaml:1:10: adapter: format 2; this version reads format 1"));
  EXPECT_THAT(refusal("adapter: 1\nclient: x\n"), HasSubstr("leech"));
  EXPECT_THAT(refusal("adapter: 1\nclient: a b\nleech: [x]\n"), HasSubstr("'a b' is no name"));
  EXPECT_THAT(refusal("adapter: 1\nclient: x\nleech: [x]\nspeak: [fast]\n"), HasSubstr("did you mean 'speaks'?"));
  EXPECT_THAT(refusal("adapter: 1\nclient: x\nleech: [x]\nspeaks: [fats]\n"), HasSubstr("did you mean 'fast'?"));
  EXPECT_THAT(refusal("adapter: 1\nclient: x\nleech: [x]\ndeclares: { request_sise: 1 KiB }\n"), HasSubstr("did you mean 'request_size'?"));
  EXPECT_THAT(refusal("adapter: 1\nclient: x\nleech: [x]\ndeclares: { rechoke_interval: 10 }\n"), HasSubstr("rechoke_interval"));
  EXPECT_THAT(refusal("adapter: 1\nclient: x\nleech: [x]\nsettings: { uploadslots: {} }\n"), HasSubstr("did you mean 'upload_slots'?"));
  EXPECT_THAT(refusal("adapter: 1\nclient: x\nleech: [x, '{torent}']\n"),
              HasSubstr("{torent} is nothing that is filled in; did you mean 'torrent'?"));
  EXPECT_THAT(refusal("adapter: 1\nclient: x\nleech: [x]\nversion: [x, '{dir}']\n"), HasSubstr("{dir} is nothing that is filled in"));
  EXPECT_THAT(refusal("adapter: 1\nclient: x\nleech: [x]\nsettings: { sequential: { default: maybe } }\n"),
              HasSubstr("settings.sequential.default: 'maybe'; it is true or false"));
  EXPECT_THAT(refusal("adapter: 1\nclient: x\nleech: [x]\nready: { port: true, log: up }\n"), HasSubstr("one way to tell is enough"));
  EXPECT_THAT(refusal("adapter: 1\nclient: x\nleech: [x]\nstop: { signal: SIGFOO }\n"), HasSubstr("SIGFOO"));
  EXPECT_THAT(refusal("adapter: 1\nclient: x\nleech: [x]\nready: { port: 10 s }\n"),
              HasSubstr("ready.port: '10 s'; only true makes sense"));
  EXPECT_THAT(refusal("adapter: 1\nclient: x\nleech: [x]\ncomplete: { exit: 3 }\n"), HasSubstr("complete.exit: '3'; only 0 makes sense"));
  EXPECT_THAT(refusal("adapter: 1\nclient: x\nleech: [x]\ncomplete: { log: x, within: 3 s }\n"),
              HasSubstr("'within' is no key here"));
  EXPECT_THAT(refusal("[]"), HasSubstr("adapter"));
}

TEST(Adapter, TemplatesAreFilledInAndOtherBracesAreLeftAlone) {
  const std::vector<std::string> names{"port", "dir"};
  const Placeholders values{{"port", "6881"}, {"dir", "/d"}};
  EXPECT_EQ(expand(R"({ "port": {port}, "x": {}, "y": {other} })", names, values), R"({ "port": 6881, "x": {}, "y": {other} })");
  EXPECT_EQ(expand("{port", names, values), "{port");
  EXPECT_EQ(expand("{{port}}", names, values), "{6881}");
  EXPECT_THAT(expand(Words{"a", "{settings}", "{dir}/x"}, names, values, {"--b", "c"}), ElementsAre("a", "--b", "c", "/d/x"));
}

TEST(Adapter, AValueIsNotFilledInAgain) {
  const std::vector<std::string> names{"name", "dir"};
  EXPECT_EQ(expand("{name}", names, {{"name", "{dir}"}, {"dir", "/d"}}), "{dir}");
}

TEST(Adapter, SettingsReachTheClientInItsOwnUnits) {
  const Adapter adapter = read(R"(
adapter: 1
client: mine
leech: [mine, '{settings}', '{torrent}']
settings:
  upload_slots: { default: 4, words: [--slots, '{value}'] }
  up_limit: { unit: KiB/s, words: ['--up={value}'] }
  sequential: { values: { 'true': --in-order, 'false': '' }, words: ['{value}'] }
)");
  const MappedSettings plain = map_settings(adapter, Stated{});
  EXPECT_THAT(plain.words, ElementsAre("--slots", "4"));
  const Stated stated{{"upload_slots", "2"}, {"up_limit", "1 Mbit/s"}, {"sequential", "true"}, {"end_game", "false"}};
  const MappedSettings mapped = map_settings(adapter, stated);
  EXPECT_THAT(mapped.words, ElementsAre("--slots", "2", "--up=122", "--in-order"));
  EXPECT_EQ(mapped.values.at("upload_slots"), "2");
  EXPECT_THAT(mapped.unmapped, ElementsAre("end_game")) << "and what it cannot be told is known";
}

TEST(Adapter, WhatTheClientCountsOnTopIsTakenOff) {
  const Adapter adapter = read(R"(
adapter: 1
client: mine
leech: [mine, '{upload_slots}']
settings: { upload_slots: { default: 4, less: 1 } }
)");
  EXPECT_EQ(map_settings(adapter, Stated{}).values.at("upload_slots"), "3");
  EXPECT_EQ(map_settings(adapter, Stated{{"upload_slots", "0"}}).values.at("upload_slots"), "0");
}

TEST(Adapter, AFlagThatIsOffLeavesNoEmptyWord) {
  const Adapter adapter = read(R"(
adapter: 1
client: mine
leech: [mine, '{settings}']
settings: { sequential: { default: 'false', values: { 'true': --in-order, 'false': '' }, words: ['{value}'] } }
)");
  EXPECT_THAT(map_settings(adapter, Stated{}).words, IsEmpty());
}

TEST(Adapter, OfATrackerSaysWhatATrackerDoesAndNothingElse) {
  const Adapter tracker = read("adapter: 1\nclient: t\ntracker: [t, '{listen_ip}:{port}', '{info_hash}']\n"
                               "declares: { interval: 20 min, silence: 1 h }\n");
  EXPECT_TRUE(tracker.is_tracker);
  EXPECT_EQ(tracker.interval, 20min);
  EXPECT_FALSE(is_told_interval(tracker));
  EXPECT_FALSE(read(kSmallest).is_tracker);
  EXPECT_THAT(refusal("adapter: 1\nclient: t\ntracker: [t]\nleech: [t]\n"), HasSubstr("leech: of a client; this is a tracker's adapter"));
  EXPECT_THAT(refusal("adapter: 1\nclient: t\ntracker: [t]\ndeclares: { upload_slots: 4 }\n"), HasSubstr("'upload_slots' is no key here"));
  EXPECT_THAT(refusal("adapter: 1\nclient: t\ntracker: [t, '{intervall}']\n"), HasSubstr("did you mean 'interval'?"));
}

TEST(SettingUnits, RoundDownButNotToNothing) {
  EXPECT_EQ(in_unit("90 s", "min"), "1");
  EXPECT_EQ(in_unit("500 ms", "s"), "1");
  EXPECT_EQ(in_unit("64 KiB", "B"), "65536");
  EXPECT_EQ(in_unit("4 Mbit/s", "kB/s"), "500");
  EXPECT_EQ(in_unit("0 B/s", "KiB/s"), "0");
  EXPECT_EQ(in_unit("anything", ""), "anything");
  EXPECT_FALSE(in_unit("4 Mbit/s", "s"));
}

TEST(AdapterCatalogue, SaysWhatIsNearAnUnknownName) {
  const auto found = find_adapter("transmision");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error(), HasSubstr("did you mean 'transmission'?"));
  EXPECT_THAT(find_adapter("./nowhere.yaml").error(), HasSubstr("cannot be opened"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
