"""Announces over TLS: our tracker behind a proxy that somebody else wrote (Python's ssl), our client before it."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.content import differences, make_file
from harness.programs import Programs
from harness.running import Running


def make_certificate(folder: Path, names: str) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=tracker", "-addext", f"subjectAltName={names}",
                    "-keyout", key, "-out", certificate],
                   check=True, capture_output=True, timeout=60)
    return certificate, key


@contextmanager
def tls_proxy(certificate: Path, key: Path, to: tuple[str, int]) -> Iterator[int]:
    """Takes TLS at the port it yields and passes what is inside on to `to`; one request a connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(raw: socket.socket) -> None:
        with raw:
            try:
                with context.wrap_socket(raw, server_side=True) as secure, socket.create_connection(to, 10) as plain:
                    plain.sendall(secure.recv(65536))
                    while part := plain.recv(65536):
                        secure.sendall(part)
            except OSError:
                pass   # a client that does not trust us hangs up

    def accept() -> None:
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            raw.settimeout(10)
            threading.Thread(target=serve, args=(raw,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture
def tracker_port(programs: Programs) -> Iterator[int]:
    process = subprocess.Popen([programs.bttracker, "--http", "127.0.0.1:0", "--json"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(json.loads(process.stdout.readline())["http"].rsplit(":", 1)[1].split("/")[0])
    finally:
        process.kill()
        process.wait(10)


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_two_clients_find_each_other_at_an_https_tracker(programs: Programs, running: Running, tmp_path: Path,
                                                         tracker_port: int, host: str) -> None:
    certificate, key = make_certificate(tmp_path, "IP:127.0.0.1,DNS:localhost")
    with tls_proxy(certificate, key, ("127.0.0.1", tracker_port)) as port:
        content = make_file(tmp_path / "seed" / "content.bin", 3_000_000)
        torrent = tmp_path / "content.torrent"
        programs.create_torrent(content, torrent, f"https://{host}:{port}/announce")
        seed = running.start("seed", [programs.btclient, "--json", "--dir", content.parent, "--tracker-ca", certificate, torrent])
        running.wait_for("the seed is known to the tracker", lambda: '"tracker_answered"' in seed.tail(50), 20, [seed])
        target = tmp_path / "leecher"
        done = programs.run("btclient", "--dir", target, "--tracker-ca", certificate, "--exit-when", "complete", torrent)
        assert done.returncode == 0, done.stdout + done.stderr
        assert differences(content, target / "content.bin") == []


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
@pytest.mark.parametrize(("names", "is_trusted", "reason"), [
    ("IP:127.0.0.1", False, "self-signed certificate"),
    ("DNS:elsewhere.example", True, "IP address mismatch"),
])
def test_a_tracker_that_cannot_prove_who_it_is_is_told_nothing(programs: Programs, running: Running, tmp_path: Path,
                                                               tracker_port: int, names: str, is_trusted: bool,
                                                               reason: str) -> None:
    certificate, key = make_certificate(tmp_path, names)
    with tls_proxy(certificate, key, ("127.0.0.1", tracker_port)) as port:
        content = make_file(tmp_path / "seed" / "content.bin", 100_000)
        torrent = tmp_path / "content.torrent"
        programs.create_torrent(content, torrent, f"https://127.0.0.1:{port}/announce")
        trust = ["--tracker-ca", certificate] if is_trusted else []
        seed = running.start("seed", [programs.btclient, "--json", "--dir", content.parent, *trust, torrent])
        running.wait_for("it says why", lambda: '"tracker_failed"' in seed.tail(50), 20, [seed])
        assert "the certificate is not trusted" in seed.tail(50)
        assert reason in seed.tail(50)
