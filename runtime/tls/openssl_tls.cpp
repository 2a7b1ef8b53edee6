#include "runtime/tls/openssl_tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/endpoint.hpp"

namespace swarmlab::runtime {
namespace {

// Handshakes are some kilobytes, records at most 16 KiB: no stream makes us hold more than it has sent.
constexpr std::size_t kReadBytes = std::size_t{16} << 10;

struct FreeContext { void operator()(SSL_CTX* context) const { SSL_CTX_free(context); } };
struct FreeSsl { void operator()(SSL* ssl) const { SSL_free(ssl); } };

// The oldest of OpenSSL's complaints, which is the cause of the others.
std::string last_complaint() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : "an error without a name";
}

class OpensslSession final : public TlsSession {
 public:
  OpensslSession(SSL_CTX* context, std::string_view host) : ssl_(SSL_new(context)) {
    SWARM_ASSERT(ssl_ != nullptr);
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), in_, out_);   // which owns them now
    const std::string name(host);
    X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl_.get());
    if (IpAddress::parse(name)) {
      X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str());
    } else {
      SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
      SSL_set1_host(ssl_.get(), name.c_str());
    }
    SSL_set_connect_state(ssl_.get());
    advance();
  }

  void feed(Bytes cipher) override {
    SWARM_ASSERT(state_ == State::open);
    if (!cipher.empty()) BIO_write(in_, cipher.data(), static_cast<int>(cipher.size()));
    advance();
  }

  void write(Bytes plain) override {
    waiting_.insert(waiting_.end(), plain.begin(), plain.end());
    advance();
  }

  std::vector<std::byte> to_send() override {
    std::vector<std::byte> bytes(BIO_ctrl_pending(out_));
    if (!bytes.empty()) BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  std::vector<std::byte> to_read() override { return std::exchange(plain_, {}); }

  State state() const override { return state_; }
  std::string problem() const override { return problem_; }

 private:
  // Does whatever can be done with the bytes that are there.
  void advance() {
    if (state_ != State::open) return;
    ERR_clear_error();
    if (!SSL_is_init_finished(ssl_.get())) {
      const int done = SSL_do_handshake(ssl_.get());
      if (done != 1 && !is_waiting(done)) return fail();
      if (done != 1) return;
    }
    if (!waiting_.empty()) {
      const int taken = SSL_write(ssl_.get(), waiting_.data(), static_cast<int>(waiting_.size()));
      if (taken <= 0) return is_waiting(taken) ? void() : fail();
      waiting_.clear();   // memory takes all or nothing
    }
    for (std::array<std::byte, kReadBytes> part;;) {
      const int got = SSL_read(ssl_.get(), part.data(), static_cast<int>(part.size()));
      if (got > 0) {
        plain_.insert(plain_.end(), part.begin(), part.begin() + got);
        continue;
      }
      if (SSL_get_error(ssl_.get(), got) == SSL_ERROR_ZERO_RETURN) state_ = State::ended;
      else if (!is_waiting(got)) fail();
      return;
    }
  }

  bool is_waiting(int result) const {
    const int why = SSL_get_error(ssl_.get(), result);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
  }

  void fail() {
    state_ = State::failed;
    const long verified = SSL_get_verify_result(ssl_.get());
    problem_ = verified != X509_V_OK ? std::string("the certificate is not trusted: ") + X509_verify_cert_error_string(verified)
                                     : last_complaint();
    ERR_clear_error();
  }

  std::unique_ptr<SSL, FreeSsl> ssl_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
  std::vector<std::byte> waiting_;   // plain, not yet taken
  std::vector<std::byte> plain_;
  State state_ = State::open;
  std::string problem_;
};

}  // namespace

struct OpensslTls::Context {
  std::unique_ptr<SSL_CTX, FreeContext> ssl;
};

std::expected<std::unique_ptr<OpensslTls>, std::string> OpensslTls::make(const std::string& trusted_file) {
  ERR_clear_error();
  auto context = std::make_unique<Context>();
  context->ssl.reset(SSL_CTX_new(TLS_client_method()));
  if (!context->ssl) return std::unexpected("TLS cannot be had: " + last_complaint());
  SSL_CTX* ssl = context->ssl.get();
  SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
  SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  const bool knows_whom = trusted_file.empty() ? SSL_CTX_set_default_verify_paths(ssl) == 1
                                               : SSL_CTX_load_verify_locations(ssl, trusted_file.c_str(), nullptr) == 1;
  if (!knows_whom) return std::unexpected(trusted_file + ": no certificates to trust can be read from it: " + last_complaint());
  return std::unique_ptr<OpensslTls>(new OpensslTls(std::move(context)));
}

OpensslTls::OpensslTls(std::unique_ptr<Context> context) : context_(std::move(context)) {}
OpensslTls::~OpensslTls() = default;

std::unique_ptr<TlsSession> OpensslTls::connect(std::string_view host) {
  return std::make_unique<OpensslSession>(context_->ssl.get(), host);
}

}  // namespace swarmlab::runtime
