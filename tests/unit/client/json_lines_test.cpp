#include "client/json_lines.hpp"

#include <gtest/gtest.h>

namespace swarmlab::client {
namespace {

const Time kAt = kStart + 1250ms;
const Endpoint kPeer{IpAddress::v4(10, 0, 0, 2), 6881};

TEST(JsonLines, EveryEventIsOneObjectOnOneLine) {
  PeerId id;
  id.bytes.fill(std::byte{0xab});
  const std::vector<std::pair<Event, std::string>> rows{
      {MetadataReceived{"n", 300_B, 8},
       R"("event":"metadata_received","time_s":1.25,"torrent":"t","name":"n","size":300,"pieces":8)"},
      {Checked{3, 8, 2},
       R"("event":"checked","time_s":1.25,"torrent":"t","pieces_found":3,"pieces_total":8,"pieces_trusted":2)"},
      {PeerConnected{kPeer, id, Initiator::them},
       R"("event":"peer_connected","time_s":1.25,"torrent":"t","peer":"10.0.0.2:6881",)"
       R"("id":"abababababababababababababababababababab","by":"them")"},
      {PeerDropped{kPeer, "left"},
       R"("event":"peer_dropped","time_s":1.25,"torrent":"t","peer":"10.0.0.2:6881","reason":"left")"},
      {PieceVerified{PieceIndex(7), 8},
       R"("event":"piece_verified","time_s":1.25,"torrent":"t","piece":7,"pieces_have":8)"},
      {PieceFailed{PieceIndex(7), 2},
       R"("event":"piece_failed","time_s":1.25,"torrent":"t","piece":7,"sources":2)"},
      {PeerBanned{kPeer, PieceIndex(7)},
       R"("event":"peer_banned","time_s":1.25,"torrent":"t","peer":"10.0.0.2","piece":7)"},
      {Completed{1_KiB, 2_KiB},
       R"("event":"completed","time_s":1.25,"torrent":"t","uploaded":1024,"downloaded":2048)"},
      {TrackerAnswered{"http://t/a", protocol::AnnounceEvent::started, 5, 30min},
       R"("event":"tracker_answered","time_s":1.25,"torrent":"t","url":"http://t/a","announced":"started","peers":5,"interval_s":1800.0)"},
      {TrackerFailed{"http://t/a", protocol::AnnounceEvent::stopped, "no"},
       R"("event":"tracker_failed","time_s":1.25,"torrent":"t","url":"http://t/a","announced":"stopped","reason":"no")"},
      {StorageFailed{"a/b", "no space"},
       R"("event":"storage_failed","time_s":1.25,"torrent":"t","path":"a/b","reason":"no space")"},
      {TrackerScraped{"http://t/a", 3, 2, 7},
       R"("event":"tracker_scraped","time_s":1.25,"torrent":"t","url":"http://t/a","seeds":3,"leechers":2,"downloads":7)"},
      {ScrapeFailed{"http://t/a", "no"},
       R"("event":"scrape_failed","time_s":1.25,"torrent":"t","url":"http://t/a","reason":"no")"},
      {PeersHeard{kPeer, std::span(&kPeer, 1)},
       R"("event":"new_peers","time_s":1.25,"torrent":"t","from":"10.0.0.2:6881","peers":["10.0.0.2:6881"])"},
      {InternalFault{"client/x.cpp:7", "broken invariant: a"},
       R"("event":"internal_fault","time_s":1.25,"torrent":"t","place":"client/x.cpp:7","what":"broken invariant: a")"},
      {Restarting{5s, 2}, R"("event":"restarting","time_s":1.25,"torrent":"t","after_s":5.0,"restarts":2)"},
      {GivenUp{3}, R"("event":"given_up","time_s":1.25,"torrent":"t","restarts":3)"},
      {Removed{}, R"("event":"removed","time_s":1.25,"torrent":"t")"},
      {Selected{2, 3, 7_B}, R"("event":"selected","time_s":1.25,"torrent":"t","files":2,"files_total":3,"left":7)"},
      {ResumeIgnored{"a/.swarmlab/x.resume", "is damaged"},
       R"("event":"resume_ignored","time_s":1.25,"torrent":"t","path":"a/.swarmlab/x.resume","reason":"is damaged")"},
      {ResumeNotSaved{"a/.swarmlab/x.resume", "permission"},
       R"("event":"resume_not_saved","time_s":1.25,"torrent":"t","path":"a/.swarmlab/x.resume","reason":"permission")"},
      {Stopped{}, R"("event":"stopped","time_s":1.25,"torrent":"t")"}};
  ASSERT_EQ(rows.size(), std::variant_size_v<Event>);
  for (const auto& [event, text] : rows) EXPECT_EQ(json_line("t", kAt, event), '{' + text + '}');
}

TEST(JsonLines, NamesFromOutsideCannotBreakALine) {
  const std::string line = json_line("a\"b\n\xff\\", kAt, Event(Stopped{}));
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_NE(line.find(R"(a\"b\n)"), std::string::npos);
  EXPECT_NE(line.find("%FF"), std::string::npos) << "what is no UTF-8 is spelt out: " << line;
}

TEST(JsonLines, StatusGivesStateNumbersAndTheErrorIfThereIsOne) {
  TorrentStatus status;
  status.state = TorrentState::failed;
  status.error = "content: no space";
  status.left = 5_B;
  const std::string failed = json_line("t", kAt, status);
  EXPECT_NE(failed.find(R"("state":"failed","error":"content: no space")"), std::string::npos) << failed;
  EXPECT_NE(failed.find(R"("left":5)"), std::string::npos);
  status.error.clear();
  EXPECT_EQ(json_line("t", kAt, status).find("error"), std::string::npos);
}

TEST(JsonLines, ListeningGivesAddressAndPeerId) {
  PeerId id;
  EXPECT_EQ(json_line(kPeer, id),
            R"({"event":"listening","address":"10.0.0.2:6881","peer_id":"0000000000000000000000000000000000000000"})");
}

}  // namespace
}  // namespace swarmlab::client
