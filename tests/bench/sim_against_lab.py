"""How near the simulator is to real processes, as a table for docs/lab.md.

    sudo /usr/bin/python3 tests/bench/sim_against_lab.py [--bin build/release/bin] [--runs 5] [SCENARIO ...]

Each scenario runs in virtual time with our engine, single packets and as many seeds as runs, and in namespaces with `btclient` as its
subject, as often, under the same seeds.  Compared are the verdicts, and the medians over the runs of how long, on average, those took that
had something to fetch.
Nothing else should run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 900.0
SCENARIOS = ("a_leecher_completes_from_one_seed", "a_seed_serves_whoever_comes", "two_seeds_are_both_used",
             "partial_peers_make_a_whole", "leechers_trade_what_a_slow_seed_gave")


def run(program: Path, scenario: Path, seed: int, *more: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="sim-against-lab-") as out:
        done = subprocess.run([program, "run", scenario, "--seed", str(seed), "--json", "--out", out, *more], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=SECONDS, check=False)
    try:
        told: dict[str, Any] = json.loads(done.stdout)["runs"][0]
    except (ValueError, KeyError, IndexError):
        raise SystemExit(f"{scenario.name} {' '.join(more)}: {done.stdout}{done.stderr}") from None
    return told


def took(told: dict[str, Any]) -> list[float]:
    """Seconds from joining to completion, of everybody who had to fetch something and got it."""
    return [peer["completed_s"] - peer["joined_s"] for peer in told["peers"] if peer.get("completed_s") is not None]


def verdicts(runs: list[dict[str, Any]]) -> str:
    """"12 held", over all runs."""
    counts: dict[str, int] = {}
    for told in runs:
        for check in told["checks"]:
            counts[check["verdict"]] = counts.get(check["verdict"], 0) + 1
    return ", ".join(f"{number} {verdict}" for verdict, number in sorted(counts.items()))


def row(program: Path, scenario: Path, runs: int) -> tuple[str, bool]:
    simulated = [run(program, scenario, seed, "--set", "network.train=1") for seed in range(1, runs + 1)]
    real = [run(program, scenario, seed, "--mode", "lab", "--client", "btclient") for seed in range(1, runs + 1)]
    sim, lab = (statistics.median(statistics.mean(took(told)) for told in side) for side in (simulated, real))
    apart = lab / sim - 1
    same = verdicts(simulated) == verdicts(real)
    words = verdicts(simulated) if same else f"{verdicts(simulated)}; lab: {verdicts(real)}"
    rough = sum("rough" in told for told in real)
    return (f"| {scenario.stem} | {sim:.2f} s | {lab:.2f} s | {apart:+.1%} | {words} | {rough} |", abs(apart) <= 0.15 and same)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compares virtual time with real time, scenario by scenario.")
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("scenarios", nargs="*", type=Path, default=[ROOT / "scenarios" / "lab" / f"{name}.yaml" for name in SCENARIOS])
    options = parser.parse_args()
    print(f"{options.runs} runs each; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| scenario | virtual time | real time | apart | verdicts | rough runs |\n|---|---|---|---|---|---|")
    all_near = True
    for scenario in options.scenarios:
        line, is_near = row(options.bin / "swarmsim", scenario, options.runs)
        print(line, flush=True)
        all_near = all_near and is_near
    return 0 if all_near else 1


if __name__ == "__main__":
    sys.exit(main())
