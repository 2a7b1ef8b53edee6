"""./lab test: everything that continuous integration runs.

    packages, release build
    ctest                      unit, conformance, golden, fuzz corpora, architecture
    pytest                     whole processes, other people's clients, private networks
    stock scenarios            every file under scenarios/
    sanitizers                 address and undefined behaviour, over the parts that parse and own memory

A step that fails does not hide the next ones; the verdict comes last.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import build, packages, tree
from lab.console import Exit, LabError, human_time, say

# Programs of tests that the one sanitizer build of a normal run is worth: they decode what strangers
# send, or own buffers.  --all-builds runs them all, under every sanitizer.
_SANITIZED = r"(protocol|client_engine)\w*_test|\w*conformance\w*"
_ALL_PRESETS = ("release", "dev", "clang", "clang-debug", "asan", "tsan")
_PROCESS_TESTS = ("tests/interop", "tests/integration", "tests/architecture")  # the longest file first
# One mutant of each sort: a choker's, a verifier's, a reservation's.
_SAMPLE = ("slots_to_the_uninterested", "skip_hash_check", "choke_keeps_blocks_reserved")
_STEP_LIMIT = 3600.0  # seconds; a hang ends here rather than with the CI job

_DESCRIPTION = """\
Installs what is missing, builds, and runs everything that continuous integration runs: unit tests,
tests of whole processes, swarms with other clients in private networks, the stock scenarios, a sample
of the mutants, and a sanitizer build of the parts that decode what strangers send."""

_EXAMPLES = """\
examples:
  ./lab test
  ./lab test -k Choker         only tests with Choker in their name
  ./lab test --all-builds      and GCC and Clang, debug and release, all sanitizers, equal
                               fingerprints, and tests that wait for minutes

