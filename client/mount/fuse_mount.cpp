// Mount over libfuse3's high-level interface.
#define FUSE_USE_VERSION 35
#include "client/mount/mount.hpp"

#include <fuse.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace swarmlab::client {
namespace {

using control::NodeKind;
using control::Tree;
using control::TreeError;
using control::TreePath;

// The engine answers between two events; this long only if it is stuck.
constexpr std::chrono::seconds kPatience{10};
// To end the file system's threads takes one answer of the kernel.
constexpr std::chrono::seconds kFarewell{2};

int error_number(const TreeError& error) {
  switch (error.kind) {
    case TreeError::Kind::not_found: return -ENOENT;
    case TreeError::Kind::wrong_kind: return -EACCES;
    case TreeError::Kind::bad_command: return -EINVAL;
    case TreeError::Kind::refused: return -EPERM;
  }
  return -EIO;
}

// Lines on their way from the engine's thread to a reader's.
class Follower final : public control::TreeListener {
 public:
  bool on_line(std::string_view line) override {
    const std::lock_guard lock(mutex_);
    if (text_.size() + line.size() > Mount::kMaxBacklog) has_ended_ = true;
    if (has_ended_) return changed_.notify_all(), false;
    text_.append(line) += '\n';
    changed_.notify_all();
    return true;
  }
  void on_end() override { end(); }
  void end() {
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
    changed_.notify_all();
  }
  // Waits for something to read; 0 at the end.
  int take(char* into, std::size_t most) {
    std::unique_lock lock(mutex_);
    while (text_.empty() && !has_ended_) {
      // The kernel tells of a killed reader only when asked.
      changed_.wait_for(lock, std::chrono::milliseconds(500));
      if (fuse_interrupted() != 0) return -EINTR;
    }
    const std::size_t count = std::min(most, text_.size());
    std::memcpy(into, text_.data(), count);
    text_.erase(0, count);
    return static_cast<int>(count);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  bool has_ended_ = false;
};

// What one open of a file holds.
struct Opened {
  std::string text;
  std::shared_ptr<Follower> follower;
};

}  // namespace

struct Mount::State : std::enable_shared_from_this<Mount::State> {
  State(Tree& given, Post way) : tree(given), post(std::move(way)) {}

  // What `question` answers on the engine's thread; nullopt when the engine does not answer any more.
  template <class Question>
  auto ask(Question question) {
    using Answer = decltype(question(tree));
    struct Desk { std::optional<Answer> answer; };
    const auto desk = std::make_shared<Desk>();
    const auto self = shared_from_this();
    post([self, desk, question = std::move(question)] {
      const std::lock_guard lock(self->mutex);
      if (!self->is_closing) desk->answer.emplace(question(self->tree));
      self->answered.notify_all();
    });
    std::unique_lock lock(mutex);
    answered.wait_for(lock, kPatience, [&] { return desk->answer.has_value() || is_closing; });
    return std::exchange(desk->answer, std::nullopt);
  }

