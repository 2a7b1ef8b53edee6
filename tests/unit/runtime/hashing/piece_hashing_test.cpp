#include "runtime/hashing/piece_hashing.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "protocol/hash/sha1.hpp"

namespace swarmlab::runtime {
namespace {

class PieceHashingTest : public testing::Test {
 protected:
  PieceHashingTest() {
    std::string name = (std::filesystem::temp_directory_path() / "swarmlab.XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~PieceHashingTest() override { std::filesystem::remove_all(directory_); }

  HashedFile make(std::size_t size) {
    const std::string path = (directory_ / std::to_string(next_++)).string();
    std::string content(size, 0);
    for (char& c : content) c = next_byte();
    std::ofstream(path, std::ios::binary) << content;
    all_ += content;
    return {path, ByteCount::from_size(size)};
  }
  char next_byte() {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<char>(state_ >> 24);
  }
  std::vector<Sha1Digest> expected(std::size_t piece) const {
    std::vector<Sha1Digest> digests;
    for (std::size_t at = 0; at < all_.size(); at += piece) {
      digests.push_back(protocol::sha1(as_bytes(std::string_view(all_).substr(at, piece))));
    }
    return digests;
  }

  std::filesystem::path directory_;
  std::string all_;
  int next_ = 0;
  unsigned state_ = 1;
};

TEST_F(PieceHashingTest, HashesPiecesAcrossFilesOfAllSizes) {
  std::vector<HashedFile> files;
  for (const std::size_t size : {0U, 1U, 100'000U, 16'384U, 0U, 0U, 5U, 70'000U, 65'536U, 0U}) files.push_back(make(size));
  ByteCount last_seen;
  const auto hashes = hash_file_pieces(files, {.piece_length = 16_KiB, .threads = 3, .progress = [&](ByteCount done) {
                                                 EXPECT_GT(done, last_seen);
                                                 last_seen = done;
                                               }});
  ASSERT_TRUE(hashes);
  EXPECT_EQ(hashes->pieces, expected(16384));
  EXPECT_EQ(last_seen, ByteCount::from_size(all_.size()));
}

TEST_F(PieceHashingTest, HasNoPiecesWhereThereAreNoBytes) {
  const std::vector<HashedFile> files = {make(0)};
  const auto hashes = hash_file_pieces(files, {.piece_length = 16_KiB});
  ASSERT_TRUE(hashes);
  EXPECT_TRUE(hashes->pieces.empty());
}

TEST_F(PieceHashingTest, NamesTheFileThatCannotBeRead) {
  std::vector<HashedFile> files = {make(40'000), {(directory_ / "missing").string(), 10_B}, make(10)};
  const auto missing = hash_file_pieces(files, {.piece_length = 16_KiB});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().file, 1U);
  EXPECT_EQ(missing.error().error, FileError::not_found);

  files = {make(40'000), make(10)};
  files[1].length = 20_B;
  const auto shorter = hash_file_pieces(files, {.piece_length = 16_KiB});
  ASSERT_FALSE(shorter);
  EXPECT_EQ(shorter.error().file, 1U);
  EXPECT_EQ(shorter.error().error, FileError::input_output);
}

TEST_F(PieceHashingTest, GoesOnAfterErrorsWhereWanted) {
  std::vector<HashedFile> files = {make(16'384 * 3), make(16'384), make(16'384)};
  std::filesystem::remove(files[1].path);
  const auto hashes = hash_file_pieces(files, {.piece_length = 16_KiB, .goes_on_after_errors = true});
  ASSERT_TRUE(hashes);
  EXPECT_EQ(hashes->unreadable, std::vector<std::size_t>{3});
  const auto digests = expected(16'384);
  EXPECT_EQ(hashes->pieces[2], digests[2]);
  EXPECT_EQ(hashes->pieces[3], Sha1Digest{});
  EXPECT_EQ(hashes->pieces[4], digests[4]);
}

}  // namespace
}  // namespace swarmlab::runtime
