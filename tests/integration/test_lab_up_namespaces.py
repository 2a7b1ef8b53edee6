"""./lab up --namespaces: clients on hosts of their own, over links that change while they run, and nothing left of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.content import differences, make_file
from harness.lab_door import LAB, Door
from harness.namespaces import why_unavailable
from harness.programs import Programs
from harness.running import Running
from lab.processes import wait_until
from lab.standing import Talk

MIB = 1 << 20

pytestmark = pytest.mark.skipif(bool(why_unavailable()) and os.environ.get("CI") != "true",
                                reason=f"no network namespaces here: {why_unavailable()}")


@pytest.fixture
def door(tmp_path: Path, programs: Programs) -> Iterator[Door]:
    assert programs.btclient and programs.bttracker and programs.torrentgen and programs.swarmsim
    opened = Door(tmp_path / "runs", programs.folder)
    yield opened
    opened.end()


def shown(door: Door) -> dict[str, dict[str, Any]]:
    """Every host of the one lab that runs, by name."""
    folder = next(folder for folder in sorted(door.runs.glob("swarms/2*"), reverse=True))
    with Talk(folder / "lab" / "control") as talk:
        return {host["name"]: host for host in talk.ask(show="all")["hosts"]}


def comes_to(door: Door, condition: Callable[[dict[str, dict[str, Any]]], bool], seconds: float = 60) -> dict[str, dict[str, Any]]:
    """Waits until the hosts are like that, and shows them."""
    last: list[dict[str, dict[str, Any]]] = [{}]

    def is_so() -> bool:
        last[0] = shown(door)
        return condition(last[0])

    assert wait_until(is_so, seconds, pause=0.1), json.dumps(last[0], indent=1)
    return last[0]


def do(door: Door, *words: str) -> str:
    done = door(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_script_gets_a_lab_of_several_clients_and_can_end_it(door: Door, tmp_path: Path) -> None:
    """1. up --json --wait with a file, clients in turn, over links. 2. All have it; the original was not written to.
    3. ps shows who, where, how; logs has what they printed. 4. down leaves logs alone.
    """
    original = make_file(tmp_path / "mine" / "photo.iso", 1 * MIB)
    others = [name for name, program in (("aria2", "aria2c"), ("transmission", "transmission-daemon")) if shutil.which(program)]
    clients = ["btclient", *others]
    options = [word for name in clients for word in ("--client", name)]
    swarm = door.document("--wait", "--leechers", "3", *options, "--seeder-client", others[0] if others else "btclient",
                          "--link", "up=16Mbit/s,down=16Mbit/s,delay=5ms", original)
    assert [peer["role"] for peer in swarm["peers"]] == ["seeder", "leecher", "leecher", "leecher"]
    assert [peer["client"] for peer in swarm["peers"][1:]] == [clients[i % len(clients)] for i in range(3)]
    assert all(re.fullmatch(r"10\.77\.\d+\.\d+:6881", peer["address"]) for peer in swarm["peers"])
    assert swarm["tracker"] == "http://tracker:6969/announce"
    downloads = [Path(peer["dir"]) for peer in swarm["peers"] if peer["role"] == "leecher"]
    assert [differences(original, folder / "photo.iso") for folder in downloads] == [[], [], []]
    assert sorted(path.name for path in original.parent.iterdir()) == ["photo.iso"]

    table = do(door, "ps")
    assert re.search(r"NAME\s+CLIENT\s+STATE\s+DONE\s+DOWN\s+UP\s+ADDRESS\s+LINK", table)
    assert re.search(r"leecher-1\s+btclient\s+seeding\s+100 %.*up=16Mbit/s,down=16Mbit/s,delay=5ms", table)
    assert "complete" in do(door, "logs", "leecher-1")
    assert "tracker is ready" in do(door, "logs", "lab")

    processes = door.processes()
    assert door("down").returncode == 0
    assert not any(process.is_alive() for process in processes)
    folder = Path(swarm["folder"])
    assert not any(download.exists() for download in downloads)
    assert {path.suffix for path in (folder / "lab").iterdir()} == {".log"}
    assert differences(make_file(tmp_path / "again" / "photo.iso", 1 * MIB), original) == []


def test_links_and_partitions_change_while_it_runs(door: Door) -> None:
    """1. So slow that it would take minutes. 2. Cut off, and then on a fast link: nothing arrives. 3. Healed, all is there soon.
    4. The link is as it was again.
    """
    door.document("--namespaces", "--size", "3MiB", "--leechers", "2", "--link", "down=64kbit/s,delay=1ms")
    do(door, "partition", "leecher | seeder, tracker")
    assert "the network is cut" in do(door, "ps")
    do(door, "link", "leecher", "down=100Mbit/s,delay=2ms")
    cut = shown(door)
    assert cut["leecher-2"]["link"]["down"] == "100 Mbit/s" and cut["seeder-1"]["link"]["down"] == "64 kbit/s"
    do(door, "link", "seeder", "down=100Mbit/s")
    time.sleep(2)
    assert all(shown(door)[name]["percent"] < 50 for name in ("leecher-1", "leecher-2"))
    do(door, "heal")
    comes_to(door, lambda hosts: all(hosts[name]["percent"] == 100 for name in ("leecher-1", "leecher-2")))
    do(door, "link", "leecher-2", "--restore")
    assert shown(door)["leecher-2"]["link"]["down"] == "64 kbit/s"


def test_a_guest_has_a_host_of_its_own_until_it_ends(door: Door, programs: Programs) -> None:
    """1. A client of the user's own downloads from the lab, told where everything is. 2. Its status is ours.
    3. What it left running ends with it, and its host is free again. 4. There are as many hosts as were asked for.
    """
    swarm = door.document("--wait", "--size", "1MiB", "--leechers", "1", "--guests", "1")
    fetched = door("join", "--", programs.btclient, "--dir", "{DIR}", "--listen", "{LISTEN_IP}:{PORT}", "--exit-when", "complete",
                   "{TORRENT}")
    assert fetched.returncode == 0, fetched.stdout + fetched.stderr
    guest = Path(swarm["folder"]) / "lab" / "guest-1"
    assert (guest / "content.bin").stat().st_size == 1 * MIB

    mark = f"{98765 + os.getpid()}.4321"
    told = door("join", "--", "sh", "-c", f'echo "$LISTEN_IP $PORT $TRACKER $NAME"; pwd; sleep {mark} & exit 7')
    assert told.returncode == 7
    here, where = told.stdout.splitlines()
    assert re.fullmatch(r"10\.77\.\d+\.\d+ 6881 http://tracker:6969/announce guest-1", here)
    assert where == os.getcwd()
    comes_to(door, lambda hosts: hosts["guest-1"]["state"] == "free")
    assert wait_until(lambda: not running_with(mark), 10)

    with Talk(Path(swarm["folder"]) / "lab" / "control") as talk:
        talk.ask(join="guest")
        refused = door("join", "--", "true")
    assert refused.returncode == 2
    assert "all 1 spare host have a guest; start the lab with more" in refused.stderr


def running_with(word: str) -> list[int]:
    """Processes with that in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word in path.read_text(errors="replace") and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def test_a_shell_is_on_the_host_of_its_peer(door: Door) -> None:
    """1. Its address, its network, the names of the others. 2. Its exit status is ours. 3. Who is not there is named."""
    swarm = door.document("--namespaces", "--size", "1MiB", "--leechers", "1")
    address = next(peer["address"] for peer in swarm["peers"] if peer["name"] == "leecher-1").removesuffix(":6881")
    inside = door("shell", "leecher-1", "sh", "-c", 'cat /proc/net/dev; getent hosts tracker; echo "$LISTEN_IP"; exit 5')
    assert inside.returncode == 5, inside.stderr
    assert "lab0:" in inside.stdout and "eth0" not in inside.stdout
    assert re.search(r"^10\.77\.\d+\.\d+\s+tracker$", inside.stdout, re.MULTILINE)
    assert inside.stdout.splitlines()[-1] == address
    absent = door("shell", "lecher-1", "true")
    assert absent.returncode == 2
    assert "nobody here is called 'lecher-1'; did you mean 'leecher-1'?" in absent.stderr
    nowhere = door("shell")
    assert nowhere.returncode == 2
    assert "on whose host? tracker, seeder-1, leecher-1, guest-1" in nowhere.stderr
    missing = door("shell", "leecher-1", "no-such-program")
    assert missing.returncode == 127


