#include <chrono>
#include <exception>
#include <iostream>

#include "runtime/asio/asio_runtime.hpp"
#include "tracker/env.hpp"

int main(int argc, char** argv) {
  using namespace swarmlab;
  try {
    // A tracker neither hashes nor touches files once it runs.
    runtime::AsioRuntime::Options options;
    options.file_threads = 1;
    options.hash_threads = 1;
    runtime::AsioRuntime world(options);
    world.on_signal([&world](int) { world.stop(); });
    tracker::Env env{{argv + 1, argv + argc}, std::cout, std::cerr, world.outside(), [&world] { world.run(); },
                     std::chrono::system_clock::now().time_since_epoch() - world.outside().clock.now().time_since_epoch()};
    return tracker::run(env);
  } catch (const std::exception& error) {
    std::cerr << "bttracker: " << error.what() << '\n';
    return tracker::kEnvironment;
  }
}
