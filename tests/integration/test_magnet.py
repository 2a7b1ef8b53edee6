"""Our own client begins with a magnet link: what it stands for comes from peers, is kept, and is served on."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from harness.content import differences, make_file, make_tree
from harness.lab_swarm import PEER_PORT, LabSwarm
from harness.programs import Programs
from lab.scrape import Scrape

MIB = 1 << 20


def test_a_link_with_a_tracker_is_enough(swarm: LabSwarm, programs: Programs, tmp_path: Path) -> None:
    """1. A seeder with the torrent; two clients know the hash and the tracker alone.
    2. Both get the files; the tracker counts 3 complete, 2 downloaded.
    3. The torrent that one of them saved has the same hash, and verifies the files of the other.
    """
    original = make_tree(tmp_path / "seeder" / "content", 40)
    torrent = tmp_path / "content.torrent"
    info_hash = programs.create_torrent(original, torrent, swarm.http_url)["info_hash_v1"]
    swarm.start_tracker()
    seeder = swarm.start_client("seeder", torrent, tmp_path / "seeder")
    link = f"magnet:?xt=urn:btih:{info_hash}&tr={quote(swarm.http_url, safe='')}"
    saved = tmp_path / "saved.torrent"
    first = swarm.start_client("first", link, tmp_path / "first", "--save-torrent", saved)
    second = swarm.start_client("second", link, tmp_path / "second")
    swarm.wait_for_scrape(info_hash, Scrape(complete=3, incomplete=0, downloaded=2), 60,
                          [seeder.child, first.child, second.child])
    for name in ("first", "second"):
        assert differences(original, tmp_path / name / "content") == []
    swarm.wait_until("the torrent is saved", saved.exists, 10, [first.child])
    assert programs.run("torrentgen", "verify", saved, tmp_path / "second" / "content").returncode == 0
    assert first.child.stop() == 0


def test_a_link_that_names_a_peer_needs_no_tracker_and_is_resolved_once(swarm: LabSwarm, programs: Programs,
                                                                        tmp_path: Path) -> None:
    """1. A link with the seeder's address (x.pe); no tracker. 2. The file comes whole.
    3. With the seeder gone the same command knows from its state directory what the link stands for: status 0.
    """
    original = make_file(tmp_path / "seeder" / "content", 3 * MIB)
    torrent = tmp_path / "content.torrent"
    info_hash = programs.create_torrent(original, torrent)["info_hash_v1"]
    seeder = swarm.start_client("seeder", torrent, tmp_path / "seeder")
    link = f"magnet:?xt=urn:btih:{info_hash}&x.pe={seeder.host.address}:{PEER_PORT}"
    host = swarm.new_host()
    leecher = swarm.start_client("leecher", link, tmp_path / "leecher", "--exit-when", "complete", host=host)
    assert leecher.child.wait(60) == 0
    assert differences(original, tmp_path / "leecher" / "content") == []
    assert seeder.child.stop() == 0
    again = swarm.start_client("again", link, tmp_path / "leecher", "--exit-when", "complete", host=host)
    assert again.child.wait(20) == 0


def test_a_link_that_is_none_is_refused_in_words(programs: Programs, tmp_path: Path) -> None:
    """A link without a hash: status 2 and a line that says what is missing."""
    done = programs.run("btclient", "--dir", tmp_path, "magnet:?dn=nothing")
    assert done.returncode == 2
    assert "info-hash" in done.stderr
