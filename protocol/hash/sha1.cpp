// The EVP interface of OpenSSL 3 allocates a context per digest, and its one-shot form looks the
// algorithm up by name each time; both cost more than hashing a short message.  The low-level calls
// keep their state where we say and pick the same instructions of the processor.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "protocol/hash/sha1.hpp"

#include <openssl/sha.h>

#include <new>
#include <type_traits>

namespace swarmlab::protocol {

Sha1::Sha1() {
  static_assert(sizeof(SHA_CTX) == kStateBytes && alignof(SHA_CTX) <= 8);
  static_assert(std::is_trivially_copyable_v<SHA_CTX> && std::is_trivially_destructible_v<SHA_CTX>);
  SHA1_Init(::new (state_.data()) SHA_CTX);
}

void Sha1::update(Bytes data) {
  SHA1_Update(std::launder(reinterpret_cast<SHA_CTX*>(state_.data())), data.data(), data.size());
}

Sha1Digest Sha1::finish() {
  auto* const context = std::launder(reinterpret_cast<SHA_CTX*>(state_.data()));
  Sha1Digest digest;
  SHA1_Final(reinterpret_cast<unsigned char*>(digest.bytes.data()), context);
  SHA1_Init(context);
  return digest;
}

Sha1Digest sha1(Bytes data) {
  Sha1 hash;
  hash.update(data);
  return hash.finish();
}

}  // namespace swarmlab::protocol
