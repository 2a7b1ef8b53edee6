// Runs a fuzz target over its committed corpus where libFuzzer is not linked: each file of the
// given folder, and of a file of up to 4 KiB every beginning, since input that is cut is what
// decoders meet most.  An empty or missing folder is a failure: a test that looks at nothing shows
// nothing.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kCutUpTo = 4096;

std::size_t replay(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const std::size_t shortest = content.size() <= kCutUpTo ? 0 : content.size();
  for (std::size_t size = shortest; size <= content.size(); ++size) {
    // A copy of exactly this size, so that a sanitizer sees reads past the end.
    const std::vector<std::uint8_t> bytes(content.begin(),
                                          content.begin() + static_cast<std::ptrdiff_t>(size));
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  return content.size() - shortest + 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
    return 2;
  }
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1], error)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  if (files.empty()) {
    std::fprintf(stderr, "%s: no files%s%s\n", argv[1], error ? ": " : "",
                 error ? error.message().c_str() : "");
    return 1;
  }
  std::sort(files.begin(), files.end());
  std::size_t inputs = 0;
  for (const auto& file : files) inputs += replay(file);
  std::printf("%zu inputs\n", inputs);
  return 0;
}
