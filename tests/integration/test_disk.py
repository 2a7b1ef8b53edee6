"""Disks of real processes: many files, little memory, and what a client says and keeps when a disk or a file fails it."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.content import differences, make_file
from harness.lab_swarm import LabSwarm
from harness.private_disk import PrivateDisk, why_unavailable
from harness.programs import Programs
from harness.running import Place, Running
from lab.processes import Child
from lab.scrape import Scrape

KIB = 1 << 10
MIB = 1 << 20
PIECE = 64 * KIB


def events(child: Child, kind: str) -> list[dict[str, Any]]:
    """What a client said of this kind so far with --json."""
    lines = child.out.read_text(errors="replace").split("\n")[:-1]
    return [event for event in map(json.loads, lines) if event["event"] == kind]


class Client:
    """A btclient on loopback, with JSON lines and a control tree."""

    def __init__(self, programs: Programs, running: Running, name: str, *arguments: str | Path, place: Place | None = None,
                 wrapper: tuple[str, ...] = ()) -> None:
        self.programs, self.running = programs, running
        self.token = running.folder / f"{name}.token"
        self.child = running.start(name, [*wrapper, programs.btclient, "--json", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0",
                                          "--control-token", self.token, *arguments], host=place)
        running.wait_for("the tree is served", lambda: bool(events(self.child, "control")), 20, [self.child])
        self.at: str = events(self.child, "listening")[0]["address"]
        self.tree: str = events(self.child, "control")[0]["address"]

    def ctl(self, *words: str | Path) -> Any:
        done = self.programs.run("btclient", "ctl", "--control", self.tree, "--token-file", self.token, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def stats(self, torrent: int = 0) -> Any:
        return self.ctl(f"torrents/{torrent}/stats")

    def wait_for_state(self, state: str, torrent: int = 0, seconds: float = 30) -> None:
        self.running.wait_for(f"torrent {torrent} of {self.child.name} is {state}", lambda: self.stats(torrent)["state"] == state, seconds,
                              [self.child])

    def only_fault(self, name: str) -> dict[str, Any]:
        """What it said of the storage of this torrent, which must be one thing."""
        faults = [event for event in events(self.child, "storage_failed") if event["torrent"] == name]
        assert len(faults) == 1, faults
        return faults[0]

    def peak_memory(self) -> int:
        status = Path(f"/proc/{self.child.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found, status
        return int(found[1]) * KIB


@pytest.fixture
def private_disks() -> None:
    if reason := why_unavailable():
        if os.environ.get("CI") == "true":
            pytest.fail(f"no private disk here, and CI must not skip: {reason}")
        pytest.skip(f"no private disk here: {reason}")


def test_ten_thousand_files_pass_through_128_descriptors(programs: Programs, running: Running, tmp_path: Path) -> None:
    """1. 10,000 files, some empty, in 100 folders. 2. Seed and leecher may have 128 descriptors each.
    3. All files arrive, no fault is told."""
    root = tmp_path / "seed" / "many"
    for number in range(10_000):
        folder = root / f"{number % 100:02}"
        if number < 100:
            folder.mkdir(parents=True)
        (folder / f"{number}").write_bytes(random.Random(number).randbytes(number * 7 % 3001))
    torrent = tmp_path / "many.torrent"
    shown = programs.create_torrent(root, torrent, piece_bytes=PIECE)
    assert len(shown["files"]) == 10_000
    few = ("sh", "-c", 'ulimit -n 128; exec "$@"', "sh")
    seed = Client(programs, running, "seed", "--no-resume", "--dir", tmp_path / "seed", torrent, wrapper=few)
    seed.wait_for_state("seeding")
    leech = Client(programs, running, "leech", "--dir", tmp_path / "leech", "--peer", seed.at, torrent, wrapper=few)
    leech.wait_for_state("seeding", seconds=60)
    assert differences(root, tmp_path / "leech" / "many") == []
    assert not events(leech.child, "storage_failed") and not events(seed.child, "storage_failed")
    assert len(list(Path(f"/proc/{leech.child.pid}/fd").iterdir())) <= 128


def test_memory_does_not_grow_with_the_torrent(programs: Programs, running: Running, tmp_path: Path) -> None:
    """1. 512 MiB in pieces of 1 MiB, from a seed that hashes them first. 2. Neither end ever has 64 MiB in memory."""
    original = make_file(tmp_path / "seed" / "content", 512 * MIB)
    torrent = tmp_path / "content.torrent"
    programs.create_torrent(original, torrent, piece_bytes=MIB)
    seed = Client(programs, running, "seed", "--dir", tmp_path / "seed", torrent)
    seed.wait_for_state("seeding", seconds=60)
    leech = Client(programs, running, "leech", "--dir", tmp_path / "leech", "--peer", seed.at, torrent)
    leech.wait_for_state("seeding", seconds=60)
    assert differences(original, tmp_path / "leech" / "content") == []
    assert leech.peak_memory() < 64 * MIB
    assert seed.peak_memory() < 64 * MIB


@pytest.mark.usefixtures("private_disks")
@pytest.mark.parametrize("allocate", ["sparse", "full"])
def test_a_full_disk_stops_one_torrent_until_there_is_room(programs: Programs, running: Running, tmp_path: Path, allocate: str) -> None:
    """1. On a disk of 8 MiB a small torrent is seeded, and 16 MiB are to come: that one fails and says which file, what and what to do.
    2. With --allocate full it says so before the first block, with the bytes that are needed and those that are free.
    3. The small one is seeded on. 4. With room made the large one goes on, and what was verified is not fetched again.
    """
    large = make_file(tmp_path / "seed" / "large", 16 * MIB)
    small = make_file(tmp_path / "small", MIB)
    for original in (large, small):
        programs.create_torrent(original, tmp_path / f"{original.name}.torrent", piece_bytes=PIECE)
    seed = Client(programs, running, "seed", "--dir", tmp_path / "seed", tmp_path / "large.torrent")
    mount_point = tmp_path / "disk"
    mount_point.mkdir()
    with PrivateDisk(mount_point, "8m") as disk:
        shutil.copy(small, disk.seen_from_here / "small")
        leech = Client(programs, running, "leech", "--dir", mount_point, "--peer", seed.at, "--allocate", allocate,
                       tmp_path / "large.torrent", tmp_path / "small.torrent", place=disk)
        leech.wait_for_state("failed")
        fault = leech.only_fault("large")
        assert fault["path"] == str(mount_point / "large")
        assert fault["reason"].startswith("no space")
        assert "make room" in fault["advice"]
        had = leech.stats()["pieces_have"]
        if allocate == "full":
            assert (had, leech.stats()["downloaded"]) == (0, 0)
            assert re.search(r"16 MiB are to be reserved .*, [67].* MiB are free", fault["reason"]), fault["reason"]
        else:
            assert had > 50
        assert leech.stats(1)["state"] == "seeding"
        disk.resize("32m")
        leech.ctl("torrents/0/ctl", "start")
        leech.wait_for_state("seeding")
        assert differences(large, disk.seen_from_here / "large") == []
        assert events(leech.child, "checked")[-1]["pieces_found"] >= had
        leech.child.stop()


def test_a_folder_that_may_not_be_written_is_said_and_the_torrent_goes_on_when_it_may(programs: Programs, running: Running,
                                                                                     tmp_path: Path) -> None:
    """1. The folder is not for writing: path, fault and advice are told. 2. It is opened: `start` completes the download."""
    original = make_file(tmp_path / "seed" / "content", 2 * MIB)
    torrent = tmp_path / "content.torrent"
    programs.create_torrent(original, torrent, piece_bytes=PIECE)
    seed = Client(programs, running, "seed", "--dir", tmp_path / "seed", torrent)
    folder = tmp_path / "leech"
    folder.mkdir(mode=0o555)
    # Root may write everywhere, unless it gives that up.
    wrapper = ("setpriv", "--inh-caps", "-all", "--bounding-set", "-all") if os.geteuid() == 0 else ()
    leech = Client(programs, running, "leech", "--dir", folder, "--peer", seed.at, torrent, wrapper=wrapper)
    leech.wait_for_state("failed")
    fault = leech.only_fault("content")
    assert fault["path"] == str(folder / "content")
    assert "permission" in fault["reason"]
    assert "let this user write there" in fault["advice"]
    folder.chmod(0o755)
    leech.ctl("torrents/0/ctl", "start")
    leech.wait_for_state("seeding")
    assert differences(original, folder / "content") == []


def test_files_that_change_under_a_seed_stop_their_torrents_alone(programs: Programs, running: Running, tmp_path: Path) -> None:
    """1. A client seeds four torrents; one's file is cut, one's is edited, one's is deleted.
    2. Within its watch (30 s) it says of each which file, what happened and what to do, and stops it; the fourth is served on.
    3. The files are put back and the torrents started: each is whole again and served.
    """
    folder = tmp_path / "seed"
    names = ("cut", "edited", "deleted", "untouched")
    for number, name in enumerate(names):
        original = make_file(folder / name, 2 * MIB + number)
        shutil.copy(original, tmp_path / name)
        programs.create_torrent(original, tmp_path / f"{name}.torrent", piece_bytes=PIECE)
    torrents = [tmp_path / f"{name}.torrent" for name in names]
    seed = Client(programs, running, "seed", "--dir", folder, *torrents)
    for number in range(4):
        seed.wait_for_state("seeding", number)
    record = folder / ".swarmlab"
    running.wait_for("all is noted", lambda: len(list(record.glob("*.resume"))) == 4, 20, [seed.child])
    os.truncate(folder / "cut", MIB)
    with (folder / "edited").open("r+b") as file:
        file.write(b"edited")
    (folder / "deleted").unlink()
    running.wait_for("three have failed", lambda: len(events(seed.child, "storage_failed")) >= 3, 45, [seed.child])
    for name, what in (("cut", "has become shorter"), ("edited", "was changed by somebody else"), ("deleted", "is gone")):
        fault = seed.only_fault(name)
        assert (fault["path"], fault["reason"]) == (str(folder / name), what)
        assert "start the torrent again" in fault["advice"]
    leech = Client(programs, running, "leech", "--dir", tmp_path / "leech", "--peer", seed.at, *torrents)
    leech.wait_for_state("seeding", 3)
    for number, name in enumerate(names[:3]):
        shutil.copy(tmp_path / name, folder / name)
        seed.ctl(f"torrents/{number}/ctl", "start")
        seed.wait_for_state("seeding", number)
        assert seed.stats(number)["left"] == 0
        leech.ctl(f"torrents/{number}/ctl", "stop")   # it would dial again, but not at once
        leech.wait_for_state("stopped", number)
        leech.ctl(f"torrents/{number}/ctl", f"start\npeer {seed.at}")
        leech.wait_for_state("seeding", number)
        assert differences(tmp_path / name, tmp_path / "leech" / name) == []


def test_nothing_is_claimed_that_is_not_there_after_files_were_moved_about(programs: Programs, running: Running, tmp_path: Path) -> None:
    """1. A download of five files of four pieces each completes and stops; bug B51.
    2. One file is deleted, one is cut in its third piece, two of one size change their names.
    3. The next start finds exactly the pieces that are there, byte by byte. 4. What is missing is fetched, and all is true.
    """
    root = tmp_path / "seed" / "album"
    for number in range(5):
        (root).mkdir(parents=True, exist_ok=True)
        (root / f"{number}").write_bytes(random.Random(number).randbytes(4 * PIECE))
    torrent = tmp_path / "album.torrent"
    programs.create_torrent(root, torrent, piece_bytes=PIECE)
    seed = Client(programs, running, "seed", "--dir", tmp_path / "seed", torrent)
    album = tmp_path / "leech" / "album"
    command = [programs.btclient, "--json", "--dir", tmp_path / "leech", "--listen", "127.0.0.1:0"]
    first = running.start("first", [*command, "--peer", seed.at, "--exit-when", "complete", torrent])
    assert first.wait(30) == 0

    (album / "0").unlink()
    os.truncate(album / "1", 2 * PIECE + 100)
    (album / "2").rename(album / "aside")
    (album / "3").rename(album / "2")
    (album / "aside").rename(album / "3")

    def digest(folder: Path, piece: int) -> bytes:
        return hashlib.sha1((folder / f"{piece // 4}").read_bytes()[piece % 4 * PIECE:][:PIECE]).digest()

    truth = [digest(root, piece) for piece in range(20)]
    there = [(album / f"{piece // 4}").exists() and digest(album, piece) == truth[piece] for piece in range(20)]
    assert sum(there) == 6
    second = Client(programs, running, "second", "--dir", tmp_path / "leech", torrent)
    running.wait_for("it has checked", lambda: bool(events(second.child, "checked")), 20, [second.child])
    assert second.ctl("torrents/0/pieces")["picture"] == "".join("#" if piece else "." for piece in there)
    second.ctl("torrents/0/ctl", f"peer {seed.at}")
    second.wait_for_state("seeding")
    assert differences(root, album) == []


def test_only_what_is_selected_is_fetched_from_a_tracker_s_swarm(swarm: LabSwarm, programs: Programs, tmp_path: Path) -> None:
    """1. A tracker, a seed of six files, a leecher that wants two of them. 2. It completes with these, whole, and the others are not there.
    3. The tracker counts one seed and one leecher: who has a part is no seed (BEP 21).
    """
    root = tmp_path / "seed" / "album"
    root.mkdir(parents=True)
    for number in range(6):
        (root / (f"film{number}.mkv" if number < 2 else f"{number}.txt")).write_bytes(random.Random(number).randbytes(5 * PIECE))
    torrent = tmp_path / "album.torrent"
    shown = programs.create_torrent(root, torrent, swarm.http_url, piece_bytes=PIECE)
    swarm.start_tracker()
    seed = swarm.start_client("seed", torrent, tmp_path / "seed")
    leech = swarm.start_client("leech", torrent, tmp_path / "leech", "--select", "*.mkv", "--select", "3.txt=low")
    swarm.wait_until("it has what it wants", lambda: bool(events(leech.child, "completed")), 40, [leech.child, seed.child])
    assert events(leech.child, "selected")[0] | {"time_s": 0} == {"event": "selected", "time_s": 0, "torrent": "album", "files": 3,
                                                                  "files_total": 6, "left": 15 * PIECE}
    assert sorted(path.name for path in (tmp_path / "leech" / "album").iterdir()) == ["3.txt", "film0.mkv", "film1.mkv"]
    assert all(differences(root / path.name, path) == [] for path in (tmp_path / "leech" / "album").iterdir())
    swarm.wait_for_scrape(shown["info_hash_v1"], Scrape(complete=1, incomplete=1, downloaded=0), 20)


def test_a_selection_of_nothing_is_refused_before_anything_is_made(programs: Programs, tmp_path: Path) -> None:
    """1. Patterns that match no file: status 2, with the patterns and some of the files. 2. Not even the folder is made."""
    root = tmp_path / "seed" / "album"
    for number in range(5):
        make_file(root / f"{number}.txt", 1000 + number)
    torrent = tmp_path / "album.torrent"
    programs.create_torrent(root, torrent)
    done = programs.run("btclient", "--dir", tmp_path / "leech", "--listen", "127.0.0.1:0", "--select", "*.mkv",
                        "--select", "film/**", torrent)
    assert done.returncode == 2
    assert "--select '*.mkv', 'film/**' leaves nothing to fetch; the torrent has '0.txt', '1.txt', '2.txt' and 2 more" in done.stderr
    assert not (tmp_path / "leech").exists()
