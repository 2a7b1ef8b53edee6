"""What no compiler sees: layers, banned calls, dead files, long lines.

    python3 tests/architecture/tidy.py [ROOT]      names every finding as FILE:LINE: what; exit status 1

Each rule is a function from the tree to its findings.  What is allowed nevertheless stands in
EXCEPTIONS with its reason, and an exception that nothing needs any more is a finding itself.
"""

from __future__ import annotations

import os
import posixpath
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

LINE_MAX = 140   # comments and tables included; clang-format aims at 100
FILE_MAX = 600

SOURCE_FOLDERS = ("protocol", "runtime", "client", "tracker", "torrentgen", "swarmsim", "tests")
TEXT_FOLDERS = (*SOURCE_FOLDERS, "scripts", "scenarios", "docs", ".ci")
TEXT_FILES = ("lab", "README.md", "CMakeLists.txt", "CMakePresets.json", ".clang-format", ".gitignore")
TEXT_KINDS = (".cpp", ".hpp", ".py", ".txt", ".md", ".yaml", ".yml", ".json", ".sh", "")

# (rule, path) -> why it is right there.
_OPTIONS = "Program_options reports by exceptions; they end in this file"
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("exceptions_at_edges", "client/options.cpp"): _OPTIONS,
    ("exceptions_at_edges", "tracker/command_line.cpp"): _OPTIONS,
    ("exceptions_at_edges", "protocol/assert.cpp"): "a broken invariant that somebody contains (protocol/internal_error.hpp)",
    ("exceptions_at_edges", "client/fault_boundary.hpp"): "where it is contained: the edge of a torrent",
    ("threads", "client/mount/fuse_mount.cpp"): "libfuse waits for the kernel; its threads reach the engine by post() alone",
    ("banned_calls", "swarmsim/run/campaign.cpp"): "wall_s in the report: how long a run took, read by nothing else",
    ("banned_calls", "swarmsim/trace_commands.cpp"): "the same of judging a trace",
    ("banned_calls", "swarmsim/capture_command.cpp"): "the same of judging a capture",
    ("banned_calls", "tracker/main.cpp"): "the time of day in its log, which other hosts' captures are laid beside",
    ("banned_calls", "swarmsim/huge_heap.cpp"): "where the C library was told how to lay out the heap; no run depends on that",
    ("banned_calls", "swarmsim/main.cpp"): "GitHub tells the programs of a workflow so, and no run depends on it",
    ("banned_calls", "swarmsim/report/run_folder.cpp"): "the name of a run's folder; nothing in the run depends on it",
    ("banned_calls", "swarmsim/program.cpp"): "today, for the last days of known failures; nothing in a run depends on it",
}

# What a folder may include.  protocol <- runtime <- engines <- swarmsim.
LAYERS = {
    "protocol": {"protocol"},
    "runtime": {"protocol", "runtime"},
    "client": {"protocol", "runtime", "client"},
    "tracker": {"protocol", "runtime", "tracker"},
    "torrentgen": {"protocol", "runtime", "torrentgen"},
    "swarmsim": {"protocol", "runtime", "client", "tracker", "torrentgen", "swarmsim"},
}

CAPTURE_MAY = ("protocol/", "runtime/", "swarmsim/wire/", "swarmsim/capture/")

# Include prefix -> the folders that may have it.
HEAVY = {
    "boost/asio": ("runtime/asio/", "runtime/http/"),
    "boost/beast": ("runtime/http/",),
    "yaml-cpp/": ("swarmsim/scenario/",),
}

THREAD_HEADERS = {"thread", "mutex", "shared_mutex", "condition_variable", "future", "semaphore", "latch", "barrier"}
# Single-threaded by design; only the programs' mains may start threads.
THREADLESS = ("protocol/", "client/", "tracker/", "swarmsim/network/", "swarmsim/virtual/", "swarmsim/wire/",
              "swarmsim/capture/", "swarmsim/checks/", "swarmsim/peers/", "swarmsim/scenario/")

# Same run on every machine: none of these can promise that.  The second field says where it may be.
BANNED_CALLS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (r"std::(?:ranges::)?shuffle\b", (), "its draws differ between libraries"),
    (r"std::\w+_distribution\b", (), "its draws differ between libraries"),
    (r"std::(?:mt19937|minstd_rand|default_random_engine|ranlux)\w*", (), "use runtime/random.hpp"),
    (r"std::random_device\b", ("runtime/asio/",), "chance is injected as Random"),
    (r"std::hash\b", (), "its values differ between libraries"),
    (r"(?<![\w:.>])s?rand\s*\(", (), "chance is injected as Random"),
    (r"(?<![\w.>])(?:std::)?time\s*\(\s*(?:nullptr|NULL|0|&)", (), "time is injected as Clock"),
    (r"\b(?:system|steady|high_resolution)_clock\b", ("runtime/asio/", "swarmsim/lab/", "tests/"), "time is injected as Clock"),
    (r"\bclock_gettime\s*\(", ("runtime/asio/", "swarmsim/lab/", "tests/"), "time is injected as Clock"),
    (r"\b(?:std::)?(?:secure_)?getenv\s*\(", (), "configuration comes through arguments"),
    (r"\bsetlocale\s*\(|std::locale\b", (), "output does not depend on the locale"),
)

