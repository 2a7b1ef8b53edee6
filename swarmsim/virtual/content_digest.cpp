#include "swarmsim/virtual/content_digest.hpp"

#include <algorithm>
#include <array>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {
namespace {

// One record's bytes; the longest has 41.
class Record {
 public:
  explicit Record(char kind) { put(static_cast<std::uint8_t>(kind)); }
  template <class Number>
  void put(Number number) {
    for (std::size_t i = sizeof(Number); i-- > 0;) {
      bytes_[size_++] = static_cast<std::byte>((number >> (8 * i)) & 0xff);
    }
  }
  void put(const Sha1Digest& digest) {
    for (const std::byte b : digest.bytes) bytes_[size_++] = b;
  }
  Bytes view() const { return Bytes(bytes_).first(size_); }

 private:
  std::array<std::byte, 48> bytes_;
  std::size_t size_ = 0;
};

}  // namespace

Sha1Digest content_identity(std::string_view text) { return protocol::sha1(as_bytes(text)); }

runtime::ContentId ContentTable::add(std::string_view identity) {
  const Sha1Digest digest = content_identity(identity);
  SWARM_ASSERT(std::ranges::find(identities_, digest) == identities_.end(), identity);
  identities_.push_back(digest);
  return runtime::ContentId(static_cast<std::uint32_t>(identities_.size() - 1));
}

const Sha1Digest& ContentTable::identity(runtime::ContentId content) const {
  SWARM_ASSERT(content.value() < identities_.size(), content);
  return identities_[content.value()];
}

void ContentDigest::append(const ContentTable& contents, const runtime::Slice& slice) {
  switch (slice.kind()) {
    case runtime::Slice::Kind::empty: return;
    case runtime::Slice::Kind::bytes:
      end_symbolic();
      bytes_.update(slice.bytes());
      bytes_length_ += slice.size();
      return;
    case runtime::Slice::Kind::symbolic:
      append_symbolic(contents.identity(slice.content()), static_cast<std::uint64_t>(slice.offset().value()),
                      slice.size(), slice.spoiler().value());
      return;
    case runtime::Slice::Kind::file: break;
  }
  SWARM_ASSERT(slice.kind() != runtime::Slice::Kind::file);
}

void ContentDigest::append_symbolic(const Sha1Digest& identity, std::uint64_t offset, std::uint64_t length,
                                    std::uint32_t spoiler) {
  if (length == 0) return;
  end_bytes();
  has_symbolic_ = true;
  if (run_.length > 0 && run_.spoiler == spoiler && run_.offset + run_.length == offset &&
      run_.identity == identity) {
    run_.length += length;
    return;
  }
  end_symbolic();
  run_ = {.identity = identity, .offset = offset, .length = length, .spoiler = spoiler};
}

void ContentDigest::end_bytes() {
  if (bytes_length_ == 0) return;
  Record record('b');
  record.put(bytes_length_);
  record.put(bytes_.finish());
  records_.update(record.view());
  bytes_length_ = 0;
}

void ContentDigest::end_symbolic() {
  if (run_.length == 0) return;
  Record record('s');
  record.put(run_.identity);
  record.put(run_.offset);
  record.put(run_.length);
  record.put(run_.spoiler);
  records_.update(record.view());
  run_.length = 0;
}

Sha1Digest ContentDigest::finish() {
  if (!has_symbolic_) return bytes_.finish();
  end_bytes();
  end_symbolic();
  has_symbolic_ = false;
  return records_.finish();
}

}  // namespace swarmlab::swarmsim
