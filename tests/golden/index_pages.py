"""scenarios/FOLDER/README.md: what stands in a folder of scenarios, one row each.

`times` are the virtual times of runs with seed 1, which compare.py has from the runs whose fingerprints it compares.
"""

from __future__ import annotations

import re
from pathlib import Path

from bugs_page import BUG, told

ABOUT = {
    "choking": "Who is unchoked, when, and for how long.",
    "correctness": "What is asked, answered, verified and announced.",
    "endgame": "The last blocks of a download.",
    "lab": "Stories that hold for any client: short, over narrow lines, with `subject: true` where the client goes.",
    "metadata": "Magnet links.",
    "network": "Lines, paths and hosts that fail, and swarms as a whole.",
    "papers": "What the literature measured.",
    "regressions": "What failed once.",
    "robustness": "Peers that misbehave.",
    "tracker": "What clients tell trackers, and trackers clients.",
}


def time_text(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def unique(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))


def row(scenario: dict[str, object], text: str, seconds: float | None) -> str:
    file = Path(str(scenario["file"]))
    checks = ", ".join(unique([str(check["check"]) for check in scenario["checks"]]))  # type: ignore[attr-defined]
    is_for_the_night = scenario["tiers"] == ["nightly"]
    tiers = "nightly" if is_for_the_night else ", ".join(
        tier for tier in scenario["tiers"] if tier not in ("pr", "nightly"))  # type: ignore[attr-defined]
    title = str(scenario["title"]).replace("|", "\\|")
    return (f"| [{file.stem}]({file.name}) | {title} | {', '.join(scenario['subjects'])} | {checks} "  # type: ignore[arg-type]
            f"| {', '.join(sorted(set(BUG.findall(text))))} | {tiers} | {'' if seconds is None else time_text(seconds)} |")


def pages(swarmsim: str, root: Path, times: dict[str, float]) -> dict[str, str]:
    """Path of each page, from the root, and what it should say."""
    folders: dict[str, list[str]] = {}
    for scenario in told(swarmsim, root, "list", "scenarios")["scenarios"]:
        file = str(scenario["file"])
        if file.count("/") != 2:
            continue   # beside the folders
        rows = folders.setdefault(file.split("/")[1], [])
        rows.append(row(scenario, (root / file).read_text(), times.get(file)))
    texts: dict[str, str] = {}
    for folder, rows in folders.items():
        head = [f"# {folder}", "", ABOUT.get(folder, ""), "",
                "Generated: `tests/golden/compare.py --write`.  The time is virtual, of seed 1.", "",
                "| scenario | claim | subjects | checks | bugs | tiers | time |", "|---|---|---|---|---|---|---|"]
        texts[f"scenarios/{folder}/README.md"] = re.sub("\n{3,}", "\n\n", "\n".join(head + rows)) + "\n"
    return texts
