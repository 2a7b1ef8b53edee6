// Mount in a build without libfuse3: says what is missing.
#include "client/mount/mount.hpp"

namespace swarmlab::client {

struct Mount::State {};

bool Mount::is_supported() { return false; }

std::expected<std::unique_ptr<Mount>, std::string> Mount::at(const std::string&, control::Tree&, Post) {
  return std::unexpected("this btclient was built without libfuse3: install libfuse3-dev and build again");
}

Mount::Mount(std::shared_ptr<State> state) : state_(std::move(state)) {}
Mount::~Mount() = default;

}  // namespace swarmlab::client
