"""A running btclient looked into and told what to do: over HTTP, by `btclient ctl`, as files, by a watch folder."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pty
import re
import shutil
import signal
import stat
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from harness.content import differences, make_file
from harness.programs import Programs
from harness.running import Running
from lab.processes import Child

MIB = 1 << 20


def found(child: Child, pattern: str) -> str:
    match = re.search(pattern, child.stdout())
    assert match, child.stdout()
    return match[1]


class Pair:
    """A seed, slow enough to be watched, and a leecher with a control tree; both on loopback."""

    def __init__(self, programs: Programs, running: Running, folder: Path, *more: str | Path, size: int = 8 * MIB,
                 rate: str = "1MiB/s") -> None:
        self.programs, self.running, self.folder = programs, running, folder
        self.original = make_file(folder / "seed" / "content", size)
        self.torrent = folder / "content.torrent"
        programs.create_torrent(self.original, self.torrent, piece_bytes=64 * 1024)
        self.seed = running.start("seed", [programs.btclient, "--dir", folder / "seed", "--listen", "127.0.0.1:0",
                                           "--up-limit", rate, self.torrent])
        running.wait_for("the seed has its files", lambda: "checked" in self.seed.stdout(), 20, [self.seed])
        self.seed_at = found(self.seed, r"listening at (\S+)")
        self.token = folder / "token"
        self.leech = running.start("leech", [
            programs.btclient, "--dir", folder / "leech", "--listen", "127.0.0.1:0", "--peer", self.seed_at,
            "--control", "127.0.0.1:0", "--control-token", self.token, *more])
        running.wait_for("the tree is served", lambda: "control at" in self.leech.stdout(), 20, [self.leech])
        self.url = found(self.leech, r"control at (http://\S+)/")

    def ctl(self, *words: str | Path, status: int = 0) -> str:
        done = self.programs.run("btclient", "ctl", "--control", self.url.removeprefix("http://"), "--token-file", self.token, *words)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def stats(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.ctl("torrents/0/stats"))
        return answer

    def wait(self, what: str, condition: Any, seconds: float = 30) -> None:
        self.running.wait_for(what, condition, seconds, [self.leech])

    def http(self, path: str, body: bytes | None = None, **fields: str) -> tuple[int, Any]:
        asked = urllib.request.Request(self.url + path, data=body, headers=fields)
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)


def test_the_tree_by_http_needs_the_token_and_the_right_name(programs: Programs, running: Running, tmp_path: Path) -> None:
    """1. The token's file is the user's alone. 2. Without it 401, under another name 403, beyond the tree 404. 3. With it, the tree."""
    pair = Pair(programs, running, tmp_path)
    assert stat.S_IMODE(pair.token.stat().st_mode) == 0o600
    bearer = "Bearer " + pair.token.read_text().strip()
    assert pair.http("/stats")[0] == 401
    assert pair.http("/stats", Authorization=bearer, Host="evil.example:80")[0] == 403
    assert pair.http("/torrents/9/stats", Authorization=bearer)[0] == 404
    status, stats = pair.http("/stats", Authorization=bearer)
    assert (status, stats["torrents"]) == (200, 0)
    status, error = pair.http("/ctl", b"dance", Authorization=bearer)
    assert status == 400 and "dance" in error["error"]
    pair.token.chmod(0o644)
    assert "chmod 600" in pair.ctl("stats", status=3)


def test_ctl_adds_limits_stops_and_quits(programs: Programs, running: Running, tmp_path: Path) -> None:
    """1. A torrent is added, and arrives. 2. A limit holds. 3. Stop and start. 4. What is refused is said. 5. quit: status 0."""
    pair = Pair(programs, running, tmp_path)
    pair.ctl("ctl", "add", pair.torrent)
    assert "is here already" in pair.ctl("ctl", "add", pair.torrent, status=1)
    pair.wait("pieces come", lambda: pair.stats()["pieces_have"] > 5)
    stats = pair.stats()
    assert (stats["state"], stats["pieces_total"]) == ("downloading", 128)
    peer = json.loads(pair.ctl("torrents/0/peers/list"))["connected"][0]
    assert peer["endpoint"] == pair.seed_at
    state = json.loads(pair.ctl(f"torrents/0/peers/{peer['id']}/state"))
    assert state["remote"] == {"interested": False, "choking": False, "snubbing": False}
    assert len(json.loads(pair.ctl("torrents/0/pieces"))["picture"]) == 128

    pair.ctl("torrents/0/ctl", "down", "16 KiB/s")
    time.sleep(1)
    before = pair.stats()["downloaded"]
    time.sleep(2)
    assert pair.stats()["downloaded"] - before < 256 * 1024
    assert pair.stats()["limits"]["down"] == 16 * 1024
    pair.ctl("torrents/0/ctl", "stop")
    pair.wait("it stops", lambda: pair.stats()["state"] == "stopped")
    pair.ctl("torrents/0/ctl", "start\ndown unlimited")
    pair.wait("it completes", lambda: pair.stats()["state"] == "seeding")
    assert differences(pair.original, tmp_path / "leech" / "content") == []
    assert "not connected" in pair.ctl("torrents/0/ctl", "disconnect", "77", status=1)
    pair.ctl("torrents/0/ctl", "remove")
    pair.wait("it is gone", lambda: json.loads(pair.ctl("torrents/"))["torrents"] == [])
    pair.ctl("ctl", "quit")
    assert pair.leech.wait(20) == 0


def test_events_begin_with_the_bitfield_and_tell_every_piece(programs: Programs, running: Running, tmp_path: Path) -> None:
    """1. A follower from the middle on. 2. Pieces in its first line and those told later are all there are."""
    pair = Pair(programs, running, tmp_path)
    pair.ctl("ctl", "add", pair.torrent)
    pair.wait("pieces come", lambda: pair.stats()["pieces_have"] > 5)
    follower = running.start("follower", [programs.btclient, "ctl", "--control", pair.url.removeprefix("http://"), "--token-file",
                                          pair.token, "--follow", "torrents/0/events"])
    pair.wait("it completes", lambda: pair.stats()["state"] == "seeding")
    pair.ctl("ctl", "quit")
    follower.wait(20)
    events = [json.loads(line) for line in follower.stdout().splitlines()]
    assert events[0]["event"] == "pieces" and events[1]["event"] == "status"
    told = {event["piece"] for event in events if event["event"] == "piece_verified"}
    assert events[0]["pieces_have"] + len(told) == 128
    assert bin(int(events[0]["bitfield"], 16)).count("1") == events[0]["pieces_have"]
    assert [event["event"] for event in events].count("completed") == 1


def test_a_watch_folder_adds_what_is_put_there(programs: Programs, running: Running, tmp_path: Path) -> None:
    """1. Half a torrent is complained of and not added. 2. Whole, it is. 3. Taken away, its torrent runs on."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    pair = Pair(programs, running, tmp_path, "--watch", inbox)
    whole = pair.torrent.read_bytes()
    (inbox / "a.torrent").write_bytes(whole[:100])
    pair.wait("the half is tried", lambda: "a.torrent" in pair.leech.stderr())
    (inbox / "a.torrent").write_bytes(whole)
    pair.wait("it is added", lambda: "added, as torrent 0" in pair.leech.stdout())
    (inbox / "a.torrent").unlink()
    pair.wait("it completes", lambda: pair.stats()["state"] == "seeding")
    assert differences(pair.original, tmp_path / "leech" / "content") == []


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may write everywhere, and setpriv is missing")
def test_a_torrent_that_fails_is_begun_again_alone(programs: Programs, running: Running, tmp_path: Path) -> None:
    """1. Its file's name is taken by a folder: it fails and restarts, another torrent does not notice.
    2. The folder goes: it completes. 3. The other has completed, too."""
    (tmp_path / "leech" / "content").mkdir(parents=True)
    other = make_file(tmp_path / "seed2" / "other", MIB)
    torrent = tmp_path / "other.torrent"
    programs.create_torrent(other, torrent, piece_bytes=64 * 1024)
    second = running.start("second", [programs.btclient, "--dir", tmp_path / "seed2", "--listen", "127.0.0.1:0", torrent])
    running.wait_for("it has its files", lambda: "checked" in second.stdout(), 20, [second])
    pair = Pair(programs, running, tmp_path, "--restart", "one-for-one:5/10min")
    pair.ctl("ctl", "add", pair.torrent)
    pair.wait("it fails and is begun again", lambda: "failed; begins again" in pair.leech.stdout())
    pair.ctl("ctl", "add", torrent)
    pair.ctl("torrents/1/ctl", "peer", found(second, r"listening at (\S+)"))
    pair.wait("the other completes", lambda: json.loads(pair.ctl("torrents/1/stats"))["state"] == "seeding")
    (tmp_path / "leech" / "content").rmdir()
    pair.wait("it completes after all", lambda: pair.stats()["state"] == "seeding", 60)
    assert pair.stats()["restarts"] >= 1
    assert json.loads(pair.ctl("torrents/1/stats"))["restarts"] == 0
    assert differences(pair.original, tmp_path / "leech" / "content") == []


