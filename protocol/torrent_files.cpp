#include "protocol/torrent_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "protocol/text.hpp"

namespace swarmlab::protocol {
namespace {

constexpr std::size_t kMaxElementBytes = 255;  // what file systems take
constexpr std::string_view kBitCometPad = "_____padding_file_";

std::unexpected<MetainfoError> fail(const bencode::Node& at, std::string where, std::string what) {
  return std::unexpected(MetainfoError{at.offset(), std::move(where), std::move(what)});
}

// The text of an element; `twin` is the same in UTF-8, as some clients wrote it beside `raw`.
std::string element_text(std::string_view raw, std::optional<std::string_view> twin) {
  if (twin && !twin->empty() && !is_utf8(raw) && is_utf8(*twin)) return std::string(*twin);
  return repair_utf8(raw);
}

std::expected<std::string, MetainfoError> read_element(const bencode::Node& node, std::string where,
                                                       std::optional<std::string_view> twin,
                                                       std::vector<std::string>& warnings) {
  const auto raw = node.string();
  if (!raw) return fail(node, std::move(where), "is no string");
  std::string element = element_text(*raw, twin);
  if (std::string fault = path_element_fault(element); !fault.empty()) {
    return fail(node, std::move(where), std::move(fault));
  }
  if (element.find('\\') != element.npos) {
    add_warning(warnings, where + " has a backslash, which other systems take for a separator");
  }
  if (!is_utf8(*raw)) add_warning(warnings, where + " is not in UTF-8");
  return element;
}

// The elements of a `path` list, put behind those in `out`.
std::expected<void, MetainfoError> read_path(const bencode::Node& file, const bencode::Node& path,
                                             const std::string& where,
                                             std::vector<std::string>& out,
                                             std::vector<std::string>& warnings) {
  if (path.kind() != bencode::Kind::list) return fail(path, where, "is no list");
  if (path.size() == 0) return fail(path, where, "is empty");
  const auto twin_list = file.find("path.utf-8");
  auto twin = twin_list && twin_list->size() == path.size() ? twin_list->first() : std::nullopt;
  std::size_t i = 0;
  for (auto node = path.first(); node; node = node->next(), ++i) {
    auto element = read_element(*node, fmt::format("{}[{}]", where, i),
                                twin ? twin->string() : std::nullopt, warnings);
    if (!element) return std::unexpected(std::move(element.error()));
    out.push_back(std::move(*element));
    if (twin) twin = twin->next();
  }
  return {};
}

std::expected<ByteCount, MetainfoError> read_length(const bencode::Node& node, std::string where) {
  const auto length = node.integer();
  if (!length) return fail(node, std::move(where), "is no integer");
  if (*length < 0) return fail(node, std::move(where), fmt::format("is negative ({})", *length));
  return ByteCount(*length);
}

// BEP 47; `holder` is an entry of `files`, or `info` of a single-file torrent.
std::expected<void, MetainfoError> read_attributes(const bencode::Node& holder,
                                                   const std::string& where, FileEntry& file) {
  const auto node = holder.find("attr");
  const auto attributes = node ? node->string() : std::nullopt;
  if (!attributes) return {};
  // A link would have to be made and then written through: exactly what B77 is about.
  if (attributes->find('l') != attributes->npos) {
    return fail(*node, where + ".attr",
                "says that the file is a symbolic link, which is not supported");
  }
  file.is_pad = attributes->find('p') != attributes->npos;
  file.is_executable = attributes->find('x') != attributes->npos;
  return {};
}

std::expected<FileEntry, MetainfoError> read_file(const bencode::Node& node,
                                                  const std::string& where, const std::string& name,
                                                  std::vector<std::string>& warnings) {
  if (!node.is_dictionary()) return fail(node, where, "is no dictionary");
  FileEntry file;
  file.path.push_back(name);
  if (auto read = read_attributes(node, where, file); !read)
    return std::unexpected(std::move(read.error()));
  const auto length = node.find("length");
  if (!length) return fail(node, where + ".length", "is missing");
  const auto bytes = read_length(*length, where + ".length");
  if (!bytes) return std::unexpected(bytes.error());
  file.length = *bytes;
  if (const auto path = node.find("path")) {
    if (auto read = read_path(node, *path, where + ".path", file.path, warnings); !read) {
      return std::unexpected(std::move(read.error()));
    }
  } else if (file.is_pad) {
    file.path.push_back(".pad");
    file.path.push_back(std::to_string(file.length.value()));
  } else {
    return fail(node, where + ".path", "is missing");
  }
  if (file.path.back().starts_with(kBitCometPad)) file.is_pad = true;
  return file;
}

std::string joined(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& element : path) out += (out.empty() ? "" : "/") + element;
  return out;
}

// Two entries for one file, or a file where another entry needs a directory.  Pads are never
// written, so any number of them may share a path.
std::expected<void, MetainfoError> check_distinct(const bencode::Node& list,
                                                  const std::vector<FileEntry>& files) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!files[i].is_pad) order.push_back(i);
  }
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return std::tie(files[a].path, a) < std::tie(files[b].path, b);
  });
  // Sorted by elements, whatever lies below a path follows it directly.
  for (std::size_t i = 1; i < order.size(); ++i) {
    const auto& upper = files[order[i - 1]].path;
    const auto& lower = files[order[i]].path;
    if (upper.size() > lower.size() || !std::equal(upper.begin(), upper.end(), lower.begin()))
      continue;
    const std::size_t first = std::min(order[i - 1], order[i]);
    const std::size_t later = std::max(order[i - 1], order[i]);
    const std::string path = one_line(joined(upper), 200);
    return fail(
        list.at(later), fmt::format("info.files[{}].path", later),
        upper.size() == lower.size()
            ? fmt::format("is '{}', as files[{}] is", path, first)
            : fmt::format("cannot stand beside files[{}]: '{}' would be both file and directory",
                          first, path));
  }
  return {};
}

}  // namespace

