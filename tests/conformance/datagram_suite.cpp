// Datagrams and names.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/conformance/stream_ends.hpp"

namespace swarmlab::conformance {
namespace {

using runtime::Datagram;
using runtime::DatagramSocketId;
using runtime::NetworkError;

struct Mailbox : runtime::DatagramHandler {
  Mailbox(runtime::Network& owner, const IpAddress& address) : network(owner) {
    const auto opened = network.open_datagrams({address, 0}, *this);
    EXPECT_TRUE(opened);
    if (opened) id = *opened;
  }
  void on_datagrams(DatagramSocketId socket, std::span<const Datagram> batch) override {
    EXPECT_EQ(socket, id);
    EXPECT_FALSE(batch.empty());
    EXPECT_FALSE(is_in_call);
    for (const Datagram& datagram : batch) {
      senders.push_back(datagram.peer);
      payloads.emplace_back(datagram.payload.begin(), datagram.payload.end());
    }
    if (closes) network.close(id);
  }
  void send(const Endpoint& to, const std::vector<std::vector<std::byte>>& payloads_to_send) {
    std::vector<Datagram> batch;
    for (const auto& payload : payloads_to_send) batch.push_back({to, payload});
    is_in_call = true;
    network.send(id, batch);
    is_in_call = false;
  }
  Endpoint at() const { return network.local_endpoint(id); }

  runtime::Network& network;
  DatagramSocketId id;
  bool closes = false;
  bool is_in_call = false;
  std::vector<Endpoint> senders;
  std::vector<std::vector<std::byte>> payloads;
};

TEST_P(DatagramConformance, DeliversABatchWithItsSenderAndItsBoundaries) {
  Mailbox sender(a().network, world().address(Side::a));
  Mailbox receiver(b().network, world().address(Side::b));
  std::vector<std::vector<std::byte>> sent;
  for (std::uint32_t i = 0; i < 40; ++i) sent.push_back(pattern(1 + i * 30, i));
  sender.send(receiver.at(), sent);
  ASSERT_TRUE(run_until([&] { return receiver.payloads.size() == sent.size(); }));
  EXPECT_EQ(receiver.payloads, sent);
  for (const Endpoint& from : receiver.senders) EXPECT_EQ(from, sender.at());
}

TEST_P(DatagramConformance, CarriesSizesFromNothingToWhatUdpHolds) {
  Mailbox sender(a().network, world().address(Side::a));
  Mailbox receiver(b().network, world().address(Side::b));
  for (const std::size_t size : {0U, 1U, 16U, 1400U, 1500U, 9000U, 60000U}) {
    sender.send(receiver.at(), {pattern(size)});
    ASSERT_TRUE(run_until([&] { return !receiver.payloads.empty(); })) << size;
    EXPECT_EQ(receiver.payloads[0], pattern(size));
    receiver.payloads.clear();
  }
}

TEST_P(DatagramConformance, SendsOneBatchToSeveralReceivers) {
  Mailbox sender(a().network, world().address(Side::a));
  Mailbox near(a().network, world().address(Side::a));
  Mailbox far(b().network, world().address(Side::b));
  const auto one = pattern(10, 1);
  const auto two = pattern(20, 2);
  const Datagram batch[] = {{far.at(), one}, {near.at(), two}, {far.at(), two}};
  sender.network.send(sender.id, batch);
  ASSERT_TRUE(run_until([&] { return far.payloads.size() == 2 && near.payloads.size() == 1; }));
  EXPECT_EQ(far.payloads, (std::vector<std::vector<std::byte>>{one, two}));
  EXPECT_EQ(near.payloads, std::vector<std::vector<std::byte>>{two});
}

TEST_P(DatagramConformance, LosesWhatNobodyReceivesAndGoesOn) {
  Mailbox sender(a().network, world().address(Side::a));
  Mailbox receiver(b().network, world().address(Side::b));
  const Endpoint gone = receiver.at();
  receiver.network.close(receiver.id);
  sender.send(gone, {pattern(10)});
  world().settle();
  Mailbox other(b().network, world().address(Side::b));
  sender.send(other.at(), {pattern(10)});
  EXPECT_TRUE(run_until([&] { return other.payloads.size() == 1; }));
  EXPECT_TRUE(receiver.payloads.empty());
}

TEST_P(DatagramConformance, NamesAPortThatIsTakenAndAnAddressThatIsNotOurs) {
  Mailbox first(a().network, world().address(Side::a));
  Mailbox* const nobody = &first;
  const auto second = a().network.open_datagrams(first.at(), *nobody);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), NetworkError::address_in_use);
  const auto strange = a().network.open_datagrams({IpAddress::v4(192, 0, 2, 77), 0}, *nobody);
  ASSERT_FALSE(strange);
  EXPECT_EQ(strange.error(), NetworkError::address_unavailable);
}

TEST_P(DatagramConformance, MayBeClosedFromWithinItsCallback) {
  Mailbox sender(a().network, world().address(Side::a));
  Mailbox receiver(b().network, world().address(Side::b));
  receiver.closes = true;
  const Endpoint to = receiver.at();
  sender.send(to, {pattern(10)});
  ASSERT_TRUE(run_until([&] { return !receiver.payloads.empty(); }));
  const std::size_t before = receiver.payloads.size();
  sender.send(to, {pattern(10)});
  world().settle();
  EXPECT_EQ(receiver.payloads.size(), before);
}

struct Names : runtime::ResolveHandler {
  void on_resolved(runtime::Tag tag,
                   std::expected<std::span<const IpAddress>, NetworkError> addresses) override {
    if (addresses) {
      EXPECT_FALSE(addresses->empty());
      found[tag].assign(addresses->begin(), addresses->end());
    } else {
      failed[tag] = addresses.error();
    }
  }
  std::map<runtime::Tag, std::vector<IpAddress>> found;
  std::map<runtime::Tag, NetworkError> failed;
};

TEST_P(NameConformance, LiteralAddressesResolveToThemselves) {
  Names names;
  a().network.resolve("10.1.2.3", names, 1);
  a().network.resolve("2001:db8::7", names, 2);
  EXPECT_TRUE(names.found.empty()) << "never inside resolve()";
  ASSERT_TRUE(run_until([&] { return names.found.size() == 2; }));
  EXPECT_EQ(names.found[1], std::vector<IpAddress>{IpAddress::v4(10, 1, 2, 3)});
  EXPECT_EQ(names.found[2], std::vector<IpAddress>{*IpAddress::parse("2001:db8::7")});
}

TEST_P(NameConformance, NamesThatDoNotExistAreNamedErrors) {
  Names names;
  a().network.resolve("not a name", names, 1);
  EXPECT_TRUE(names.failed.empty());
  ASSERT_TRUE(run_until([&] { return names.failed.size() == 1; }, 60s));
}

TEST_P(NameConformance, ForgottenHandlersHearNothing) {
  Names names;
  a().network.resolve("10.1.2.3", names, 1);
  a().network.resolve("not a name", names, 2);
  a().network.forget(names);
  world().settle();
  EXPECT_TRUE(names.found.empty() && names.failed.empty());
}

}  // namespace
}  // namespace swarmlab::conformance
