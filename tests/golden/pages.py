"""Are the generated pages under docs/ what the program says today?

    python3 tests/golden/pages.py --swarmsim build/release/bin/swarmsim            compare
    python3 tests/golden/pages.py --swarmsim build/release/bin/swarmsim --write    write them anew
"""

from __future__ import annotations

import argparse
import difflib
import subprocess
import sys
from pathlib import Path

import bugs_page

ROOT = Path(__file__).resolve().parents[2]
BUGS = "docs/bugs.md"
PAGES = {"behaviours": "docs/behaviours.md", "checks": "docs/checks.md", "metrics": "docs/metrics.md"}
LIMIT = 60.0  # seconds


def said(swarmsim: str, page: str) -> str:
    done = subprocess.run([swarmsim, "explain", page], capture_output=True, text=True, timeout=LIMIT, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swarmsim", required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    stale = 0
    swarmsim = str(Path(options.swarmsim).resolve())
    pages = {path: said(swarmsim, page) for page, path in PAGES.items()}
    pages[BUGS] = bugs_page.page(swarmsim, ROOT)
    for path, now in pages.items():
        file = ROOT / path
        then = file.read_text() if file.exists() else ""
        if options.write:
            file.write_text(now)
        elif now != then:
            stale += 1
            sys.stdout.writelines(difflib.unified_diff(then.splitlines(True), now.splitlines(True), path, "the program", n=1))
    if stale:
        print("Stale: python3 tests/golden/pages.py --swarmsim SWARMSIM --write")
    else:
        print(f"{len(pages)} pages {'written' if options.write else 'are up to date'}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
