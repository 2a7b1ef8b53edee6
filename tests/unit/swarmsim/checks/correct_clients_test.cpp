// Clients that do otherwise than ours and are right, each before every check of requests and announcements: nobody is
// accused.  Who finds another such client writes it down here first.
#include <gmock/gmock.h>

#include <array>
#include <functional>
#include <string>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

constexpr std::array kChecks{
    "bitfield_wellformed", "bitfield_comes_first", "requests_match_availability", "have_follows_verification",
    "request_bounds", "requests_survive_choke", "requests_survive_disconnect", "requests_survive_silence",
    "failed_piece_refetched", "pipeline_refills", "fast_choke_semantics", "requests_are_answered_once",
    "no_duplicate_to_same_peer", "no_request_for_owned_block", "endgame_rescues_last_block", "have_means_servable"};

// What "a" does and what is done to it; `prepare` is for what it declares.
struct Client {
  std::string name;
  std::function<void(Stage&)> prepare;
  std::function<void(Stage&)> plays;
  std::uint64_t request_size = 16384;
};

void PrintTo(const Client& client, std::ostream* out) { *out << client.name; }

void seed_unchokes(Stage& stage, HostId seed) {
  stage.tells(1s, seed, kA, have_all);
  stage.tells(1s, seed, kA, unchoke);
}

// Part of a block, received; connections as on the stage.
void receive_part(Stage& stage, Duration at, HostId from, std::uint32_t piece, std::uint32_t begin, std::uint32_t length) {
  WireEvent event;
  event.kind = WireEventKind::received;
  event.at = event.decided_earliest = event.decided_latest = kStart + at;
  event.from = from;
  event.to = kA;
  event.connection = ConnectionId(from.value() - 1);
  event.direction = Direction::from_acceptor;
  event.message.kind = MessageKind::piece;
  event.message.piece = PieceIndex(piece);
  event.message.begin = BlockBegin(begin);
  event.message.length = length;
  event.message.authentic = Authentic::yes;
  stage.judge->on_event(event);
}

// Time passes, and no check has anything to do with it.
void time_passes(Stage& stage, Duration from, Duration to) {
  for (Duration at = from; at < to; at += 500ms) stage.received(at, kD, kA, keep_alive);
}

void fetch(Stage& stage, Duration at, HostId from, int piece, int block) {
  stage.sent(at, kA, from, request, piece, block);
  stage.received(at + 200ms, from, kA, MessageKind::piece, piece, block);
}

// Half a block at a time, six requests open, of which a Choke voids two; they go to the other seed in one.
void small_requests(Stage& stage) {
  seed_unchokes(stage, kB);
  seed_unchokes(stage, kC);
  Duration at = 2s;
  for (std::uint32_t piece = 0; piece < 3; ++piece)
    for (std::uint32_t begin = 0; begin < 32768; begin += 8192) {
      stage.request_range(at, kA, kB, piece, begin, 8192);
      receive_part(stage, at + 100ms, kB, piece, begin, 8192);
      at += 100ms;
    }
  for (const std::uint32_t piece : {0u, 1u, 2u})
    for (const HostId to : {kB, kC, kD}) stage.tells(at, kA, to, have, static_cast<int>(piece));
  stage.request_range(at, kA, kB, 3, 0, 8192);
  stage.request_range(at, kA, kB, 3, 8192, 8192);
  time_passes(stage, at, at + 9s);   // c idles, but half of the piece has been asked from nobody: it is no end-game
  receive_part(stage, 13s, kB, 3, 0, 8192);
  stage.tells(13s, kB, kA, choke);
  for (const std::uint32_t begin : {8192u, 16384u, 24576u}) stage.request_range(14s, kA, kC, 3, begin, 8192);
  for (const std::uint32_t begin : {8192u, 16384u, 24576u}) receive_part(stage, 15s, kC, 3, begin, 8192);
  for (const HostId to : {kB, kC, kD}) stage.tells(16s, kA, to, have, 3);
  time_passes(stage, 17s, 40s);
}

// Announces what it got in the last seconds all at once.
void batched_haves(Stage& stage) {
  seed_unchokes(stage, kB);
  for (const int piece : {0, 1, 2, 3})
    for (const int block : {0, 1}) fetch(stage, Duration(1s) * (2 + piece), kB, piece, block);
  for (const int piece : {0, 1, 2, 3})
    for (const HostId to : {kC, kD}) stage.tells(6s, kA, to, have, piece);
  time_passes(stage, 7s, 40s);
}

// Tells of one of its pieces by a Have only, so that nobody on the way sees a seed.
void lazy_bitfield(Stage& stage) {
  for (const HostId to : {kB, kC, kD}) {
    stage.bitfield(1s, kA, to, "e0");
    stage.tells(2s, kA, to, have, 3);
    stage.received(3s, to, kA, request, 3, 0);
    stage.tells(4s, kA, to, piece, 3);
  }
  time_passes(stage, 5s, 90s);
}

// Without the Fast extension who has nothing says nothing of it; a Choke voids, the blocks are asked elsewhere.
void no_fast(Stage& stage) {
  seed_unchokes(stage, kB);
  stage.tells(1s, kC, kA, have_all);
  for (const HostId to : {kB, kC}) stage.tells(1s, kA, to, interested);
  for (const int block : {0, 1}) stage.sent(2s, kA, kB, request, 0, block);
  stage.tells(3s, kB, kA, choke);
  stage.tells(3500ms, kC, kA, unchoke);
  for (const int block : {0, 1}) fetch(stage, 4s, kC, 0, block);
  for (const int number : {1, 2, 3})
    for (const int block : {0, 1}) fetch(stage, Duration(1s) * (4 + number), kC, number, block);
  for (const int number : {0, 1, 2, 3}) stage.tells(9s, kA, kD, have, number);
  time_passes(stage, 10s, 40s);
}