def is_mounted(folder: Path) -> bool:
    return f" {folder} fuse" in Path("/proc/mounts").read_text()


def needs_fuse(programs: Programs) -> None:
    if not os.access("/dev/fuse", os.R_OK | os.W_OK) or not shutil.which("fusermount3"):
        pytest.skip("no mount here: /dev/fuse or fusermount3 is missing")
    tried = subprocess.run(["ldd", programs.btclient], capture_output=True, text=True, timeout=20, check=False)
    if "libfuse3" not in tried.stdout:
        pytest.skip("this btclient was built without libfuse3")


def test_the_tree_as_files(programs: Programs, running: Running, tmp_path: Path) -> None:
    """1. Texts are read, commands written, wrong ones refused with an errno. 2. Events are read as they come.
    3. SIGINT unmounts, and ends a waiting reader."""
    needs_fuse(programs)
    folder = tmp_path / "tree"
    folder.mkdir()
    pair = Pair(programs, running, tmp_path, "--mount", folder)
    pair.ctl("ctl", "add", pair.torrent)
    pair.wait("pieces come", lambda: pair.stats()["pieces_have"] > 5)
    torrent = folder / "torrents" / "0"
    assert sorted(entry.name for entry in torrent.iterdir()) == ["ctl", "events", "files", "peers", "pieces", "stats"]
    assert json.loads((torrent / "stats").read_text())["state"] == "downloading"
    peer = next(entry for entry in (torrent / "peers").iterdir() if entry.is_dir())
    assert json.loads((peer / "state").read_text())["endpoint"] == pair.seed_at
    (torrent / "ctl").write_text("down 512 KiB/s\n")
    assert pair.stats()["limits"]["down"] == 512 * 1024
    for place, text, expected in ((torrent / "ctl", "dance\n", errno.EINVAL), (torrent / "ctl", "disconnect 99\n", errno.EPERM)):
        with pytest.raises(OSError) as refused:
            place.write_text(text)
        assert refused.value.errno == expected
    with pytest.raises(FileNotFoundError):
        (folder / "torrents" / "7" / "stats").read_text()

    lines: list[str] = []
    with (torrent / "events").open() as events:
        def follow() -> None:
            with contextlib.suppress(OSError):   # the folder may be gone before the end of the file is read
                lines.extend(events)
        reader = threading.Thread(target=follow)
        reader.start()
        (torrent / "ctl").write_text("down unlimited\n")
        pair.wait("it completes", lambda: json.loads((torrent / "stats").read_text())["state"] == "seeding")
        assert pair.leech.stop() == 0
        reader.join(20)
        assert not reader.is_alive()
    told = [json.loads(line) for line in lines]
    assert told[0]["event"] == "pieces"
    assert told[0]["pieces_have"] + sum(event["event"] == "piece_verified" for event in told) == 128
    assert not is_mounted(folder)


