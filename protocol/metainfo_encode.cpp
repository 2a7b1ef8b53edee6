#include <span>

#include "protocol/assert.hpp"
#include "protocol/bencode.hpp"
#include "protocol/metainfo.hpp"

namespace swarmlab::protocol {
namespace {

ByteCount total_of(const NewTorrent& torrent) {
  ByteCount total;
  for (const auto& file : torrent.files) total += file.length;
  return total;
}

void write_strings(bencode::Writer& out, const std::vector<std::string>& strings) {
  out.begin_list();
  for (const std::string& text : strings) out.string(text);
  out.end();
}

void write_files(bencode::Writer& out, const NewTorrent& torrent) {
  out.key("files").begin_list();
  for (const auto& file : torrent.files) {
    SWARM_ASSERT(!file.path.empty());
    out.begin_dictionary();
    if (!file.link_to.empty()) out.key("attr").string("l");
    out.key("length").integer(file.length.value()).key("path");
    write_strings(out, file.path);
    if (!file.link_to.empty()) {
      out.key("symlink path");
      write_strings(out, file.link_to);
    }
    out.end();
  }
  out.end();
}

void write_info(bencode::Writer& out, const NewTorrent& torrent) {
  const bool is_single_file = torrent.files.size() == 1 && torrent.files[0].path.empty();
  out.begin_dictionary();
  if (is_single_file)
    out.key("length").integer(torrent.files[0].length.value());
  else
    write_files(out, torrent);
  out.key("name").string(torrent.name);
  out.key("piece length").integer(torrent.piece_length.value());
  out.key("pieces").string(std::as_bytes(std::span(torrent.piece_hashes)));
  if (torrent.is_private) out.key("private").integer(1);
  if (torrent.source) out.key("source").string(*torrent.source);
  out.end();
}

// What stands around `info`, which the caller writes.  T: NewTorrent or Metainfo.
template <class T, class WriteInfo>
std::vector<std::byte> write_file(const T& torrent, WriteInfo&& write_info_of) {
  std::size_t urls = 0;
  const std::string* first = nullptr;
  for (const auto& tier : torrent.trackers) {
    if (first == nullptr && !tier.empty()) first = &tier.front();
    urls += tier.size();
  }

  bencode::Writer out;
  out.begin_dictionary();
  // Clients without BEP 12 know only `announce`; a list of one would say nothing more.
  if (first != nullptr) out.key("announce").string(*first);
  if (urls > 1) {
    out.key("announce-list").begin_list();
    for (const auto& tier : torrent.trackers) {
      if (!tier.empty()) write_strings(out, tier);
    }
    out.end();
  }
  if (torrent.comment) out.key("comment").string(*torrent.comment);
  if (torrent.created_by) out.key("created by").string(*torrent.created_by);
  if (torrent.creation_date) out.key("creation date").integer(*torrent.creation_date);
  out.key("info");
  write_info_of(out);
  if (!torrent.web_seeds.empty()) {
    out.key("url-list");
    write_strings(out, torrent.web_seeds);
  }
  return out.end().take();
}

}  // namespace

std::vector<std::byte> encode_metainfo(const NewTorrent& torrent) {
  static_assert(sizeof(Sha1Digest) == Sha1Digest::kSize);  // write_info joins them as they lie
  SWARM_ASSERT(!torrent.files.empty());
  SWARM_ASSERT(PieceGeometry(total_of(torrent), torrent.piece_length).piece_count() ==
                   torrent.piece_hashes.size(),
               total_of(torrent), torrent.piece_length, torrent.piece_hashes.size());
  return write_file(torrent, [&](bencode::Writer& out) { write_info(out, torrent); });
}

std::vector<std::byte> encode_metainfo(const Metainfo& torrent) {
  SWARM_ASSERT(!torrent.info.empty(), torrent.name);
  return write_file(torrent, [&](bencode::Writer& out) { out.raw(torrent.info); });
}

}  // namespace swarmlab::protocol
