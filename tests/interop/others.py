"""Clients that nobody here wrote, started alike: each on a host, sharing or fetching one torrent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.lab_swarm import PEER_PORT
from harness.namespaces import Host


@dataclass(frozen=True)
class Other:
    """`command` gives the argument vector; it serves as seeder (content in the folder) and as leecher alike."""

    name: str
    command: Callable[[Host, Path, Path], list[str | Path]]


def _libtorrent(host: Host, torrent: Path, directory: Path) -> list[str | Path]:
    return [sys.executable, Path(__file__).with_name("libtorrent_peer.py"), torrent, directory,
            f"{host.address}:{PEER_PORT}"]


def _aria2(_: Host, torrent: Path, directory: Path) -> list[str | Path]:
    return ["aria2c", "--no-conf", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false",
            "--enable-peer-exchange=false", f"--listen-port={PEER_PORT}", "--seed-ratio=0",
            "--bt-min-crypto-level=plain", "--bt-require-crypto=false", "--file-allocation=none",
            "--disable-ipv6=true", "--async-dns=false", "--show-console-readout=false", "--summary-interval=0",
            "--check-integrity=true", "-d", directory, torrent]


LIBTORRENT = Other("libtorrent", _libtorrent)
ARIA2 = Other("aria2", _aria2)
