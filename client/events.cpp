#include "client/events.hpp"

#include <fmt/format.h>

#include "protocol/quantities.hpp"

namespace swarmlab::client {
namespace {

template <class... F>
struct Overloaded : F... { using F::operator()...; };

// " started", or nothing for a regular announce.
std::string name_of(protocol::AnnounceEvent event) {
  return event == protocol::AnnounceEvent::none ? "" : fmt::format(" {}", protocol::to_string(event));
}

std::int64_t seconds(Duration duration) { return std::chrono::duration_cast<std::chrono::seconds>(duration).count(); }

}  // namespace

std::string to_string(const Event& event) {
  return std::visit(
      Overloaded{
          [](const MetadataReceived& e) {
            return fmt::format("got the metadata: \"{}\", {} pieces", e.name, e.pieces);
          },
          [](const Checked& e) {
            std::string text = fmt::format("checked the files: {} of {} pieces are here", e.pieces_found, e.pieces_total);
            if (e.pieces_trusted > 0) text += fmt::format(" ({} known from resume data)", e.pieces_trusted);
            return text;
          },
          [](const PeerConnected& e) {
            return fmt::format("{} {}", e.by == Initiator::us ? "connected to" : "accepted", to_string(e.peer));
          },
          [](const PeerDropped& e) { return fmt::format("disconnected {}: {}", to_string(e.peer), e.reason); },
          [](const PieceVerified& e) { return fmt::format("piece {} is verified ({} now)", e.piece.value(), e.pieces_have); },
          [](const PieceFailed& e) {
            return fmt::format("piece {} does not match its hash; it came from {} peer{}", e.piece.value(), e.sources,
                               e.sources == 1 ? "" : "s");
          },
          [](const PeerBanned& e) {
            return fmt::format("banned {}: it spoilt piece {}", to_string(e.peer.address), e.piece.value());
          },
          [](const Completed& e) {
            return fmt::format("complete; downloaded {} bytes, uploaded {}", e.downloaded.value(), e.uploaded.value());
          },
          [](const TrackerAnswered& e) {
            return fmt::format("announced{} to {}; {}, again in {} s", name_of(e.event), e.url, counted(e.peers, "peer"),
                               seconds(e.interval));
          },
          [](const TrackerFailed& e) {
            return fmt::format("could not announce{} to {}: {}", name_of(e.event), e.url, e.reason);
          },
          [](const TrackerScraped& e) {
            return fmt::format("{} says: {}, {}, downloaded {}", e.url, counted(e.seeds, "seed"), counted(e.leechers, "leecher"),
                               counted(e.downloads, "time"));
          },
          [](const ScrapeFailed& e) { return fmt::format("nobody told the size of the swarm; {}: {}", e.url, e.reason); },
          [](const PeersHeard& e) {
            return fmt::format("heard of {} from {}", counted(static_cast<std::uint32_t>(e.peers.size()), "peer"), to_string(e.from));
          },
          [](const StorageFailed& e) {
            return fmt::format("stopped: {}: {}{}{}", e.path, e.reason, e.advice.empty() ? "" : "; ", e.advice);
          },
          [](const InternalFault& e) {
            return fmt::format("stopped: an error in this program, at {}: {}; what is on disk is checked when it is begun again", e.place,
                               e.what);
          },
          [](const Restarting& e) {
            return fmt::format("failed; begins again in {} s (restart {})", seconds(e.after), e.restarts);
          },
          [](const GivenUp& e) {
            return fmt::format("failed; not begun again after {} in a row: it stays as it is until it is started",
                               counted(e.restarts, "restart"));
          },
          [](const Stopped&) { return std::string("stopped"); },
          [](const Removed&) { return std::string("removed; its files stay"); },
          [](const Selected& e) {
            return fmt::format("selected {} of {} files; {} bytes are missing", e.files, e.files_total, e.left.value());
          },
          [](const ResumeIgnored& e) {
            return fmt::format("the resume data in {} {}; checking all files instead", e.path, e.reason);
          },
          [](const ResumeNotSaved& e) {
            return fmt::format("cannot save resume data in {}: {}; the next start will have to check all files", e.path,
                               e.reason);
          },
      },
      event);
}

}  // namespace swarmlab::client
