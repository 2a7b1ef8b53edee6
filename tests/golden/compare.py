"""Do all stock scenarios give the fingerprints that are written down, and do the pages that list them say what they are?

    python3 tests/golden/compare.py --swarmsim build/release/bin/swarmsim            compare
    python3 tests/golden/compare.py --swarmsim build/release/bin/swarmsim --write    write them down anew

A run is a value: scenario and seed determine it on every machine, compiler and optimisation level.  A difference
in a change that was not meant to change behaviour is a bug.  Where it was meant, write the file anew and give the
reason in the commit.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import index_pages

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "fingerprints.txt"
LIMIT = 300.0  # seconds for all runs


def measured(swarmsim: str) -> tuple[dict[str, str], dict[str, float]]:
    """Fingerprints and virtual times by scenario file; raises when there was no run."""
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run([swarmsim, "run", "scenarios", "--seed", "1", "--json", "--out", out], cwd=ROOT,
                              capture_output=True, text=True, timeout=LIMIT, check=False)
    report = json.loads(done.stdout)
    if "error" in report:
        raise SystemExit(report["error"])
    runs = report["runs"]
    return {run["file"]: run["fingerprint"] for run in runs}, {run["file"]: run["virtual_s"] for run in runs}


def written() -> dict[str, str]:
    if not GOLDEN.exists():
        return {}
    lines = [line.split() for line in GOLDEN.read_text().splitlines() if line and not line.startswith("#")]
    return {file: fingerprint for fingerprint, file in lines}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swarmsim", required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    swarmsim = str(Path(options.swarmsim).resolve())
    now, times = measured(swarmsim)
    indexes = index_pages.pages(swarmsim, ROOT, times)
    if options.write:
        for path, text in indexes.items():
            (ROOT / path).write_text(text)
        GOLDEN.write_text("# Fingerprints of the stock scenarios at seed 1.  compare.py compares and rewrites them.\n"
                          + "".join(f"{now[file]}  {file}\n" for file in sorted(now)))
        return 0
    then = written()
    wrong = [f"{file}: {then.get(file, 'not written down')} -> {now.get(file, 'no such scenario')}"
             for file in sorted(then.keys() | now.keys()) if then.get(file) != now.get(file)]
    wrong += [f"{path}: the page that lists the folder is not up to date" for path, text in indexes.items()
              if not (ROOT / path).exists() or (ROOT / path).read_text() != text]
    if not wrong:
        print(f"{len(now)} scenarios run as written down")
        return 0
    print("These runs differ from what is written down:\n  " + "\n  ".join(wrong))
    print("If that was meant: python3 tests/golden/compare.py --swarmsim SWARMSIM --write, and give the reason in the commit.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