CRASHES = """
    adapter: 1
    client: crashes
    leech: [sh, -c, 'if test -e {home}/once; then exec btclient --plain --dir {dir} --listen {listen_ip}:{port} {torrent}; fi;
      touch {home}/once; echo out of cheese; exit 9']
"""


def test_a_client_that_crashes_is_started_again_as_often_as_was_said(door: Door, tmp_path: Path) -> None:
    """1. It crashes at once, and is started again: all is complete, and both lives are in its log.
    2. Without being started again it stays failed, its last words are told, and the others go on.
    """
    adapter = tmp_path / "crashes.yaml"
    adapter.write_text(textwrap.dedent(CRASHES))
    door.document("--wait", "--size", "1MiB", "--leechers", "2", "--client", str(adapter), "--restart", "2/1min")
    assert re.search(r"leecher-2\s+crashes\s+seeding \(1 again\)", do(door, "ps"))
    log = do(door, "logs", "leecher-1")
    assert "out of cheese" in log and "complete" in log
    assert door("down").returncode == 0

    done = door("up", "--wait", "--size", "1MiB", "--leechers", "2", "--client", str(adapter), "--client", "btclient", "-d")
    assert done.returncode == 1
    assert "leecher-1 ended before all were complete" in done.stderr and "out of cheese" in done.stderr
    assert not any(process.is_alive() for process in door.processes())

    door.document("--namespaces", "--size", "1MiB", "--leechers", "2", "--client", str(adapter), "--client", "btclient")
    hosts = comes_to(door, lambda hosts: hosts["leecher-2"]["percent"] == 100 and hosts["leecher-1"]["state"] == "failed")
    assert hosts["leecher-1"]["problem"] == "ended by itself (exit status 9); its last words: out of cheese"
    assert "leecher-1: ended by itself" in do(door, "ps")


