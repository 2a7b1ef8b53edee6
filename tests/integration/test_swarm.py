"""Our own programs as a swarm: a torrent is made, tracked, downloaded by three, and the files are equal."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.content import differences, make_file, make_tree
from harness.lab_swarm import LabSwarm
from harness.programs import Programs
from lab.scrape import Scrape

MIB = 1 << 20


@pytest.mark.parametrize("tracker", ["http", "udp"])
@pytest.mark.parametrize("content", ["one file of 256 MiB", "300 files"])
def test_three_download_from_one(content: str, tracker: str, swarm: LabSwarm, programs: Programs,
                                 tmp_path: Path) -> None:
    """1. torrentgen makes a torrent with one announce URL, HTTP or UDP.
    2. A seeder checks its files and announces; three more start with nothing.
    3. The tracker says 4 complete, 3 downloaded.
    4. The files of all three equal the original.
    5. All stop on SIGTERM with status 0, and the tracker knows nobody any more.
    """
    original = tmp_path / "seeder" / "content"
    if content == "300 files":
        make_tree(original, 300)
    else:
        make_file(original, 256 * MIB)
    torrent = tmp_path / "content.torrent"
    url = swarm.http_url if tracker == "http" else swarm.udp_url
    description = programs.create_torrent(original, torrent, url)
    info_hash = description["info_hash_v1"]
    assert description["trackers"] == [[url]]
    assert len(description["files"]) == (300 if content == "300 files" else 1)

    swarm.start_tracker()
    seeder = swarm.start_client("seeder", torrent, tmp_path / "seeder")
    swarm.wait_for_scrape(info_hash, Scrape(complete=1, incomplete=0, downloaded=0), 60, [seeder.child])
    leechers = [swarm.start_client(f"leecher-{n}", torrent, tmp_path / f"leecher-{n}") for n in (1, 2, 3)]
    everyone = [seeder, *leechers]
    swarm.wait_for_scrape(info_hash, Scrape(complete=4, incomplete=0, downloaded=3), 240,
                          [client.child for client in everyone])
    for number in (1, 2, 3):
        assert differences(original, tmp_path / f"leecher-{number}" / "content") == []

    assert {client.child.name: client.child.stop() for client in everyone} == \
        {client.child.name: 0 for client in everyone}
    swarm.wait_for_scrape(info_hash, Scrape(complete=0, incomplete=0, downloaded=3), 10)


def test_a_stopped_download_goes_on_where_it_was(swarm: LabSwarm, programs: Programs, tmp_path: Path) -> None:
    """1. A leecher is stopped half way (SIGTERM): status 1, and the tracker hears "stopped".
    2. Started again it checks what is on disk, and completes with fewer bytes than the whole.
    """
    original = make_file(tmp_path / "seeder" / "content", 16 * MIB)
    torrent = tmp_path / "content.torrent"
    info_hash = programs.create_torrent(original, torrent, swarm.http_url)["info_hash_v1"]
    swarm.start_tracker()
    seeder = swarm.start_client("seeder", torrent, tmp_path / "seeder", "--up-limit", "4MiB/s")
    swarm.wait_for_scrape(info_hash, Scrape(1, 0, 0), 30, [seeder.child])
    host = swarm.new_host()
    leecher = swarm.start_client("leecher", torrent, tmp_path / "leecher", "--exit-when", "complete", host=host)
    swarm.wait_until("a third is there", lambda: leecher.state().percent > 33, 60, [leecher.child])
    assert leecher.child.stop() == 1
    assert not leecher.state().complete
    swarm.wait_for_scrape(info_hash, Scrape(1, 0, 0), 10)

    again = swarm.start_client("leecher-again", torrent, tmp_path / "leecher", "--exit-when", "complete", host=host)
    swarm.wait_until("it has found a third", lambda: again.state().percent > 30, 20)
    assert again.child.wait(60) == 0
    assert differences(original, tmp_path / "leecher" / "content") == []


@pytest.mark.parametrize("option", ["--check-only", "--trust-data"])
def test_data_on_disk_is_checked_or_trusted_as_asked(option: str, swarm: LabSwarm, programs: Programs,
                                                     tmp_path: Path) -> None:
    """1. Files with one spoilt byte. 2. --check-only says incomplete (status 1) and leaves them as they are;
    --trust-data announces a seed without looking.
    """
    original = make_file(tmp_path / "seeder" / "content", 2 * MIB)
    torrent = tmp_path / "content.torrent"
    info_hash = programs.create_torrent(original, torrent, swarm.http_url)["info_hash_v1"]
    with original.open("r+b") as spoilt:
        first = spoilt.read(1)
        spoilt.seek(0)
        spoilt.write(bytes([first[0] ^ 1]))
    swarm.start_tracker()
    client = swarm.start_client("client", torrent, tmp_path / "seeder", option)
    if option == "--check-only":
        assert client.child.wait(30) == 1
        assert 0 < client.state().percent < 100
        assert swarm.scrape(info_hash) is None or swarm.scrape(info_hash) == Scrape(0, 0, 0)
    else:
        swarm.wait_for_scrape(info_hash, Scrape(1, 0, 0), 30, [client.child])
