"""Resume data of real processes: kill -9 at any moment, and starts that believe what they may."""

from __future__ import annotations

import json
import random
import re
import signal
import time
from pathlib import Path

from harness.content import differences, make_file
from harness.programs import Programs
from harness.running import Running
from lab.processes import Child, wait_until

KIB = 1 << 10
PIECE = 64 * KIB
PIECES = 512


def events(child: Child) -> list[dict]:
    """What a client said so far with --json; a last line that a kill cut off is no line."""
    lines = child.out.read_text(errors="replace").split("\n")[:-1]
    return [json.loads(line) for line in lines]


def first(child: Child, kind: str) -> dict | None:
    return next((event for event in events(child) if event["event"] == kind), None)


def start_seed(running: Running, programs: Programs, torrent: Path, folder: Path, *options: str) -> tuple[Child, str]:
    seed = running.start("seed", [programs.btclient, "--json", "--dir", folder, "--listen", "127.0.0.1:0", *options, torrent])
    running.wait_for("the seed has checked its files", lambda: first(seed, "checked") is not None, 20, [seed])
    listening = first(seed, "listening")
    assert listening is not None
    return seed, listening["address"]


def claimed_pieces(record: Path) -> set[int]:
    """The pieces that a record claims; none where there is no record."""
    if not record.exists():
        return set()
    found = re.search(rb"6:pieces(\d+):", record.read_bytes())
    assert found, "a record without pieces"
    bits = record.read_bytes()[found.end():found.end() + int(found[1])]
    return {piece for piece in range(PIECES) if bits[piece // 8] & (0x80 >> piece % 8)}


def test_a_hundred_kills_cost_no_verified_piece(running: Running, programs: Programs, tmp_path: Path) -> None:
    """1. A seed on loopback, and a leecher held to 3 MiB/s that is killed (SIGKILL) a hundred times at random moments.
    2. After each kill the pieces that the record claims are on disk, byte by byte.
    3. Each start finds every piece that was verified before the kill, and hashes only what the record does not claim.
    4. Left alone, it completes, and the file is true.
    """
    original = make_file(tmp_path / "seeder" / "content", PIECES * PIECE)
    torrent = tmp_path / "content.torrent"
    programs.create_torrent(original, torrent, piece_bytes=PIECE)
    _, address = start_seed(running, programs, torrent, tmp_path / "seeder")
    folder = tmp_path / "leecher"
    truth = original.read_bytes()
    chance = random.Random(1)
    command = [programs.btclient, "--json", "--dir", folder, "--listen", "127.0.0.1:0", "--peer", address]

    had: set[int] = set()
    trusted_once = 0
    for kill in range(100):
        leecher = running.start(f"leecher-{kill}", [*command, "--down-limit", "3MiB/s", torrent])
        assert wait_until(lambda: first(leecher, "checked") is not None, 10), leecher.tail()
        checked = first(leecher, "checked")
        assert checked is not None
        assert checked["pieces_found"] >= len(had), f"kill {kill}: verified pieces were lost"
        assert checked["pieces_trusted"] <= checked["pieces_found"]
        trusted_once = max(trusted_once, checked["pieces_trusted"])
        time.sleep(chance.uniform(0, 0.25))
        leecher.id.signal(signal.SIGKILL)
        assert leecher.wait(5) == -signal.SIGKILL
        had |= {event["piece"] for event in events(leecher) if event["event"] == "piece_verified"}
        content = (folder / "content").read_bytes() if (folder / "content").exists() else b""
        for piece in claimed_pieces(next(iter((folder / ".swarmlab").glob("*.resume")), folder / "none")):
            begin = piece * PIECE
            assert content[begin:begin + PIECE] == truth[begin:begin + PIECE], f"kill {kill}: piece {piece} is claimed, not there"
    assert len(had) > 50, "the leecher hardly got anything between the kills"
    assert trusted_once > 50, "nothing was ever believed"

    last = running.start("leecher-last", [*command, "--exit-when", "complete", torrent])
    assert last.wait(30) == 0
    assert differences(original, folder / "content") == []


def test_a_seed_is_hashed_once_and_again_when_its_file_changes(running: Running, programs: Programs,
                                                                tmp_path: Path) -> None:
    """1. The first start hashes everything, the second nothing. 2. One byte is edited: all is hashed, one piece is missing.
    3. --no-resume hashes everything; --state keeps the record elsewhere.
    """
    original = make_file(tmp_path / "seeder" / "content", 64 * PIECE)
    torrent = tmp_path / "content.torrent"
    programs.create_torrent(original, torrent, piece_bytes=PIECE)

    def check(*options: str) -> tuple[int, int]:
        seed, _ = start_seed(running, programs, torrent, tmp_path / "seeder", *options)
        checked = first(seed, "checked")
        assert checked is not None
        assert seed.stop() in (0, 1)
        return checked["pieces_found"], checked["pieces_trusted"]

    assert check() == (64, 0)
    assert check() == (64, 64)
    assert check("--no-resume") == (64, 0)
    with original.open("r+b") as file:
        file.seek(10 * PIECE)
        byte = file.read(1)
        file.seek(10 * PIECE)
        file.write(bytes([byte[0] ^ 1]))
    assert check() == (63, 0)
    assert check() == (63, 63)
    elsewhere = tmp_path / "state"
    assert check("--state", str(elsewhere)) == (63, 0)
    assert [path.suffix for path in elsewhere.iterdir()] == [".resume"]
