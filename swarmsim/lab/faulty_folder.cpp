// FaultyFolder over libfuse3's high-level interface.
#define FUSE_USE_VERSION 35
#include "swarmsim/lab/faulty_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fuse.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "swarmsim/virtual/faulty_storage.hpp"

namespace swarmlab::swarmsim {

namespace fs = std::filesystem;

struct FaultyFolder::State {
  State(fs::path behind, fs::path place, runtime::Random chance)
      : backing(std::move(behind)), folder(std::move(place)), storage(std::move(chance)) {}

  const fs::path backing;
  const fs::path folder;                   // where it is mounted
  mutable std::mutex mutex;                // of the following
  std::condition_variable ending;          // wakes who is being slow
  bool is_ending = false;
  FaultyStorage storage;
  long generation = 0;                     // new whenever the kernel shall forget what it has read
  fuse* mounted = nullptr;
  std::thread thread;
};

namespace {

constexpr std::uint64_t kPage = 4096;              // what a file system in memory gives room by
constexpr std::uint64_t kBlock = 512;              // st_blocks, whatever the file system's own
constexpr long kGenerations = 1'000'000'000;       // nanoseconds of a time

FaultyFolder::State& state() { return *static_cast<FaultyFolder::State*>(fuse_get_context()->private_data); }
std::string real(const char* path) { return state().backing.string() + path; }
int result_of(int returned) { return returned < 0 ? -errno : returned; }
int descriptor(const fuse_file_info* info) { return static_cast<int>(info->fh); }

bool spoils_reads(const StorageFaults& faults) { return faults.refuses_reads() || faults.lies() || faults.slow > Duration{0}; }

// Takes as long as the storage does.
void dawdle() {
  FaultyFolder::State& folder = state();
  std::unique_lock lock(folder.mutex);
  folder.ending.wait_for(lock, folder.storage.delay(), [&] { return folder.is_ending; });
}

// Bytes that the files have room for, all together.
std::uint64_t used(const fs::path& folder) {
  std::uint64_t blocks = 0;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    struct stat status{};
    if (lstat(entry.path().c_str(), &status) == 0 && S_ISREG(status.st_mode)) blocks += static_cast<std::uint64_t>(status.st_blocks);
  }
  return blocks * kBlock;
}

// So much of a part of a file has no room yet.
std::uint64_t missing_room(int file, off_t offset, std::uint64_t length) {
  const off_t end = static_cast<off_t>((static_cast<std::uint64_t>(offset) + length + kPage - 1) / kPage * kPage);
  off_t missing = 0;
  for (off_t at = offset / static_cast<off_t>(kPage) * static_cast<off_t>(kPage); at < end;) {
    const off_t data = lseek(file, at, SEEK_DATA);
    if (data < 0 || data >= end) return static_cast<std::uint64_t>(missing + end - at);
    missing += data - at;
    at = std::min(lseek(file, data, SEEK_HOLE), end);
  }
  return static_cast<std::uint64_t>(missing);
}

bool has_no_room(FaultyFolder::State& folder, int file, off_t offset, std::uint64_t length) {
  const std::lock_guard lock(folder.mutex);
  const auto& full_at = folder.storage.faults().full_at;
  if (!full_at) return false;
  const std::uint64_t wanted = missing_room(file, offset, length);
  if (wanted == 0 || used(folder.backing) + wanted <= full_at->size()) return false;
  folder.storage.note_full();
  return true;
}

void* begin(fuse_conn_info*, fuse_config* config) {
  config->attr_timeout = 0;   // the kernel asks before each read whether the file is still the same
  config->entry_timeout = 0;
  config->negative_timeout = 0;
  config->use_ino = 1;
  config->hard_remove = 1;    // what is open needs no name
  config->nullpath_ok = 1;
  return fuse_get_context()->private_data;
}

int get_attributes(const char* path, struct stat* status, fuse_file_info* info) {
  const int got = info != nullptr ? fstat(descriptor(info), status) : lstat(real(path).c_str(), status);
  if (got != 0) return -errno;
  FaultyFolder::State& folder = state();
  const std::lock_guard lock(folder.mutex);
  // A file that has changed is read anew (FUSE_AUTO_INVAL_DATA); clients look at whole seconds.
  if (spoils_reads(folder.storage.faults())) ++folder.generation;
  status->st_mtim.tv_nsec = folder.generation % kGenerations;
  return 0;
}

int read_link(const char* path, char* into, std::size_t room) {
  const ssize_t length = readlink(real(path).c_str(), into, room - 1);
  if (length < 0) return -errno;
  into[length] = '\0';
  return 0;
}

// Who has a folder or file open is told no path: it may have none any more.
DIR* listed(const fuse_file_info* info) { return reinterpret_cast<DIR*>(info->fh); }

int open_folder(const char* path, fuse_file_info* info) {
  DIR* const folder = opendir(real(path).c_str());
  if (folder == nullptr) return -errno;
  info->fh = reinterpret_cast<std::uint64_t>(folder);
  return 0;
}

int list(const char*, void* buffer, fuse_fill_dir_t fill, off_t, fuse_file_info* info, fuse_readdir_flags) {
  rewinddir(listed(info));
  while (const dirent* entry = readdir(listed(info))) fill(buffer, entry->d_name, nullptr, 0, fuse_fill_dir_flags{});
  return 0;
}

int release_folder(const char*, fuse_file_info* info) { return result_of(closedir(listed(info))); }

int make_folder(const char* path, mode_t mode) { return result_of(mkdir(real(path).c_str(), mode)); }
int remove_file(const char* path) { return result_of(unlink(real(path).c_str())); }
int remove_folder(const char* path) { return result_of(rmdir(real(path).c_str())); }
int make_link(const char* target, const char* path) { return result_of(symlink(target, real(path).c_str())); }
int make_second_name(const char* from, const char* to) { return result_of(link(real(from).c_str(), real(to).c_str())); }
int rename_file(const char* from, const char* to, unsigned flags) {
  return result_of(renameat2(AT_FDCWD, real(from).c_str(), AT_FDCWD, real(to).c_str(), flags));
}
int change_mode(const char* path, mode_t mode, fuse_file_info* info) {
  return result_of(info != nullptr ? fchmod(descriptor(info), mode) : chmod(real(path).c_str(), mode));
}
int change_owner(const char* path, uid_t user, gid_t group, fuse_file_info* info) {
  return result_of(info != nullptr ? fchown(descriptor(info), user, group) : lchown(real(path).c_str(), user, group));
}
int change_times(const char* path, const timespec times[2], fuse_file_info* info) {
  return result_of(info != nullptr ? futimens(descriptor(info), times)
                                   : utimensat(AT_FDCWD, real(path).c_str(), times, AT_SYMLINK_NOFOLLOW));
}
int change_length(const char* path, off_t length, fuse_file_info* info) {
  return result_of(info != nullptr ? ftruncate(descriptor(info), length) : truncate(real(path).c_str(), length));
}

// The kernel knows where a file ends, and writes from its pages what it first has to read.
int flags_for(int flags) {
  const int access = (flags & O_ACCMODE) == O_WRONLY ? O_RDWR : flags & O_ACCMODE;
  return (flags & ~(O_ACCMODE | O_APPEND)) | access | O_CLOEXEC;
}

int open_file(const char* path, fuse_file_info* info) {
  const int file = open(real(path).c_str(), flags_for(info->flags));
  if (file < 0) return -errno;
  info->fh = static_cast<std::uint64_t>(file);
  return 0;
}

int create_file(const char* path, mode_t mode, fuse_file_info* info) {
  const int file = open(real(path).c_str(), flags_for(info->flags) | O_CREAT, mode);
  if (file < 0) return -errno;
  info->fh = static_cast<std::uint64_t>(file);
  return 0;
}

int read_file(const char*, char* into, std::size_t most, off_t offset, fuse_file_info* info) {
  dawdle();
  FaultyFolder::State& folder = state();
  {
    const std::lock_guard lock(folder.mutex);
    if (folder.storage.refuses_read()) return -EIO;
  }
  const ssize_t got = pread(descriptor(info), into, most, offset);
  if (got <= 0) return result_of(static_cast<int>(got));
  const std::lock_guard lock(folder.mutex);
  if (!folder.storage.faults().lies()) return static_cast<int>(got);
  runtime::Slices data{runtime::Slice::copy_of(std::as_bytes(std::span(into, static_cast<std::size_t>(got))))};
  folder.storage.deliver(data);
  char* at = into;
  for (const runtime::Slice& slice : data) at = std::copy_n(reinterpret_cast<const char*>(slice.bytes().data()), slice.size(), at);
  return static_cast<int>(got);
}

int write_file(const char*, const char* from, std::size_t count, off_t offset, fuse_file_info* info) {
  dawdle();
  FaultyFolder::State& folder = state();
  {
    const std::lock_guard lock(folder.mutex);
    if (folder.storage.refuses_write()) return -EIO;
  }
  if (has_no_room(folder, descriptor(info), offset, count)) return -ENOSPC;
  return result_of(static_cast<int>(pwrite(descriptor(info), from, count, offset)));
}

int reserve(const char*, int mode, off_t offset, off_t length, fuse_file_info* info) {
  if (has_no_room(state(), descriptor(info), offset, static_cast<std::uint64_t>(length))) return -ENOSPC;
  return result_of(fallocate(descriptor(info), mode, offset, length));
}

int tell_room(const char* path, struct statvfs* room) {
  if (statvfs(real(path).c_str(), room) != 0) return -errno;
  FaultyFolder::State& folder = state();
  const std::lock_guard lock(folder.mutex);
  if (const auto& full_at = folder.storage.faults().full_at) {
    const std::uint64_t taken = used(folder.backing);
    room->f_blocks = full_at->size() / room->f_frsize;
    room->f_bfree = room->f_bavail = (std::max<std::uint64_t>(full_at->size(), taken) - taken) / room->f_frsize;
  }
  return 0;
}

int sync_file(const char*, int, fuse_file_info* info) { return result_of(fsync(descriptor(info))); }
int release_file(const char*, fuse_file_info* info) { return result_of(close(descriptor(info))); }

fuse_operations operations() {
  fuse_operations calls{};
  calls.init = begin;
  calls.getattr = get_attributes;
  calls.readlink = read_link;
  calls.opendir = open_folder;
  calls.readdir = list;
  calls.releasedir = release_folder;
  calls.mkdir = make_folder;
  calls.unlink = remove_file;
  calls.rmdir = remove_folder;
  calls.symlink = make_link;
  calls.link = make_second_name;
  calls.rename = rename_file;
  calls.chmod = change_mode;
  calls.chown = change_owner;
  calls.utimens = change_times;
  calls.truncate = change_length;
  calls.open = open_file;
  calls.create = create_file;
  calls.read = read_file;
  calls.write = write_file;
  calls.fallocate = reserve;
  calls.statfs = tell_room;
  calls.fsync = sync_file;
  calls.release = release_file;
  return calls;
}

}  // namespace

