// Faulty storage for real programs: what is wrong with it befalls whoever reads and writes there, and nobody else.
#include "swarmsim/lab/faulty_folder.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>
#include <type_traits>

#include "tests/lab/sandboxed.hpp"

namespace swarmlab::swarmsim {
namespace {

namespace fs = std::filesystem;

// The folder, mounted over an empty one for the time of a test; what happens there happens in processes of its own, as in the lab.
class Storage {
 public:
  Storage() {
    char name[] = "/tmp/faulty-folder-XXXXXX";
    root_ = mkdtemp(name);
    for (const char* const part : {"backing", "folder"}) fs::create_directory(root_ / part);
    auto mounted = FaultyFolder::mount(backing(), folder(), runtime::Random(1));
    EXPECT_TRUE(mounted) << (mounted ? "" : mounted.error());
    if (mounted) folder_ = std::move(*mounted);
  }
  ~Storage() {
    folder_.reset();
    fs::remove_all(root_);
  }
  fs::path backing() const { return root_ / "backing"; }
  fs::path folder() const { return root_ / "folder"; }
  void end() { folder_.reset(); }
  FaultyFolder& operator*() { return *folder_; }
  FaultyFolder* operator->() { return folder_.get(); }

  // Begins what a program does in the folder.  Like one it has nothing open of ours: the kernel keeps a file system that has lost its
  // server for as long as anybody has a hold on the device.
  pid_t begin(const std::function<int()>& program) const {
    const pid_t child = fork();
    if (child == 0) {
      close_range(3, ~0U, 0);
      _exit(chdir(folder().c_str()) == 0 ? program() : 99);
    }
    return child;
  }
  // Gives its status; 128 and the number of a signal that ended it.
  int run(const std::function<int()>& program) const {
    const pid_t child = begin(program);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  fs::path root_;
  std::unique_ptr<FaultyFolder> folder_;
};

template <class Value>
StorageFaults only(Value StorageFaults::* what, std::type_identity_t<Value> value) {
  StorageFaults faults;
  faults.*what = value;
  return faults;
}

// In programs: 0, or errno.
int write_bytes(const char* file, std::size_t count, off_t at = 0) {
  const int descriptor = open(file, O_RDWR | O_CREAT, 0644);
  if (descriptor < 0) return errno;
  const std::string bytes(count, 'a');
  return pwrite(descriptor, bytes.data(), count, at) == static_cast<ssize_t>(count) ? 0 : errno;
}
int read_bytes(const char* file, std::string& bytes) {
  const int descriptor = open(file, O_RDONLY);
  if (descriptor < 0) return errno;
  const ssize_t got = pread(descriptor, bytes.data(), bytes.size(), 0);
  return got < 0 ? errno : got == static_cast<ssize_t>(bytes.size()) ? 0 : 98;
}

void in_faulty_storage(const std::function<void(Storage&)>& body) {
  lab_test::in_sandbox([&] {
    if (const std::string reason = FaultyFolder::why_unavailable(); !reason.empty()) {
      std::cerr << "skipped: " << reason << '\n';
      return;
    }
    Storage storage;
    if (!testing::Test::HasFailure()) body(storage);
  });
}

TEST(FaultyFolder, IsAFolderLikeAnyOtherWhileNothingIsWrong) {
  in_faulty_storage([](Storage& storage) {
    EXPECT_EQ(storage.run([] {
      fs::create_directories("a/b");
      std::ofstream("a/b/x") << "hello";
      fs::rename("a/b/x", "a/y");
      fs::resize_file("a/y", 4);
      fs::remove("a/b");
      std::string text;
      std::ifstream("a/y") >> text;
      const auto entries = std::distance(fs::directory_iterator("a"), fs::directory_iterator());
      return text == "hell" && !fs::exists("a/b") && fs::file_size("a/y") == 4 && entries == 1 ? 0 : 1;
    }), 0);
    std::string text;
    std::ifstream(storage.backing() / "a/y") >> text;
    EXPECT_EQ(text, "hell") << "and all of it is in the folder behind it";
    EXPECT_EQ(storage->bites(), 0u);
  });
}

TEST(FaultyFolder, KeepsWhatIsRemovedWhileItIsOpen) {
  in_faulty_storage([](Storage& storage) {
    EXPECT_EQ(storage.run([] {
      std::fstream file("a", std::ios::in | std::ios::out | std::ios::trunc);
      file << "still here" << std::flush;
      fs::remove("a");
      file.seekg(0);
      std::string text;
      std::getline(file, text);
      return text == "still here" && fs::is_empty(".") ? 0 : 1;
    }), 0);
  });
}

TEST(FaultyFolder, ThatIsFullTakesNothingMoreButLetsWhatIsThereBeWrittenOver) {
  in_faulty_storage([](Storage& storage) {
    storage->set(only(&StorageFaults::full_at, 64_KiB));
    EXPECT_EQ(storage.run([] { return write_bytes("a", 48 * 1024); }), 0);
    EXPECT_EQ(storage.run([] { return write_bytes("b", 32 * 1024); }), ENOSPC) << "all files together";
    EXPECT_EQ(storage.run([] { return write_bytes("a", 48 * 1024); }), 0);
    EXPECT_EQ(storage.run([] { return write_bytes("a", 16 * 1024, 1 << 20); }), 0) << "a hole takes no room";
    EXPECT_EQ(storage.run([] {
      struct statvfs room{};
      return statvfs(".", &room) == 0 && room.f_bavail == 0 ? 0 : 1;
    }), 0) << "and whoever asks is told";
    EXPECT_EQ(storage->bites(), 1u);
    storage->set({});
    EXPECT_EQ(storage.run([] { return write_bytes("b", 32 * 1024); }), 0) << "and later there is room again";
  });
}

TEST(FaultyFolder, RefusesWritesAndLeavesNothingOfThem) {
  in_faulty_storage([](Storage& storage) {
    storage->set(only(&StorageFaults::write_error, Share{Share::kWhole}));
    EXPECT_EQ(storage.run([] { return write_bytes("a", 4096); }), EIO);
    EXPECT_EQ(fs::file_size(storage.backing() / "a"), 0u);
    EXPECT_GT(storage->bites(), 0u);
  });
}

TEST(FaultyFolder, ReadsWronglyAlsoWhatTheKernelHasReadAlready) {
  in_faulty_storage([](Storage& storage) {
    EXPECT_EQ(storage.run([] { return write_bytes("a", 4096); }), 0);
    const auto program = [] {
      std::string bytes(4096, '-');
      const int error = read_bytes("a", bytes);
      return error != 0 ? error : bytes == std::string(4096, 'a') ? 0 : 1;
    };
    EXPECT_EQ(storage.run(program), 0);
    storage->set(only(&StorageFaults::flip_on_read, Share{Share::kWhole}));
    EXPECT_EQ(storage.run(program), 1);
    storage->set(only(&StorageFaults::read_error, Share{Share::kWhole}));
    EXPECT_EQ(storage.run(program), EIO);
    storage->set({});
    EXPECT_EQ(storage.run(program), 0) << "the disk kept the true one";
  });
}

TEST(FaultyFolder, GivesABusErrorToWhoMapsWhatCannotBeRead) {
  in_faulty_storage([](Storage& storage) {
    EXPECT_EQ(storage.run([] { return write_bytes("a", 4096); }), 0);
    storage->set(only(&StorageFaults::read_error, Share{Share::kWhole}));
    EXPECT_EQ(storage.run([] {
      std::signal(SIGBUS, SIG_DFL);   // a sanitizer would answer it with a report
      const int file = open("a", O_RDWR);
      const void* const mapped = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
      return mapped == MAP_FAILED ? errno : *static_cast<const volatile char*>(mapped) == 'a' ? 0 : 1;
    }), 128 + SIGBUS);
  });
}

TEST(FaultyFolder, TakesAsLongAsItIsSlow) {
  in_faulty_storage([](Storage& storage) {
    storage->set(only(&StorageFaults::slow, 200ms));
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(storage.run([] { return write_bytes("a", 4096); }), 0);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 200ms);
  });
}

TEST(FaultyFolder, IsGoneWhenItsEndComesEvenIfSomebodyIsWaiting) {
  in_faulty_storage([](Storage& storage) {
    storage->set(only(&StorageFaults::slow, 10s));
    const pid_t child = storage.begin([] { return write_bytes("a", 4096); });
    while (!fs::exists(storage.backing() / "a")) std::this_thread::sleep_for(10ms);
    const auto begin = std::chrono::steady_clock::now();
    storage.end();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    waitpid(child, nullptr, 0);
    EXPECT_TRUE(fs::is_empty(storage.folder())) << "it is not mounted any more";
  });
}

}  // namespace
}  // namespace swarmlab::swarmsim
