#include "swarmsim/expect/metric.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <sstream>

#include "swarmsim/checks/catalogue.hpp"
#include "swarmsim/peers/catalogue.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

TEST(Metrics, HaveOneNameEachAndAManual) {
  std::set<std::string_view> names;
  for (const CheckManual* check : check_manuals()) names.insert(check->name);
  for (const BehaviourManual* behaviour : behaviour_manuals()) names.insert(behaviour->name);
  for (const MetricManual& manual : metric_manuals()) {
    EXPECT_TRUE(names.insert(manual.name).second) << manual.name << ": `swarmsim explain` could not know which is meant";
    EXPECT_EQ(find_metric_manual(manual.name), &manual);
    EXPECT_FALSE(manual.about.empty()) << manual.name;
    EXPECT_FALSE(manual.look_at.empty()) << manual.name;
    EXPECT_EQ(manual.about.find('|'), std::string_view::npos) << "it would end the cell of a table: " << manual.name;
  }
  EXPECT_EQ(find_metric_manual("speed"), nullptr);
}

TEST(Metrics, SayHowTheyAreWritten) {
  EXPECT_EQ(usage(manual_of(Metric::downloaded_from)), "PEERS.downloaded_from(PEERS)");
  EXPECT_EQ(usage(manual_of(Metric::content)), "content");
  EXPECT_THAT(explain(manual_of(Metric::completed_at)), HasSubstr("PEERS.completed_at: a time, of each peer"));
}

TEST(Metrics, HaveAPageInTheDocuments) {
  std::ifstream file(SWARMLAB_ROOT "/docs/metrics.md");
  std::ostringstream page;
  page << file.rdbuf();
  EXPECT_TRUE(page.str() == metrics_page()) << "docs/metrics.md is stale: swarmsim explain metrics > docs/metrics.md";
}

}  // namespace
}  // namespace swarmlab::swarmsim
