"""Whoever of a lab is killed, and by whomever it was started: no process, no namespace and no mount is left.

As root and as a user without any rights; with TUN devices and without.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import remains
from harness.lab_door import Door
from harness.namespaces import why_unavailable
from harness.ordinary_user import AS_USER, USER, open_the_way
from harness.programs import Programs
from harness.running import Running
from lab.processes import wait_until

pytestmark = pytest.mark.skipif(bool(why_unavailable()) and os.environ.get("CI") != "true",
                                reason=f"no network namespaces here: {why_unavailable()}")

STORY = """
    format: 1
    scenario: A leecher fetches for a long time
    limit: 5 min
    torrent: { size: 8 MiB, piece_length: 64 KiB }
    tracker: { kind: http, interval: 10 s }
    network:
      link: { up: 200 kbit/s, down: 200 kbit/s, delay: 10 ms }
    peers:
      seed: { have: all }
      you:  { subject: true }
    checks:
      - completes: { who: you }
"""


def with_device(device: str, folder: Path) -> list[str]:
    """A prefix after which /dev/net/tun is for everybody, or for nobody."""
    node = folder / device
    if not node.exists():
        os.mknod(node, 0o666 | stat.S_IFCHR, os.makedev(10, 200 if device == "tun" else 249))   # 249: no driver has it
        node.chmod(0o666)
    return ["unshare", "--mount", "sh", "-c", f'mount --bind "{node}" /dev/net/tun && exec "$@"', "sh"]


class Where:
    """A folder and programs that the one who is to run them can reach, and what makes a command that one's."""

    def __init__(self, user: str, device: str, tmp_path: Path, programs: Programs) -> None:
        self.folder = tmp_path / "lab"
        self.folder.mkdir()
        self.prefix: list[str] = []
        self.programs = programs.folder
        self.mark = str(self.folder)
        self.device = device
        self.victim = ""
        if device != "any":
            if os.geteuid() != 0 or not Path("/dev/net/tun").exists():
                pytest.skip("to give or take TUN devices takes root, and a machine that has them")
            self.prefix += with_device(device, tmp_path)
        if user == "root":
            return
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            pytest.skip("it takes root and setpriv to be somebody else")
        self.prefix += AS_USER
        self.programs = tmp_path / "programs"
        self.programs.mkdir()
        for name in ("swarmsim", "bttracker", "btclient", "torrentgen"):
            shutil.copy(programs.folder / name, self.programs / name)
        os.chown(self.folder, USER, USER)
        open_the_way(tmp_path)


# Who starts it, with which device, and who of its four is killed.
FATES = [("root", "tun", "caller"), ("root", "tun", "warden"), ("root", "tun", "init"), ("root", "tun", "body"),
         ("user", "veth", "caller"), ("user", "veth", "warden"), ("user", "veth", "init"), ("user", "veth", "body"),
         ("root", "veth", "caller"), ("user", "tun", "caller")]


@pytest.fixture(params=FATES, ids=["-".join(fate) for fate in FATES])
def where(request: pytest.FixtureRequest, tmp_path: Path, programs: Programs) -> Where:
    user, device, victim = request.param
    there = Where(user, device, tmp_path, programs)
    there.victim = victim
    return there


@pytest.fixture
def door(where: Where) -> Iterator[Door]:
    opened = Door(where.folder / "runs", where.programs, where.prefix)
    yield opened
    opened.end()


def sandbox_of(mark: str, words: str) -> dict[str, int]:
    """The processes of one lab: its caller, warden, init and body, each the child of the one before."""
    ours = [pid for pid, line in remains.of_lab(mark).processes.items() if words in line]
    parents = {pid: int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) for pid in ours}
    caller = next(pid for pid in ours if parents[pid] not in ours)
    chain = [caller]
    while len(chain) < 4:
        chain.append(next(pid for pid in ours if parents[pid] == chain[-1]))
    return dict(zip(("caller", "warden", "init", "body"), chain))


def assert_nothing_left(before: remains.Remains, mark: str) -> None:
    assert wait_until(lambda: not remains.still_there(before, mark), 20, pause=0.1), remains.still_there(before, mark)


def test_a_killed_lab_leaves_nothing_behind(where: Where, door: Door) -> None:
    """1. A lab that stands: its processes, namespaces and mounts are seen. 2. SIGKILL to one of its four.
    3. Nothing of these is there any more. 4. ps says so, and another lab starts.
    """
    started = door("up", "-d", "--namespaces", "--size", "4MiB", "--leechers", "1", "--link", "down=64kbit/s")
    assert started.returncode == 0, started.stderr
    before = remains.of_lab(where.mark)
    assert any("btclient" in words for words in before.processes.values())
    assert len(before.namespaces) >= 6 and before.mounts
    said = door("logs", "lab").stdout
    assert ("TUN with offload" in said) == (where.device == "tun"), said
    os.kill(sandbox_of(where.mark, "swarmsim up")[where.victim], signal.SIGKILL)
    assert_nothing_left(before, where.mark)
    gone = door("ps")
    assert gone.returncode == 2 and "no swarm is running" in gone.stderr
    again = door("up", "--wait", "--namespaces", "--size", "1MiB", "--leechers", "1")
    assert again.returncode == 0, again.stderr
    before = remains.of_lab(where.mark)
    assert before
    assert door("down").returncode == 0
    assert_nothing_left(before, where.mark)


def test_a_killed_run_leaves_nothing_behind(where: Where, running: Running) -> None:
    """1. `swarmsim run --mode lab`, in the middle of it. 2. SIGKILL to one of its four. 3. Nothing is left."""
    story = where.folder / "story.yaml"
    story.write_text(textwrap.dedent(STORY))
    command = [where.programs / "swarmsim", "run", story, "--mode", "lab", "--out", where.folder / "runs"]
    child = running.start("run", [*where.prefix, *command], cwd=where.folder)
    running.wait_for("both peers run", lambda: sum("--torrent" in words for words in remains.of_lab(where.mark).processes.values()) >= 2,
                     60, [child])
    before = remains.of_lab(where.mark)
    assert len(before.namespaces) >= 6 and before.mounts
    os.kill(sandbox_of(where.mark, " run ")[where.victim], signal.SIGKILL)
    assert_nothing_left(before, where.mark)


def test_the_smoke_scenarios_of_lab_mode_hold_for_an_ordinary_user(tmp_path: Path, programs: Programs) -> None:
    """1. Those of tier lab-smoke, as a user without any rights and without TUN. 2. All held."""
    where = Where("user", "any", tmp_path, programs)
    scenarios = where.folder / "scenarios"
    shutil.copytree(Path(__file__).resolve().parents[2] / "scenarios", scenarios)
    told = subprocess.run([*where.prefix, where.programs / "swarmsim", "run", scenarios, "--tier", "lab-smoke", "--mode", "lab",
                           "--out", where.folder / "runs"], cwd=where.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=900, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "\nHELD\n" in told.stdout
