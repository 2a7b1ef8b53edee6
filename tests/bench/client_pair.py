"""One seed, one leecher, one path: ours beside libtorrent, in one run, as a ratio.

    /usr/bin/python3 tests/bench/client_pair.py [--bin build/release/bin] [--size-mib 1024] [--rounds 3]

Each pair of clients moves the same content in pieces of 1 MiB between two hosts of a private network, from tmpfs to
tmpfs, over TCP alone.  The pairs take turns, so that a slower minute of the machine hits all of them; the table
shows each pair's median of MiB/s, the CPU seconds per GiB of both ends, and its rate beside libtorrent's.  The clock runs
from the moment at which the leecher is told of the seed to that at which it says it has everything, hash checked; CPU
time is read at the same two moments.  Pages of the tmpfs are touched before: a virtual machine may have to get them first.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "scripts")]

from bench.end import End, says, touch_pages  # noqa: E402
from harness.content import differences, make_file  # noqa: E402
from harness.namespaces import Host, PrivateNetwork, why_unavailable  # noqa: E402
from harness.programs import Programs  # noqa: E402

PORT = 6881
LIBTORRENT = Path(__file__).with_name("libtorrent_end.py")


@dataclass(frozen=True)
class Sample:
    seconds: float
    seed_cpu: float
    leecher_cpu: float


@dataclass(frozen=True)
class Client:
    name: str
    # A seed that has looked at its content and listens; a leecher that waits to be told of it.
    seed: Callable[[Host, Path, Path], End]
    # Begins the download and returns: the leecher, its CPU seconds so far, the time.
    leech: Callable[[Host, Path, Path, Host], tuple[End, float, float]]
    is_complete: Callable[[str], bool]


def ours(programs: Programs) -> Client:
    def argv(host: Host, torrent: Path, directory: Path) -> list[str | Path]:
        return [programs.btclient, "--json", "--dir", directory, "--listen", f"{host.address}:{PORT}", torrent]

    def seed(host: Host, torrent: Path, directory: Path) -> End:
        end = End(host, argv(host, torrent, directory))
        end.wait_for(says("checked"))
        return end

    def leech(host: Host, torrent: Path, directory: Path, other: Host) -> tuple[End, float, float]:
        begun = time.monotonic()   # a start of the program counts as ours
        return End(host, [*argv(host, torrent, directory), "--peer", f"{other.address}:{PORT}"]), 0.0, begun

    return Client("swarmlab", seed, leech, says("completed"))


def libtorrent() -> Client:
    def start(host: Host, torrent: Path, directory: Path) -> End:
        end = End(host, [sys.executable, LIBTORRENT, torrent, directory, f"{host.address}:{PORT}"])
        end.wait_for(lambda line: line == "ready\n")
        return end

    def seed(host: Host, torrent: Path, directory: Path) -> End:
        end = start(host, torrent, directory)
        end.tell("")
        end.wait_for(lambda line: line == "complete\n")
        return end

    def leech(host: Host, torrent: Path, directory: Path, other: Host) -> tuple[End, float, float]:
        end = start(host, torrent, directory)
        cpu, begun = end.cpu_seconds(), time.monotonic()
        end.tell(f"{other.address}:{PORT}")
        return end, cpu, begun

    return Client("libtorrent", seed, leech, lambda line: line == "complete\n")


def measure(seed_client: Client, leech_client: Client, hosts: tuple[Host, Host], torrent: Path, content: Path,
            target: Path) -> Sample:
    target.mkdir()
    ends: list[End] = []
    try:
        seed = seed_client.seed(hosts[0], torrent, content.parent)
        ends.append(seed)
        seed_before = seed.cpu_seconds()
        leecher, leecher_before, begun = leech_client.leech(hosts[1], torrent, target, hosts[0])
        ends.append(leecher)
        leecher.wait_for(leech_client.is_complete)
        seconds = time.monotonic() - begun
        sample = Sample(seconds, seed.cpu_seconds() - seed_before, leecher.cpu_seconds() - leecher_before)
    finally:
        for end in ends:
            end.end()
    wrong = differences(content, target / content.name)
    if wrong:
        raise RuntimeError(f"{leech_client.name} says it is complete, but {wrong[0]}")
    shutil.rmtree(target)
    return sample


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--size-mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--congestion", default="cubic", help="TCP congestion control for all alike (default: cubic)")
    options = parser.parse_args()
    if reason := why_unavailable():
        print(f"no private network here: {reason}", file=sys.stderr)
        return 3
    programs = Programs(options.bin.resolve())
    size = options.size_mib << 20
    clients = [ours(programs), libtorrent()]
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name, PrivateNetwork() as network:
        folder = Path(name)
        hosts = (network.host(2), network.host(3))
        for host in hosts:
            host.run("sysctl", "-q", "-w", f"net.ipv4.tcp_congestion_control={options.congestion}")
        touch_pages(folder, 2 * size + (64 << 20))
        content = make_file(folder / "seed" / "content.bin", size)
        torrent = folder / "content.torrent"
        programs.create_torrent(content, torrent, piece_bytes=1 << 20)
        pairs = [(a, b) for a in clients for b in clients]
        samples: dict[tuple[str, str], list[Sample]] = {(a.name, b.name): [] for a, b in pairs}
        for _ in range(options.rounds):
            for a, b in pairs:
                samples[a.name, b.name].append(measure(a, b, hosts, torrent, content, folder / "target"))
    gib = size / (1 << 30)
    peer = statistics.median(s.seconds for s in samples["libtorrent", "libtorrent"])
    print(f"{'seed':12} {'leecher':12} {'MiB/s':>8} {'seed CPU s/GiB':>15} {'leecher CPU s/GiB':>18} {'rate, libtorrent = 1':>21}")
    for (a_name, b_name), taken in samples.items():
        seconds = statistics.median(s.seconds for s in taken)
        print(f"{a_name:12} {b_name:12} {options.size_mib / seconds:8.0f} "
              f"{statistics.median(s.seed_cpu for s in taken) / gib:15.2f} "
              f"{statistics.median(s.leecher_cpu for s in taken) / gib:18.2f} {peer / seconds:21.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
