#include "runtime/asio/asio_runtime.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

#include "runtime/asio/asio_file_system.hpp"
#include "runtime/asio/asio_network.hpp"
#include "runtime/asio/asio_timers.hpp"
#include "runtime/asio/event_loop.hpp"
#include "runtime/hashing/hash_pipeline.hpp"

namespace swarmlab::runtime {
namespace {

std::uint64_t drawn_seed() {
  std::uint64_t seed = 0;
  while (::getrandom(&seed, sizeof(seed), 0) != static_cast<ssize_t>(sizeof(seed))) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return seed;
}

std::size_t hash_threads(const AsioRuntime::Options& options) {
  if (options.hash_threads > 0) return options.hash_threads;
  return std::max(1U, std::thread::hardware_concurrency());
}

class LoopCompletions final : public Completions {
 public:
  explicit LoopCompletions(EventLoop& loop) : loop_(loop) {}
  void post(std::function<void()> deliver) override { loop_.post(std::move(deliver)); }

 private:
  EventLoop& loop_;
};

}  // namespace

struct AsioRuntime::Parts {
  Parts(std::unique_ptr<EventLoop> made, EventLoop& used, const Options& options)
      : own_loop(std::move(made)), loop(used),
        workers(loop, {.threads = options.file_threads, .queue_bound = options.file_queue}),
        files(workers, buffers, options.root), network(loop, workers, buffers, files), timers(loop),
        completions(loop), hasher(hash_threads(options), files, completions),
        random(options.seed ? *options.seed : drawn_seed()) {}
  // Workers refer to the other parts.
  ~Parts() { workers.stop(); }

  std::unique_ptr<EventLoop> own_loop;   // null where another runtime owns the loop
  EventLoop& loop;
  BufferPool buffers;
  ThreadPool workers;
  AsioFileSystem files;
  AsioNetwork network;
  AsioTimers timers;
  LoopCompletions completions;
  HashPipeline hasher;
  Random random;
};

AsioRuntime::AsioRuntime(const Options& options) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  auto loop = std::make_unique<EventLoop>();
  EventLoop& used = *loop;
  parts_ = std::make_unique<Parts>(std::move(loop), used, options);
}

AsioRuntime::AsioRuntime(AsioRuntime& host, const Options& options)
    : parts_(std::make_unique<Parts>(nullptr, host.parts_->loop, options)) {}

AsioRuntime::~AsioRuntime() = default;

Outside AsioRuntime::outside() {
  return {parts_->loop, parts_->timers, parts_->network, parts_->files, parts_->hasher, parts_->random};
}

void AsioRuntime::run() { parts_->loop.run(); }
void AsioRuntime::stop() { parts_->loop.stop(); }
bool AsioRuntime::run_one(Duration limit) { return parts_->loop.run_one(limit); }
void AsioRuntime::post(std::function<void()> function) { parts_->loop.post(std::move(function)); }
void AsioRuntime::on_signal(std::function<void(int)> handler) { parts_->loop.on_signal(std::move(handler)); }
std::size_t AsioRuntime::file_backlog() const { return parts_->files.backlog(); }

}  // namespace swarmlab::runtime
