// Tracker messages over HTTP (BEP 3 "trackers", BEP 7 peers6, BEP 23 compact, BEP 24, BEP 48
// scrape).
//
// Requests are query strings, replies bencoded dictionaries; the HTTP around them is runtime/http's
// business.  The tracker's side gets an error it can answer (`TrackerFailure` with a reason that a
// user understands); the client's side an error that names key path and offset.
//
// What a reply's odd values mean: intervals as usable_interval() says, counts below 0 are absent,
// peers without a literal address and a port are left out, those past kMaxTrackerPeers too, no
// "peers" are none.  What a query must have: info_hash, peer_id, port (0 only with "stopped") and
// left, which is not the same as left=0 (bug B68); numbers have at most 63 bits.  A key that is no
// hexadecimal number of at most 8 digits is folded into 32 bits; an ip that is no literal address
// is as if absent.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/announce.hpp"
#include "protocol/bencode.hpp"
#include "protocol/url.hpp"

namespace swarmlab::protocol {

// ---- the client's side ----
// The request target: the URL's own target with the announce parameters appended to its query.
std::string announce_target(const Url& tracker, const AnnounceRequest& request);
// nullopt where the tracker's path has no "announce" as the beginning of its last element (BEP 48).
std::optional<std::string> scrape_target(const Url& tracker, const ScrapeRequest& request);

struct ReplyError { std::size_t at = 0; std::string where; std::string what; };
std::string to_string(const ReplyError& error);

using AnnounceAnswer = std::variant<AnnounceReply, TrackerFailure>;
using ScrapeAnswer = std::variant<ScrapeReply, TrackerFailure>;
std::expected<AnnounceAnswer, ReplyError> decode_announce_reply(Bytes body);
std::expected<ScrapeAnswer, ReplyError> decode_scrape_reply(Bytes body);

// ---- the tracker's side ----
// `query` is what follows '?'.  Unknown parameters are ignored; of repeated ones the first counts.
std::expected<AnnounceRequest, TrackerFailure> parse_announce_query(std::string_view query);
std::expected<ScrapeRequest, TrackerFailure> parse_scrape_query(std::string_view query);
// compact gives "peers" (6 bytes each) and "peers6" (18 bytes each); otherwise a list of
// dictionaries.
std::vector<std::byte> encode_announce_reply(const AnnounceReply& reply, bool compact, bool no_peer_id);
std::vector<std::byte> encode_scrape_reply(const ScrapeReply& reply);
std::vector<std::byte> encode_failure(const TrackerFailure& failure);

}  // namespace swarmlab::protocol
