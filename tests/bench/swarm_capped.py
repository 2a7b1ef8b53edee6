"""One capped seed and eight leechers: how near a swarm of real clients comes to the ideal, beside its peers.

    /usr/bin/python3 tests/bench/swarm_capped.py [--bin build/release/bin] [--size-mib 256] [--leechers 8] [--rounds 3]

The seed may send 160 Mbit/s, nobody else is limited.  The ideal: the content leaves the seed once, at that rate, and the
leechers pass it on (PAPERS: Kumar and Ross 2006, the bound of the seed's rate).  The clients of a swarm are all of one
kind, each on a host of its own of a private network, with its own defaults, and find each other by our tracker.  The
clock runs from the start of the leechers to the last one's word that it has everything, hash checked; copies are the bytes
that left the seed's network card meanwhile, headers included, in sizes of the content.  Swarms take turns; medians.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "scripts")]

from bench.end import End, says, touch_pages  # noqa: E402
from harness.content import differences, make_file  # noqa: E402
from harness.namespaces import Host, PrivateNetwork, why_unavailable  # noqa: E402
from harness.programs import Programs  # noqa: E402

PORT = 6881
TRACKER = "http://10.77.0.1:6969/announce"
SEED_BYTES_PER_SECOND = 160_000_000 // 8
LIBTORRENT = Path(__file__).with_name("libtorrent_end.py")


@dataclass(frozen=True)
class Job:
    host: Host
    torrent: Path
    directory: Path
    is_seed: bool


@dataclass(frozen=True)
class Client:
    name: str
    argv: Callable[[Job], Sequence[str | Path]]
    is_ready_to_seed: Callable[[str], bool]
    is_complete: Callable[[str], bool]
    first_word: str | None = None  # said to it when it is to begin


def ours(programs: Programs, name: str, *of_the_seed: str) -> Client:
    def argv(job: Job) -> list[str | Path]:
        capped = ["--up-limit", f"{SEED_BYTES_PER_SECOND}B/s", *of_the_seed] if job.is_seed else []
        return [programs.btclient, "--json", "--no-resume", "--dir", job.directory, "--listen", f"{job.host.address}:{PORT}",
                *capped, job.torrent]

    return Client(name, argv, says("checked"), says("completed"))


def libtorrent(name: str, *of_the_seed: str) -> Client:
    def argv(job: Job) -> list[str | Path]:
        capped = ["--up", str(SEED_BYTES_PER_SECOND), *of_the_seed] if job.is_seed else []
        return [sys.executable, LIBTORRENT, *capped, job.torrent, job.directory, f"{job.host.address}:{PORT}"]

    return Client(name, argv, lambda line: line == "complete\n", lambda line: line == "complete\n", "")


def aria2() -> Client:
    def argv(job: Job) -> list[str | Path]:
        capped = [f"--max-overall-upload-limit={SEED_BYTES_PER_SECOND}", "--check-integrity=true"] if job.is_seed else []
        return ["aria2c", "--no-conf", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false",
                f"--listen-port={PORT}", "--seed-ratio=0", "--file-allocation=none", "--disable-ipv6=true", "--async-dns=false",
                "--show-console-readout=false", "--summary-interval=0", "--bt-min-crypto-level=plain",
                "--bt-require-crypto=false", *capped, "-d", job.directory, job.torrent]

    return Client("aria2", argv, lambda line: "Verification finished successfully" in line,
                  lambda line: "Download complete" in line)


@dataclass(frozen=True)
class Sample:
    seconds: float
    copies: float
    cpu_seconds: float


def sent_bytes(host: Host) -> int:
    rows = host.run("cat", "/proc/net/dev").stdout.splitlines()
    return next(int(row.split()[9]) for row in rows if row.strip().startswith("eth0:"))


def measure(client: Client, programs: Programs, hosts: Sequence[Host], torrent: Path, content: Path, folder: Path) -> Sample:
    """The hosts: the tracker's, the seed's, the leechers'."""
    tracker = End(hosts[0], [programs.bttracker, "--json", "--http", f"{hosts[0].address}:6969"])
    ends = [tracker]
    try:
        tracker.wait_for(lambda line: line.startswith("{"))
        seed = End(hosts[1], client.argv(Job(hosts[1], torrent, content.parent, is_seed=True)))
        ends.append(seed)
        begin(client, seed)
        seed.wait_for(client.is_ready_to_seed)
        time.sleep(1)  # its announce
        before, begun = sent_bytes(hosts[1]), time.monotonic()
        leechers: list[tuple[End, Path]] = []
        for number, host in enumerate(hosts[2:]):
            directory = folder / f"leecher{number}"
            directory.mkdir()
            end = End(host, client.argv(Job(host, torrent, directory, is_seed=False)))
            ends.append(end)
            leechers.append((end, directory))
            begin(client, end)
        for end, _ in leechers:
            end.wait_for(client.is_complete)
        seconds = time.monotonic() - begun
        sample = Sample(seconds, (sent_bytes(hosts[1]) - before) / content.stat().st_size,
                        sum(end.cpu_seconds() for end in ends[1:]))
    finally:
        for end in ends:
            end.end()
    for _, directory in leechers:
        wrong = differences(content, directory / content.name)
        if wrong:
            raise RuntimeError(f"a leecher of {client.name} says it is complete, but {wrong[0]}")
        shutil.rmtree(directory)
    return sample


def begin(client: Client, end: End) -> None:
    if client.first_word is not None:
        end.tell(client.first_word)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--size-mib", type=int, default=256)
    parser.add_argument("--leechers", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", metavar="NAME", help="this kind of client alone")
    options = parser.parse_args()
    if reason := why_unavailable():
        print(f"no private network here: {reason}", file=sys.stderr)
        return 3
    programs = Programs(options.bin.resolve())
    clients = [ours(programs, "swarmlab"), ours(programs, "swarmlab, super-seed", "--super-seed"),
               libtorrent("libtorrent"), libtorrent("libtorrent, super-seed", "--super-seed"), aria2()]
    if options.only:
        clients = [client for client in clients if client.name == options.only] or parser.error("no such client")
    size = options.size_mib << 20
    ideal = size / SEED_BYTES_PER_SECOND
    samples: dict[str, list[Sample]] = {client.name: [] for client in clients}
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name, PrivateNetwork() as network:
        folder = Path(name)
        hosts = [network.host(number) for number in range(1, options.leechers + 3)]
        touch_pages(folder, (options.leechers + 1) * size)
        content = make_file(folder / "seed" / "content.bin", size)
        torrent = folder / "content.torrent"
        programs.create_torrent(content, torrent, TRACKER)
        for _ in range(options.rounds):
            for client in clients:
                samples[client.name].append(measure(client, programs, hosts, torrent, content, folder))
    print(f"{options.size_mib} MiB, {options.leechers} leechers, seed at 160 Mbit/s: ideal {ideal:.1f} s")
    print(f"{'swarm of':24} {'seconds':>8} {'x ideal':>8} {'copies':>7} {'CPU s':>7}")
    for client in clients:
        taken = samples[client.name]
        seconds = statistics.median(sample.seconds for sample in taken)
        print(f"{client.name:24} {seconds:8.1f} {seconds / ideal:8.2f} {statistics.median(s.copies for s in taken):7.2f} "
              f"{statistics.median(s.cpu_seconds for s in taken):7.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
