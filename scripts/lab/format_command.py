"""./lab format: brings C++ sources into the one format (.clang-format)."""

from __future__ import annotations

import argparse
import subprocess

from lab import packages, tree
from lab.console import Exit, say

_FOLDERS = ("protocol", "runtime", "client", "tracker", "torrentgen", "swarmsim", "tests")


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "format", help="format the C++ sources", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Formats the C++ sources with clang-format.",
        epilog="examples:\n  ./lab format            rewrites what is not formatted\n"
               "  ./lab format --check    names it instead; exit status 1 when there is any")
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.set_defaults(command=format_sources)


def format_sources(options: argparse.Namespace) -> int:
    packages.ensure(packages.FORMAT)
    files = sorted(str(path) for folder in _FOLDERS for kind in ("*.cpp", "*.hpp")
                   for path in (tree.ROOT / folder).rglob(kind))
    unformatted = []
    for path in files:
        with open(path, encoding="utf-8") as source:
            before = source.read()
        after = subprocess.run(["clang-format", path], capture_output=True, text=True, timeout=60, check=True).stdout
        if before == after:
            continue
        unformatted.append(path)
        if not options.check:
            with open(path, "w", encoding="utf-8") as source:
                source.write(after)
    for path in unformatted:
        say(f"{'not formatted' if options.check else 'formatted'}: {path}")
    return Exit.VIOLATED if options.check and unformatted else Exit.HELD
