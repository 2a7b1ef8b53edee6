#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "runtime/asio/asio_runtime.hpp"
#include "swarmsim/huge_heap.hpp"
#include "swarmsim/program.hpp"

namespace {

// Not seeded: two peers of one seed must not have one peer id.
class AsioWorld final : public swarmlab::swarmsim::RealWorld {
 public:
  swarmlab::runtime::Outside outside() override { return world_.outside(); }
  void run() override { world_.run(); }
  void stop() override { world_.stop(); }
  void on_signal(std::function<void()> handler) override {
    world_.on_signal([handler = std::move(handler)](int) { handler(); });
  }

 private:
  swarmlab::runtime::AsioRuntime world_{{}};
};

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace swarmlab::swarmsim;
  back_heap_with_huge_pages();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    Env env{arguments, std::cout, std::cerr, isatty(1) == 1, isatty(2) == 1, [] { return std::make_unique<AsioWorld>(); },
            {variable("GITHUB_ACTIONS") == "true", variable("GITHUB_WORKSPACE"), variable("GITHUB_STEP_SUMMARY")}};
    std::error_code error;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    env.programs = {self.string(), (self.parent_path() / "bttracker").string(), variable("PATH")};
    return run_program(env);
  } catch (const std::exception& error) {
    std::cerr << "swarmsim: " << error.what() << '\n';
    return status_after_exception(arguments);
  }
}
