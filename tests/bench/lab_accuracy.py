"""How true the lab's network is, as a table for docs/lab.md.

    /usr/bin/python3 tests/bench/lab_accuracy.py [--bin build/release/bin] [--port tun|veth|relays]

Each row is one network: what was asked of its links, what sockets in its namespaces or at its relays measured, and by how much the
router's or the relay's timers were late meanwhile.  Nothing else should run; a row that says "invalid" is what a run would say, too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 300.0


def rows(program: Path, port: str | None) -> tuple[str, list[dict[str, Any]]]:
    """What kind of network it was, and the measurements."""
    done = subprocess.run([program, *([port] if port else [])], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=SECONDS, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{program.name}: {done.stderr.strip()}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[0]["network"], lines[1:]


def table(measurements: list[dict[str, Any]]) -> str:
    lines = ["| what | asked | measured | lateness p50 | p99 | max |", "|---|---|---|---|---|---|"]
    for row in measurements:
        measured = row["measured"] + (" (**invalid**)" if row["invalid"] else "")
        lines.append(f"| {row['what']} | {row['asked']} | {measured} | {row['lateness_p50_ms']:.3f} ms"
                     f" | {row['lateness_p99_ms']:.3f} ms | {row['lateness_max_ms']:.3f} ms |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures the lab's network against what is asked of it.")
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--port", choices=("tun", "veth", "relays"))
    options = parser.parse_args()
    if options.port == "relays":
        network, measurements = rows(options.bin / "relay_accuracy_bench", None)
    else:
        network, measurements = rows(options.bin / "lab_accuracy_bench", options.port)
    print(f"{network.split(', ', 1)[1]}; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print(table(measurements))
    return 0


if __name__ == "__main__":
    sys.exit(main())
