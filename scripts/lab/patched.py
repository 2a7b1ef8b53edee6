"""The sources with one patch applied, built and judged: what mutants and variations have in common.

A patch is a small diff under a header of `Key: value` lines.  All are applied in turn to one copy of the sources
(build/patched/tree), so that only what a patch touches is compiled again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lab import build, tree
from lab.console import Exit, LabError

_SOURCES = ("CMakeLists.txt", "CMakePresets.json", "protocol", "runtime", "client", "tracker", "torrentgen",
            "swarmsim", "scenarios")
_BUILD_LIMIT = 1800.0  # seconds
_RUN_LIMIT = 1200.0


@dataclass(frozen=True)
class Patch:
    path: Path
    header: dict[str, str]

    @property
    def name(self) -> str:
        return self.path.stem

    def files(self) -> list[str]:
        """What it changes, below the root."""
        return re.findall(r"^\+\+\+ b/(\S+)", self.path.read_text(), re.MULTILINE)


@dataclass
class Run:
    scenario: str  # its file
    seed: int
    fingerprint: str
    virtual_s: float
    verdicts: dict[str, str]  # check -> the worst verdict it came to
    faults: list[str] = field(default_factory=list)
    story: dict[str, str] = field(default_factory=dict)  # violated check -> its first sentence

    @property
    def red(self) -> set[str]:
        return {check for check, verdict in self.verdicts.items() if verdict == "violated"}


@dataclass
class Runs:
    runs: list[Run]
    crashed: str = ""


def read_all(folder: str, required: Sequence[str]) -> list[Patch]:
    return [_read(path, required) for path in sorted((tree.ROOT / "tests" / folder).glob("*.patch"))]


def choose(patches: list[Patch], names: Sequence[str], kind: str) -> list[Patch]:
    unknown = set(names) - {patch.name for patch in patches}
    if unknown:
        raise LabError(f"no such {kind}: {', '.join(sorted(unknown))}", Exit.USAGE)
    return [patch for patch in patches if not names or patch.name in names]


def _read(path: Path, required: Sequence[str]) -> Patch:
    header: dict[str, str] = {}
    for line in path.read_text().splitlines():
        if line.startswith(("diff ", "--- ")):
            break
        key, colon, value = line.partition(":")
        if colon:
            header[key.strip()] = value.strip()
    missing = [key for key in required if not header.get(key)]
    if missing:
        raise LabError(f"{path}: the header lacks {' and '.join(missing)}", Exit.USAGE)
    return Patch(path, header)


@contextmanager
def alone() -> Iterator[None]:
    """There is one patched tree: two at once would judge each other's patches."""
    folder = tree.ROOT / "build" / "patched"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError("another ./lab mutants or ./lab variations is at work in this tree") from None
        yield


# ---- the tree with a patch in it ----


def apply(patch: Patch | None) -> Path:
    """The copy of the sources, as they are with this patch and no other."""
    copy = tree.ROOT / "build" / "patched" / "tree"
    _renew(copy)
    if patch is not None:
        _put_in(patch, copy)
    return copy