MACHINE_PATHS = re.compile(r"(?<![\w.}$)-])/(?:work|farm|root|home/\w+)/|/tmp/(?:bash|build)")
# Put together here, so that this file is not its own finding.
PROMISES = re.compile(r"\b(?:" + "|".join(("TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK")) + r")\b")


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text} [{self.rule}]"


@dataclass(frozen=True)
class Tree:
    """The text of every file that people write, by path from the root."""

    files: dict[str, str]

    @classmethod
    def read(cls, root: Path) -> Tree:
        files: dict[str, str] = {}
        for folder in TEXT_FOLDERS:
            for place, folders, names in os.walk(root / folder):
                folders[:] = sorted(name for name in folders if name not in ("__pycache__", "corpus"))
                for name in sorted(names):
                    path = Path(place, name)
                    if path.suffix in TEXT_KINDS:
                        files[path.relative_to(root).as_posix()] = path.read_text(errors="replace")
        for name in TEXT_FILES:
            if (root / name).is_file():
                files[name] = (root / name).read_text(errors="replace")
        return cls(files)

    @cached_property
    def sources(self) -> dict[str, str]:
        """C++ files without their comments and string contents, line for line."""
        return {path: without_comments(text) for path, text in self.files.items()
                if path.endswith((".cpp", ".hpp"))}

    @cached_property
    def includes(self) -> dict[str, list[tuple[int, str, bool]]]:
        """Path -> (line, name, whether it is quoted)."""
        return {path: list(_includes(self.files[path])) for path in self.sources}


