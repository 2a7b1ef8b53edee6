"""The packages that building and testing need, and installing those that are missing.

Nothing a user has is removed or replaced: apt-get runs with --no-remove
--no-install-recommends, only for packages that are absent, and lab says first which and why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from lab.console import Exit, LabError, say


@dataclass(frozen=True)
class Package:
    name: str
    why: str
    command: str | None = None  # when this is on PATH, whoever installed it, the package is not needed


BUILD = (
    Package("g++", "the compiler", "g++"),
    Package("cmake", "configures the build", "cmake"),
    Package("ninja-build", "runs the build", "ninja"),
    Package("libboost-dev", "Asio and Beast"),
    Package("libboost-program-options-dev", "command lines"),
    Package("libssl-dev", "SHA-1 and SHA-256"),
    Package("libyaml-cpp-dev", "scenario files"),
    Package("nlohmann-json3-dev", "reports as JSON"),
    Package("libfmt-dev", "messages"),
    Package("libspdlog-dev", "logs"),
)

# Without these everything builds, and something less is in it.
OPTIONAL = (
    Package("libfuse3-dev", "btclient --mount: its control tree as a folder; faulty storage under real processes"),
    Package("fuse3", "unmounting that folder", "fusermount3"),
)

UNIT_TESTS = (
    Package("libgtest-dev", "unit tests"),
    Package("libgmock-dev", "unit tests"),
    Package("libbenchmark-dev", "benchmarks"),
)

MUTANTS = (Package("patch", "applying mutants", "patch"),)

PROCESS_TESTS = (
    *MUTANTS,
    Package("python3-pytest", "tests of whole processes"),
    Package("python3-pytest-xdist", "several of them at a time"),
    Package("python3-pytest-rerunfailures", "a second try for clients that nobody here wrote"),
    Package("python3-yaml", "tests of scenario files"),
    Package("python3-jsonschema", "the schema of scenario files, held against them"),
    Package("python3-libtorrent", "a client that nobody here wrote"),
    Package("aria2", "another client that nobody here wrote", "aria2c"),
    Package("transmission-cli", "another client that nobody here wrote", "transmission-cli"),
    Package("rtorrent", "another client that nobody here wrote", "rtorrent"),
    Package("tshark", "a dissector that nobody here wrote", "tshark"),
    Package("iproute2", "private network namespaces", "ip"),
    Package("util-linux", "private network namespaces", "unshare"),
)

CLANG = (
    Package("clang-19", "the second compiler", "clang++-19"),
    Package("libclang-rt-19-dev", "its sanitizers and libFuzzer"),
)


FORMAT = (Package("clang-format", "formatting", "clang-format"),)


def ensure(wanted: Iterable[Package]) -> None:
    """Installs what is missing of `wanted`; a LabError (environment) names what it could not."""
    missing = _missing(list(dict.fromkeys(wanted)))
    if not missing:
        return
    names = [package.name for package in missing]
    if not shutil.which("apt-get"):
        raise LabError(
            "these are missing, and there is no apt-get to install them (names as in Debian):\n"
            + _table(missing)
        )
    as_root = _as_root()
    if as_root is None:
        raise LabError(
            "these packages are missing, and neither root nor sudo is at hand:\n"
            + _table(missing)
            + f"\nas root: apt-get install --no-remove --no-install-recommends {' '.join(names)}"
        )
    say(f"installing {len(missing)} missing package{'s' if len(missing) > 1 else ''}"
        f"{' with sudo' if as_root else ''}:\n" + _table(missing))
    _apt(as_root, "update", "-qq", may_fail=True)
    _apt(as_root, "install", "-y", "-qq", "--no-remove", "--no-install-recommends", *names)
    still = _missing(missing)
    if still:
        raise LabError("apt-get reported success, yet these are missing:\n" + _table(still))


def mention(optional: Iterable[Package]) -> None:
    """Says which optional packages are missing, and what is left out without them."""
    missing = _missing(list(optional))
    if missing:
        say("going on without these optional packages:\n" + _table(missing))


def _missing(wanted: list[Package]) -> list[Package]:
    asked = [p for p in wanted if not (p.command and shutil.which(p.command))]
    if not asked:
        return []
    if not shutil.which("dpkg-query"):
        # Not a Debian: libraries are left to CMake, which names the one it cannot find.
        return [p for p in asked if p.command]
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}\n", *(p.name for p in asked)],
        capture_output=True, text=True, timeout=60, check=False,
    )
    installed = {
        fields[0] for fields in map(str.split, answer.stdout.splitlines())
        if len(fields) >= 2 and fields[1].startswith("ii")
    }
    return [p for p in asked if p.name not in installed]


def _as_root() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    return ["sudo"] if shutil.which("sudo") else None


def _apt(as_root: list[str], *arguments: str, may_fail: bool = False) -> None:
    command = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive",
               "apt-get", "-o", "DPkg::Lock::Timeout=300", *arguments]
    # A terminal is passed on: sudo may have to ask for a password there.
    done = subprocess.run(command, stdin=None if sys.stdin and sys.stdin.isatty() else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode == 0:
        return
    told = "\n".join(done.stdout.splitlines()[-20:])
    if may_fail:
        say(f"apt-get {arguments[0]} failed; going on with the package lists at hand\n{told}")
        return
    raise LabError(f"apt-get {arguments[0]} failed with status {done.returncode}:\n{told}", Exit.ENVIRONMENT)


def _table(packages: list[Package]) -> str:
    width = max(len(p.name) for p in packages)
    return "\n".join(f"  {p.name:<{width}}  {p.why}" for p in packages)
