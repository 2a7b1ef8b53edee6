"""Every header compiles alone.

    python3 tests/architecture/headers.py [--compiler CXX] [--root DIR]

A header whose .cpp includes it first (a rule of tidy.py) has been compiled alone by the build;
what remains are headers without such a .cpp, and those are given to the compiler here.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FOLDERS = ("protocol", "runtime", "client", "tracker", "torrentgen", "swarmsim", "tests")
LIMIT = 120.0  # seconds for one header


def unproven(root: Path) -> list[Path]:
    headers = sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.hpp"))
    return [header.relative_to(root) for header in headers if not header.with_suffix(".cpp").exists()]


def compile_alone(root: Path, compiler: str, header: Path) -> str:
    """Empty, or what the compiler said."""
    # Included from an otherwise empty file: given directly, a header earns a warning for its #pragma once.
    done = subprocess.run(
        [compiler, "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror",
         "-I", str(root), "-x", "c++", "-"],
        input=f'#include "{header}"\n', cwd=root, capture_output=True, text=True, timeout=LIMIT, check=False)
    return done.stderr if done.returncode != 0 else ""


def main() -> int:
    parser = argparse.ArgumentParser(description="Compiles each header alone.")
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    options = parser.parse_args()
    headers = unproven(options.root)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        said = list(pool.map(lambda header: compile_alone(options.root, options.compiler, header), headers))
    failed = [(header, text) for header, text in zip(headers, said) if text]
    for header, text in failed:
        print(f"{header} does not compile alone:\n{text}")
    print(f"{len(headers)} headers, {len(failed)} of them do not compile alone")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
