"""A capture of everything on a private network's bridge, and what tshark thinks of it."""

from __future__ import annotations

import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.namespaces import PrivateNetwork
from harness.running import Running

_ANALYSIS_LIMIT = 240.0  # seconds
_MARK_LIMIT = 20.0
_DISCARD_PORT = 9
# Wireshark's "expert" classes, as its epan/proto.h numbers them.
_GROUP_MALFORMED = 0x07000000
_SEVERITY_ERROR = 0x00800000


@dataclass(frozen=True)
class Frame:
    number: int
    fields: tuple[str, ...]


class Capture:
    """Captures from its construction until `stop`."""

    def __init__(self, running: Running, network: PrivateNetwork, path: Path) -> None:
        self.path = path
        # A large buffer (MiB) is cheaper than a lost frame, which would look like a malformed stream.
        self._process = running.start(
            "tshark", ["tshark", "-q", "-i", network.BRIDGE, "-B", "64", "-w", path], host=network.hub)
        self._network = network
        self._running = running
        self._wait_for_mark(b"capture begins")

    def stop(self) -> None:
        """Ends it once everything sent so far is in the file."""
        self._wait_for_mark(b"capture ends")
        self._process.signal(signal.SIGINT)
        self._process.wait(30)

    def _wait_for_mark(self, mark: bytes) -> None:
        """Sends a datagram of our own over the bridge until the file has it: what came before it is there too."""
        def send() -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
                datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                # From a port of nobody else's: a random one may be that of a protocol which tshark then looks for.
                datagrams.bind(("", _DISCARD_PORT))
                datagrams.sendto(mark, ("10.77.255.255", _DISCARD_PORT))

        def marked() -> bool:
            self._network.hub.inside(send)
            return self.path.exists() and mark in self.path.read_bytes()

        self._running.wait_for(mark.decode(), marked, _MARK_LIMIT, [self._process])

    def frames(self, display_filter: str, *fields: str) -> list[Frame]:
        """Frames that match, with the given fields."""
        wanted = [word for field in ("frame.number", *fields) for word in ("-e", field)]
        done = subprocess.run(
            ["tshark", "-n", "-r", str(self.path), "-o", "tcp.reassemble_out_of_order:TRUE", "-Y", display_filter,
             "-T", "fields", "-E", "separator=|", *wanted],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_ANALYSIS_LIMIT, check=False)
        assert done.returncode == 0, done.stderr
        rows = [line.split("|") for line in done.stdout.splitlines()]
        return [Frame(int(row[0]), tuple(row[1:])) for row in rows]

    def malformed(self) -> list[Frame]:
        """Frames that tshark calls malformed: source, protocols, what it says.

        Not counted is what it shows as `bittorrent.continuous_data`: besides messages of a wrong length, it does
        so with an encrypted handshake, and when a segment ends inside a length prefix.
        """
        return self.frames(
            f"_ws.malformed || _ws.expert.group == {_GROUP_MALFORMED} || _ws.expert.severity == {_SEVERITY_ERROR}",
            "ip.src", "frame.protocols", "_ws.expert.message")
