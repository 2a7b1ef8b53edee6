#include "runtime/tls/openssl_tls.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "protocol/ids.hpp"

namespace swarmlab::runtime {
namespace {

std::unique_ptr<OpensslTls> trusting_the_system() {
  auto made = OpensslTls::make("");
  EXPECT_TRUE(made) << made.error();
  return made ? std::move(*made) : nullptr;
}

TEST(OpensslTls, SpeaksFirst) {
  const auto tls = trusting_the_system();
  const auto session = tls->connect("tracker.example");
  const std::vector<std::byte> hello = session->to_send();
  ASSERT_GT(hello.size(), 5u);
  EXPECT_EQ(hello[0], std::byte{22}) << "a handshake record (RFC 8446, 5.1)";
  EXPECT_TRUE(session->to_send().empty());
  EXPECT_EQ(session->state(), TlsSession::State::open);
}

TEST(OpensslTls, KeepsWhatIsWrittenUntilItMayGoOut) {
  const auto tls = trusting_the_system();
  const auto session = tls->connect("127.0.0.1");
  session->to_send();
  session->write(as_bytes("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(session->to_send().empty()) << "nothing leaves in the clear";
}

TEST(OpensslTls, FailsWithAReasonWhereTheOtherSideSpeaksNoTls) {
  const auto tls = trusting_the_system();
  const auto session = tls->connect("tracker.example");
  for (const char c : std::string_view("HTTP/1.1 400 Bad Request\r\n\r\n")) {
    if (session->state() == TlsSession::State::open) session->feed(as_bytes(std::string_view(&c, 1)));
  }
  EXPECT_EQ(session->state(), TlsSession::State::failed);
  EXPECT_EQ(session->problem(), "wrong version number");
  EXPECT_TRUE(session->to_read().empty());
}

TEST(OpensslTls, NamesTheFileThatHoldsNoCertificates) {
  const std::string path = testing::TempDir() + "no_certificates.pem";
  std::ofstream(path) << "hello\n";
  const auto made = OpensslTls::make(path);
  ASSERT_FALSE(made);
  EXPECT_TRUE(made.error().starts_with(path)) << made.error();
}

}  // namespace
}  // namespace swarmlab::runtime
