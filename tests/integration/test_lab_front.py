"""The front door: it opens from anywhere, installs only what is missing, and says what it does."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from lab import bencode, build, packages, tree
from lab.console import Exit, LabError, human_bytes, human_time
from lab.up import _size

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "lab"


def lab(*arguments: str, cwd: Path = ROOT, env: dict[str, str] | None = None, door: Path = LAB,
        shell: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*shell, str(door), *arguments], cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120, check=False)


def test_opens_from_another_folder_through_a_link_to_a_link(tmp_path: Path) -> None:
    """1. A link to a relative link to lab. 2. Called from elsewhere, it finds its scripts."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "first").symlink_to(os.path.relpath(LAB, tmp_path / "bin"))
    (tmp_path / "second").symlink_to("bin/first")
    done = lab("--help", cwd=tmp_path, door=tmp_path / "second")
    assert done.returncode == 0, done.stderr
    assert "./lab run scenarios/quickstart.yaml" in done.stdout


@pytest.mark.parametrize("env", [{"PATH": "/usr/bin:/bin"}, {}])
def test_opens_with_next_to_no_environment(env: dict[str, str]) -> None:
    """No HOME, no TERM, no locale, no PATH."""
    done = lab("--help", env=env)
    assert done.returncode == 0, done.stderr


def test_opens_under_dash() -> None:
    assert lab("--help", shell=("dash",)).returncode == 0
    assert subprocess.run(["dash", "-n", str(LAB)], check=False, timeout=10).returncode == 0


@pytest.mark.parametrize("command", ["run", "test", "up", "ps", "logs", "shell", "down", "mutants", "format"])
def test_help_of_each_command_fits_a_screen_and_has_examples(command: str) -> None:
    done = lab(command, "--help")
    assert done.returncode == 0, done.stderr
    assert "examples:" in done.stdout
    assert len(done.stdout.splitlines()) <= 50


@pytest.mark.parametrize(("arguments", "says"), [
    ([], "COMMAND"),
    (["dance"], "dance"),
    (["run"], "which scenario"),
    (["up", "--size", "64"], "64MiB"),
    (["up", "--leechers", "0"], "1 to 200"),
    (["up", "no-such-file"], "no-such-file does not exist"),
    (["down"], "no swarm is running"),
    (["logs", "--swarm", "nobody"], "no swarm nobody"),
    (["mutants", "nobody"], "nobody"),
])
def test_wrong_usage_is_told_in_one_line_with_status_2(arguments: list[str], says: str, tmp_path: Path) -> None:
    done = lab(*arguments, env=dict(os.environ, SWARMLAB_RUNS=str(tmp_path)))
    assert done.returncode == Exit.USAGE, done.stdout + done.stderr
    assert says in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_run_hands_every_argument_and_the_exit_status_through(tmp_path: Path) -> None:
    """1. A simulator that prints its arguments and exits with 4. 2. Nothing of lab's own is in its output."""
    fake(tmp_path / "swarmsim", 'printf "%s\\n" "$@"; exit 4')
    done = lab("run", "a b.yaml", "--seed", "7", "--json", "-h", env=dict(os.environ, SWARMLAB_BIN=str(tmp_path)))
    assert done.returncode == 4
    assert done.stdout.splitlines() == ["run", "a b.yaml", "--seed", "7", "--json", "-h"]
    assert done.stderr == ""


