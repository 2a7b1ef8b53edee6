"""Lab mode without any rights: real processes on loopback, joined by relays, as an ordinary user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.programs import Programs

ROOT = Path(__file__).resolve().parents[2]
FIRST = ROOT / "scenarios" / "lab" / "a_leecher_completes_from_one_seed.yaml"
USER = 1000
NO_RIGHTS = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
             "--no-new-privs", "--"]
PACKAGES = {"": "", "btclient": "", "aria2": "aria2c", "rtorrent": "rtorrent", "libtorrent": "", "qbittorrent": "qbittorrent-nox"}

STORY = """
format: 1
scenario: A leecher fetches from a seed
limit: 40 s
torrent: { size: 1 MiB, piece_length: 64 KiB }
tracker: { kind: KIND, interval: 10 s }
network:
  link: { up: 8 Mbit/s, down: 8 Mbit/s, delay: 10 ms, queue: 64 KiB }
peers:
  seed: { have: all }
  you:  { subject: true, join: 1 s, settings: { upload_slots: 2 } }
checks:
  - completes: { who: you, within: 30 s }
  - contents_match: { who: you }
  - announced_endpoint_reachable: { who: you }
"""


class Place:
    """A folder in which an ordinary user may run the programs and write."""

    def __init__(self, folder: Path, programs: Programs) -> None:
        self.folder = folder
        for name in ("swarmsim", "bttracker", "btclient"):
            shutil.copy2(getattr(programs, name), folder / name)
        for path in (folder, *folder.iterdir()):
            path.chmod(0o755)
            if os.geteuid() == 0:
                os.chown(path, USER, USER)

    def words(self, *arguments: str | Path) -> list[str | Path]:
        return [*(NO_RIGHTS if os.geteuid() == 0 else []), self.folder / "swarmsim", *arguments]

    def command(self, *arguments: str | Path) -> list[str | Path]:
        return self.words("run", *arguments, "--mode", "lab", "--out", self.folder / "runs")

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return self.told(self.command(*arguments))

    def told(self, words: list[str | Path]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(words, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400, check=False)

    def story(self, text: str) -> Path:
        path = self.folder / "story.yaml"
        path.write_text(text)
        path.chmod(0o644)
        return path

    def processes(self) -> list[str]:
        """Command lines of whatever runs from here, or on files from here."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except (OSError, NotADirectoryError):
                continue
            if entry.name.isdigit() and str(self.folder) in words:
                found.append(words)
        return found


