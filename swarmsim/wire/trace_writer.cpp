#include "swarmsim/wire/trace_writer.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace swarmlab::swarmsim {
namespace {

using Json = nlohmann::ordered_json;

// The stream is asked for room once per so many bytes.
constexpr std::size_t kChunk = 64 * 1024;

std::string pieces_text(const protocol::Bitfield& pieces) {
  if (pieces.none()) return "none";
  return pieces.all() ? "all" : to_hex(pieces.wire());
}

std::int64_t ns(Time time) { return time.time_since_epoch().count(); }

// Titles come from files of strangers, whose bytes need not be UTF-8.
std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

std::string header_line(const TraceHeader& header) {
  Json set = Json::array();
  for (const auto& [key, value] : header.set) set.push_back({key, value});
  Json peers = Json::array();
  for (const TracePeer& peer : header.peers) {
    peers.push_back({{"name", peer.name}, {"address", peer.address}, {"joins", ns(peer.joins)}, {"has", pieces_text(peer.has)}});
    if (!peer.client) continue;
    Json declares = Json::object();
    for (const auto& [name, number] : peer.client->declares) declares[name] = number;
    peers.back()["client"] = {{"speaks", peer.client->speaks}, {"declares", std::move(declares)}};
  }
  Json trackers = Json::array();
  for (const TraceTracker& tracker : header.trackers) trackers.push_back({{"name", tracker.name}, {"address", tracker.address}});
  Json line = {{"format", kTraceFormat},
                  {"version", kTraceVersion},
                  {"scenario", {{"title", header.title}, {"file", header.file}, {"text", header.text}, {"set", std::move(set)}}},
                  {"seed", header.seed},
                  {"mode", header.mode},
                  {"torrent",
                   {{"size", header.geometry.total().value()},
                    {"piece_length", header.geometry.piece_length().value()},
                    {"pieces", header.geometry.piece_count()},
                    {"info_hash", to_string(header.info_hash)}}},
                  {"peers", std::move(peers)},
                  {"trackers", std::move(trackers)}};
  if (header.mode == "lab") {
    line["network"] = header.network;
    line["client"] = header.client;
  }
  return line_of(line);
}

Json json_of(const UnreadStreams& unread) {
  Json json = Json::object();
  for (const auto& [name, member] : kUnreadStreams)
    if (unread.*member > 0) json[name] = unread.*member;
  return json;
}

std::string end_line(const TraceEnd& end) {
  Json verdicts = Json::array();
  for (const TraceVerdict& verdict : end.verdicts)
    verdicts.push_back({{"check", verdict.check}, {"who", verdict.who}, {"verdict", verdict.verdict},
                        {"measured", verdict.measured}, {"limit", verdict.limit}, {"summary", verdict.summary},
                        {"story", verdict.story}});
  Json line = {{"end", ns(end.at)},
                  {"cut_short", end.was_cut_short},
                  {"fingerprint", fmt::format("{:016x}", end.fingerprint)},
                  {"messages", end.messages},
                  {"blocks", end.blocks},
                  {"open_connections", end.open_connections},
                  {"invalid", end.invalid},
                  {"notes", end.notes},
                  {"disks", end.disks},
                  {"verdicts", std::move(verdicts)}};
  if (!end.rough.empty()) line["rough"] = end.rough;
  if (!end.faults.empty()) line["faults"] = end.faults;
  if (!end.bytes_read.empty()) line["bytes_read"] = end.bytes_read;
  for (const UnreadStreams& unread : end.unread) line["unread"].push_back(json_of(unread));
  if (!end.storage_bites.empty()) line["storage_bites"] = end.storage_bites;
  if (!end.strays.empty()) line["strays"] = end.strays;
  return line_of(line);
}

}  // namespace

std::vector<std::string> TraceHeader::names() const {
  std::vector<std::string> names;
  for (const TracePeer& peer : peers) names.push_back(peer.name);
  for (const TraceTracker& tracker : trackers) names.push_back(tracker.name);
  return names;
}

TraceWriter::TraceWriter(std::ostream& out, const TraceHeader& header)
    : out_(out), codec_(header.names()), pending_(header_line(header)) {}

void TraceWriter::on_event(const WireEvent& event) {
  codec_.encode(event, pending_);
  if (pending_.size() >= kChunk) flush();
}

void TraceWriter::finish(const TraceEnd& end) {
  pending_ += end_line(end);
  flush();
  out_.flush();
}

void TraceWriter::flush() {
  out_.write(pending_.data(), static_cast<std::streamsize>(pending_.size()));
  pending_.clear();
}

}  // namespace swarmlab::swarmsim