def _put_in(patch: Patch, folder: Path) -> None:
    done = subprocess.run(["patch", "-p1", "--force", "--no-backup-if-mismatch", "--input", str(patch.path)], cwd=folder,
                          capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise LabError(f"{patch.path} does not apply:\n{done.stdout}{done.stderr}")


def built(patch: Patch | None, program: str = "swarmsim") -> Path:
    """That program with this patch."""
    copy = apply(patch)
    folder = copy / "build" / "release"
    if not (folder / "build.ninja").exists():
        _must(["cmake", "--preset", "release", "-DSWARMLAB_TESTS=OFF"], copy, "the copy of the sources does not configure")
    _must(["ninja", "-C", str(folder), program], copy, f"{patch.name if patch else 'the clean tree'} does not build")
    return folder / "bin" / program


def compile_all(patches: Sequence[Patch]) -> list[str]:
    """Does every source that a patch touches (of a header: the source of its name) compile with it?  What is wrong, if anything."""
    build.configure("release", with_tests=False)
    listed = json.loads((tree.build_folder("release") / "compile_commands.json").read_text())
    commands = {entry["file"]: entry for entry in listed}
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return [wrong for wrong in pool.map(lambda patch: _compile(patch, commands), patches) if wrong]


def _compile(patch: Patch, commands: dict[str, dict[str, str]]) -> str:
    """The touched files alone lie, patched, in a folder that the compiler searches before the sources."""
    with tempfile.TemporaryDirectory(prefix=f"swarmlab-{patch.name}-") as name:
        overlay = Path(name)
        for file in patch.files():
            (overlay / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(tree.ROOT / file, overlay / file)
        try:
            _put_in(patch, overlay)
            for file in {Path(file).with_suffix(".cpp") for file in patch.files()}:
                entry = commands.get(str(tree.ROOT / file))
                if entry is None:
                    continue  # a header of values alone
                source = overlay / file if (overlay / file).exists() else tree.ROOT / file
                before, _, _ = entry["command"].partition(" -o ")
                compiler, _, options = before.partition(" ")
                _must(["sh", "-c", f"{compiler} -I{overlay} {options} -fsyntax-only {source}"], Path(entry["directory"]),
                      f"{patch.name} does not compile")
        except LabError as error:
            return str(error)
    return ""


def _must(command: Sequence[str], folder: Path, otherwise: str) -> None:
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=_BUILD_LIMIT, check=False, env=build.environment(folder))
    if done.returncode != 0:
        raise LabError(f"{otherwise}:\n{done.stdout[-8000:]}{done.stderr[-2000:]}")


def _renew(copy: Path) -> None:
    """Makes the copy equal to the sources; a file that is equal keeps its time, so that nothing is built in vain."""
    copy.mkdir(parents=True, exist_ok=True)
    wanted = {path.relative_to(tree.ROOT) for path in _source_files()}
    for name in _SOURCES:
        for there in _files_below(copy / name):
            if there.relative_to(copy) not in wanted:
                there.unlink()
    for name in wanted:
        source, there = tree.ROOT / name, copy / name
        content = source.read_bytes()
        if not there.exists() or there.read_bytes() != content:
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(content)


def _source_files() -> Iterable[Path]:
    for name in _SOURCES:
        yield from _files_below(tree.ROOT / name)


def _files_below(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in sorted(path.rglob("*")) if file.is_file()]


def state_of_sources() -> str:
    """A digest of everything that a verdict depends on, but for the patch."""
    digest = hashlib.sha256()
    for path in _source_files():
        digest.update(f"{path.relative_to(tree.ROOT)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


# ---- runs ----


def judge(program: Path, scenarios: Sequence[str], seeds: str, settings: Sequence[str] = ()) -> Runs:
    """Every run of these scenarios, or how the program crashed."""
    folder = tree.ROOT
    changes = [word for setting in settings for word in ("--set", setting)]
    try:
        done = subprocess.run([program, "run", *scenarios, "--seeds", seeds, *changes, "--jobs", str(os.cpu_count() or 1),
                               "--json", "--out", folder / "build" / "patched" / "runs"], cwd=folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_RUN_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return Runs([], f"still running after {_RUN_LIMIT:.0f} s")
    if done.returncode < 0:
        return Runs([], (done.stderr.strip().splitlines() or [f"signal {-done.returncode}"])[-1])
    try:
        return Runs([_run(run) for run in json.loads(done.stdout)["runs"]])
    except (ValueError, KeyError):
        raise LabError(f"{program} gave no verdicts (status {done.returncode}):\n{done.stderr[-2000:]}") from None


_WORST_LAST = ("held", "not applicable", "undecided", "vacuous", "violated")


def _run(run: dict) -> Run:
    verdicts: dict[str, str] = {}
    story: dict[str, str] = {}
    for check in run["checks"]:
        before = verdicts.get(check["check"], "held")
        verdicts[check["check"]] = max(before, check["verdict"], key=_WORST_LAST.index)
        if check["verdict"] == "violated":
            story.setdefault(check["check"], next(iter(check.get("story", [])), ""))
    return Run(run.get("file", ""), run["seed"], run.get("fingerprint", ""), run.get("virtual_s", 0.0), verdicts,
               run.get("faults", []), story)


# ---- what is known already ----


class Notebook:
    """Results that need not be found again: of the same patch, sources and question."""

    def __init__(self, kind: str, question: str) -> None:
        self._folder = tree.ROOT / "build" / "patched" / kind
        self._question = f"{question}\n{state_of_sources()}"

    def find(self, patch: Patch) -> dict | None:
        try:
            noted = json.loads(self._file(patch).read_text())
        except (OSError, ValueError):
            return None
        return noted["result"] if noted.get("key") == self._key(patch) else None

    def note(self, patch: Patch, result: object) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._file(patch)
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps({"key": self._key(patch), "result": asdict(result)}))  # type: ignore[call-overload]
        fresh.replace(file)

    def _file(self, patch: Patch) -> Path:
        return self._folder / f"{patch.name}.json"

    def _key(self, patch: Patch) -> str:
        return hashlib.sha256(f"{self._question}\n{patch.path.read_text()}".encode()).hexdigest()