std::string FaultyFolder::why_unavailable() {
  const int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (device < 0) return fmt::format("faulty storage takes /dev/fuse, which cannot be opened: {}", std::strerror(errno));
  close(device);
  return {};
}

std::expected<std::unique_ptr<FaultyFolder>, std::string> FaultyFolder::mount(const fs::path& backing, const fs::path& folder,
                                                                              runtime::Random chance) {
  auto made = std::make_unique<State>(backing, folder, std::move(chance));
  std::string program = "swarmsim", option = "-o", value = "fsname=swarmlab";
  char* words[] = {program.data(), option.data(), value.data(), nullptr};
  fuse_args arguments{3, words, 0};
  const fuse_operations calls = operations();
  made->mounted = fuse_new(&arguments, &calls, sizeof calls, made.get());
  if (made->mounted == nullptr) return std::unexpected(fmt::format("{} cannot be mounted; libfuse has said why", folder.string()));
  if (fuse_mount(made->mounted, folder.c_str()) != 0) {
    fuse_destroy(made->mounted);
    return std::unexpected(fmt::format("{} cannot be mounted; libfuse has said why", folder.string()));
  }
  // Signals are for the thread that runs the lab.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  made->thread = std::thread([mounted = made->mounted] {
    fuse_loop_config config{};
    config.clone_fd = 0;
    config.max_idle_threads = 4;
    fuse_loop_mt(mounted, &config);
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return std::unique_ptr<FaultyFolder>(new FaultyFolder(std::move(made)));
}

