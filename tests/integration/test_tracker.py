"""bttracker as a process: what it prints, how it ends, and how it answers on real sockets."""

from __future__ import annotations

import json
import signal
import socket
import struct
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, urlsplit

from harness.programs import Programs

MAGIC = 0x41727101980
INFO_HASH = b"h" * 20


@contextmanager
def tracker(programs: Programs, *options: str, errors: IO[str] | None = None) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """A tracker on free ports of loopback, and the addresses it printed."""
    process = subprocess.Popen(
        [programs.bttracker, "--http", "127.0.0.1:0", "--udp", "127.0.0.1:0", "--json", *options],
        stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait(10)


def http_get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as reply:
        content: bytes = reply.read()
        return content


def announce_query(peer: int, left: int, extra: str = "") -> str:
    return (f"?info_hash={INFO_HASH.decode()}&peer_id={peer:020d}&port={1000 + peer}"
            f"&uploaded=0&downloaded=0&left={left}{extra}")


class UdpClient:
    """BEP 15 by hand, so that our own codec is not its own judge."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(10)
        self._socket.connect((parts.hostname, parts.port))
        action, transaction, self.connection = struct.unpack(">IIQ", self.ask(struct.pack(">QII", MAGIC, 0, 7)))
        assert (action, transaction) == (0, 7)

    def ask(self, packet: bytes) -> bytes:
        self._socket.send(packet)
        return self._socket.recv(4096)

    def announce(self, peer: int, left: int, event: int = 0) -> tuple[int, int, int, bytes]:
        reply = self.ask(struct.pack(">QII20s20sQQQIIIiH", self.connection, 1, 8, INFO_HASH, b"%020d" % peer,
                                     0, left, 0, event, 0, peer, -1, 1000 + peer))
        action, transaction, interval, leechers, seeders = struct.unpack(">IIIII", reply[:20])
        assert (action, transaction) == (1, 8)
        return interval, leechers, seeders, reply[20:]


def test_http_and_udp_share_one_list_of_peers(programs: Programs) -> None:
    """1. A seed announces over HTTP, a leecher over UDP.
    2. Each transport tells of the peer that came over the other.
    3. The scrape counts a completed event once though it came twice.
    """
    with tracker(programs, "--interval", "30") as (_, at):
        http_get(at["http"] + announce_query(1, 0))
        udp = UdpClient(at["udp"])
        interval, leechers, seeders, peers = udp.announce(2, 5, event=2)
        assert (interval, leechers, seeders) == (30, 1, 1)
        assert peers == socket.inet_aton("127.0.0.1") + struct.pack(">H", 1001)
        assert b"5:peers6:\x7f\x00\x00\x01\x03\xea" in http_get(at["http"] + announce_query(1, 0))
        udp.announce(2, 0, event=1)
        udp.announce(2, 0, event=1)
        scraped = http_get(at["http"].replace("announce", "scrape") + "?info_hash=" + INFO_HASH.decode())
        assert scraped == (b"d5:filesd20:" + INFO_HASH +
                           b"d8:completei2e10:downloadedi1e10:incompletei0eeee")


def test_libtorrent_announces_to_it(programs: Programs) -> None:
    """libtorrent, where it is installed, seeds a torrent through HTTP and UDP trackers of ours."""
    import pytest

    libtorrent = pytest.importorskip("libtorrent")
    with tracker(programs) as (process, at):
        files = libtorrent.file_storage()
        files.add_file("content", 16384)
        for url in (at["http"], at["udp"]):
            maker = libtorrent.create_torrent(files, 16384, flags=libtorrent.create_torrent.v1_only)
            maker.set_hash(0, b"\x01" * 20)
            info = libtorrent.torrent_info(libtorrent.bdecode(libtorrent.bencode(maker.generate())))
            session = libtorrent.session({"listen_interfaces": "127.0.0.1:0", "enable_dht": False, "enable_lsd": False,
                                          "enable_upnp": False, "enable_natpmp": False,
                                          "alert_mask": libtorrent.alert.category_t.tracker_notification})
            parameters = libtorrent.add_torrent_params()
            parameters.ti = info
            parameters.save_path = "/nonexistent"
            parameters.trackers = [url]
            session.add_torrent(parameters)
            replied = False
            for _ in range(50):
                session.wait_for_alert(200)
                alerts = session.pop_alerts()
                errors = [a.message() for a in alerts if isinstance(a, libtorrent.tracker_error_alert)]
                assert not errors, errors
                replied = replied or any(isinstance(a, libtorrent.tracker_reply_alert) for a in alerts)
                if replied:
                    break
            assert replied, f"no reply over {url}"
            del session
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_ends_cleanly_on_both_signals_with_a_summary(programs: Programs) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with tracker(programs) as (process, at):
            http_get(at["http"] + announce_query(1, 5))
            process.send_signal(number)
            assert process.wait(10) == 0
            assert process.stdout is not None
            summary = json.loads(process.stdout.readline())
            assert (summary["http_announces"], summary["leechers"]) == (1, 1)


def test_says_which_port_is_in_use(programs: Programs) -> None:
    with tracker(programs) as (_, at):
        for option in ("http", "udp"):
            taken = urlsplit(at[option]).netloc
            refused = programs.run("bttracker", f"--{option}", taken)
            assert refused.returncode == 3
            assert f"cannot listen on {taken} ({option.upper()}): address in use" in refused.stderr


def test_shows_a_status_page(programs: Programs) -> None:
    with tracker(programs) as (_, at):
        http_get(at["http"] + announce_query(1, 0))
        page = http_get(f"http://{urlsplit(at['http']).netloc}/").decode()
        assert "1 swarm, 1 seed, 0 leechers" in page


def test_announces_are_written_down_as_json_with_all_that_was_said(programs: Programs, tmp_path: Path) -> None:
    """1. One announce over HTTP, one over UDP.  2. Each is a line of JSON: when, from where, what was asked and answered."""
    log = tmp_path / "tracker.log"
    before = time.time()
    with log.open("w") as errors, tracker(programs, "--verbose", errors=errors) as (_, addresses):
        told = http_get(addresses["http"] + announce_query(1, 0, "&event=started&compact=1"))
        UdpClient(addresses["udp"]).announce(2, 5, event=2)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["from"] for line in lines] == ["127.0.0.1", "127.0.0.1"]
    assert all(before - 1 < line["t"] < time.time() + 1 for line in lines)
    assert bytes.fromhex(lines[0]["reply"]) == told
    over_http, over_udp = (parse_qs(urlsplit(line["request"]).query) for line in lines)
    assert over_http["left"] == ["0"] and over_http["port"] == ["1001"] and over_http["event"] == ["started"]
    assert over_udp["left"] == ["5"] and over_udp["port"] == ["1002"]
