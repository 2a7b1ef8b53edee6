#include "protocol/metainfo.hpp"

#include <fmt/format.h>

#include <utility>

#include "protocol/bencode.hpp"
#include "protocol/hash/sha1.hpp"
#include "protocol/text.hpp"
#include "protocol/torrent_files.hpp"

namespace swarmlab::protocol {
namespace {

using bencode::Kind;
using bencode::Node;
using Warnings = std::vector<std::string>;

std::unexpected<MetainfoError> fail(std::size_t at, std::string where, std::string what) {
  return std::unexpected(MetainfoError{at, std::move(where), std::move(what)});
}

// ---- what is optional: a wrong type costs the value, not the torrent ----

void warn_of_type(Warnings& warnings, std::string_view where, const Node& node,
                  std::string_view type) {
  add_warning(warnings,
              fmt::format("{} (byte {}) is no {} and was ignored", where, node.offset(), type));
}

std::optional<std::string> optional_text(const Node& dictionary, std::string_view key,
                                         std::string_view where, Warnings& warnings) {
  const auto node = dictionary.find(key);
  if (!node) return std::nullopt;
  const auto text = node->string();
  if (!text) {
    warn_of_type(warnings, where, *node, "string");
    return std::nullopt;
  }
  if (is_utf8(*text)) return std::string(*text);
  const auto twin = dictionary.find(std::string(key) + ".utf-8");
  if (twin && twin->string() && is_utf8(*twin->string())) return std::string(*twin->string());
  return repair_utf8(*text);
}

std::optional<std::int64_t> optional_integer(const Node& dictionary, std::string_view key,
                                             std::string_view where, Warnings& warnings) {
  const auto node = dictionary.find(key);
  if (!node) return std::nullopt;
  if (!node->integer()) warn_of_type(warnings, where, *node, "integer");
  return node->integer();
}

// The non-empty strings of a list; or of the one string that stands where a list is due.
std::vector<std::string> strings_of(const Node& node, std::string_view where, Warnings& warnings) {
  std::vector<std::string> out;
  const auto take = [&](const Node& item) {
    const auto text = item.string();
    if (!text)
      warn_of_type(warnings, where, item, "string");
    else if (!text->empty())
      out.push_back(repair_utf8(*text));
  };
  if (node.kind() == Kind::list) {
    for (auto item = node.first(); item; item = item->next()) take(*item);
  } else {
    take(node);
  }
  return out;
}

// BEP 12: `announce-list` replaces `announce`, unless nothing stands in it.
std::vector<std::vector<std::string>> read_trackers(const Node& root, Warnings& warnings) {
  std::vector<std::vector<std::string>> tiers;
  if (const auto list = root.find("announce-list")) {
    if (list->kind() != Kind::list) warn_of_type(warnings, "announce-list", *list, "list");
    for (auto tier = list->first(); tier; tier = tier->next()) {
      auto urls = strings_of(*tier, "announce-list", warnings);
      if (!urls.empty()) tiers.push_back(std::move(urls));
    }
  }
  if (tiers.empty()) {
    auto announce = optional_text(root, "announce", "announce", warnings);
    if (announce && !announce->empty()) tiers.push_back({std::move(*announce)});
  }
  return tiers;
}

// ---- the info dictionary ----

std::expected<PieceGeometry, MetainfoError> read_geometry(const Node& info, ByteCount total) {
  const auto node = info.find("piece length");
  if (!node) return fail(info.offset(), "info.piece length", "is missing");
  const auto length = node->integer();
  if (!length) return fail(node->offset(), "info.piece length", "is no integer");
  if (*length <= 0 || ByteCount(*length) > kMaxPieceLength) {
    return fail(node->offset(), "info.piece length",
                fmt::format("is {}; it must be from 1 to {}", *length, kMaxPieceLength.value()));
  }
  // A torrent without a byte has no piece to be checked and no peer anything to say about it.
  if (total == 0_B) return fail(info.offset(), "info", "holds no bytes");
  if (total > ByteCount(*length) * kMaxPieceCount) {
    return fail(node->offset(), "info.piece length",
                fmt::format("is {}, which cuts {} bytes into more than {} pieces", *length,
                            total.value(), kMaxPieceCount));
  }
  return PieceGeometry(total, ByteCount(*length));
}

std::expected<std::vector<Sha1Digest>, MetainfoError> read_hashes(const Node& info,
                                                                  std::uint32_t piece_count) {
  const auto node = info.find("pieces");
  if (!node) return fail(info.offset(), "info.pieces", "is missing");
  const auto text = node->string();
  if (!text) return fail(node->offset(), "info.pieces", "is no string");
  if (text->size() != piece_count * Sha1Digest::kSize) {
    return fail(node->offset(), "info.pieces",
                fmt::format("has {} bytes; {} pieces need {}", text->size(), piece_count,
                            piece_count * Sha1Digest::kSize));
  }
  std::vector<Sha1Digest> hashes(piece_count);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    hashes[i] = Sha1Digest::from(as_bytes(text->substr(i * Sha1Digest::kSize)));
  }
  return hashes;
}

std::expected<Metainfo, MetainfoError> read_info(const Node& info, Warnings& warnings) {
  if (!info.is_dictionary()) return fail(info.offset(), "info", "is no dictionary");
  if (info.find("file tree") && !info.find("length") && !info.find("files")) {
    return fail(info.offset(), "info", "is that of a v2 torrent (BEP 52) without the v1 part");
  }
  auto files = read_files(info, warnings);
  if (!files) return std::unexpected(std::move(files.error()));
  const auto geometry = read_geometry(info, files->total);
  if (!geometry) return std::unexpected(geometry.error());
  auto hashes = read_hashes(info, geometry->piece_count());
  if (!hashes) return std::unexpected(std::move(hashes.error()));

  Metainfo torrent;
  torrent.name = std::move(files->name);
  torrent.files = std::move(files->files);
  torrent.is_multi_file = files->is_multi_file;
  torrent.geometry = *geometry;
  torrent.piece_hashes = std::move(*hashes);
  torrent.is_private = optional_integer(info, "private", "info.private", warnings).value_or(0) != 0;
  torrent.source = optional_text(info, "source", "info.source", warnings);
  torrent.info.assign(info.raw().begin(), info.raw().end());
  torrent.info_hash = InfoHashV1{sha1(info.raw()).bytes};
  return torrent;
}

Warnings oddities(const bencode::Document& document) {
  Warnings warnings;
  if (const auto at = document.unsorted_key_at()) {
    add_warning(warnings, fmt::format("keys are not sorted (first at byte {})", *at));
  }
  if (document.trailing_bytes() > 0) {
    add_warning(warnings, fmt::format("{} bytes follow the torrent", document.trailing_bytes()));
  }
  return warnings;
}

std::unexpected<MetainfoError> not_bencoded(bencode::Error error) {
  return fail(error.at, "", "is no bencode: " + error.what);
}

std::unexpected<MetainfoError> too_long(std::size_t size) {
  return fail(kMaxTorrentFileBytes.size(), "",
              fmt::format("has {} bytes, {} at most", size, kMaxTorrentFileBytes.value()));
}

}  // namespace

