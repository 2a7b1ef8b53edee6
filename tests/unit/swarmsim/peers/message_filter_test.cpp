// The filter and its behaviours over the virtual network: what one host writes through a filter, another reads.
#include "swarmsim/peers/message_filter.hpp"

#include <gmock/gmock.h>

#include "protocol/peer_wire.hpp"
#include "swarmsim/peers/catalogue.hpp"
#include "swarmsim/virtual/world.hpp"

namespace swarmlab::swarmsim {
namespace {

const protocol::PieceGeometry kGeometry(1_MiB, 64_KiB);

// Reads everything that comes, in slices.
class Reader final : public runtime::AcceptHandler, public runtime::StreamHandler {
 public:
  explicit Reader(runtime::Network& network) : network_(network) {}
  void on_accept(runtime::ListenerId, runtime::StreamId stream, const Endpoint&) override {
    network_.set_handler(stream, *this);
  }
  void on_connected(runtime::StreamId) override {}
  void on_writable(runtime::StreamId) override {}
  void on_closed(runtime::StreamId, runtime::NetworkError) override {}
  void on_readable(runtime::StreamId stream) override {
    for (;;) {
      const runtime::ReadResult result = network_.read(stream, 1 << 20);
      if (result.state != runtime::ReadResult::State::data) return;
      runtime::append(data, result.slice);
    }
  }
  // Bytes as they are, symbolic ranges as one '.' (authentic) or 'x' per KiB.
  std::string text() const {
    std::string all;
    for (const runtime::Slice& slice : data)
      if (slice.kind() == runtime::Slice::Kind::bytes) all += as_text(slice.bytes());
      else all += std::string(slice.size() / 1024, slice.spoiler() == runtime::kAuthentic ? '.' : 'x');
    return all;
  }
  runtime::Slices data;

 private:
  runtime::Network& network_;
};

class MessageFilterTest : public ::testing::Test, public runtime::StreamHandler {
 protected:
  void on_connected(runtime::StreamId) override {}
  void on_writable(runtime::StreamId) override {}
  void on_readable(runtime::StreamId) override {}
  void on_closed(runtime::StreamId, runtime::NetworkError) override {}

  void connect(std::string_view rate) {
    for (const auto& [name, last] : {std::pair{"liar", 1}, std::pair{"reader", 2}})
      world.add_host({.name = name, .addresses = {IpAddress::v4(10, 77, 0, static_cast<std::uint8_t>(last))}, .link = {}, .disk = {}});
    spec.emplace(*find_behaviour_manual("corrupt_blocks"));
    ASSERT_TRUE(spec->set("rate", rate));
    roles.push_back(std::make_unique<Role>(*spec, HostId(0), runtime::Random(7, "liar"), content, kGeometry, nullptr));
    const runtime::Outside outside = world.outside(HostId(0));
    filter = std::make_unique<MessageFilter>(outside.network, outside.clock, outside.timers, roles);
    reader = std::make_unique<Reader>(world.outside(HostId(1)).network);
    const Endpoint at{IpAddress::v4(10, 77, 0, 2), 1000};
    ASSERT_TRUE(world.outside(HostId(1)).network.listen(at, *reader));
    stream = filter->connect(at, {}, *this);
    run();
  }
  std::uint64_t spoilt_blocks() const { return roles.front()->bites(); }
  void run() { world.run_until(world.now() + 10s); }
  // One block of piece 1 as an engine writes it, `step` bytes of the head at a time.
  std::string send_block(std::size_t step) {
    const protocol::BlockRange block{PieceIndex(1), BlockBegin(16384), 16_KiB};
    std::vector<std::byte> head;
    protocol::encode(protocol::Interested{}, head);
    protocol::encode(protocol::KeepAlive{}, head);
    protocol::encode(protocol::PieceHeader{block}, head);
    for (std::size_t i = 0; i < head.size(); i += step)
      filter->write(stream, Bytes(head).subspan(i, std::min(step, head.size() - i)));
    filter->write(stream, content.authentic(64_KiB + 16_KiB, 10_KiB));
    filter->write(stream, content.authentic(64_KiB + 26_KiB, 6_KiB));
    return std::string(as_text(head));
  }

  World world{WorldOptions{}};
  TrueContent content = TrueContent::symbolic(world.add_content("test"), 1_MiB);
  std::optional<BehaviourSpec> spec;
  std::vector<std::unique_ptr<Role>> roles;
  std::unique_ptr<MessageFilter> filter;
  std::unique_ptr<Reader> reader;
  runtime::StreamId stream;
};

TEST_F(MessageFilterTest, AtRateZeroNothingChanges) {
  connect("0%");
  std::string expected(as_text(protocol::encode(protocol::Handshake{})));
  filter->write(stream, protocol::encode(protocol::Handshake{}));
  for (int i = 0; i < 50; ++i) expected += send_block(1000) + std::string(16, '.');
  run();
  EXPECT_EQ(reader->text(), expected);
  EXPECT_EQ(spoilt_blocks(), 0u);
}

TEST_F(MessageFilterTest, AtItsRateItSpoilsThatShareOfBlocksAndNothingElse) {
  connect("25%");
  filter->write(stream, protocol::encode(protocol::Handshake{}));
  for (int i = 0; i < 400; ++i) send_block(1000);
  run();
  EXPECT_GT(spoilt_blocks(), 60u);
  EXPECT_LT(spoilt_blocks(), 140u);
  const std::string text = reader->text();
  const auto count = [&](char c) { return static_cast<std::uint64_t>(std::ranges::count(text.substr(68), c)); };
  EXPECT_EQ(count('x'), 16 * spoilt_blocks()) << "a spoilt block is spoilt as a whole";
  EXPECT_EQ(count('.') + count('x'), 400u * 16);
}

TEST_F(MessageFilterTest, FollowsMessagesHoweverTheirHeadsAreCut) {
  for (const std::size_t step : {1u, 3u, 7u}) {
    if (!filter) connect("100%");
    if (step == 1) filter->write(stream, protocol::encode(protocol::Handshake{}));
    send_block(step);
  }
  run();
  EXPECT_EQ(spoilt_blocks(), 3u);
  EXPECT_EQ(std::ranges::count(reader->text(), 'x'), 48);
}

TEST_F(MessageFilterTest, LeavesStreamsOfOtherProtocolsAlone) {
  connect("100%");
  std::string text = "GET /announce?info_hash=\x07\x07 HTTP/1.1\r\n\r\n";
  text += std::string(20'000, '\x07');
  filter->write(stream, as_bytes(text));
  run();
  EXPECT_EQ(reader->text(), text);
}

}  // namespace
}  // namespace swarmlab::swarmsim
