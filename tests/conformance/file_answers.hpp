// Files as the suites use them: each call starts one operation and runs the world until it is answered.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/conformance/world.hpp"

namespace swarmlab::conformance {

struct Answer {
  runtime::FileError error = runtime::FileError::none;
  runtime::FileId file;
  ByteCount bytes;
  std::vector<std::byte> data;
  runtime::FileStatus status;
  std::vector<runtime::DirectoryEntry> entries;
};

class Disk : public runtime::FileHandler {
 public:
  Disk(World& world, Side side) : world_(world), files_(world.at(side).files) {}
  ~Disk() { files_.forget(*this); }

  void on_file(const runtime::FileResult& result) override {
    EXPECT_FALSE(is_in_call_);
    EXPECT_FALSE(answers.contains(result.tag)) << "answered twice";
    Answer& answer = answers[result.tag];
    answer = {result.error, result.file, result.bytes, {}, result.status,
              {result.entries.begin(), result.entries.end()}};
    for (const runtime::Slice& slice : result.data) {
      answer.data.insert(answer.data.end(), slice.bytes().begin(), slice.bytes().end());
    }
  }

  // Starts what `start(files, tag)` starts and waits for its answer.
  template <class Start>
  Answer ask(Start&& start) {
    const runtime::Tag tag = next_tag++;
    is_in_call_ = true;
    start(files_, tag);
    is_in_call_ = false;
    EXPECT_TRUE(world_.run_until([&] { return answers.contains(tag); })) << "no answer";
    return answers[tag];
  }

  Answer try_open(std::string_view path, runtime::OpenMode mode) {
    return ask([&](auto& files, auto tag) { files.open(path, mode, *this, tag); });
  }
  runtime::FileId open(std::string_view path, runtime::OpenMode mode = runtime::OpenMode::create) {
    const Answer answer = try_open(path, mode);
    EXPECT_EQ(answer.error, runtime::FileError::none) << path;
    return answer.file;
  }
  Answer read(runtime::FileId file, std::int64_t offset, std::int64_t length) {
    return ask([&](auto& files, auto tag) {
      files.read(file, ByteCount(offset), ByteCount(length), *this, tag);
    });
  }
  Answer write(runtime::FileId file, std::int64_t offset, const std::vector<runtime::Slice>& data) {
    return ask([&](auto& files, auto tag) { files.write(file, ByteCount(offset), data, *this, tag); });
  }
  Answer write(runtime::FileId file, std::int64_t offset, std::string_view text) {
    return write(file, offset, {runtime::Slice::copy_of(as_bytes(text))});
  }
  Answer truncate(runtime::FileId file, std::int64_t size) {
    return ask([&](auto& files, auto tag) { files.truncate(file, ByteCount(size), *this, tag); });
  }
  Answer allocate(runtime::FileId file, std::int64_t size) {
    return ask([&](auto& files, auto tag) { files.allocate(file, ByteCount(size), *this, tag); });
  }
  Answer sync(runtime::FileId file) {
    return ask([&](auto& files, auto tag) { files.sync(file, *this, tag); });
  }
  Answer make_directories(std::string_view path) {
    return ask([&](auto& files, auto tag) { files.make_directories(path, *this, tag); });
  }
  Answer rename(std::string_view from, std::string_view to) {
    return ask([&](auto& files, auto tag) { files.rename(from, to, *this, tag); });
  }
  Answer remove(std::string_view path) {
    return ask([&](auto& files, auto tag) { files.remove(path, *this, tag); });
  }
  Answer stat(std::string_view path) {
    return ask([&](auto& files, auto tag) { files.stat(path, *this, tag); });
  }
  Answer list(std::string_view path) {
    return ask([&](auto& files, auto tag) { files.list(path, *this, tag); });
  }
  Answer sync_directory(std::string_view path) {
    return ask([&](auto& files, auto tag) { files.sync_directory(path, *this, tag); });
  }
  Answer free_space(std::string_view path) {
    return ask([&](auto& files, auto tag) { files.free_space(path, *this, tag); });
  }

  std::string text(runtime::FileId file) {
    const Answer answer = read(file, 0, 1 << 20);
    return std::string(as_text(answer.data));
  }
  // Makes a file with that content and closes it.
  void make(std::string_view path, std::string_view content) {
    const runtime::FileId file = open(path);
    EXPECT_EQ(write(file, 0, content).error, runtime::FileError::none);
    files_.close(file);
  }

  std::map<runtime::Tag, Answer> answers;
  runtime::Tag next_tag = 1;

 private:
  World& world_;
  runtime::FileSystem& files_;
  bool is_in_call_ = false;
};

}  // namespace swarmlab::conformance
