#include "torrentgen/show.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "protocol/magnet.hpp"
#include "protocol/quantities.hpp"
#include "protocol/text.hpp"
#include "torrentgen/text.hpp"

namespace swarmlab::torrentgen {
namespace {

using Json = nlohmann::ordered_json;
using protocol::one_line;

// Strangers' text need not be UTF-8; JSON must be.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::string joined(const std::vector<std::string>& path) {
  std::string text;
  for (const std::string& element : path) text += (text.empty() ? "" : "/") + element;
  return text;
}

}  // namespace

std::string to_json(const protocol::DecodedMetainfo& torrent) {
  const protocol::Metainfo& metainfo = torrent.metainfo;
  Json files = Json::array();
  for (const protocol::FileEntry& file : metainfo.files) {
    Json entry{{"path", file.path}, {"length", file.length.value()}};
    if (file.is_pad) entry["pad"] = true;
    files.push_back(std::move(entry));
  }
  const Json json{
      {"name", metainfo.name},
      {"info_hash_v1", to_string(metainfo.info_hash)},
      {"info_hash_v2", nullptr},
      {"total_size", metainfo.geometry.total().value()},
      {"piece_length", metainfo.geometry.piece_length().value()},
      {"piece_count", metainfo.geometry.piece_count()},
      {"private", metainfo.is_private},
      {"files", std::move(files)},
      {"trackers", metainfo.trackers},
      {"web_seeds", metainfo.web_seeds},
      {"comment", or_null(metainfo.comment)},
      {"source", or_null(metainfo.source)},
      {"created_by", or_null(metainfo.created_by)},
      {"creation_date", or_null(metainfo.creation_date)},
      {"multi_file", metainfo.is_multi_file},
      {"warnings", torrent.warnings},
  };
  return dump(json);
}

std::string to_text(const protocol::DecodedMetainfo& torrent) {
  const protocol::Metainfo& metainfo = torrent.metainfo;
  const protocol::PieceGeometry& geometry = metainfo.geometry;
  std::string text;
  const auto line = [&](std::string_view key, std::string_view value) {
    text += fmt::format("{:<13}{}\n", key, value);
  };
  line("name", one_line(metainfo.name));
  line("info-hash", to_string(metainfo.info_hash));
  line("size", fmt::format("{} bytes ({}) in {}", geometry.total().value(), human_size(geometry.total()),
                           counted(metainfo.files.size(), "file")));
  line("pieces", fmt::format("{} of {}", geometry.piece_count(), human_size(geometry.piece_length())));
  line("private", metainfo.is_private ? "yes" : "no");
  if (metainfo.source) line("source", one_line(*metainfo.source));
  if (metainfo.comment) line("comment", one_line(*metainfo.comment));
  if (metainfo.created_by) line("created by", one_line(*metainfo.created_by));
  if (metainfo.creation_date) line("created", fmt::format("{} s after 1970", *metainfo.creation_date));
  for (std::size_t tier = 0; tier < metainfo.trackers.size(); ++tier) {
    for (const std::string& url : metainfo.trackers[tier]) line(fmt::format("tracker {}", tier + 1), one_line(url));
  }
  for (const std::string& url : metainfo.web_seeds) line("web seed", one_line(url));
  text += "files\n";
  for (const protocol::FileEntry& file : metainfo.files) {
    text += fmt::format("{:>16}  {}{}\n", file.length.value(), one_line(joined(file.path)),
                        file.is_pad ? "  (padding)" : "");
  }
  return text;
}

std::string error_json(std::string_view what) { return dump(Json{{"error", what}}); }

std::string magnet_link(const protocol::Metainfo& torrent) {
  protocol::Magnet magnet{.info_hash = torrent.info_hash, .name = torrent.name, .trackers = {},
                          .web_seeds = torrent.web_seeds, .peers = {}};
  for (const auto& tier : torrent.trackers) magnet.trackers.insert(magnet.trackers.end(), tier.begin(), tier.end());
  return to_string(magnet);
}

}  // namespace swarmlab::torrentgen
