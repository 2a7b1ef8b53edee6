"""Faulty peers on real sockets: btclient downloads from an honest one and a faulty one beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.content import differences, make_file
from harness.programs import Programs
from harness.running import Running
from lab.processes import Child

MIB = 1 << 20


def start_peer(running: Running, programs: Programs, name: str, spec: str, torrent: Path, folder: Path,
               address: str) -> tuple[Child, str]:
    """Starts `swarmsim peer` at a free port, waits until it has checked its files, and says where it listens."""
    child = running.start(name, [programs.swarmsim, "peer", spec, "--torrent", torrent, "--dir", folder,
                                 "--listen", f"{address}:0", "--seed", "7"])
    is_script = spec.startswith("bad_handshakes")   # which has no files
    ready = "listening at" if is_script else "checked the files"
    running.wait_for(f"{name} is ready", lambda: ready in child.stdout(), 20, [child])
    found = re.search(r"listening at (\S+)", child.stdout())
    assert found
    return child, found[1]


SPECS = (
    "corrupt_blocks: 20%",
    "tar_pit",
    "choke_flapper: { open: 300 ms, shut: 200 ms }",
    "disconnect_in_piece: 20%",
    # Slow, so that something is open whenever it chokes.
    "[ choke_flapper: { open: 200 ms, shut: 100 ms }, serves_while_choking, duplicate_blocks, slow_trickle: { speed: 1 MiB/s } ]",
    "unrequested_blocks: { every: 20 ms }",
    "malformed: { every: 50 ms }",
    "slow_trickle",
    "bad_handshakes: { every: 20 ms }",
)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: re.findall(r"\w+", spec)[0])
def test_a_download_survives_a_faulty_peer(spec: str, programs: Programs, running: Running, tmp_path: Path) -> None:
    """1. An honest peer (limited, so that there is time) and a faulty one have everything.
    2. btclient knows both and completes from them; its file is true.
    3. The faulty peer ends on SIGTERM with status 0 and has misbehaved at least once.
    """
    original = make_file(tmp_path / "seeder" / "content", 8 * MIB)
    torrent = tmp_path / "content.torrent"
    programs.create_torrent(original, torrent, piece_bytes=64 * 1024)
    folder = tmp_path / "leecher"
    _, honest_at = start_peer(running, programs, "honest", "honest", torrent, tmp_path / "seeder", "127.0.0.1")
    # An address of its own: who bans it must not ban the honest peer beside it.
    faulty, faulty_at = start_peer(running, programs, "faulty", spec, torrent, tmp_path / "seeder", "127.0.0.2")
    leecher = running.start("leecher", [programs.btclient, "--dir", folder, "--listen", "127.0.0.1:0",
                                        "--peer", faulty_at, "--peer", honest_at, "--down-limit", "4MiB/s",
                                        "--exit-when", "complete", torrent])
    assert leecher.wait(60) == 0
    assert differences(original, folder / "content") == []
    assert faulty.stop() == 0
    counts = [int(count) for count in re.findall(r"(\d+) misdeeds", faulty.stdout())]
    assert counts and all(counts), faulty.stdout()


def test_what_is_wrong_with_a_command_is_said(programs: Programs, tmp_path: Path) -> None:
    """A misspelt behaviour, a missing option and a file that is no torrent: status 2 and one line."""
    near = programs.run("swarmsim", "peer", "tarpit", "--torrent", "x", "--listen", "127.0.0.1:0")
    assert (near.returncode, "did you mean 'tar_pit'?" in near.stderr) == (2, True)
    missing = programs.run("swarmsim", "peer", "tar_pit", "--torrent", "x")
    assert (missing.returncode, "--listen is missing" in missing.stderr) == (2, True)
    no_torrent = tmp_path / "no.torrent"
    no_torrent.write_text("not a torrent")
    wrong = programs.run("swarmsim", "peer", "tar_pit", "--torrent", no_torrent, "--listen", "127.0.0.1:0")
    assert wrong.returncode == 2
    assert len(wrong.stderr.splitlines()) == 1