def test_files_are_chosen_by_http_ctl_and_mount(programs: Programs, running: Running, tmp_path: Path) -> None:
    """1. Of three files one is wanted, and then none. 2. One is chosen by HTTP, the next in the mount (or by ctl), all by a glob.
    3. Each arrives, and nothing before it is chosen; what the swarm has is told as the tracker said it."""
    root = tmp_path / "seed" / "album"
    for name in ("a", "b", "c"):
        make_file(root / name, MIB)
    address = "127.0.0.1:0"
    tracker = running.start("tracker", [programs.bttracker, "--http", address, "--interval", "5"])
    running.wait_for("the tracker listens", lambda: "http" in tracker.stdout(), 20, [tracker])
    torrent = tmp_path / "album.torrent"
    programs.create_torrent(root, torrent, found(tracker, r"(http://\S+)"), piece_bytes=64 * 1024)
    folder = tmp_path / "tree"
    folder.mkdir()
    can_mount = os.access("/dev/fuse", os.R_OK | os.W_OK) and shutil.which("fusermount3") is not None
    mount = ("--mount", folder) if can_mount else ()
    pair = Pair(programs, running, tmp_path, *mount, "--select", "*=skip", "--select", "a=low", torrent)
    seed = running.start("album-seed", [programs.btclient, "--dir", tmp_path / "seed", "--listen", "127.0.0.1:0", torrent])
    running.wait_for("the seed has its files", lambda: "checked" in seed.stdout(), 20, [seed])
    pair.ctl("torrents/0/ctl", "priority", "skip", "a")
    pair.ctl("torrents/0/ctl", "peer", found(seed, r"listening at (\S+)"))

    def files() -> list[tuple[str, int, str]]:
        return [(file["path"], file["have"], file["priority"]) for file in json.loads(pair.ctl("torrents/0/files/list"))["files"]]

    bearer = "Bearer " + pair.token.read_text().strip()
    assert pair.http("/torrents/0/files/1/ctl", b"priority high", Authorization=bearer)[0] == 200
    pair.wait("b arrives", lambda: files()[1] == ("album/b", MIB, "high"))
    assert files()[2] == ("album/c", 0, "skip") and not (tmp_path / "leech" / "album" / "c").exists()
    if can_mount:
        file = folder / "torrents" / "0" / "files" / "2"
        assert json.loads((file / "state").read_text())["priority"] == "skip"
        (file / "ctl").write_text("priority normal\n")
    else:
        pair.ctl("torrents/0/files/2/ctl", "priority", "normal")
    pair.wait("c arrives", lambda: files()[2] == ("album/c", MIB, "normal"))
    pair.ctl("torrents/0/ctl", "priority", "normal", "*")
    pair.wait("everything is here", lambda: differences(root, tmp_path / "leech" / "album") == [])
    pair.wait("the tracker has told", lambda: pair.stats()["swarm"]["seeds"] is not None)
    assert "none of the torrent's files" in pair.ctl("torrents/0/ctl", "priority", "low", "*.avi", status=1)


