// OpensslTls: Tls by OpenSSL.  TLS 1.2 and later; certificates are always verified.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "runtime/tls.hpp"

namespace swarmlab::runtime {

class OpensslTls final : public Tls {
 public:
  // Trusts what the system trusts, or only the certificates in a file of PEM where one is named.  The error says what is
  // wrong with that file.
  static std::expected<std::unique_ptr<OpensslTls>, std::string> make(const std::string& trusted_file);
  OpensslTls(const OpensslTls&) = delete;
  OpensslTls& operator=(const OpensslTls&) = delete;
  ~OpensslTls();

  std::unique_ptr<TlsSession> connect(std::string_view host) override;

 private:
  struct Context;
  explicit OpensslTls(std::unique_ptr<Context> context);
  std::unique_ptr<Context> context_;
};

}  // namespace swarmlab::runtime
