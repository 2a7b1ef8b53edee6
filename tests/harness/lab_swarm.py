"""A swarm in a private network: our tracker and clients, each on a host of its own.

    10.77.0.1   bttracker, HTTP and UDP on port 6969
    10.77.0.2…  clients, on port 6881
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.namespaces import Host, PrivateNetwork
from harness.programs import Programs
from harness.running import Running
from lab.client_view import ClientState, ClientView
from lab.processes import Child
from lab.scrape import Scrape, scrape

TRACKER_PORT = 6969
PEER_PORT = 6881
_TRACKER_START = 15.0


class Client:
    """A btclient: its process, its host and what it says of itself."""

    def __init__(self, child: Child, host: Host) -> None:
        self.child = child
        self.host = host
        self._view = ClientView(child.out)

    def state(self) -> ClientState:
        return self._view.update()


class LabSwarm:
    def __init__(self, programs: Programs, running: Running, network: PrivateNetwork) -> None:
        self._programs = programs
        self._running = running
        self._network = network
        self._hosts = 1
        self.tracker_host = network.host(1)
        address = f"{self.tracker_host.address}:{TRACKER_PORT}"
        self.http_url, self.udp_url = f"http://{address}/announce", f"udp://{address}/announce"
        self._tracker_address = address
        self.tracker: Child

    def start_tracker(self, *options: str, interval: int = 5) -> None:
        self.tracker = self._running.start(
            "tracker", [self._programs.bttracker, "--http", self._tracker_address, "--udp", self._tracker_address,
                        "--interval", str(interval), *options], host=self.tracker_host)
        self._running.wait_for("the tracker listens", lambda: self.tracker_host.inside(self._tracker_listens),
                               _TRACKER_START, [self.tracker])

    def new_host(self) -> Host:
        self._hosts += 1
        return self._network.host(self._hosts)

    def start_client(self, name: str, torrent: Path | str, directory: Path, *options: str | Path,
                     host: Host | None = None) -> Client:
        """A btclient that downloads to, or seeds from, `directory`; `torrent` may be a magnet link."""
        host = host or self.new_host()
        directory.mkdir(parents=True, exist_ok=True)
        child = self._running.start(name, self.client_command(host, torrent, directory, *options), host=host)
        return Client(child, host)

    def client_command(self, host: Host, torrent: Path | str, directory: Path, *options: str | Path) -> Sequence[str | Path]:
        return [self._programs.btclient, "--json", "--dir", directory, "--listen", f"{host.address}:{PEER_PORT}",
                *options, torrent]

    def wait_until(self, condition_name: str, condition: Callable[[], bool], seconds: float,
                   needs: Sequence[Child] = ()) -> None:
        self._running.wait_for(condition_name, condition, seconds, needs)

    def scrape(self, info_hash: str) -> Scrape | None:
        return self.tracker_host.inside(lambda: scrape(self.http_url, info_hash))

    def wait_for_scrape(self, info_hash: str, expected: Scrape, seconds: float, needs: Sequence[Child] = ()) -> None:
        """Waits until the tracker says so; shows its last answer when it does not."""
        last: list[Scrape | None] = [None]

        def as_expected() -> bool:
            last[0] = self.scrape(info_hash)
            return last[0] == expected

        try:
            self._running.wait_for(f"the tracker says {expected}", as_expected, seconds, [self.tracker, *needs])
        except Exception as error:
            error.add_note(f"last answer: {last[0]}")
            raise

    def _tracker_listens(self) -> bool:
        try:
            socket.create_connection((self.tracker_host.address, TRACKER_PORT), 1.0).close()
            return True
        except OSError:
            return False