def test_a_client_that_is_killed_leaves_no_mount(programs: Programs, running: Running, tmp_path: Path) -> None:
    """1. A mounted tree. 2. kill -9. 3. Its watcher has unmounted it, and the folder can be mounted again."""
    needs_fuse(programs)
    folder = tmp_path / "tree"
    folder.mkdir()
    for name in ("first", "second"):
        client = running.start(name, [programs.btclient, "--listen", "127.0.0.1:0", "--mount", folder])
        running.wait_for("it is mounted", lambda: is_mounted(folder), 20, [client])
        assert (folder / "stats").exists()
        os.kill(client.pid, signal.SIGKILL)
        running.wait_for("it is unmounted", lambda: not is_mounted(folder), 20)


def test_on_a_terminal_there_is_a_screen_and_the_terminal_is_given_back(programs: Programs, running: Running, tmp_path: Path) -> None:
    """1. On a terminal it draws on the alternate screen. 2. q ends it, status 0. 3. Cursor and screen are given back."""
    pair = Pair(programs, running, tmp_path)
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(programs.btclient, ["btclient", "--dir", str(tmp_path / "third"), "--listen", "127.0.0.1:0", "--peer", pair.seed_at,
                                     str(pair.torrent)])
    shown = b""
    asked = False
    ends = time.monotonic() + 30
    try:
        while time.monotonic() < ends:
            try:
                shown += os.read(terminal, 65536)
            except OSError:
                break   # the other end has gone
            if not asked and b"PIECES" in shown and b"downloading" in shown:
                os.write(terminal, b"q")
                asked = True
    finally:
        os.close(terminal)
        if time.monotonic() >= ends:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    assert asked, shown[-2000:]
    assert os.waitstatus_to_exitcode(status) == 1, "asked to quit before it was complete"
    assert b"\x1b[?1049h" in shown and b"\x1b[?25h\x1b[?1049l" in shown
