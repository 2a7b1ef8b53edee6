"""./lab up: private swarms of real processes, and that nothing of them stays behind."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.content import differences, make_file, make_tree
from harness.lab_door import LAB, Door
from harness.programs import Programs
from harness.running import Running
from lab.processes import Child, wait_until

MIB = 1 << 20


@pytest.fixture
def door(tmp_path: Path, programs: Programs) -> Iterator[Door]:
    assert programs.btclient and programs.bttracker and programs.torrentgen
    opened = Door(tmp_path / "runs", programs.folder)
    yield opened
    opened.end()


def test_a_script_gets_a_whole_swarm_and_can_end_it(door: Door, tmp_path: Path) -> None:
    """1. up --json --wait on a folder returns when all leechers are complete, and the swarm goes on.
    2. ps, logs and shell find it. 3. down ends every process and removes the downloads; the original stays.
    """
    original = make_tree(tmp_path / "mine", 12)
    swarm = door.document("--wait", "--seeders", "2", "--leechers", "2", original)
    roles = [peer["role"] for peer in swarm["peers"]]
    assert roles == ["seeder", "seeder", "leecher", "leecher"]
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+", peer["address"]) for peer in swarm["peers"])
    downloads = [Path(peer["dir"]) for peer in swarm["peers"] if peer["role"] == "leecher"]
    assert [differences(original, folder / "mine") for folder in downloads] == [[], []]
    assert all(process.is_alive() for process in door.processes())

    table = door("ps").stdout
    assert "leecher-2" in table and "100 %" in table and swarm["tracker"] in table
    assert "seeder-1.out" in door("logs").stdout
    assert '"event"' in door("logs", "leecher-1").stdout
    asked = door("shell", "sh", "-c", 'echo "$TRACKER"; pwd; btclient --help >/dev/null && echo found')
    assert asked.stdout.splitlines() == [swarm["tracker"], swarm["folder"], "found"]

    processes = door.processes()
    assert len(processes) == 5
    assert door("down").returncode == 0
    assert not any(process.is_alive() for process in processes)
    assert not any(folder.exists() for folder in downloads)
    assert differences(make_tree(tmp_path / "again", 12), original) == []


@pytest.mark.parametrize("announces", [[], ["--udp"]], ids=["http", "udp"])
def test_a_torrent_of_the_user_is_shared_with_the_private_tracker_only(announces: list[str], door: Door, programs: Programs,
                                                                      tmp_path: Path) -> None:
    """1. A torrent with a public tracker, its content elsewhere. 2. Without --data it says where it looked.
    3. With it the swarm has the same info-hash, and no tracker but ours; the user's file is as it was.
    """
    original = make_file(tmp_path / "data" / "disc.iso", 3 * MIB)
    torrent = tmp_path / "disc.torrent"
    described = programs.create_torrent(original, torrent, "http://tracker.example/announce")
    before = torrent.read_bytes()
    refused = door("up", "--json", torrent)
    assert refused.returncode == 2
    assert str(tmp_path / "disc.iso") in refused.stderr and "--data" in refused.stderr

    swarm = door.document("--wait", "--leechers", "1", "--data", original.parent, *announces, torrent)
    assert swarm["info_hash"] == described["info_hash_v1"]
    shown = json.loads(programs.run("torrentgen", "show", "--json", swarm["torrent"]).stdout)
    assert shown["trackers"] == [[swarm["tracker"]]]
    assert swarm["tracker"].startswith("udp:" if announces else "http:")
    assert torrent.read_bytes() == before
    leecher = next(peer for peer in swarm["peers"] if peer["role"] == "leecher")
    assert differences(original, Path(leecher["dir"]) / "disc.iso") == []


def started(door: Door, running: Running, *arguments: str) -> Child:
    """An attached `up` in a pipe whose leechers are all complete."""
    attached = running.start("lab", [LAB, "up", "--size", "2MiB", "--leechers", "2", *arguments], env=door.env)
    running.wait_for("all are complete", lambda: "leechers are complete" in attached.stdout(), 60, [attached])
    return attached


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_to_ask_it_to_stop_ends_the_swarm_cleanly(number: signal.Signals, door: Door, running: Running) -> None:
    """1. An attached swarm, complete. 2. A signal: status 0, no process, no data; logs stay. 3. Each client said goodbye."""
    attached = started(door, running)
    processes = door.processes()
    assert len(processes) == 4 and all(process.is_alive() for process in processes)
    attached.signal(number)
    assert attached.wait(30) == 0, attached.tail()
    assert not any(process.is_alive() for process in processes)
    folder = next(door.runs.glob("swarms/2*"))
    assert {path.name for path in folder.iterdir()} == {"swarm.json", "swarm.torrent", "logs"}
    assert "\x1b[" not in attached.stdout()


def test_nothing_survives_a_killed_lab(door: Door, running: Running) -> None:
    """1. An attached swarm. 2. SIGKILL to lab: the kernel ends the rest."""
    attached = started(door, running)
    processes = door.processes()
    attached.kill()
    assert wait_until(lambda: not any(process.is_alive() for process in processes), 5.0)


def test_an_incomplete_swarm_that_is_interrupted_exits_with_1(door: Door, running: Running) -> None:
    """1. So slow that it cannot be complete. 2. Interrupted: status 1, nothing runs."""
    attached = running.start("lab", [LAB, "up", "--size", "64MiB", "--up-limit", "64KiB/s"], env=door.env)
    running.wait_for("all have started", lambda: attached.stdout().count("downloading") >= 3, 60, [attached])
    processes = door.processes()
    attached.signal(signal.SIGINT)
    assert attached.wait(30) == 1, attached.tail()
    assert not any(process.is_alive() for process in processes)


def test_a_client_that_dies_is_told_with_its_words(door: Door, programs: Programs, tmp_path: Path) -> None:
    """1. A btclient that only complains. 2. Status 3, its words are shown, nothing runs."""
    broken = tmp_path / "bin"
    broken.mkdir()
    for name in ("torrentgen", "bttracker"):
        (broken / name).symlink_to(programs.folder / name)
    (broken / "btclient").write_text("#!/bin/sh\necho 'btclient: out of cheese' >&2\nexit 3\n")
    (broken / "btclient").chmod(0o755 | stat.S_IXUSR)
    door.env["SWARMLAB_BIN"] = str(broken)
    done = door("up", "--json", "--wait", "--size", "1MiB")
    assert done.returncode == 3
    assert "out of cheese" in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not any(process.is_alive() for process in door.processes())


def test_a_terminal_gets_a_table_that_redraws_itself(door: Door) -> None:
    """1. On a terminal of 100 columns. 2. A table with every member appears, and is drawn over itself."""
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a caller in the background has it ignored
        os.execve(LAB, [str(LAB), "up", "--size", "1MiB", "--leechers", "1"],
                  dict(door.env, TERM="xterm", COLUMNS="100"))
    seen = b""
    deadline = time.monotonic() + 60

    def read_more() -> bytes:
        readable, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))
        if not readable:
            os.kill(child, signal.SIGKILL)
            pytest.fail("nothing more after 60 s; so far:\n" + seen.decode(errors="replace"))
        return os.read(terminal, 4096)

    try:
        while b"leechers are complete" not in seen:
            seen += read_more()
        os.write(terminal, b"\x03")  # Ctrl-C, as typed
        while True:
            seen += read_more()
    except OSError:
        pass  # the other side has closed the terminal
    finally:
        os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, seen.decode(errors="replace")
    text = seen.decode(errors="replace")
    assert re.search(r"NAME\s+STATE\s+DONE\s+DOWN\s+UP", text)
    assert "leecher-1" in text and "\x1b[4A" in text
    assert not any(process.is_alive() for process in door.processes())
