// The dictionaries that a tracker answers with; http_tracker_query.cpp has the query strings.
#include "protocol/http_tracker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "protocol/compact_peers.hpp"
#include "protocol/text.hpp"

namespace swarmlab::protocol {
namespace {

using bencode::Document;
using bencode::Kind;
using bencode::Node;

std::unexpected<ReplyError> fail(std::size_t at, std::string where, std::string what) {
  return std::unexpected(ReplyError{at, std::move(where), std::move(what)});
}

std::optional<std::int64_t> integer_at(const Node& dictionary, std::string_view key) {
  const auto node = dictionary.find(key);
  return node ? node->integer() : std::nullopt;
}

std::optional<std::string_view> string_at(const Node& dictionary, std::string_view key) {
  const auto node = dictionary.find(key);
  return node ? node->string() : std::nullopt;
}

// A count of peers; nullopt where it is missing or cannot be one.
std::optional<std::uint32_t> count_at(const Node& dictionary, std::string_view key) {
  const auto value = integer_at(dictionary, key);
  if (!value || *value < 0) return std::nullopt;
  return static_cast<std::uint32_t>(
      std::min<std::int64_t>(*value, std::numeric_limits<std::uint32_t>::max()));
}

// The document of a reply; its root is a dictionary.
std::expected<Document, ReplyError> read_reply(Bytes body) {
  if (ByteCount::of(body) > kMaxTrackerReplyBytes) {
    return fail(
        kMaxTrackerReplyBytes.size(), "",
        fmt::format("has {} bytes, {} at most", body.size(), kMaxTrackerReplyBytes.value()));
  }
  // Scripts end their output with a line break.
  auto document = Document::decode(body, bencode::Trailing::allow);
  if (!document) return fail(document.error().at, "", "is no bencode: " + document.error().what);
  if (!document->root().is_dictionary()) return fail(0, "", "is no dictionary");
  return std::move(*document);
}

std::expected<std::optional<TrackerFailure>, ReplyError> read_failure(const Node& root) {
  const auto node = root.find("failure reason");
  if (!node) return std::nullopt;
  const auto reason = node->string();
  if (!reason) return fail(node->offset(), "failure reason", "is no string");
  return TrackerFailure{one_line(*reason)};
}

std::expected<void, ReplyError> read_compact_peers(const Node& node, std::string_view key,
                                                   std::size_t stride, AnnounceReply& reply) {
  const auto text = node.string();
  if (!text) return fail(node.offset(), std::string(key), "is neither string nor list");
  if (text->size() % stride != 0) {
    return fail(node.offset(), std::string(key),
                fmt::format("has {} bytes, which is no multiple of {}", text->size(), stride));
  }
  read_compact(as_bytes(*text), stride, reply.peers);
  return {};
}

// Entries that name nobody (a host name, port 0, no dictionary) are left out one by one.
void read_peer_list(const Node& list, AnnounceReply& reply) {
  for (auto entry = list.first(); entry && reply.peers.size() < kMaxTrackerPeers;
       entry = entry->next()) {
    const auto ip = string_at(*entry, "ip");
    const auto address = ip ? IpAddress::parse(*ip) : std::nullopt;
    const auto port = integer_at(*entry, "port");
    if (!address || !port || *port < 1 || *port > 65535) continue;
    TrackerPeer peer{{*address, static_cast<std::uint16_t>(*port)}, {}};
    const auto id = string_at(*entry, "peer id");
    if (id && id->size() == PeerId::kSize) peer.id = PeerId::from(as_bytes(*id));
    reply.peers.push_back(peer);
  }
}

std::expected<void, ReplyError> read_peers(const Node& root, AnnounceReply& reply) {
  if (const auto peers = root.find("peers")) {
    if (peers->kind() == Kind::list) {
      read_peer_list(*peers, reply);
    } else if (auto read = read_compact_peers(*peers, "peers", kCompactV4Bytes, reply); !read) {
      return read;
    }
  }
  if (const auto peers6 = root.find("peers6")) {
    return read_compact_peers(*peers6, "peers6", kCompactV6Bytes, reply);
  }
  return {};
}

void write_peer_list(bencode::Writer& out, const std::vector<TrackerPeer>& peers, bool no_peer_id) {
  out.begin_list();
  for (const TrackerPeer& peer : peers) {
    out.begin_dictionary().key("ip").string(to_string(peer.endpoint.address));
    if (peer.id && !no_peer_id) out.key("peer id").string(peer.id->view());
    out.key("port").integer(peer.endpoint.port).end();
  }
  out.end();
}

}  // namespace

std::string to_string(const ReplyError& error) {
  return fmt::format("byte {}: {} {}", error.at, error.where.empty() ? "the reply" : error.where,
                     error.what);
}

std::expected<AnnounceAnswer, ReplyError> decode_announce_reply(Bytes body) {
  const auto document = read_reply(body);
  if (!document) return std::unexpected(document.error());
  const Node root = document->root();
  auto failure = read_failure(root);
  if (!failure) return std::unexpected(std::move(failure.error()));
  if (*failure) return AnnounceAnswer(std::move(**failure));

  AnnounceReply reply;
  reply.interval = usable_interval(integer_at(root, "interval").value_or(0));
  if (const auto least = integer_at(root, "min interval"); least && *least > 0) {
    reply.min_interval = usable_interval(*least);
  }
  reply.complete = count_at(root, "complete");
  reply.incomplete = count_at(root, "incomplete");
  if (const auto warning = string_at(root, "warning message")) reply.warning = one_line(*warning);
  if (const auto id = string_at(root, "tracker id")) reply.tracker_id = *id;
  if (const auto octets = string_at(root, "external ip")) {
    reply.external_ip = address_from_octets(as_bytes(*octets));
  }
  if (auto read = read_peers(root, reply); !read) return std::unexpected(std::move(read.error()));
  return AnnounceAnswer(std::move(reply));
}

std::expected<ScrapeAnswer, ReplyError> decode_scrape_reply(Bytes body) {
  const auto document = read_reply(body);
  if (!document) return std::unexpected(document.error());
  const Node root = document->root();
  auto failure = read_failure(root);
  if (!failure) return std::unexpected(std::move(failure.error()));
  if (*failure) return ScrapeAnswer(std::move(**failure));

  const auto files = root.find("files");
  if (!files) return fail(0, "files", "is missing");
  if (!files->is_dictionary()) return fail(files->offset(), "files", "is no dictionary");
  ScrapeReply reply;
  for (auto file = files->first(); file; file = file->next()) {
    if (file->key().size() != InfoHashV1::kSize) {
      return fail(file->offset(), "files",
                  fmt::format("has a key of {} bytes instead of {}", file->key().size(),
                              InfoHashV1::kSize));
    }
    reply.entries.push_back({.info_hash = InfoHashV1::from(as_bytes(file->key())),
                             .complete = count_at(*file, "complete").value_or(0),
                             .downloaded = count_at(*file, "downloaded").value_or(0),
                             .incomplete = count_at(*file, "incomplete").value_or(0)});
  }
  return ScrapeAnswer(std::move(reply));
}

std::vector<std::byte> encode_announce_reply(const AnnounceReply& reply, bool compact,
                                             bool no_peer_id) {
  bencode::Writer out;
  out.begin_dictionary();
  if (reply.complete) out.key("complete").integer(*reply.complete);
  if (reply.external_ip) {
    std::vector<std::byte> octets;
    append_address(*reply.external_ip, octets);
    out.key("external ip").string(Bytes(octets));
  }
  if (reply.incomplete) out.key("incomplete").integer(*reply.incomplete);
  out.key("interval").integer(reply.interval.count());
  if (reply.min_interval) out.key("min interval").integer(reply.min_interval->count());
  out.key("peers");
  if (compact) {
    std::vector<std::byte> v4, v6;
    for (const TrackerPeer& peer : reply.peers) {
      append_compact(peer.endpoint, peer.endpoint.address.is_v6() ? v6 : v4);
    }
    out.string(Bytes(v4));
    if (!v6.empty()) out.key("peers6").string(Bytes(v6));
  } else {
    write_peer_list(out, reply.peers, no_peer_id);
  }
  if (!reply.tracker_id.empty()) out.key("tracker id").string(reply.tracker_id);
  if (!reply.warning.empty()) out.key("warning message").string(reply.warning);
  return out.end().take();
}

std::vector<std::byte> encode_scrape_reply(const ScrapeReply& reply) {
  // Keys of a dictionary: sorted, and a hash that was asked for twice stands once.
  std::map<InfoHashV1, ScrapeEntry> entries;
  for (const ScrapeEntry& entry : reply.entries) entries.emplace(entry.info_hash, entry);

  bencode::Writer out;
  out.begin_dictionary().key("files").begin_dictionary();
  for (const auto& [hash, entry] : entries) {
    out.key(as_text(hash.view())).begin_dictionary();
    out.key("complete").integer(entry.complete);
    out.key("downloaded").integer(entry.downloaded);
    out.key("incomplete").integer(entry.incomplete).end();
  }
  return out.end().end().take();
}

std::vector<std::byte> encode_failure(const TrackerFailure& failure) {
  bencode::Writer out;
  return out.begin_dictionary().key("failure reason").string(failure.reason).end().take();
}

}  // namespace swarmlab::protocol