// The last block is asked of everybody, and cancelled at all but the quickest; one more copy comes all the same.
void broadcast_endgame(Stage& stage) {
  for (const HostId seed : {kB, kC, kD}) seed_unchokes(stage, seed);
  for (const int number : {0, 1, 2})
    for (const int block : {0, 1}) fetch(stage, Duration(1s) * (2 + number), kB, number, block);
  fetch(stage, 5s, kB, 3, 0);
  for (const HostId seed : {kB, kC, kD}) stage.sent(6s, kA, seed, request, 3, 1);
  stage.received(7s, kB, kA, piece, 3, 1);
  for (const HostId seed : {kC, kD}) stage.sent(7s, kA, seed, cancel, 3, 1);
  stage.received(7500ms, kC, kA, piece, 3, 1);
  time_passes(stage, 8s, 40s);
}

// One request at a time, a fifth of a second after each answer.
void depth_one(Stage& stage) {
  seed_unchokes(stage, kB);
  seed_unchokes(stage, kC);
  Duration at = 1200ms;
  for (const int number : {0, 1, 2, 3})
    for (const int block : {0, 1}) {
      fetch(stage, at, number % 2 == 0 ? kB : kC, number, block);
      at += 400ms;
    }
  for (const int number : {0, 1, 2, 3}) stage.tells(at, kA, kD, have, number);
  time_passes(stage, at, 40s);
}

// What was rejected it asks the same peer for after a minute only, and goes on with other things meanwhile.
void patient_after_a_reject(Stage& stage) {
  stage.shake_hands(0s, kA, kB, true);
  stage.tells(1s, kA, kB, have_none);
  seed_unchokes(stage, kB);
  stage.sent(1s, kA, kB, request, 3, 0);
  stage.received(2s, kB, kA, reject, 3, 0);
  for (const int number : {0, 1, 2})
    for (const int block : {0, 1}) fetch(stage, 2s + 1s * number, kB, number, block);
  fetch(stage, 5s, kB, 3, 1);
  for (const int number : {0, 1, 2})
    for (const HostId to : {kC, kD}) stage.tells(6s, kA, to, have, number);
  time_passes(stage, 7s, 62s);
  fetch(stage, 62s, kB, 3, 0);
  for (const HostId to : {kC, kD}) stage.tells(63s, kA, to, have, 3);
  time_passes(stage, 64s, 90s);
}

// With Fast a Choke leaves its request open, but nobody answers it: it sends it again when its request timeout is over.
void repeats_what_nobody_answers(Stage& stage) {
  stage.shake_hands(0s, kA, kB, true);
  stage.tells(1s, kA, kB, have_none);
  seed_unchokes(stage, kB);
  stage.sent(1s, kA, kB, request, 3, 0);
  stage.tells(2s, kB, kA, choke);
  time_passes(stage, 3s, 70s);
  stage.tells(70s, kB, kA, unchoke);
  stage.sent(70s, kA, kB, request, 3, 0);
  stage.received(71s, kB, kA, piece, 3, 0);
  stage.sent(71s, kA, kB, request, 3, 1);
  time_passes(stage, 72s, 80s);
}

// Serves what waits longest last, and rejects what was cancelled when it comes to it.
void serves_the_youngest_first(Stage& stage) {
  stage.shake_hands(0s, kA, kB, true);
  stage.tells(1s, kA, kB, have_all);
  for (const HostId to : {kC, kD}) stage.bitfield(1s, kA, to, "f0");
  for (const int number : {0, 1, 2, 3}) stage.received(2s, kB, kA, request, number, 0);
  stage.received(3s, kB, kA, cancel, 1, 0);
  for (const int number : {3, 2, 1, 0}) stage.tells(Duration(5s) * (5 - number), kA, kB, number == 1 ? reject : piece, number);
  time_passes(stage, 30s, 90s);
}

const std::array kClients{
    Client{"small requests", [](Stage&) {}, small_requests, 8192},
    Client{"batched haves", [](Stage&) {}, batched_haves},
    Client{"lazy bitfield", [](Stage& stage) { stage.facts.peers[0].has_at_start.set_all(); }, lazy_bitfield},
    Client{"no fast extension", [](Stage&) {}, no_fast},
    Client{"end-game by broadcast", [](Stage& stage) { stage.facts.peers[0].end_game_requesters = 50; }, broadcast_endgame},
    Client{"pipeline of one", [](Stage&) {}, depth_one},
    Client{"patient after a reject", [](Stage&) {}, patient_after_a_reject},
    Client{"repeats what nobody answers", [](Stage&) {}, repeats_what_nobody_answers},
    Client{"serves the youngest first", [](Stage& stage) { stage.facts.peers[0].has_at_start.set_all(); },
           serves_the_youngest_first},
};

class CorrectClientTest : public ::testing::TestWithParam<Client> {};

TEST_P(CorrectClientTest, IsAccusedByNoCheck) {
  for (const std::string_view check : kChecks) {
    Stage stage;
    GetParam().prepare(stage);
    CheckArguments arguments = who({kA});
    if (check == "request_bounds") arguments.set("size", GetParam().request_size);
    stage.begin(check, std::move(arguments));
    GetParam().plays(stage);
    const Judgement judgement = stage.conclude(100s);
    EXPECT_NE(judgement.verdict, Verdict::violated)
        << check << ": " << judgement.summary << '\n' << ::testing::PrintToString(judgement.story);
  }
}

INSTANTIATE_TEST_SUITE_P(Clients, CorrectClientTest, ::testing::ValuesIn(kClients));

}  // namespace
}  // namespace swarmlab::swarmsim
