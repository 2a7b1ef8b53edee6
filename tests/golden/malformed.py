"""Does `swarmsim validate` say of every malformed scenario what is written down?

    python3 tests/golden/malformed.py --swarmsim build/release/bin/swarmsim            compare
    python3 tests/golden/malformed.py --swarmsim build/release/bin/swarmsim --write    write the texts down anew

Each malformed/NAME.yaml shows one kind of mistake; NAME.txt is all that is said of it, on the error stream.  Each is
to be refused with exit status 2.  Who changes a message reads the difference as a stranger would: does it name the place,
what stands there, and what would be right?
"""

from __future__ import annotations

import argparse
import difflib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "golden" / "malformed"
LIMIT = 10.0  # seconds for one file; none takes a tenth of one
# Too large to keep, or with tabs, which no file here has: name -> content.
MADE = {
    "longer_than_256_KiB": "# A comment without end.\n" * 11_000,
    "tab": "format: 1\nscenario: Tabs are no indentation\nlimit: 10 min\ntorrent: { size: 1 MiB }\npeers:\n\tleech: { count: 3 }\n",
}


def said(swarmsim: str, folder: Path, file: str) -> str:
    """What is said of a file, its name without folders; complains about everything but a plain refusal."""
    # In a workflow of GitHub annotations would stand beside.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    done = subprocess.run([swarmsim, "validate", file], cwd=folder, env=plain, capture_output=True, text=True, timeout=LIMIT, check=False)
    problems = [] if done.returncode == 2 else [f"exit status {done.returncode} instead of 2\n"]
    if done.stdout:
        problems.append(f"says on its output: {done.stdout}")
    return "".join(problems) + done.stderr


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swarmsim", required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    swarmsim = str(Path(options.swarmsim).resolve())
    now = {file.stem: said(swarmsim, FOLDER, file.name) for file in sorted(FOLDER.glob("*.yaml"))}
    with tempfile.TemporaryDirectory() as made:
        for name, content in MADE.items():
            (Path(made) / f"{name}.yaml").write_text(content)
            now[name] = said(swarmsim, Path(made), f"{name}.yaml")
    if options.write:
        for name, text in now.items():
            (FOLDER / f"{name}.txt").write_text(text)
        return 0
    then = {file.stem: file.read_text() for file in FOLDER.glob("*.txt")}
    wrong = 0
    for name in sorted(now.keys() | then.keys()):
        if now.get(name) == then.get(name):
            continue
        wrong += 1
        sys.stdout.writelines(difflib.unified_diff(then.get(name, "").splitlines(True), now.get(name, "").splitlines(True),
                                                   f"malformed/{name}.txt", "the program", n=0))
    if wrong:
        print("If that was meant: python3 tests/golden/malformed.py --swarmsim SWARMSIM --write")
    else:
        print(f"{len(now)} malformed scenarios are refused as written down")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
