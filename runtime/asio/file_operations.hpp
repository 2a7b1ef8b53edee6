// What the workers do for AsioFileSystem: one blocking function per operation on paths, each naming
// its error.  Free of state; any thread.
#pragma once

#include <string>
#include <vector>

#include "runtime/file_system.hpp"

namespace swarmlab::runtime::file_operations {

FileError make_directories(const std::string& path);
FileError rename(const std::string& from, const std::string& to);
FileError remove(const std::string& path);
FileError stat(const std::string& path, FileStatus& status);
FileError list(const std::string& path, std::vector<DirectoryEntry>& entries);
FileError sync_directory(const std::string& path);
// Of the file system that holds the file or directory `path`.
FileError free_space(const std::string& path, ByteCount& free);

}  // namespace swarmlab::runtime::file_operations
