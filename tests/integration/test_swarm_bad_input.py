"""A broken world: torn torrents, taken ports, full disks, files that cannot be written.  One clear error, nothing lost."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path

import pytest

from harness.content import make_file
from harness.lab_swarm import LabSwarm
from harness.programs import Programs
from harness.running import Running
from lab.scrape import Scrape

MIB = 1 << 20


@pytest.fixture
def torrent(programs: Programs, tmp_path: Path) -> Path:
    content = make_file(tmp_path / "seeder" / "content", 4 * MIB)
    programs.create_torrent(content, tmp_path / "content.torrent", "http://127.0.0.1:9/announce")
    return tmp_path / "content.torrent"


def one_clear_error(done: subprocess.CompletedProcess[str], *names: str) -> None:
    """Exit status 2, and one line on standard error that names each of these."""
    assert done.returncode == 2, done.stdout + done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    for name in names:
        assert name in lines[0]


@pytest.mark.parametrize("program", ["btclient", "torrentgen"])
@pytest.mark.parametrize("spoilt", ["truncated", "empty", "text", "folder", "missing", "too deep", "absurd length",
                                    "escaping path"])
def test_a_bad_torrent_is_one_clear_error(program: str, spoilt: str, torrent: Path, programs: Programs,
                                          tmp_path: Path) -> None:
    """Each kind of bad file: status 2, one line that names the file, no crash, no hang."""
    bad = tmp_path / "bad.torrent"
    whole = torrent.read_bytes()
    match spoilt:
        case "truncated": bad.write_bytes(whole[: len(whole) // 2])
        case "empty": bad.write_bytes(b"")
        case "text": bad.write_text("This is not the torrent you are looking for.\n")
        case "folder": bad.mkdir()
        case "too deep": bad.write_bytes(b"l" * 100_000 + b"e" * 100_000)
        case "absurd length": bad.write_bytes(b"d4:info99999999999999999999:x")
        case "escaping path": bad.write_bytes(whole.replace(b"4:name7:content", b"4:name7:../../x"))
    if program == "torrentgen":
        done = programs.run("torrentgen", "show", bad, seconds=10)
    else:
        done = programs.run("btclient", "--dir", tmp_path / "down", "--listen", "127.0.0.1:0", bad, seconds=10)
    one_clear_error(done, "bad.torrent")


@pytest.mark.parametrize("arguments", [["--listen", "nonsense"], ["--upload-slots", "many"], ["--dance"], []])
def test_a_bad_command_line_is_one_clear_error(arguments: list[str], programs: Programs, torrent: Path) -> None:
    done = programs.run("btclient", *arguments, *([torrent] if arguments else []), seconds=10)
    one_clear_error(done, *arguments[-1:])


def test_a_port_in_use_is_named(programs: Programs, torrent: Path, tmp_path: Path) -> None:
    """1. Somebody listens. 2. Tracker and client say which address is taken, and exit with 3."""
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        address = f"127.0.0.1:{somebody.getsockname()[1]}"
        for done in (programs.run("bttracker", "--http", address, seconds=10),
                     programs.run("btclient", "--dir", tmp_path / "down", "--listen", address, torrent, seconds=10)):
            assert done.returncode == 3, done.stdout + done.stderr
            assert address in done.stderr
            assert "in use" in done.stderr


def test_a_full_disk_stops_the_torrent_and_loses_nothing(swarm: LabSwarm, programs: Programs, running: Running,
                                                         tmp_path: Path) -> None:
    """1. A leecher whose disk holds a quarter of the content. 2. It names the file and the reason, and ends
    with 1 or 3; its tracker hears that it stopped.
    3. The disk is made larger: it finds what it had, and completes.
    """
    original = make_file(tmp_path / "seeder" / "content", 8 * MIB)
    torrent = tmp_path / "content.torrent"
    info_hash = programs.create_torrent(original, torrent, swarm.http_url)["info_hash_v1"]
    swarm.start_tracker()
    seeder = swarm.start_client("seeder", torrent, tmp_path / "seeder")
    swarm.wait_for_scrape(info_hash, Scrape(1, 0, 0), 30, [seeder.child])
    disk = tmp_path / "disk"
    disk.mkdir()
    host = swarm.new_host()
    command = swarm.client_command(host, torrent, disk, "--exit-when", "complete")
    leecher = running.start("leecher", ["unshare", "--mount", "sh", "-c", _ON_A_SMALL_DISK, disk, original, *command],
                            host=host, cwd=tmp_path)
    running.wait_for("the disk is full", (tmp_path / "first.status").exists, 60, [leecher])
    told = (tmp_path / "first.out").read_text() + (tmp_path / "first.err").read_text()
    assert (tmp_path / "first.status").read_text().strip() in ("1", "3"), told
    assert str(disk / "content") in told
    assert "o space left" in told
    swarm.wait_for_scrape(info_hash, Scrape(1, 0, 0), 10)

    (tmp_path / "larger").touch()
    assert leecher.wait(60) == 0, leecher.tail()
    found = next(line for line in map(json.loads, leecher.stdout().splitlines()) if line["event"] == "checked")
    assert 0 < found["pieces_found"] < found["pieces_total"]


# The disk exists in the mount namespace of this shell alone, and is gone with it.
_ON_A_SMALL_DISK = """
original=$1; shift
mount -t tmpfs -o size=2m none "$0" || exit 99
"$@" >first.out 2>first.err
echo $? >status && mv status first.status
until [ -e larger ]; do sleep 0.05; done
mount -o remount,size=64m "$0" || exit 99
"$@" && cmp "$0/content" "$original"
"""


def test_a_file_that_cannot_be_written_is_named(swarm: LabSwarm, programs: Programs, tmp_path: Path) -> None:
    """1. A folder stands where the file should be. 2. The client names it and gives up; the folder is untouched."""
    original = make_file(tmp_path / "seeder" / "content", 1 * MIB)
    torrent = tmp_path / "content.torrent"
    info_hash = programs.create_torrent(original, torrent, swarm.http_url)["info_hash_v1"]
    swarm.start_tracker()
    seeder = swarm.start_client("seeder", torrent, tmp_path / "seeder")
    swarm.wait_for_scrape(info_hash, Scrape(1, 0, 0), 30, [seeder.child])
    (tmp_path / "leecher" / "content").mkdir(parents=True)
    leecher = swarm.start_client("leecher", torrent, tmp_path / "leecher", "--exit-when", "complete")
    assert leecher.child.wait(30) in (1, 3)
    assert str(tmp_path / "leecher" / "content") in leecher.child.stderr() + leecher.child.stdout()
    assert (tmp_path / "leecher" / "content").is_dir()


def test_a_client_outlives_a_tracker_that_talks_nonsense(swarm: LabSwarm, programs: Programs, running: Running,
                                                         tmp_path: Path) -> None:
    """1. A tracker that answers with rubbish, then with far too much. 2. The client goes on, and stops when asked."""
    original = make_file(tmp_path / "seeder" / "content", 1 * MIB)
    torrent = tmp_path / "content.torrent"
    programs.create_torrent(original, torrent, swarm.http_url)
    nonsense = running.start("nonsense", ["/usr/bin/python3", "-c", _NONSENSE, swarm.tracker_host.address],
                             host=swarm.tracker_host)
    running.wait_for("nonsense listens", lambda: "up" in nonsense.stdout(), 10, [nonsense])
    client = swarm.start_client("client", torrent, tmp_path / "seeder")
    running.wait_for("the client has asked", lambda: "asked" in nonsense.stdout(), 20, [client.child, nonsense])
    running.wait_for("the client is done checking", lambda: client.state().complete, 20, [client.child])
    assert client.child.stop(grace=15) == 0


_NONSENSE = """
import socket, sys
server = socket.create_server((sys.argv[1], 6969))
print("up", flush=True)
while True:
    peer, _ = server.accept()
    peer.recv(65536)
    print("asked", flush=True)
    peer.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 99999999999\\r\\n\\r\\nd8:intervali-1e5:peers99999999999:")
    peer.close()
"""
