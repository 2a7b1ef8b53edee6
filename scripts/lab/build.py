"""Configure and build a preset: quiet while it goes well, the compiler's words when it does not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from lab import packages, tree
from lab.console import LabError, clear_progress, human_time, is_terminal, progress, say

_STEP = re.compile(r"\[(\d+)/(\d+)\] (.*)")
_BYTES_PER_JOB = 1 << 30  # what one compiler of this code may need at its peak


def build(preset: str, targets: Sequence[str] = (), *, with_tests: bool = False) -> Path:
    """Builds `targets` (default: all) of a preset and returns the folder with its programs."""
    packages.ensure(packages.BUILD + (packages.UNIT_TESTS if with_tests else ()))
    packages.mention(packages.OPTIONAL)
    if _compiler(preset).startswith("clang"):
        packages.ensure(packages.CLANG)
    folder = tree.build_folder(preset)
    started = time.monotonic()
    _drop_if_stale(folder)
    _configure(preset, folder, with_tests)
    steps = _ninja(preset, folder, targets)
    if steps:
        say(f"built {preset} in {human_time(time.monotonic() - started)}")
    return folder / "bin"


def programs(preset: str = "release", targets: Sequence[str] = ()) -> Path:
    """The folder of built programs: the given one (SWARMLAB_BIN), or `preset` built now."""
    return tree.given_programs() or build(preset, targets)


def targets_of(preset: str, pattern: str) -> list[str]:
    """Names of the programs of a configured preset that match, sorted."""
    listed = subprocess.run(["ninja", "-C", str(tree.build_folder(preset)), "-t", "targets", "all"],
                            capture_output=True, text=True, timeout=120, check=True)
    found = set()
    for line in listed.stdout.splitlines():
        output, _, rule = line.partition(": ")
        if "CXX_EXECUTABLE_LINKER" in rule and re.fullmatch(pattern, Path(output).name):
            found.add(Path(output).name)
    return sorted(found)


def configure(preset: str, *, with_tests: bool) -> None:
    """Configures without building; what `targets_of` needs."""
    packages.ensure(packages.BUILD + (packages.UNIT_TESTS if with_tests else ()))
    if _compiler(preset).startswith("clang"):
        packages.ensure(packages.CLANG)
    folder = tree.build_folder(preset)
    _drop_if_stale(folder)
    _configure(preset, folder, with_tests)


def environment(root: Path) -> dict[str, str]:
    """Of a build of the tree at `root`: names in it are relative, so that a compiler cache serves every copy."""
    return dict(os.environ, NINJA_STATUS="[%f/%t] ", TERM="dumb", CCACHE_BASEDIR=str(root), CCACHE_NOHASHDIR="1")


def _compiler(preset: str) -> str:
    presets = json.loads((tree.ROOT / "CMakePresets.json").read_text())["configurePresets"]
    for candidate in presets:
        if candidate["name"] == preset:
            return str(candidate.get("cacheVariables", {}).get("CMAKE_CXX_COMPILER", "g++"))
    raise LabError(f"there is no preset {preset}")


def _drop_if_stale(folder: Path) -> None:
    """Removes a build folder that belongs to another tree, or whose compiler is gone.

    Such leftovers come with copied or cached folders; CMake refuses them or builds the wrong thing.
    """
    cache = folder / "CMakeCache.txt"
    if not cache.exists():
        return
    values = dict(re.findall(r"^(\w+):\w+=(.*)$", cache.read_text(errors="replace"), re.MULTILINE))
    compiler = values.get("CMAKE_CXX_COMPILER", "")
    stale = (
        Path(values.get("CMAKE_HOME_DIRECTORY", "/")).resolve() != tree.ROOT
        or Path(values.get("CMAKE_CACHEFILE_DIR", "/")).resolve() != folder.resolve()
        or values.get("CMAKE_GENERATOR") != "Ninja"
        or not shutil.which(compiler)
    )
    if stale:
        say(f"{folder.relative_to(tree.ROOT)} was made elsewhere or by another compiler: building it afresh")
        shutil.rmtree(folder)


def _configure(preset: str, folder: Path, with_tests: bool) -> None:
    cache = folder / "CMakeCache.txt"
    stamp = folder / "lab.stamp"
    has_tests = cache.exists() and "SWARMLAB_TESTS:BOOL=ON" in cache.read_text(errors="replace")
    with_tests = with_tests or has_tests  # never taken away again: that would rebuild back and forth
    inputs = _configuration_inputs(with_tests)
    if cache.exists() and stamp.exists() and stamp.read_text() == inputs:
        return  # ninja configures again by itself when a build file has changed
    progress(f"configuring {preset}")
    done = subprocess.run(
        ["cmake", "--preset", preset, f"-DSWARMLAB_TESTS={'ON' if with_tests else 'OFF'}"], cwd=tree.ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False,
    )
    clear_progress()
    if done.returncode != 0:
        cache.unlink(missing_ok=True)  # a half-made cache would be taken for a good one next time
        raise LabError(f"configuring {preset} failed:\n{done.stdout}")
    stamp.write_text(inputs)


def _configuration_inputs(with_tests: bool) -> str:
    """What ninja does not watch: the presets, and which folders have a build file at all."""
    ours = (path for path in tree.ROOT.iterdir() if path.is_dir() and path.name not in ("build", "runs", ".git"))
    build_files = sorted(str(path.relative_to(tree.ROOT)) for folder in ours for path in folder.rglob("CMakeLists.txt"))
    presets = (tree.ROOT / "CMakePresets.json").read_text()
    return "\n".join([f"tests {with_tests}", *build_files, presets])


def _jobs() -> int:
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(cores, memory // _BYTES_PER_JOB))


def _ninja(preset: str, folder: Path, targets: Sequence[str]) -> int:
    """Runs ninja and returns how many steps it took."""
    command = ["ninja", "-C", str(folder), f"-j{_jobs()}", *targets]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace",
                               env=environment(tree.ROOT))
    assert process.stdout is not None
    said: list[str] = []  # whatever is not progress: warnings, errors
    steps = 0
    next_quarter = 25
    try:
        for line in process.stdout:
            match = _STEP.match(line)
            if not match:
                said.append(line)
                continue
            steps, total = int(match[1]), int(match[2])
            progress(f"building {preset} [{steps}/{total}] {match[3]}")
            if not is_terminal() and total >= 8 and steps * 100 >= next_quarter * total:
                say(f"building {preset}: {steps} of {total}")
                next_quarter = steps * 100 // total + 25
        status = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
        clear_progress()
    if status != 0:
        raise LabError(f"building {preset} failed:\n{''.join(said)[-30000:]}")
    return steps