  Tree& tree;
  Post post;
  std::mutex mutex;                     // of the following, and of what lies on desks
  std::condition_variable answered;
  bool is_closing = false;
  bool has_ended = false;               // the file system's threads
  std::vector<std::shared_ptr<Follower>> followers;
  fuse* mounted = nullptr;
  std::thread thread;
};

namespace {

Mount::State& state() { return *static_cast<Mount::State*>(fuse_get_context()->private_data); }
Opened& opened(fuse_file_info* info) { return *reinterpret_cast<Opened*>(info->fh); }

void* begin(fuse_conn_info*, fuse_config* config) {
  // Peers come and go: nothing is remembered by the kernel.
  config->attr_timeout = 0;
  config->entry_timeout = 0;
  config->negative_timeout = 0;
  return fuse_get_context()->private_data;
}

int get_attributes(const char* path, struct stat* status, fuse_file_info*) {
  const auto found = state().ask([name = std::string(path)](Tree& tree) { return tree.find(name); });
  if (!found) return -EIO;
  if (!*found) return error_number(found->error());
  *status = {};
  status->st_uid = ::getuid();
  status->st_gid = ::getgid();
  const NodeKind kind = kind_of((*found)->node);
  status->st_nlink = kind == NodeKind::directory ? 2 : 1;
  switch (kind) {
    case NodeKind::directory: status->st_mode = S_IFDIR | 0500; break;
    case NodeKind::control: status->st_mode = S_IFREG | 0600; break;
    case NodeKind::text:
    case NodeKind::stream: status->st_mode = S_IFREG | 0400; break;
  }
  return 0;
}

int list(const char* path, void* buffer, fuse_fill_dir_t fill, off_t, fuse_file_info*, fuse_readdir_flags) {
  using Entries = Tree::Result<std::vector<Tree::Entry>>;
  const auto entries = state().ask([name = std::string(path)](Tree& tree) -> Entries {
    const auto found = tree.find(name);
    if (!found) return std::unexpected(found.error());
    return tree.list(*found);
  });
  if (!entries) return -EIO;
  if (!*entries) return error_number(entries->error());
  for (const char* name : {".", ".."}) fill(buffer, name, nullptr, 0, fuse_fill_dir_flags{});
  for (const Tree::Entry& entry : **entries) fill(buffer, entry.name.c_str(), nullptr, 0, fuse_fill_dir_flags{});
  return 0;
}

int open_file(const char* path, fuse_file_info* info) {
  Mount::State& mount = state();
  auto file = std::make_unique<Opened>();
  auto follower = std::make_shared<Follower>();
  const bool is_for_reading = (info->flags & O_ACCMODE) != O_WRONLY;
  using Begun = Tree::Result<std::pair<NodeKind, std::string>>;
  const auto begun = mount.ask([&mount, name = std::string(path), follower, is_for_reading](Tree& tree) -> Begun {
    const auto found = tree.find(name);
    if (!found) return std::unexpected(found.error());
    const NodeKind kind = kind_of(found->node);
    if (kind == NodeKind::stream) {
      if (mount.followers.size() >= Mount::kMaxFollowers) {
        return std::unexpected(TreeError{TreeError::Kind::refused, "too many follow events already"});
      }
      const auto lines = tree.follow(*found, *follower);
      if (!lines) return std::unexpected(lines.error());
      for (const std::string& line : *lines) {
        if (!follower->on_line(line)) break;
      }
      mount.followers.push_back(follower);
      return std::pair{kind, std::string()};
    }
    if (!is_for_reading) return std::pair{kind, std::string()};
    const auto text = tree.read(*found);
    if (!text) return std::unexpected(text.error());
    return std::pair{kind, *text};
  });
  if (!begun) return -EIO;
  if (!*begun) return error_number(begun->error());
  if ((*begun)->first == NodeKind::stream) file->follower = std::move(follower);
  file->text = (*begun)->second;
  // Sizes are not known beforehand, and each read is ours.
  info->direct_io = 1;
  if (file->follower != nullptr) info->nonseekable = 1;
  info->fh = reinterpret_cast<std::uint64_t>(file.release());
  return 0;
}

int read_file(const char*, char* into, std::size_t most, off_t offset, fuse_file_info* info) {
  const Opened& file = opened(info);
  if (file.follower != nullptr) return file.follower->take(into, most);
  const auto begin_at = static_cast<std::size_t>(offset);
  if (begin_at >= file.text.size()) return 0;
  const std::size_t count = std::min(most, file.text.size() - begin_at);
  std::memcpy(into, file.text.data() + begin_at, count);
  return static_cast<int>(count);
}

int write_file(const char* path, const char* from, std::size_t count, off_t, fuse_file_info*) {
  const auto done = state().ask([name = std::string(path), text = std::string(from, count)](Tree& tree) -> Tree::Result<std::string> {
    const auto found = tree.find(name);
    if (!found) return std::unexpected(found.error());
    return tree.write(*found, text);
  });
  if (!done) return -EIO;
  if (!*done) return error_number(done->error());
  return static_cast<int>(count);
}

// "> ctl" empties a file first, which for a control means nothing.
int cut(const char*, off_t, fuse_file_info*) { return 0; }

int release_file(const char*, fuse_file_info* info) {
  const std::unique_ptr<Opened> file(&opened(info));
  if (file->follower == nullptr) return 0;
  Mount::State& mount = state();
  static_cast<void>(mount.ask([&mount, follower = file->follower](Tree& tree) {
    tree.unfollow(*follower);
    return std::erase(mount.followers, follower);
  }));
  return 0;
}

fuse_operations operations() {
  fuse_operations calls{};
  calls.init = begin;
  calls.getattr = get_attributes;
  calls.readdir = list;
  calls.open = open_file;
  calls.read = read_file;
  calls.write = write_file;
  calls.truncate = cut;
  calls.release = release_file;
  return calls;
}

}  // namespace

bool Mount::is_supported() { return true; }

std::expected<std::unique_ptr<Mount>, std::string> Mount::at(const std::string& directory, control::Tree& tree, Post post) {
  struct stat status{};
  if (::stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return std::unexpected(directory + ": is no folder; make it first");
  }
  const auto state = std::make_shared<State>(tree, std::move(post));
  std::string program = "btclient", option = "-o", value = "auto_unmount,fsname=btclient,subtype=btclient";
  char* words[] = {program.data(), option.data(), value.data(), nullptr};
  fuse_args arguments{3, words, 0};
  const fuse_operations calls = operations();
  state->mounted = fuse_new(&arguments, &calls, sizeof calls, state.get());
  if (state->mounted == nullptr) return std::unexpected(directory + ": cannot be mounted; libfuse has said why");
  if (fuse_mount(state->mounted, directory.c_str()) != 0) {
    fuse_destroy(state->mounted);
    return std::unexpected(directory + ": cannot be mounted; libfuse has said why (is there /dev/fuse, and fusermount3?)");
  }
  // Signals are for the engine's thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  state->thread = std::thread([state] {
    fuse_loop_config config{};
    config.clone_fd = 0;
    config.max_idle_threads = 4;
    fuse_loop_mt(state->mounted, &config);
    const std::lock_guard lock(state->mutex);
    state->has_ended = true;
    state->answered.notify_all();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return std::unique_ptr<Mount>(new Mount(state));
}

Mount::Mount(std::shared_ptr<State> state) : state_(std::move(state)) {}

Mount::~Mount() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_closing = true;
    for (const auto& follower : state_->followers) {
      state_->tree.unfollow(*follower);
      follower->end();
    }
    state_->answered.notify_all();
  }
  fuse_exit(state_->mounted);
  fuse_unmount(state_->mounted);
  std::unique_lock lock(state_->mutex);
  if (!state_->answered.wait_for(lock, kFarewell, [&] { return state_->has_ended; })) {
    // A request of the kernel is stuck.  It is unmounted, and nothing of the tree can be reached: nobody shall wait for that.
    state_->thread.detach();
    return;
  }
  lock.unlock();
  state_->thread.join();
  fuse_destroy(state_->mounted);
}

}  // namespace swarmlab::client
