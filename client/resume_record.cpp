#include "client/resume_record.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/bencode.hpp"
#include "protocol/hash/sha1.hpp"

namespace swarmlab::client {
namespace {

namespace bencode = protocol::bencode;

constexpr std::string_view kFormat = "swarmlab resume";
constexpr std::int64_t kVersion = 1;

std::vector<std::byte> encode_body(const ResumeRecord& record) {
  bencode::Writer out;
  out.begin_dictionary();
  out.key("files").begin_list();
  for (const auto& file : record.files) {
    out.begin_list();
    if (file) out.integer(file->size.value()).integer(file->modified_ns);
    out.end();
  }
  out.end();
  out.key("final").integer(record.is_final ? 1 : 0);
  out.key("info hash").string(record.info_hash.view());
  out.key("lease").integer(record.lease.count());
  out.key("pieces").string(record.pieces.wire());
  out.end();
  return out.take();
}

std::expected<std::optional<ResumeRecord::File>, std::string> read_file(const bencode::Node& node) {
  if (node.kind() != bencode::Kind::list) return std::unexpected("lists a file that is none");
  if (node.size() == 0) return std::nullopt;
  if (node.size() != 2 || !node.at(0).integer() || !node.at(1).integer() || *node.at(0).integer() < 0) {
    return std::unexpected("lists a file without size and time");
  }
  return ResumeRecord::File{ByteCount(*node.at(0).integer()), *node.at(1).integer()};
}

bool may_be_believed(const ResumeClaims& claims, const std::optional<ResumeRecord::File>& noted,
                     const std::optional<runtime::FileStatus>& now) {
  if (!noted || !now || now->kind != runtime::FileStatus::Kind::file) return false;
  if (claims.record.is_final) return now->size == noted->size && now->modified_ns == noted->modified_ns;
  return now->size >= noted->size && now->modified_ns >= noted->modified_ns &&
         now->modified_ns - claims.written_ns <= claims.record.lease.count();
}

// By size and time of modification, how many files of the torrent were noted so.
using Alikes = std::map<std::pair<std::int64_t, std::int64_t>, std::uint32_t>;
Alikes count_alikes(const ResumeRecord& record, const protocol::Metainfo& metainfo) {
  Alikes alikes;
  for (std::size_t i = 0; i < metainfo.files.size(); ++i) {
    const auto& noted = record.files[i];
    if (noted && !metainfo.files[i].is_pad && metainfo.files[i].length.value() > 0) ++alikes[{noted->size.value(), noted->modified_ns}];
  }
  return alikes;
}

}  // namespace

std::vector<std::byte> encode(const ResumeRecord& record) {
  const std::vector<std::byte> body = encode_body(record);
  bencode::Writer out;
  out.begin_dictionary();
  out.key("checksum").string(protocol::sha1(body).view());
  out.key("format").string(kFormat);
  out.key("record").string(Bytes(body));
  out.key("version").integer(kVersion);
  out.end();
  return out.take();
}

std::expected<ResumeRecord, std::string> decode_resume_record(Bytes bytes, const protocol::Metainfo& metainfo) {
  const auto envelope = bencode::Document::decode(bytes);
  if (!envelope) return std::unexpected("is damaged: " + bencode::to_string(envelope.error()));
  const auto format = envelope->root().find("format");
  if (!format || format->string() != kFormat) return std::unexpected("is no resume data of this program");
  const auto version = envelope->root().find("version");
  if (!version || version->integer() != kVersion) return std::unexpected("is of another version of this program");
  const auto body = envelope->root().find("record");
  const auto checksum = envelope->root().find("checksum");
  if (!body || !body->string() || !checksum || !checksum->string()) return std::unexpected("is incomplete");
  const Bytes body_bytes = as_bytes(*body->string());
  if (!std::ranges::equal(protocol::sha1(body_bytes).view(), as_bytes(*checksum->string()))) {
    return std::unexpected("is damaged: its checksum does not match");
  }
  const auto document = bencode::Document::decode(body_bytes);
  if (!document) return std::unexpected("is damaged: " + bencode::to_string(document.error()));
  const bencode::Node root = document->root();
  const auto files = root.find("files");
  const auto is_final = root.find("final");
  const auto info_hash = root.find("info hash");
  const auto lease = root.find("lease");
  const auto pieces = root.find("pieces");
  if (!files || !is_final || !is_final->integer() || !info_hash || !info_hash->string() || !lease ||
      !lease->integer() || !pieces || !pieces->string()) {
    return std::unexpected("is incomplete");
  }
  if (!std::ranges::equal(as_bytes(*info_hash->string()), metainfo.info_hash.view())) {
    return std::unexpected("is another torrent's");
  }
  auto claimed = protocol::Bitfield::from_wire(as_bytes(*pieces->string()), metainfo.geometry.piece_count());
  if (!claimed || files->size() != metainfo.files.size()) return std::unexpected("does not fit the torrent");
  ResumeRecord record{.info_hash = metainfo.info_hash, .pieces = std::move(*claimed), .files = {},
                      .is_final = *is_final->integer() == 1, .lease = Duration(*lease->integer())};
  record.files.reserve(files->size());
  for (auto node = files->first(); node; node = node->next()) {
    auto file = read_file(*node);
    if (!file) return std::unexpected(file.error());
    record.files.push_back(*file);
  }
  return record;
}

protocol::Bitfield trusted_pieces(const ResumeClaims& claims, const protocol::Metainfo& metainfo,
                                  const StatusOf& now_on_disk) {
  protocol::Bitfield trusted = claims.record.pieces;
  SWARM_ASSERT(claims.record.files.size() == metainfo.files.size(), claims.record.files.size());
  const std::int64_t piece_length = metainfo.geometry.piece_length().value();
  const Alikes alikes = count_alikes(claims.record, metainfo);
  for (std::size_t i = 0; i < metainfo.files.size() && !trusted.none(); ++i) {
    const protocol::FileEntry& file = metainfo.files[i];
    if (file.is_pad || file.length.value() == 0) continue;
    const auto& noted = claims.record.files[i];
    const bool may_be_another = noted && alikes.at({noted->size.value(), noted->modified_ns}) > 1;
    if (!may_be_another && may_be_believed(claims, noted, now_on_disk(i))) continue;
    const auto last = static_cast<std::uint32_t>((file.offset + file.length - ByteCount(1)).value() / piece_length);
    for (auto piece = static_cast<std::uint32_t>(file.offset.value() / piece_length); piece <= last; ++piece) {
      trusted.reset(PieceIndex(piece));
    }
  }
  return trusted;
}

}  // namespace swarmlab::client