std::string path_element_fault(std::string_view element) {
  if (element.empty()) return "is empty";
  if (element == "." || element == "..") {
    return fmt::format("is '{}', which leaves or repeats the directory", element);
  }
  if (element.size() > kMaxElementBytes) {
    return fmt::format("has {} bytes, {} at most", element.size(), kMaxElementBytes);
  }
  for (const char c : element) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '/') return fmt::format("has a '/' inside: '{}'", one_line(element, 80));
    if (byte < 0x20 || byte == 0x7f)
      return fmt::format("has a control character: '{}'", one_line(element, 80));
  }
  return {};
}

void add_warning(std::vector<std::string>& warnings, std::string text) {
  if (warnings.size() == kMaxWarnings) text = "... and more of the kind";
  if (warnings.size() <= kMaxWarnings) warnings.push_back(std::move(text));
}

std::expected<TorrentFiles, MetainfoError> read_files(const bencode::Node& info,
                                                      std::vector<std::string>& warnings) {
  TorrentFiles out;
  const auto name = info.find("name");
  if (!name) return fail(info, "info.name", "is missing");
  const auto twin = info.find("name.utf-8");
  auto element = read_element(*name, "info.name", twin ? twin->string() : std::nullopt, warnings);
  if (!element) return std::unexpected(std::move(element.error()));
  out.name = std::move(*element);

  const auto length = info.find("length");
  const auto list = info.find("files");
  if (length && list)
    return fail(*list, "info.files", "stands beside info.length; there must be only one of them");
  if (!length && !list) return fail(info, "info", "has neither 'length' nor 'files'");
  if (length) {
    const auto bytes = read_length(*length, "info.length");
    if (!bytes) return std::unexpected(bytes.error());
    FileEntry file{.path = {out.name}, .length = *bytes, .offset = {}};
    if (auto read = read_attributes(info, "info", file); !read)
      return std::unexpected(std::move(read.error()));
    file.is_pad = false;  // nothing would be left
    out.total = *bytes;
    out.files.push_back(std::move(file));
    return out;
  }

  if (list->kind() != bencode::Kind::list) return fail(*list, "info.files", "is no list");
  if (list->size() == 0) return fail(*list, "info.files", "is empty");
  out.is_multi_file = true;
  std::size_t i = 0;
  for (auto node = list->first(); node; node = node->next(), ++i) {
    const std::string where = fmt::format("info.files[{}]", i);
    auto file = read_file(*node, where, out.name, warnings);
    if (!file) return std::unexpected(std::move(file.error()));
    if (file->length.value() > std::numeric_limits<std::int64_t>::max() - out.total.value()) {
      return fail(*node, where + ".length", "makes the total exceed 63 bits");
    }
    file->offset = out.total;
    out.total += file->length;
    out.files.push_back(std::move(*file));
  }
  if (auto distinct = check_distinct(*list, out.files); !distinct) {
    return std::unexpected(std::move(distinct.error()));
  }
  return out;
}

}  // namespace swarmlab::protocol