FaultyFolder::FaultyFolder(std::unique_ptr<State> state) : state_(std::move(state)) {}

FaultyFolder::~FaultyFolder() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_ending = true;
    state_->ending.notify_all();
  }
  fuse_exit(state_->mounted);
  // libfuse closes its device before it unmounts.  Threads that still read by that number would read what others have opened meanwhile;
  // so the kernel lets go first, and at that they end.  Where an ordinary user has mounted, only libfuse's helper may unmount.
  const bool has_let_go = umount2(state_->folder.c_str(), MNT_FORCE | MNT_DETACH) == 0 || umount2(state_->folder.c_str(), MNT_DETACH) == 0;
  if (!has_let_go) fuse_unmount(state_->mounted);
  state_->thread.join();
  if (has_let_go) fuse_unmount(state_->mounted);
  fuse_destroy(state_->mounted);
}

void FaultyFolder::set(const StorageFaults& faults) {
  const std::lock_guard lock(state_->mutex);
  state_->storage.set(faults);
  ++state_->generation;
}

StorageFaults FaultyFolder::faults() const {
  const std::lock_guard lock(state_->mutex);
  return state_->storage.faults();
}

std::uint64_t FaultyFolder::bites() const {
  const std::lock_guard lock(state_->mutex);
  return state_->storage.bites();
}

}  // namespace swarmlab::swarmsim
