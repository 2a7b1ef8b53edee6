// Rate limits, measured where they matter: in bytes of packets on the line.
#include <gtest/gtest.h>

#include <map>

#include "client/session.hpp"
#include "swarmsim/network/tcp_parameters.hpp"
#include "swarmsim/virtual/world.hpp"
#include "swarmsim/wire/packet_tap.hpp"

namespace swarmlab::client {
namespace {

// Counts what each host puts on its line, headers included.
class LineMeter final : public swarmsim::PacketTap {
 public:
  void on_segment(const swarmsim::TappedSegment& segment, Time) override {
    const std::int64_t packets = std::max<std::int64_t>(1, (segment.length + swarmsim::tcp::kMss - 1) / swarmsim::tcp::kMss);
    sent[segment.from.address] += segment.length + packets * swarmsim::tcp::kHeaderBytes;
  }
  void on_segment_arrived(const swarmsim::TappedSegment&, Time) override {}
  std::map<IpAddress, std::int64_t> sent;
};

constexpr Endpoint kSeed{IpAddress::v4(10, 0, 0, 1), 6881};
constexpr Endpoint kLeech{IpAddress::v4(10, 0, 0, 2), 6881};

// Bytes a second that the seed and the leech put on their lines while the leech fetches a long torrent.
struct Rates {
  double seed = 0;
  double leech = 0;
};

Rates measure(const Settings& of_seed, const Settings& of_leech) {
  constexpr ByteCount kSize = 512_MiB;
  LineMeter meter;
  swarmsim::WorldOptions options;
  options.packet_tap = &meter;
  swarmsim::World world(options);
  const swarmsim::LinkSpec link{BytesPerSecond(2 << 20), BytesPerSecond(2 << 20), 10ms, 256_KiB};
  auto metainfo = std::make_shared<protocol::Metainfo>();
  metainfo->name = "content";
  metainfo->info_hash.bytes.fill(std::byte{7});
  metainfo->geometry = protocol::PieceGeometry(kSize, 256_KiB);
  metainfo->piece_hashes = swarmsim::symbolic_piece_hashes("content", kSize, 256_KiB);
  metainfo->files.push_back({{"content"}, kSize, ByteCount(0)});
  const runtime::Slice all = runtime::Slice::of_content(world.add_content("content"), ByteCount(0), kSize, runtime::kAuthentic);
  const auto seed_host = world.add_host({"seed", {kSeed.address}, link, {}});
  const auto leech_host = world.add_host({"leech", {kLeech.address}, link, {}});
  world.files(seed_host).put_file("content", std::span(&all, 1));
  Session seed(world.outside(seed_host), of_seed, nullptr);
  Session leech(world.outside(leech_host), of_leech, nullptr);
  EXPECT_TRUE(seed.listen(kSeed).has_value() && leech.listen(kLeech).has_value());
  AddTorrent torrent;
  torrent.metainfo = metainfo;
  torrent.on_start = OnStart::trust_data;
  seed.add(torrent);
  torrent.on_start = OnStart::check;
  torrent.peers = {kSeed};
  leech.add(torrent);
  world.run_until(kStart + 20s);   // the burst of the beginning is over
  const LineMeter before = meter;
  world.run_until(kStart + 80s);
  return {static_cast<double>(meter.sent[kSeed.address] - before.sent.at(kSeed.address)) / 60,
          static_cast<double>(meter.sent[kLeech.address] - before.sent.at(kLeech.address)) / 60};
}

Settings with(std::optional<std::int64_t> up_kib, std::optional<std::int64_t> down_kib, bool limit_overhead = true) {
  Settings settings;
  if (up_kib) settings.up_limit = BytesPerSecond(*up_kib * 1024);
  if (down_kib) settings.down_limit = BytesPerSecond(*down_kib * 1024);
  settings.limit_overhead = limit_overhead;
  return settings;
}

TEST(WireLimit, AnUploadLimitHoldsOnTheLine) {
  for (const std::int64_t kib : {64, 512}) {
    const double limit = static_cast<double>(kib * 1024);
    const Rates rates = measure(with(kib, {}), with({}, {}));
    EXPECT_LT(rates.seed, limit * 1.01) << kib;
    EXPECT_GT(rates.seed, limit * 0.97) << kib;
  }
}

TEST(WireLimit, ADownloadLimitHoldsOnTheLine) {
  for (const std::int64_t kib : {64, 512}) {
    const double limit = static_cast<double>(kib * 1024);
    const Rates rates = measure(with({}, {}), with({}, kib));
    EXPECT_LT(rates.seed, limit * 1.02) << kib;
    EXPECT_GT(rates.seed, limit * 0.95) << kib;
  }
}

TEST(WireLimit, WithoutOverheadTheLineCarriesMoreThanTheLimit) {
  const double limit = 512 * 1024;
  EXPECT_GT(measure(with(512, {}, false), with({}, {})).seed, limit * 1.02);
  EXPECT_GT(measure(with({}, {}), with({}, 512, false)).seed, limit * 1.02);
}

}  // namespace
}  // namespace swarmlab::client