def without_comments(text: str) -> str:
    """Blanks comments and the insides of literals, keeping every line break."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
        re.DOTALL)

    def blank(match: re.Match[str]) -> str:
        return '""' + "\n" * match[0].count("\n")

    return pattern.sub(blank, text)


def _includes(text: str) -> Iterator[tuple[int, str, bool]]:
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
        if match:
            yield number, match[1] or match[2], match[1] is not None


def _lines(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        match = pattern.search(line)
        if match:
            yield number, match[0].strip()


def _is_main(path: str) -> bool:
    return PurePosixPath(path).name == "main.cpp"


def layers(tree: Tree) -> Iterator[Finding]:
    """protocol <- runtime <- engines <- swarmsim; checks and the observer know no engine."""
    for path, includes in tree.includes.items():
        folder = path.split("/")[0]
        for line, name, quoted in includes:
            if not quoted:
                continue
            target = name.split("/")[0]
            if folder in LAYERS and target in SOURCE_FOLDERS and target not in LAYERS[folder]:
                yield Finding(path, line, "layers", f"{folder}/ may not include {name}")
            if path.startswith("swarmsim/capture/") and not name.startswith(CAPTURE_MAY):
                yield Finding(path, line, "layers", f"captures know packets and streams, not {name}")
            if path.startswith(("swarmsim/checks/", "swarmsim/wire/")) and target in ("client", "tracker", "torrentgen"):
                yield Finding(path, line, "layers", f"checks see only the wire, not {name}")
            if re.match(r"runtime/[^/]+$", path) and re.match(r"runtime/(asio|http|hashing)/", name):
                yield Finding(path, line, "layers", f"an interface may not include an implementation, {name}")
            if folder in ("client", "tracker", "swarmsim") and name.startswith("runtime/asio/") and not _is_main(path):
                yield Finding(path, line, "layers", f"only main.cpp builds the real world, not who includes {name}")


def heavy_headers(tree: Tree) -> Iterator[Finding]:
    """Asio, Beast and yaml-cpp stay in the few files that need them."""
    for path, includes in tree.includes.items():
        for line, name, _ in includes:
            for prefix, allowed in HEAVY.items():
                if name.startswith(prefix) and not path.startswith((*allowed, "tests/")):
                    yield Finding(path, line, "heavy_headers", f"{name} belongs into {' and '.join(allowed)} only")


def threads(tree: Tree) -> Iterator[Finding]:
    """Engines are single-threaded; threads meet in the runtime and in mains."""
    for path, includes in tree.includes.items():
        if path.startswith(THREADLESS) and not _is_main(path):
            for line, name, _ in includes:
                if name in THREAD_HEADERS:
                    yield Finding(path, line, "threads", f"<{name}> where nothing is concurrent")


def banned_calls(tree: Tree) -> Iterator[Finding]:
    """Nothing that makes two runs differ."""
    for path, text in tree.sources.items():
        for pattern, allowed, reason in BANNED_CALLS:
            if allowed and path.startswith(allowed):
                continue
            for line, found in _lines(text, re.compile(pattern)):
                yield Finding(path, line, "banned_calls", f"{found}: {reason}")


def exceptions_at_edges(tree: Tree) -> Iterator[Finding]:
    """The floors and the engines neither throw nor catch."""
    pattern = re.compile(r"\bthrow\b(?!\s*\))|\btry\s*\{|\bcatch\s*\(")
    for path, text in tree.sources.items():
        if path.startswith(("protocol/", "client/", "tracker/")) and not _is_main(path):
            for line, found in _lines(text, pattern):
                yield Finding(path, line, "exceptions_at_edges", f"{found}: untrusted input goes into std::expected")


def include_style(tree: Tree) -> Iterator[Finding]:
    """Includes start at the root; a .cpp includes its own header first, which proves that it compiles alone."""
    for path, includes in tree.includes.items():
        for line, name, quoted in includes:
            if quoted and name not in tree.files:
                yield Finding(path, line, "include_style", f'"{name}" is no path from the root')
        own = path.removesuffix(".cpp") + ".hpp"
        if path.endswith(".cpp") and own in tree.files:
            first = next(((line, name) for line, name, _ in includes), (1, "nothing"))
            if first[1] != own:
                yield Finding(path, first[0], "include_style", f"includes {first[1]} before its own header")


def header_form(tree: Tree) -> Iterator[Finding]:
    """A header is the documentation: it opens with what it is for."""
    for path, text in tree.files.items():
        if path.endswith(".hpp"):
            if not text.startswith("//"):
                yield Finding(path, 1, "header_form", "does not open with a comment that says what it is for")
            if "\n#pragma once\n" not in text:
                yield Finding(path, 1, "header_form", "has no #pragma once")


def sizes(tree: Tree) -> Iterator[Finding]:
    """Files that can be read in one sitting, lines that fit a screen."""
    for path, text in tree.files.items():
        lines = text.splitlines()
        if path.endswith((".cpp", ".hpp", ".py")) or path == "lab":
            if len(lines) > FILE_MAX:
                yield Finding(path, len(lines), "file_size", f"{len(lines)} lines (limit {FILE_MAX}): look for the second concept")
            for number, line in enumerate(lines, 1):
                if len(line) > LINE_MAX:
                    yield Finding(path, number, "line_length", f"{len(line)} columns (limit {LINE_MAX})")
        for number, line in enumerate(lines, 1):
            if line != line.rstrip() and not path.endswith(".md"):
                yield Finding(path, number, "trailing_space", "blanks at the end of the line")
            if "\t" in line and path.endswith((".cpp", ".hpp", ".py", ".yaml")):
                yield Finding(path, number, "tabs", "a tab")


def dead_files(tree: Tree) -> Iterator[Finding]:
    """Every .cpp stands in some CMakeLists.txt; every header is included by somebody."""
    listed = {source for path, text in tree.files.items() if PurePosixPath(path).name == "CMakeLists.txt"
              for source in _listed_sources(str(PurePosixPath(path).parent), text)}
    included = {name for includes in tree.includes.values() for _, name, quoted in includes if quoted}
    for path in tree.sources:
        if path.endswith(".cpp") and path not in listed:
            yield Finding(path, 1, "dead_files", "no CMakeLists.txt lists it")
        if path.endswith(".hpp") and path not in included:
            yield Finding(path, 1, "dead_files", "nobody includes it")


def _listed_sources(folder: str, build: str) -> Iterator[str]:
    """The sources that a build file names, as paths from the root."""
    for name in re.findall(r"[\w./${}-]+\.cpp", _with_loops_unrolled(build)):
        from_root = name.removeprefix("${CMAKE_SOURCE_DIR}/")
        here = name.removeprefix("${CMAKE_CURRENT_SOURCE_DIR}/")
        yield from_root if from_root != name else posixpath.normpath(posixpath.join(folder, here))


def _with_loops_unrolled(build: str) -> str:
    """The text of a build file, and once more with each item of its foreach(VARIABLE items...) put in."""
    for variable, items in re.findall(r"foreach\((\w+)\s+([^)$]*)\)", build):
        build += "".join(build.replace("${" + variable + "}", item) for item in items.split())
    return build


def promises(tree: Tree) -> Iterator[Finding]:
    """No notes to a later self, and no path of one machine."""
    for path, text in tree.files.items():
        for line, found in _lines(text, PROMISES):
            yield Finding(path, line, "promises", f"{found}: do it now or open an issue")
        if path != "tests/architecture/tidy.py":
            for line, found in _lines(text, MACHINE_PATHS):
                yield Finding(path, line, "machine_paths", f"{found} exists on one machine only")


RULES: tuple[Callable[[Tree], Iterator[Finding]], ...] = (
    layers, heavy_headers, threads, banned_calls, exceptions_at_edges, include_style, header_form, sizes, dead_files,
    promises,
)


def findings(tree: Tree, exceptions: dict[tuple[str, str], str]) -> list[Finding]:
    used: set[tuple[str, str]] = set()
    found: list[Finding] = []
    for rule in RULES:
        for finding in rule(tree):
            key = (finding.rule, finding.path)
            if key in exceptions:
                used.add(key)
            else:
                found.append(finding)
    for rule_name, path in exceptions.keys() - used:
        found.append(Finding(path, 1, rule_name, "needs no exception any more: remove it from EXCEPTIONS"))
    return sorted(found)


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    tree = Tree.read(root)
    found = findings(tree, EXCEPTIONS)
    for finding in found:
        print(finding)
    print(f"{len(tree.files)} files, {len(RULES)} rules, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
