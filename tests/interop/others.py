"""Clients that nobody here wrote, started alike: each on a host, sharing or fetching one torrent."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.lab_swarm import PEER_PORT
from harness.namespaces import Host
from harness.running import Running
from lab.processes import Child, wait_until


@dataclass(frozen=True)
class Work:
    """What a client is to do: serve (content in the folder) and fetch are the same to it."""

    torrent: Path | str  # a file, or a magnet link
    directory: Path
    own: Path  # an empty folder for what it keeps for itself
    pex: bool = False  # whether it speaks ut_pex


@dataclass(frozen=True)
class Other:
    name: str
    package: str  # of Debian
    is_installed: Callable[[], bool]
    command: Callable[[Host, Work], Sequence[str | Path]]
    makes_empty_files: bool = True
    # False: what it announces waits for an interval of its own of minutes, `completed` too.
    announces_at_once: bool = True


def _has(program: str) -> Callable[[], bool]:
    return lambda: shutil.which(program) is not None


def _has_libtorrent() -> bool:
    return subprocess.run([sys.executable, "-c", "import libtorrent"], capture_output=True, timeout=60,
                          check=False).returncode == 0


def _libtorrent(host: Host, work: Work) -> Sequence[str | Path]:
    return [sys.executable, Path(__file__).with_name("libtorrent_peer.py"), work.torrent, work.directory,
            f"{host.address}:{PEER_PORT}", *(["pex"] if work.pex else [])]


def _aria2(_: Host, work: Work) -> Sequence[str | Path]:
    # Its UDP announces leave through the socket of its DHT, which therefore is on; it knows no node of one.
    return ["aria2c", "--no-conf", "--enable-dht=true", f"--dht-listen-port={PEER_PORT}",
            f"--dht-file-path={work.own / 'dht.dat'}", "--enable-dht6=false", "--bt-enable-lpd=false",
            f"--enable-peer-exchange={str(work.pex).lower()}", f"--listen-port={PEER_PORT}", "--seed-ratio=0",
            "--bt-min-crypto-level=plain", "--bt-require-crypto=false", "--file-allocation=none",
            "--disable-ipv6=true", "--async-dns=false", "--show-console-readout=false", "--summary-interval=0",
            "--check-integrity=true", "-d", work.directory, work.torrent]


def _transmission(_: Host, work: Work) -> Sequence[str | Path]:
    settings = {
        "encryption": 0, "dht-enabled": False, "lpd-enabled": False, "pex-enabled": work.pex, "utp-enabled": False,
        "port-forwarding-enabled": False, "blocklist-enabled": False, "upload-slots-per-torrent": 8,
        "preallocation": 0,
    }
    (work.own / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    return ["transmission-cli", "--config-dir", work.own, "--download-dir", work.directory,
            "--encryption-tolerated", "--port", str(PEER_PORT), "--no-portmap", "--verify", work.torrent]


def _rtorrent(_: Host, work: Work) -> Sequence[str | Path]:
    options = {
        "system.daemon.set": "true", "network.port_range.set": f"{PEER_PORT}-{PEER_PORT}",
        "network.port_random.set": "no", "dht.mode.set": "disable", "protocol.pex.set": "yes" if work.pex else "no",
        "protocol.encryption.set": "none", "trackers.use_udp.set": "yes", "throttle.max_uploads.set": "8",
        "session.path.set": str(work.own), "directory.default.set": str(work.directory),
    }
    return ["rtorrent", "-n", "-o", ",".join(f"{name}={value}" for name, value in options.items()),
            "-O", f'schedule2=go,0,0,"load.start={work.torrent}"']


LIBTORRENT = Other("libtorrent", "python3-libtorrent", _has_libtorrent, _libtorrent)
ARIA2 = Other("aria2", "aria2", _has("aria2c"), _aria2)
TRANSMISSION = Other("transmission", "transmission-cli", _has("transmission-cli"), _transmission,
                     makes_empty_files=False)
RTORRENT = Other("rtorrent", "rtorrent", _has("rtorrent"), _rtorrent, announces_at_once=False)
OTHERS = (LIBTORRENT, ARIA2, TRANSMISSION, RTORRENT)


def start(running: Running, client: Other, host: Host, work: Work, *, cwd: Path | None = None, env: dict[str, str] | None = None) -> Child:
    """Starts it, and again if it leaves at once: transmission-cli takes a small torrent that it has verified before it first looks for a
    stopped one, and ends with status 0."""
    for _ in range(3):
        child = running.start(client.name, client.command(host, work), host=host, cwd=cwd, env=env)
        if client is not TRANSMISSION:
            break
        wait_until(lambda: child.status() is not None, 2.0)
        if child.status() != 0:
            break
    return child