def fake(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH on which a package is installed when a file of its name lies under installed/."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (tmp_path / "installed").mkdir()
    fake(bin_folder / "dpkg-query",
         f'shift 3; for p; do if [ -e "{tmp_path}/installed/$p" ]; then echo "$p ii "; '
         'else echo "no packages found matching $p" >&2; fi; done')
    fake(bin_folder / "apt-get",
         f'echo "apt-get $*" >>"{tmp_path}/calls"; [ -e "{tmp_path}/broken" ] && echo "E: no network" && exit 100; '
         f'case "$*" in *install*) for p; do : >"{tmp_path}/installed/$p"; done;; esac; exit 0')
    for tool in ("env", "sh"):
        (bin_folder / tool).symlink_to(f"/usr/bin/{tool}")
    monkeypatch.setenv("PATH", str(bin_folder))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


WANTED = (packages.Package("libssl-dev", "hashing"), packages.Package("ninja-build", "building", "ninja"))


def test_only_missing_packages_are_installed_and_nothing_is_removed(debian: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1. One of two is there. 2. Lists are refreshed, the other is installed. 3. Its reason is told."""
    (debian / "installed" / "libssl-dev").touch()
    packages.ensure(WANTED)
    update, install = (debian / "calls").read_text().splitlines()
    assert "update" in update
    assert install.endswith("install -y -qq --no-remove --no-install-recommends ninja-build")
    assert "ninja-build  building" in capsys.readouterr().err


def test_apt_is_left_alone_when_nothing_is_missing(debian: Path) -> None:
    (debian / "installed" / "libssl-dev").touch()
    fake(debian / "bin" / "ninja", "exit 0")  # by hand, not as a package: as good
    packages.ensure(WANTED)
    assert not (debian / "calls").exists()


def test_a_failing_apt_is_quoted(debian: Path) -> None:
    (debian / "broken").touch()
    with pytest.raises(LabError, match="E: no network") as error:
        packages.ensure(WANTED)
    assert error.value.status == Exit.ENVIRONMENT


def test_without_root_and_sudo_the_packages_are_named(debian: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match="apt-get install --no-remove --no-install-recommends libssl-dev ninja-build") as error:
        packages.ensure(WANTED)
    assert error.value.status == Exit.ENVIRONMENT
    assert not (debian / "calls").exists()


def test_without_apt_the_packages_are_named(debian: Path) -> None:
    (debian / "bin" / "apt-get").unlink()
    with pytest.raises(LabError, match="libssl-dev"):
        packages.ensure(WANTED)


def test_a_build_folder_of_another_tree_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1. A cache that names another source folder. 2. It is removed; one that fits stays."""
    monkeypatch.setattr(tree, "ROOT", tmp_path)
    folder = tmp_path / "build" / "release"
    folder.mkdir(parents=True)
    cache = folder / "CMakeCache.txt"
    good = (f"CMAKE_HOME_DIRECTORY:INTERNAL={tmp_path}\nCMAKE_CACHEFILE_DIR:INTERNAL={folder}\n"
            "CMAKE_GENERATOR:INTERNAL=Ninja\nCMAKE_CXX_COMPILER:STRING=g++\n")
    cache.write_text(good)
    build._drop_if_stale(folder)
    assert cache.exists()
    cache.write_text(good.replace(f"CMAKE_HOME_DIRECTORY:INTERNAL={tmp_path}", "CMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere"))
    build._drop_if_stale(folder)
    assert not folder.exists()


def test_a_torrent_gets_the_private_tracker_and_keeps_its_info_bytes() -> None:
    """1. An info dictionary that no writer would produce (unsorted). 2. It is carried byte for byte; others go."""
    info = b"d4:name1:x6:lengthi3ee"
    torrent = b"d8:announce7:http://13:announce-listll7:http://ee4:info" + info + b"8:url-list4:httpe"
    changed = bencode.with_tracker(torrent, "http://127.0.0.1:1/announce")
    assert changed == b"d8:announce27:http://127.0.0.1:1/announce4:info" + info + b"e"


@pytest.mark.parametrize("broken", [b"", b"i3e", b"d", b"d4:info", b"d4:infod4:name9:xee", b"de", b"l" * 100000])
def test_what_is_no_torrent_is_refused(broken: bytes) -> None:
    with pytest.raises(bencode.BencodeError):
        bencode.with_tracker(broken, "http://127.0.0.1:1/announce")


def test_quantities_are_read_and_written_with_units() -> None:
    assert [_size(text) for text in ("64MiB", "1 GiB", "500kB", "7B", "1.5KiB")] == [64 << 20, 1 << 30, 500_000, 7, 1536]
    assert [human_bytes(1023), human_bytes(1536), human_bytes(5 << 30)] == ["1023 B", "1.5 KiB", "5.0 GiB"]
    assert [human_time(2.34), human_time(95.2)] == ["2.3 s", "1 min 35 s"]