std::expected<DecodedMetainfo, MetainfoError> decode_metainfo(Bytes torrent_file) {
  if (ByteCount::of(torrent_file) > kMaxTorrentFileBytes) return too_long(torrent_file.size());
  auto document = bencode::Document::decode(torrent_file, bencode::Trailing::allow);
  if (!document) return not_bencoded(std::move(document.error()));
  const Node root = document->root();
  if (!root.is_dictionary()) return fail(0, "", "is no dictionary");
  const auto info = root.find("info");
  if (!info) return fail(0, "info", "is missing");

  Warnings warnings = oddities(*document);
  auto torrent = read_info(*info, warnings);
  if (!torrent) return std::unexpected(std::move(torrent.error()));
  torrent->trackers = read_trackers(root, warnings);
  if (const auto seeds = root.find("url-list"))
    torrent->web_seeds = strings_of(*seeds, "url-list", warnings);
  torrent->comment = optional_text(root, "comment", "comment", warnings);
  torrent->created_by = optional_text(root, "created by", "created by", warnings);
  torrent->creation_date = optional_integer(root, "creation date", "creation date", warnings);
  return DecodedMetainfo{std::move(*torrent), std::move(warnings)};
}

std::expected<DecodedMetainfo, MetainfoError> decode_info(Bytes info) {
  if (ByteCount::of(info) > kMaxTorrentFileBytes) return too_long(info.size());
  auto document = bencode::Document::decode(info);
  if (!document) return not_bencoded(std::move(document.error()));
  Warnings warnings = oddities(*document);
  auto torrent = read_info(document->root(), warnings);
  if (!torrent) return std::unexpected(std::move(torrent.error()));
  return DecodedMetainfo{std::move(*torrent), std::move(warnings)};
}

std::string to_string(const MetainfoError& error) {
  return fmt::format("byte {}: {} {}", error.at, error.where.empty() ? "the file" : error.where,
                     error.what);
}

}  // namespace swarmlab::protocol