exit status: 0 all passed; 1 something failed; 3 the environment"""


@dataclass(frozen=True)
class Step:
    title: str
    passed: bool
    summary: str  # the tool's own last line
    seconds: float


class Steps:
    """What was run, in order, with how it ended."""

    def __init__(self) -> None:
        self.done: list[Step] = []

    def run(self, title: str, work: Callable[[], tuple[bool, str]]) -> None:
        say(title)
        started = time.monotonic()
        try:
            passed, summary = work()
        except LabError as error:
            passed, summary = False, str(error).splitlines()[0]
            say(str(error))
        self.done.append(Step(title, passed, summary, time.monotonic() - started))

    def verdict(self) -> int:
        width = max(len(step.title) for step in self.done)
        print()
        for step in self.done:
            word = "passed" if step.passed else "FAILED"
            print(f"{word}  {step.title:<{width}}  {human_time(step.seconds):>12}  {step.summary}")
        failed = [step.title for step in self.done if not step.passed]
        total = human_time(sum(step.seconds for step in self.done))
        print(f"\n{len(failed)} of {len(self.done)} steps failed: {', '.join(failed)} ({total})" if failed
              else f"\nall {len(self.done)} steps passed ({total})")
        return Exit.VIOLATED if failed else Exit.HELD


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("test", help="run everything that continuous integration runs",
                                 description=_DESCRIPTION, epilog=_EXAMPLES,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all-builds", action="store_true", help="every compiler, build type and sanitizer")
    parser.add_argument("-k", metavar="EXPR", dest="only", help="only tests whose name matches (ctest -R, pytest -k)")
    parser.set_defaults(command=test)


def test(options: argparse.Namespace) -> int:
    packages.ensure(packages.BUILD + packages.OPTIONAL + packages.UNIT_TESTS + packages.PROCESS_TESTS)
    steps = Steps()
    bin_folder = build.build("release", with_tests=True)
    steps.run("ctest (release)", lambda: _ctest("release", options.only))
    steps.run("pytest", lambda: _pytest(bin_folder, options.only, with_slow=options.all_builds))
    if options.only:
        return steps.verdict()
    steps.run("stock scenarios", lambda: _scenarios(bin_folder))
    steps.run("mutants and variations compile", lambda: _mutants("--compile"))
    steps.run("a sample of the mutants", lambda: _mutants("--seeds", "5", *_SAMPLE))
    if options.all_builds:
        _all_builds(steps, bin_folder)
    else:
        steps.run("sanitizers (address, undefined)", _sanitized)
    return steps.verdict()


def _stream(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> tuple[int, list[str]]:
    """Runs a command with its output passed on as it comes; its status and its last lines."""
    process = subprocess.Popen([os.fspath(word) for word in command], cwd=tree.ROOT, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                               env=environment)
    assert process.stdout is not None
    last: list[str] = []
    try:
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            if line.strip():
                last = [*last[-200:], line.strip()]
        return process.wait(_STEP_LIMIT), last
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _ctest(preset: str, only: str | None, extra: Sequence[str] = ()) -> tuple[bool, str]:
    """All in virtual time; then what has real sockets and clocks (label real_time), one after another and, as a machine that
    others use may stand still for a moment, a second time where it fails."""
    parts = (("ctest", ["-LE", "real_time", f"-j{_cores()}"]),
             ("ctest-real-time", ["-L", "real_time", "--repeat", "until-pass:2"]))
    results = [_ctest_part(preset, only, name, [*part, *extra]) for name, part in parts]
    return all(passed for passed, _ in results), "; ".join(summary for _, summary in results)


def _ctest_part(preset: str, only: str | None, name: str, extra: Sequence[str]) -> tuple[bool, str]:
    # A passing case is one line of a thousand: what fails is shown in full, the rest is counted.
    log = tree.build_folder(preset) / f"{name}.log"
    command = ["ctest", "--test-dir", str(tree.build_folder(preset)), "--output-on-failure",
               "--timeout", "300", "--no-tests=ignore", "--quiet", "--output-log", str(log), *extra]
    if only:
        command += ["-R", only]
    status = subprocess.run(command, cwd=tree.ROOT, stdin=subprocess.DEVNULL, timeout=_STEP_LIMIT,
                            check=False).returncode
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    if status != 0 or any("***Failed" in line for line in lines):
        shown = [line for line in lines if " Passed " not in line and "Start " not in line]
        print("\n".join(shown[-400:]), flush=True)
    summary = next((line for line in reversed(lines) if "tests passed" in line), f"ctest: status {status}")
    print(summary, flush=True)
    return status == 0, summary


def _pytest(bin_folder: Path, only: str | None, *, with_slow: bool) -> tuple[bool, str]:
    folders = [folder for folder in _PROCESS_TESTS if any((tree.ROOT / folder).glob("test_*.py"))]
    environment = dict(os.environ, SWARMLAB_BIN=str(bin_folder), PYTHONDONTWRITEBYTECODE="1")
    with tempfile.TemporaryDirectory(prefix="swarmlab-test-") as scratch:
        environment["PYTEST_DEBUG_TEMPROOT"] = scratch
        # Real processes in real time mostly wait, so there is room for one file more than there are cores.
        command: list[str | Path] = [*_namespace_rights(), sys.executable, "-m", "pytest", "-q", "-raR",
                                     "-p", "no:cacheprovider", "--durations=5", "-n", str(_cores() + 1), "--dist", "loadfile", *folders]
        if only:
            command += ["-k", only]
        elif not with_slow:
            command += ["-m", "not slow"]
        status, last = _stream(command, environment)
    summary = last[-1] if last else f"pytest: status {status}"
    nothing_selected = 5
    return status == 0 or (only is not None and status == nothing_selected), summary


def _namespace_rights() -> list[str]:
    """What gives the tests their private networks without being root, where the kernel lets us."""
    if os.geteuid() == 0:
        return []
    wrapper = ["unshare", "--user", "--map-root-user", "--mount"]
    tried = subprocess.run([*wrapper, "true"], stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    return wrapper if tried.returncode == 0 else []


def _scenarios(bin_folder: Path) -> tuple[bool, str]:
    status, last = _stream([bin_folder / "swarmsim", "run", "scenarios", "--jobs", str(_cores()),
                            "--out", tree.runs_folder()])
    counted = next((line for line in reversed(last) if " runs: " in line), f"swarmsim: status {status}")
    return status == 0, counted


def _mutants(*arguments: str) -> tuple[bool, str]:
    status, last = _stream([tree.ROOT / "lab", "mutants", *arguments])
    return status == 0, last[-1] if last else f"./lab mutants: status {status}"


def _sanitized() -> tuple[bool, str]:
    build.configure("asan", with_tests=True)
    chosen = build.targets_of("asan", _SANITIZED)
    if not chosen:
        raise LabError(f"no test program matches {_SANITIZED}")
    build.build("asan", chosen, with_tests=True)
    # Programs that were not built stand in ctest's list as NAME_NOT_BUILT.
    return _ctest("asan", None, ["-E", "_NOT_BUILT|fuzz_corpus|golden"])


def _all_builds(steps: Steps, release_bin: Path) -> None:
    fingerprints: dict[str, dict[str, str]] = {"release": _fingerprints(release_bin)}
    for preset in _ALL_PRESETS[1:]:
        def build_and_test(preset: str = preset) -> tuple[bool, str]:
            folder = build.build(preset, with_tests=True)
            fingerprints[preset] = _fingerprints(folder)
            return _ctest(preset, None)
        steps.run(f"build and ctest ({preset})", build_and_test)
    steps.run("fingerprints are equal in all builds", lambda: _compare(fingerprints))
    steps.run("runs depend on scenario and seed alone", lambda: _script("tests/golden/determinism.py", release_bin))
    steps.run("trains and single packets agree", lambda: _script("tests/physics/train.py", release_bin))


def _script(path: str, bin_folder: Path) -> tuple[bool, str]:
    """A test that prints a table of many runs and the verdict on its last line."""
    status, last = _stream([sys.executable, tree.ROOT / path, "--swarmsim", bin_folder / "swarmsim"])
    return status == 0, last[-1] if last else f"status {status}"


def _fingerprints(bin_folder: Path) -> dict[str, str]:
    """Scenario and seed -> fingerprint, of all stock scenarios."""
    with tempfile.TemporaryDirectory(prefix="swarmlab-runs-") as out:
        done = subprocess.run([bin_folder / "swarmsim", "run", "scenarios", "--json", "--out", out], cwd=tree.ROOT,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_STEP_LIMIT,
                              check=False)
    try:
        return {f"{run['file']} seed {run['seed']}": run["fingerprint"] for run in json.loads(done.stdout)["runs"]}
    except (ValueError, KeyError, TypeError):
        raise LabError(f"{bin_folder / 'swarmsim'} gave no fingerprints:\n{done.stderr[-2000:]}") from None


def _compare(fingerprints: dict[str, dict[str, str]]) -> tuple[bool, str]:
    runs = sorted({run for seen in fingerprints.values() for run in seen})
    differing = 0
    for run in runs:
        values = {preset: seen.get(run, "missing") for preset, seen in fingerprints.items()}
        if len(set(values.values())) > 1:
            differing += 1
            print(f"{run}: " + ", ".join(f"{preset} {value}" for preset, value in values.items()), flush=True)
    summary = f"{len(runs) - differing} of {len(runs)} runs equal in {len(fingerprints)} builds"
    print(summary, flush=True)
    return differing == 0 and bool(runs), summary
