#include "swarmsim/run/virtual_disks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

TEST(VirtualDisks, TellWhatIsOutsideOfTheFolder) {
  World world({.seed = 1});
  const HostId peer = world.add_host({.name = "leech", .addresses = {IpAddress::v4(10, 77, 0, 1)}, .link = {}, .disk = {}});
  const SwarmTorrent torrent{nullptr, TrueContent::of_bytes({})};
  VirtualDisks disks(world, torrent);
  world.files(peer).put_file("downloads/content/a", {});
  EXPECT_THAT(disks.strays(peer), Optional(ElementsAre()));
  world.files(peer).put_file("downloads/../escape", {});
  world.files(peer).put_file("downloads2/a", {});
  EXPECT_THAT(disks.strays(peer), Optional(ElementsAre("downloads2/a", "escape")));
}

}  // namespace
}  // namespace swarmlab::swarmsim
