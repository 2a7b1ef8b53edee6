#include "client/resume_record.hpp"

#include <gtest/gtest.h>

#include "protocol/bencode.hpp"
#include "protocol/hash/sha1.hpp"

namespace swarmlab::client {
namespace {

using runtime::FileStatus;

// Ten pieces of 1000 bytes in three files: "a" of 3500 bytes, a pad of 500, "b" of 6000.
struct Recorded {
  Recorded() {
    metainfo.info_hash.bytes.fill(std::byte{7});
    metainfo.geometry = protocol::PieceGeometry(10000_B, 1000_B);
    metainfo.files.push_back({{"a"}, 3500_B, 0_B, false});
    metainfo.files.push_back({{"pad"}, 500_B, 3500_B, true});
    metainfo.files.push_back({{"b"}, 6000_B, 4000_B, false});
    claims.record.info_hash = metainfo.info_hash;
    claims.record.pieces = protocol::Bitfield(10);
    claims.record.pieces.set_all();
    claims.record.files = {ResumeRecord::File{3500_B, 1'000}, std::nullopt, ResumeRecord::File{6000_B, 2'000}};
    claims.record.is_final = true;
    claims.record.lease = 40s;
    claims.written_ns = 5'000;
    disk = {FileStatus{FileStatus::Kind::file, 3500_B, 3500_B, 1'000}, std::nullopt,
            FileStatus{FileStatus::Kind::file, 6000_B, 6000_B, 2'000}};
  }
  std::string trusted() const {
    const protocol::Bitfield bits = trusted_pieces(claims, metainfo, [&](std::size_t file) { return disk[file]; });
    std::string picture;
    for (PieceIndex piece; piece.value() < bits.size(); ++piece) picture += bits.test(piece) ? '#' : '.';
    return picture;
  }
  std::string refusal(const std::vector<std::byte>& bytes) const {
    const auto decoded = decode_resume_record(bytes, metainfo);
    return decoded ? "" : decoded.error();
  }
  static constexpr std::int64_t kSecond = 1'000'000'000;
  protocol::Metainfo metainfo;
  ResumeClaims claims;
  std::vector<std::optional<FileStatus>> disk;
};

TEST(ResumeRecord, IsReadAsItWasWritten) {
  const Recorded recorded;
  const auto read = decode_resume_record(encode(recorded.claims.record), recorded.metainfo);
  ASSERT_TRUE(read.has_value()) << read.error();
  EXPECT_EQ(*read, recorded.claims.record);
}

TEST(ResumeRecord, EveryFlippedBitIsNoticed) {
  const Recorded recorded;
  const std::vector<std::byte> good = encode(recorded.claims.record);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::vector<std::byte> bad = good;
    bad[i] ^= std::byte{0x10};
    EXPECT_NE(recorded.refusal(bad), "") << "byte " << i;
  }
}

TEST(ResumeRecord, IsRefusedAtEveryLengthButItsOwn) {
  const Recorded recorded;
  const std::vector<std::byte> good = encode(recorded.claims.record);
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_NE(recorded.refusal({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)}), "") << length;
  }
}

TEST(ResumeRecord, AnotherTorrentsIsNotBelieved) {
  Recorded recorded;
  const std::vector<std::byte> theirs = encode(recorded.claims.record);
  recorded.metainfo.info_hash.bytes.fill(std::byte{8});
  EXPECT_EQ(recorded.refusal(theirs), "is another torrent's");
}

TEST(ResumeRecord, ALaterVersionIsNotGuessedAt) {
  const Recorded recorded;
  const std::string body = "de";
  protocol::bencode::Writer out;
  out.begin_dictionary();
  out.key("checksum").string(protocol::sha1(as_bytes(body)).view());
  out.key("format").string("swarmlab resume");
  out.key("record").string(body);
  out.key("version").integer(2);
  out.end();
  EXPECT_EQ(recorded.refusal(out.take()), "is of another version of this program");
}

TEST(ResumeRecord, FinalOneIsBelievedWhereNothingMoved) {
  EXPECT_EQ(Recorded().trusted(), "##########");
}

TEST(ResumeRecord, FinalOneLosesThePiecesOfAFileThatWasTouched) {
  Recorded recorded;
  recorded.disk[0]->modified_ns += 1;
  EXPECT_EQ(recorded.trusted(), "....######");
}

TEST(ResumeRecord, FinalOneLosesThePiecesOfAFileThatGrew) {
  Recorded recorded;
  recorded.disk[2]->size += 1_B;
  EXPECT_EQ(recorded.trusted(), "####......");
}

TEST(ResumeRecord, AFileThatIsGoneTakesItsPiecesAlong) {
  Recorded recorded;
  recorded.disk[2].reset();
  EXPECT_EQ(recorded.trusted(), "####......");
}

TEST(ResumeRecord, OpenOneBelievesAFileThatOurOwnWritesMoved) {
  Recorded recorded;
  recorded.claims.record.is_final = false;
  recorded.disk[0]->modified_ns = recorded.claims.written_ns + 40 * Recorded::kSecond;
  EXPECT_EQ(recorded.trusted(), "##########");
}

TEST(ResumeRecord, OpenOneDoesNotBelieveWhatMovedAfterItsLease) {
  Recorded recorded;
  recorded.claims.record.is_final = false;
  recorded.disk[0]->modified_ns = recorded.claims.written_ns + 40 * Recorded::kSecond + 1;
  EXPECT_EQ(recorded.trusted(), "....######");
}

TEST(ResumeRecord, OpenOneDoesNotBelieveAFileFromBefore) {
  Recorded recorded;   // restored from elsewhere, say
  recorded.claims.record.is_final = false;
  recorded.disk[2]->modified_ns -= 1;
  EXPECT_EQ(recorded.trusted(), "####......");
}

TEST(ResumeRecord, OpenOneDoesNotBelieveAFileThatShrank) {
  Recorded recorded;
  recorded.claims.record.is_final = false;
  recorded.disk[2]->size -= 1_B;
  EXPECT_EQ(recorded.trusted(), "####......");
}

TEST(ResumeRecord, FilesThatCouldHaveChangedNamesUnseenAreNotBelieved) {   // bug B51
  Recorded recorded;
  recorded.claims.record.files[2] = recorded.claims.record.files[0];
  recorded.disk[2] = recorded.disk[0];
  EXPECT_EQ(recorded.trusted(), "..........") << "two files of one size, written in the same tick";
  recorded.claims.record.files[2]->modified_ns += 1;
  recorded.disk[2]->modified_ns += 1;
  EXPECT_EQ(recorded.trusted(), "##########") << "now a change of names would show";
}

}  // namespace
}  // namespace swarmlab::client
