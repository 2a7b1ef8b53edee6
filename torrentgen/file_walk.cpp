#include "torrentgen/file_walk.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "protocol/text.hpp"
#include "protocol/torrent_files.hpp"

namespace swarmlab::torrentgen {
namespace {

// Deeper trees are loops that hide behind mounts, or attacks.
constexpr std::size_t kDeepest = 512;

std::unexpected<WalkError> unfit(const std::string& path, std::string_view what) {
  return std::unexpected(WalkError{WalkError::Kind::input,
                                   protocol::one_line(path, PATH_MAX) + ": " + std::string(what)});
}

std::unexpected<WalkError> unreadable(const std::string& path, int system_error) {
  return std::unexpected(WalkError{WalkError::Kind::environment,
                                   protocol::one_line(path, PATH_MAX) + ": " + std::strerror(system_error)});
}

std::int64_t modified_ns(const struct stat& status) {
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

std::string join(const std::string& directory, const std::string& name) {
  return directory.ends_with('/') ? directory + name : directory + "/" + name;
}

std::string joined(const std::vector<std::string>& path) {
  std::string text;
  for (const std::string& element : path) text += (text.empty() ? "" : "/") + element;
  return text;
}

class Walker {
 public:
  explicit Walker(Links links) : links_(links) {}

  std::expected<void, WalkError> walk_directory(const std::string& on_disk, std::vector<std::string>& path,
                                                const struct stat& status) {
    if (path.size() >= kDeepest) return unfit(on_disk, "is nested too deeply");
    const std::pair<dev_t, ino_t> self{status.st_dev, status.st_ino};
    if (std::ranges::find(ancestors_, self) != ancestors_.end()) {
      return unfit(on_disk, "is a link to a directory it lies in");
    }
    ancestors_.push_back(self);
    const auto names = list(on_disk);
    if (!names) return std::unexpected(names.error());
    for (const std::string& name : *names) {
      path.push_back(name);
      auto walked = walk_entry(join(on_disk, name), path);
      if (!walked) return walked;
      path.pop_back();
    }
    ancestors_.pop_back();
    return {};
  }

  static std::expected<WalkedFile, WalkError> take_file(const std::string& on_disk, std::vector<std::string> path,
                                                        const struct stat& status) {
    // Found out now rather than after an hour of hashing.
    if (::access(on_disk.c_str(), R_OK) != 0) return unreadable(on_disk, errno);
    return WalkedFile{std::move(path), on_disk, ByteCount(status.st_size), modified_ns(status)};
  }

  std::vector<WalkedFile> take_files() { return std::move(files_); }

 private:
  static std::expected<std::vector<std::string>, WalkError> list(const std::string& directory) {
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(directory.c_str()), ::closedir);
    if (!open) return unreadable(directory, errno);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(open.get())) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    if (errno != 0) return unreadable(directory, errno);
    std::ranges::sort(names);
    return names;
  }

  std::expected<void, WalkError> walk_entry(const std::string& on_disk, std::vector<std::string>& path) {
    const std::string& name = path.back();
    if (!protocol::is_utf8(name)) return unfit(on_disk, "has a name that is no UTF-8");
    if (const std::string fault = protocol::path_element_fault(name); !fault.empty()) {
      return unfit(on_disk, "has a name that " + fault);
    }
    struct stat status {};
    if (::lstat(on_disk.c_str(), &status) != 0) return unreadable(on_disk, errno);
    if (S_ISLNK(status.st_mode)) {
      if (links_ == Links::refuse) {
        return unfit(on_disk, "is a symbolic link; --follow-links takes what it points to");
      }
      if (::stat(on_disk.c_str(), &status) != 0) return unreadable(on_disk, errno);
    }
    if (S_ISDIR(status.st_mode)) return walk_directory(on_disk, path, status);
    if (!S_ISREG(status.st_mode)) return unfit(on_disk, "is neither file nor directory");
    auto file = take_file(on_disk, path, status);
    if (!file) return std::unexpected(std::move(file.error()));
    files_.push_back(std::move(*file));
    return {};
  }

  const Links links_;
  std::vector<std::pair<dev_t, ino_t>> ancestors_;
  std::vector<WalkedFile> files_;
};

// "dir/" -> "dir", "." -> the directory's own name; empty for "/".
std::string name_of(const std::string& path) {
  const auto end = path.find_last_not_of('/');
  if (end == std::string::npos) return {};
  const auto begin = path.rfind('/', end) + 1;   // npos + 1 is 0
  const std::string name = path.substr(begin, end + 1 - begin);
  if (name != "." && name != "..") return name;
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
  return real && std::strcmp(real.get(), "/") != 0 ? name_of(real.get()) : std::string{};
}

}  // namespace

std::expected<Walk, WalkError> walk_files(const std::string& path, Links links) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const bool is_missing = errno == ENOENT || errno == ENOTDIR;
    return is_missing ? unfit(path, "does not exist") : unreadable(path, errno);
  }
  Walk walk;
  walk.name = name_of(path);
  if (!protocol::is_utf8(walk.name)) return unfit(path, "has a name that is no UTF-8");
  if (const std::string fault = protocol::path_element_fault(walk.name); !fault.empty()) {
    return unfit(path, "cannot name a torrent: it " + fault);
  }
  if (S_ISREG(status.st_mode)) {
    auto file = Walker::take_file(path, {}, status);
    if (!file) return std::unexpected(std::move(file.error()));
    walk.is_single_file = true;
    walk.files.push_back(std::move(*file));
  } else if (S_ISDIR(status.st_mode)) {
    Walker walker(links);
    std::vector<std::string> below;
    if (auto walked = walker.walk_directory(path, below, status); !walked) {
      return std::unexpected(std::move(walked.error()));
    }
    walk.files = walker.take_files();
    // Walking depth first gives the order by elements; '/' comes after some characters of names.
    std::ranges::sort(walk.files, {}, [](const WalkedFile& file) { return joined(file.path); });
  } else {
    return unfit(path, "is neither file nor directory");
  }
  for (const WalkedFile& file : walk.files) walk.total += file.length;
  if (walk.files.empty()) return unfit(path, "holds no files");
  if (walk.total == ByteCount(0)) return unfit(path, "holds no bytes: a torrent needs one at least");
  return walk;
}

bool is_unchanged(const WalkedFile& file) {
  struct stat status {};
  return ::stat(file.on_disk.c_str(), &status) == 0 && ByteCount(status.st_size) == file.length &&
         modified_ns(status) == file.modified_ns;
}

}  // namespace swarmlab::torrentgen
