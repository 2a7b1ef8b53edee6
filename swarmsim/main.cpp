#include <unistd.h>

#include <exception>
#include <iostream>
#include <memory>
#include <utility>

#include "runtime/asio/asio_runtime.hpp"
#include "swarmsim/huge_heap.hpp"
#include "swarmsim/program.hpp"
#include "swarmsim/report/exit_status.hpp"

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

}  // namespace

int main(int argc, char** argv) {
  using namespace swarmlab::swarmsim;
  back_heap_with_huge_pages();
  try {
    Env env{{argv + 1, argv + argc}, std::cout, std::cerr, isatty(1) == 1, isatty(2) == 1,
            [] { return std::make_unique<AsioWorld>(); }};
    return run_program(env);
  } catch (const std::exception& error) {
    std::cerr << "swarmsim: " << error.what() << '\n';
    return static_cast<int>(ExitStatus::environment);
  }
}
