"""The judge itself: a capture sees the frames between two hosts, and tshark tells a malformed message."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from harness.namespaces import PrivateNetwork
from harness.running import Running
from interop.capture import Capture

_HANDSHAKE = "b'\\x13BitTorrent protocol' + bytes(8) + b'h' * 20 + b'-XX0000-' + b'p' * 12"
_HAVE = "bytes([0, 0, 0, 5, 4, 0, 0, 0, 7])"
_TORN_EXTENSION = "bytes([0, 0, 0, 5, 20, 0]) + b'd9:'"  # BEP 10: a dictionary is due

_EXCHANGE = """
import socket, sys
if sys.argv[1] == "listen":
    server = socket.create_server(("0.0.0.0", 6881))
    print("up", flush=True)
    stream, _ = server.accept()
else:
    stream = socket.create_connection((sys.argv[1], 6881), 10)
stream.settimeout(10)
stream.sendall(HANDSHAKE)
stream.recv(68, socket.MSG_WAITALL)
stream.sendall(MESSAGE)
stream.recv(9, socket.MSG_WAITALL)
"""


@pytest.mark.parametrize(("message", "is_malformed"), [(_HAVE, False), (_TORN_EXTENSION, True)],
                         ids=["have", "torn extension handshake"])
def test_a_malformed_message_is_seen(message: str, is_malformed: bool, network: PrivateNetwork, running: Running,
                                     tmp_path: Path) -> None:
    """1. Two hosts shake hands and send one message each. 2. Both handshakes are seen, and whether it is malformed."""
    if not shutil.which("tshark"):
        assert os.environ.get("CI") != "true", "tshark is not installed"
        pytest.skip("tshark is not installed")
    one, other = network.host(2), network.host(3)
    capture = Capture(running, network, tmp_path / "exchange.pcapng")
    script = _EXCHANGE.replace("HANDSHAKE", _HANDSHAKE).replace("MESSAGE", message)
    listener = running.start("listener", ["/usr/bin/python3", "-c", script, "listen"], host=one)
    running.wait_for("it listens", lambda: "up" in listener.stdout(), 10, [listener])
    dialler = running.start("dialler", ["/usr/bin/python3", "-c", script, one.address], host=other)
    assert (dialler.wait(15), listener.wait(15)) == (0, 0)
    capture.stop()
    assert {frame.fields[0] for frame in capture.frames("bittorrent.peer_id", "ip.src")} == {one.address, other.address}
    assert bool(capture.malformed()) == is_malformed
