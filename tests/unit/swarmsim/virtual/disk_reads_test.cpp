// What a host reads from its files is counted: by reads and by streams that send a part of a file.
#include "tests/unit/swarmsim/virtual/two_hosts.hpp"

namespace swarmlab::swarmsim {
namespace {

class Opened final : public runtime::FileHandler {
 public:
  void on_file(const runtime::FileResult& result) override { file = result.file; }
  runtime::FileId file;
};

TEST(DiskReads, AreCountedAndWritesAreNot) {
  World world{WorldOptions{}};
  world.add_host({.name = "a", .addresses = {address_of(1)}, .link = {}, .disk = {}});
  const runtime::ContentId content = world.add_content("test");
  VirtualFiles& files = world.files(HostId(0));
  const runtime::Slice whole = runtime::Slice::of_content(content, 0_B, 100_KiB);
  files.put_file("f", std::span(&whole, 1));
  const runtime::Outside outside = world.outside(HostId(0));
  Opened opened;
  outside.files.open("f", runtime::OpenMode::read_write, opened, 0);
  world.run_until(world.now() + 1s);
  outside.files.write(opened.file, 0_B, std::span(&whole, 1), opened, 1);
  EXPECT_EQ(files.bytes_read(), 0_B);
  outside.files.read(opened.file, 10_KiB, 20_KiB, opened, 2);
  outside.files.read(opened.file, 90_KiB, 20_KiB, opened, 3);   // ends with the file
  world.run_until(world.now() + 1s);
  EXPECT_EQ(files.bytes_read(), 30_KiB);
}

}  // namespace
}  // namespace swarmlab::swarmsim
