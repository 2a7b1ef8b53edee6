#include "runtime/file_system.hpp"
#include "runtime/network.hpp"

namespace swarmlab::runtime {

std::string_view to_string(NetworkError error) {
  switch (error) {
    case NetworkError::refused: return "connection refused";
    case NetworkError::reset: return "connection reset by the other side";
    case NetworkError::timed_out: return "timed out";
    case NetworkError::unreachable: return "unreachable";
    case NetworkError::address_in_use: return "address in use";
    case NetworkError::address_unavailable: return "not an address of this host";
    case NetworkError::permission: return "permission denied";
    case NetworkError::too_many_open: return "too many open sockets";
    case NetworkError::name_not_found: return "name not found";
    case NetworkError::other: return "network error";
  }
  return "network error";
}

std::string_view to_string(FileError error) {
  switch (error) {
    case FileError::none: return "no error";
    case FileError::not_found: return "no such file or directory";
    case FileError::exists: return "exists already";
    case FileError::permission: return "permission denied";
    case FileError::no_space: return "no space left";
    case FileError::too_large: return "file too large";
    case FileError::is_directory: return "is a directory";
    case FileError::not_a_directory: return "not a directory";
    case FileError::directory_not_empty: return "directory not empty";
    case FileError::too_many_open: return "too many open files";
    case FileError::name_too_long: return "name too long";
    case FileError::read_only: return "read-only file system";
    case FileError::input_output: return "input/output error";
    case FileError::other: return "file error";
  }
  return "file error";
}

}  // namespace swarmlab::runtime