@pytest.fixture
def place(programs: Programs) -> Iterator[Place]:
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("setpriv is not installed")
    folder = Path(tempfile.mkdtemp(prefix="lab-relays-"))
    try:
        yield Place(folder, programs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def verdicts(told: subprocess.CompletedProcess[str]) -> dict[str, str]:
    return {check["check"]: check["verdict"] for check in json.loads(told.stdout)["runs"][0]["checks"]}


def needs(client: str) -> None:
    program = PACKAGES[client]
    if program and not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    library = ["/usr/bin/python3", "-c", "import libtorrent"]
    if client == "libtorrent" and subprocess.run(library, capture_output=True, check=False).returncode != 0:
        pytest.skip("python3-libtorrent is not installed")


@pytest.mark.parametrize("client", PACKAGES)
def test_clients_complete_through_relays_without_any_rights(place: Place, client: str) -> None:
    needs(client)
    told = place.run(FIRST, "--network", "relays", "--json", *(["--client", client] if client else []))
    # Not all: aria2 tells twice what it has to whoever dials it just when it becomes complete.
    for check in ("completes", "contents_match", "no_request_while_choked", "request_bounds"):
        assert verdicts(told)[check] == "held", told.stdout + told.stderr
    assert json.loads(told.stdout)["runs"][0]["network"] == "relays"


def test_an_adapter_is_tried_out_over_relays(place: Place) -> None:
    told = place.told(place.words("adapter-check", "btclient", "--network", "relays"))
    assert told.returncode == 0, told.stdout + told.stderr
    for step in ("leeches", "stores", "seeds", "others fetch", "stops (a leecher)", "stops (a seed)", "speaks"):
        assert f"  good  {step} " in told.stdout, told.stdout


def test_an_adapter_that_refuses_loopback_is_not_judged_by_relays(place: Place) -> None:
    adapter = place.folder / "picky.yaml"
    adapter.write_text("adapter: 1\nclient: picky\nrefuses: [loopback]\nleech: [btclient, '{source}']\n")
    told = place.told(place.words("adapter-check", adapter, "--network", "relays"))
    assert told.returncode == 3, told.stdout + told.stderr
    assert "INVALID it cannot be tried over relays: picky takes nobody at a loopback address for a peer" in told.stdout


@pytest.mark.parametrize("kind", ["http", "udp"])
def test_trackers_of_both_kinds_tell_everybody_of_relays(place: Place, kind: str) -> None:
    told = place.run(place.story(STORY.replace("KIND", kind)), "--network", "relays", "--json")
    assert told.returncode == 0, told.stdout + told.stderr
    assert set(verdicts(told).values()) == {"held"}


def test_a_client_that_misbehaves_is_accused_through_relays_too(place: Place) -> None:
    adapter = place.folder / "rude.yaml"
    adapter.write_text("adapter: 1\nclient: rude\nspeaks: [fast, ext]\ndeclares: { request_size: 16 KiB, reaction_time: 1 s }\n"
                       "leech: [swarmsim, peer, 'bad_requests', --torrent, '{torrent}', --dir, '{dir}', --listen, '{listen_ip}:{port}']\n")
    told = place.run(FIRST, "--network", "relays", "--json", "--client", adapter)
    assert told.returncode == 1, told.stdout + told.stderr
    assert verdicts(told)["request_bounds"] == "violated"
    assert "(3 of 3)" in told.stdout


def test_where_namespaces_are_not_to_be_had_relays_are_taken_and_it_is_said(place: Place) -> None:
    before = place.command(place.story(STORY.replace("KIND", "http")))
    shell = 'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"'
    program = [word for word in before if word not in NO_RIGHTS]
    os.chown(place.folder, os.geteuid(), -1)   # root of a user namespace has no rights over others' folders
    told = subprocess.run(["unshare", "--user", "--map-root-user", "sh", "-c", shell, "sh", *program], cwd=place.folder,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)
    if "unshare" in told.stderr and told.returncode == 1:
        pytest.skip("no user namespaces here")
    assert "swarmsim: real processes meet on loopback, over relays: cannot make namespaces" in told.stderr, told.stdout + told.stderr
    assert "joined by relays" in told.stdout
    assert told.returncode in (0, 3), told.stdout + told.stderr   # 3: too busy


def test_a_client_that_refuses_loopback_is_not_applicable(place: Place) -> None:
    told = place.run(FIRST, "--network", "relays", "--json", "--client", "transmission")
    assert told.returncode == 4, told.stdout + told.stderr
    assert set(verdicts(told).values()) == {"not applicable"}
    assert "takes nobody at a loopback address for a peer" in told.stdout


def test_a_link_that_loses_packets_is_not_applicable(place: Place) -> None:
    story = STORY.replace("KIND", "http").replace("queue: 64 KiB", "loss: 1%")
    told = place.run(place.story(story), "--network", "relays")
    assert told.returncode == 4, told.stdout + told.stderr
    assert "seed loses packets, which takes network namespaces" in told.stdout


def test_without_a_network_trackers_and_disks_are_judged_and_nothing_else(place: Place) -> None:
    told = place.run(place.story(STORY.replace("KIND", "http")), "--network", "none", "--json")
    assert told.returncode == 0, told.stdout + told.stderr
    assert verdicts(told) == {"completes": "held", "contents_match": "held", "announced_endpoint_reachable": "held"}


def test_without_a_network_a_peer_is_complete_when_its_files_are_and_not_when_the_run_ends(place: Place) -> None:
    story = STORY.replace("KIND", "http").replace("within: 30 s", "within: 6 s")
    told = place.run(place.story(story + "timeline:\n  - { at: 12 s, stop: seed }\n"), "--network", "none")
    assert told.returncode == 0, told.stdout + told.stderr


def test_without_a_network_who_does_not_complete_is_accused(place: Place) -> None:
    story = STORY.replace("KIND", "http").replace("have: all", "have: 50%").replace("within: 30 s", "within: 3 s").replace("40 s", "6 s")
    told = place.run(place.story(story), "--network", "none")
    assert told.returncode == 1, told.stdout + told.stderr
    assert "you does not have everything" in told.stdout


@pytest.mark.parametrize("victim", ["caller", "keeper", "body"])
def test_nothing_is_left_whoever_is_killed(place: Place, victim: str) -> None:
    story = place.story(STORY.replace("KIND", "http").replace("8 Mbit/s", "100 kbit/s"))
    adapter = place.folder / "daemon.yaml"
    adapter.write_text("adapter: 1\nclient: daemon\nready: { log: up }\n"
                       f"leech: [sh, -c, 'setsid sh -c \"while :; do sleep 1; done\" $0 & echo up; sleep 1000', '{place.folder}']\n")
    running = subprocess.Popen(place.command(story, "--network", "relays", "--client", adapter), cwd=place.folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: any(words.startswith("sh -c while") for words in place.processes()), "the client has left its session")
        keeper = children(running.pid)[0]
        os.kill({"caller": running.pid, "keeper": keeper, "body": children(keeper)[0]}[victim], 9)
        running.wait(20)
        wait_until(lambda: not place.processes(), f"nothing runs any more: {place.processes()}")
    finally:
        running.kill()
        running.wait(20)


def children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            text = (entry / "stat").read_text()
        except (OSError, NotADirectoryError):
            continue
        if int(text.rsplit(")", 1)[1].split()[1]) == parent:
            found.append(int(entry.name))
    return found


def wait_until(holds, what: str, seconds: float = 30) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def test_a_network_is_for_lab_mode_and_has_a_name(programs: Programs) -> None:
    told = programs.run("swarmsim", "run", FIRST, "--network", "relays")
    assert told.returncode == 2
    assert "--network is for real processes: --mode lab --network relays" in told.stderr
    told = programs.run("swarmsim", "run", FIRST, "--mode", "lab", "--network", "relay")
    assert told.returncode == 2
    assert "--network relay: no such network; did you mean 'relays'?" in told.stderr
