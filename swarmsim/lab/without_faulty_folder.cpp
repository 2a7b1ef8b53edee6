// FaultyFolder of a build without libfuse3.
#include "swarmsim/lab/faulty_folder.hpp"

namespace swarmlab::swarmsim {

struct FaultyFolder::State {};

std::string FaultyFolder::why_unavailable() {
  return "faulty storage takes FUSE, and this swarmsim was built without libfuse3 (Debian's package libfuse3-dev)";
}

std::expected<std::unique_ptr<FaultyFolder>, std::string> FaultyFolder::mount(const std::filesystem::path&, const std::filesystem::path&,
                                                                              runtime::Random) {
  return std::unexpected(why_unavailable());
}

FaultyFolder::FaultyFolder(std::unique_ptr<State> state) : state_(std::move(state)) {}
FaultyFolder::~FaultyFolder() = default;
void FaultyFolder::set(const StorageFaults&) {}
StorageFaults FaultyFolder::faults() const { return {}; }
std::uint64_t FaultyFolder::bites() const { return 0; }

}  // namespace swarmlab::swarmsim