def test_a_paused_killed_or_stopped_client_goes_on_when_told_to(door: Door) -> None:
    """1. Each word, and the state that follows. 2. What makes no sense is refused."""
    door.document("--namespaces", "--wait", "--size", "1MiB", "--leechers", "1")
    for word, state, back in (("pause", "paused", "resume"), ("kill", "ended", "start"), ("stop", "ended", "start")):
        do(door, word, "leecher-1")
        comes_to(door, lambda hosts, state=state: hosts["leecher-1"]["state"] == state)  # type: ignore[misc]
        do(door, back, "leecher-1")
        comes_to(door, lambda hosts: hosts["leecher-1"]["state"] == "seeding")
    twice = door("start", "leecher-1")
    assert twice.returncode == 2 and "leecher-1 runs already" in twice.stderr
    do(door, "reset", "leecher-1", "seeder")


def test_whatever_is_sent_to_a_lab_it_answers_in_words_and_goes_on(door: Door) -> None:
    """1. Requests of all kinds of nonsense, while clients begin. 2. Each is answered by one error. 3. The lab goes its way."""
    swarm = door.document("--namespaces", "--size", "1MiB", "--leechers", "1")
    control = Path(swarm["folder"]) / "lab" / "control"
    for nonsense in (b"\n", b"{}\n", b"[[[[[[\n", b"\xff\xfe\x00\n", b'{"link": {"up": "-1 Mbit/s"}, "of": "all"}\n', b"x" * 80_000 + b"\n",
                     b'{"kill": "nobody"}\n', b'{"partition": [["all"], ["all"]]}\n', b'{"enter": "all"}\n'):
        with Talk(control) as talk:
            answer = talk.exchange(nonsense)
            assert list(json.loads(answer)) == ["error"], (nonsense[:40], answer)
    comes_to(door, lambda hosts: hosts["leecher-1"]["state"] in ("downloading", "seeding"))
    wrong = door("link", "leecher-1", "dwn=1Mbit/s")
    assert wrong.returncode == 2 and "did you mean 'down'" in wrong.stderr


def test_what_cannot_be_is_said_before_anything_is_started(door: Door) -> None:
    unknown = door("up", "-d", "--client", "aria3", "--size", "1MiB")
    assert unknown.returncode == 2, unknown.stderr
    assert "there is no adapter for a client 'aria3'; did you mean 'aria2'?" in unknown.stderr
    wrong = door("up", "-d", "--link", "up=fast", "--size", "1MiB")
    assert wrong.returncode == 2 and "--link: up: 'fast'" in wrong.stderr
    limits = door("up", "-d", "--namespaces", "--up-limit", "1MiB/s", "--size", "1MiB")
    assert limits.returncode == 2 and "--link up=" in limits.stderr
    assert not door.processes() or not any(process.is_alive() for process in door.processes())


def test_an_attached_lab_ends_with_its_terminal(door: Door, running: Running) -> None:
    """1. An attached lab, complete. 2. SIGTERM: status 0, nothing runs."""
    attached = running.start("lab", [LAB, "up", "--namespaces", "--size", "1MiB", "--leechers", "1"], env=door.env)
    running.wait_for("all are complete", lambda: "leechers are complete" in attached.stdout(), 60, [attached])
    processes = door.processes()
    attached.signal(signal.SIGTERM)
    assert attached.wait(60) == 0, attached.tail()
    assert processes and not any(process.is_alive() for process in processes)
