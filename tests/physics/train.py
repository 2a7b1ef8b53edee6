"""Do trains change the physics?  The table of docs/network_model.md.

    python3 tests/physics/train.py --swarmsim build/release/bin/swarmsim [--seeds 20] [--markdown]

For speed the emulator moves up to twelve back-to-back packets as one event.  A dozen scenarios run once so and once
packet by packet (network.train=1), over many seeds.  The median and the 95th percentile of how long peers took to complete
must agree within five per cent, and no run may be violated in either.  (That a single flow agrees within two per cent
in each run is a unit test, transfer_test.cpp.)
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOLERANCE = 0.05
LIMIT = 1800.0  # seconds for all runs of one kind
# On a line of 4 Mbit/s a packet takes 3 ms and trains are of one packet; so some stories are told over fast lines too.
FAST = ("network.link.up=40 Mbit/s", "network.link.down=100 Mbit/s", "network.link.queue=256 KiB", "torrent.size=64 MiB")
SCENARIOS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("choking/newcomers_get_a_first_piece", ()),
    ("choking/one_slot_serves_one_peer", ()),
    ("choking/one_slot_serves_one_peer", FAST),
    ("correctness/liar_is_dropped_and_nobody_else", ()),
    ("correctness/true_source_wins_over_total_corrupter", ()),
    ("endgame/last_blocks_do_not_wait_for_a_slow_holder", ()),
    ("network/a_flash_crowd_is_served", ("network.link.up=20 Mbit/s", "torrent.size=32 MiB")),
    ("network/a_lossy_line_slows_but_breaks_nothing", ()),
    ("network/nobody_dials_into_a_nat", FAST),
    ("quickstart", ()),
    ("quickstart", FAST),
    ("tracker/udp_announces_over_lopsided_lines", ()),
)
# Where a few unlucky peers are the slowest, twenty seeds say little about the 95th percentile: so many times as many.
MORE_SEEDS = {"network/a_lossy_line_slows_but_breaks_nothing": 5}


@dataclass
class Sample:
    """All runs of one scenario."""

    times: list[float]
    unfinished: int = 0
    violated: int = 0

    def percentile(self, share: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(swarmsim: str, seeds: int, scenario: str, settings: tuple[str, ...]) -> Sample:
    changes = [word for setting in settings for word in ("--set", setting)]
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run([swarmsim, "run", f"scenarios/{scenario}.yaml", "--seeds", f"1..{seeds}", "--json",
                               "--out", out, *changes],
                              cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False)
    report = json.loads(done.stdout)
    if "error" in report:
        raise SystemExit(report["error"])
    sample = Sample([])
    for run in report["runs"]:
        sample.violated += run["verdict"] in ("violated", "invalid")
        for peer in run["peers"]:
            if peer["completed_s"] is None:
                sample.unfinished += 1
            else:
                sample.times.append(peer["completed_s"] - peer["joined_s"])
    return sample


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swarmsim", required=True)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--markdown", action="store_true", help="the table as it stands in the documentation")
    options = parser.parse_args()

    wrong: list[str] = []
    rows: list[tuple[str, ...]] = []
    for scenario, settings in SCENARIOS:
        seeds = options.seeds * MORE_SEEDS.get(scenario, 1)
        train = measure(options.swarmsim, seeds, scenario, settings)
        packet = measure(options.swarmsim, seeds, scenario, (*settings, "network.train=1"))
        name = scenario + (", faster lines" if settings else "")
        cells = [name]
        for share, what in ((0.5, "median"), (0.95, "95th percentile")):
            ratio = train.percentile(share) / packet.percentile(share)
            cells += [f"{packet.percentile(share):.1f} s", f"{train.percentile(share):.1f} s", f"{ratio - 1:+.1%}"]
            if abs(ratio - 1) > TOLERANCE:
                wrong.append(f"{name}: the {what} differs by {ratio - 1:+.1%}")
        if train.violated or packet.violated or train.unfinished != packet.unfinished:
            wrong.append(f"{name}: {train.violated} runs with trains and {packet.violated} by packets are violated; "
                         f"{train.unfinished} and {packet.unfinished} peers never completed")
        rows.append(tuple(cells))

    head = ("scenario", "median by packets", "by trains", "", "p95 by packets", "by trains", "")
    if options.markdown:
        print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
        for row in rows:
            print("| " + " | ".join(row) + " |")
    else:
        widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
        for row in [head, *rows]:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for line in wrong:
        print(line)
    print(f"{len(rows)} scenarios x {options.seeds} seeds or more: " + ("trains and packets agree" if not wrong else "they differ"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
