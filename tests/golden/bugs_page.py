"""docs/bugs.md: each bug of the catalogue with the check that finds it, scenarios that show it and mutants that have it.

Made of docs/bugs.yaml (the titles, and what is missing where there is no check), of what swarmsim says of its checks and
behaviours, of the texts of all scenarios and of the headers of all mutants.  So it follows them without anybody's help.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml

BUG = re.compile(r"\bB\d\d\b")
LIMIT = 60.0  # seconds
SHOWN = 3  # scenarios of a bug; the rest is counted


@dataclass
class Bug:
    title: str
    checks: list[str] = field(default_factory=list)
    scenarios: list[str] = field(default_factory=list)
    mutants: list[str] = field(default_factory=list)
    waits_for: str = ""


def told(swarmsim: str, root: Path, *arguments: str) -> dict[str, list[dict[str, object]]]:
    done = subprocess.run([swarmsim, *arguments, "--json"], cwd=root, capture_output=True, text=True, timeout=LIMIT, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stdout + done.stderr)
    answer: dict[str, list[dict[str, object]]] = json.loads(done.stdout)
    return answer


def mutants_of(root: Path) -> dict[str, tuple[set[str], list[str]]]:
    """Name -> bugs of its class, scenarios it is shown on."""
    mutants: dict[str, tuple[set[str], list[str]]] = {}
    for patch in sorted((root / "tests" / "mutants").glob("*.patch")):
        head = patch.read_text().split("\n---", 1)[0]
        fields = dict(re.findall(r"(?m)^(Class|Scenarios): (.*)$", head))
        mutants[patch.stem] = (set(BUG.findall(fields.get("Class", ""))), fields.get("Scenarios", "").split())
    return mutants


def gathered(swarmsim: str, root: Path) -> dict[str, Bug]:
    catalogue = yaml.safe_load((root / "docs" / "bugs.yaml").read_text())
    checks = told(swarmsim, root, "explain")["checks"]
    scenarios = told(swarmsim, root, "list", "scenarios")["scenarios"]
    mutants = mutants_of(root)
    there = {str(check["name"]) for check in checks}
    bugs: dict[str, Bug] = {}
    for name, entry in catalogue.items():
        bug = bugs[name] = Bug(entry["title"], waits_for=entry.get("waits_for", ""))
        # What was meant for it first, then what says of itself that it finds it.
        bug.checks = [check for check in entry["checks"] if check in there]
        for check in checks:
            if name in check["bugs"] and check["name"] not in bug.checks:  # type: ignore[operator]
                bug.checks.append(str(check["name"]))
    unknown = sorted({bug for _, (names, _) in mutants.items() for bug in names} - bugs.keys())
    if unknown:
        raise SystemExit(f"mutants name bugs that docs/bugs.yaml does not have: {', '.join(unknown)}")
    for scenario in scenarios:
        file = str(scenario["file"])
        named = set(BUG.findall((root / file).read_text()))
        used = {str(check["check"]) for check in scenario["checks"]}  # type: ignore[attr-defined]
        for name, bug in bugs.items():
            if name in named and used & set(bug.checks):
                bug.scenarios.append(file)
    for mutant, (names, shown_on) in mutants.items():
        for name in names:
            bugs[name].mutants.append(mutant)
            bugs[name].scenarios.extend(file for file in shown_on if file.endswith(".yaml") and file not in bugs[name].scenarios)
    return bugs


def link(file: str) -> str:
    return f"[{Path(file).stem}](../{file})"


def scenarios_cell(bug: Bug) -> str:
    shown = ", ".join(link(file) for file in bug.scenarios[:SHOWN])
    rest = len(bug.scenarios) - SHOWN
    return shown + (f" and {rest} more" if rest > 0 else "")


def page(swarmsim: str, root: Path) -> str:
    bugs = gathered(swarmsim, root)
    found = {name: bug for name, bug in bugs.items() if bug.checks}
    pending = {name: bug for name, bug in bugs.items() if not bug.checks}
    silent = [name for name, bug in pending.items() if not bug.waits_for]
    mutants = len({mutant for bug in bugs.values() for mutant in bug.mutants})
    lines = [
        "# Bugs that real clients had, and what finds them",
        "",
        "Generated from `bugs.yaml`, the manuals of the checks, the scenarios and the mutants: `tests/golden/pages.py --write`.",
        "",
        f"{len(bugs)} bugs: {len(found)} with a check, {sum(1 for bug in found.values() if bug.scenarios)} of them with a scenario, "
        f"{sum(1 for bug in found.values() if bug.mutants)} with mutants ({mutants} in all), {len(pending)} pending.",
        "",
        "| bug | | checks | scenarios | mutants |",
        "|---|---|---|---|---|",
    ]
    for name, bug in found.items():
        checks = ", ".join(f"[{check}](checks.md#{check})" for check in bug.checks)
        lines.append(f"| {name} | {bug.title} | {checks} | {scenarios_cell(bug)} | {', '.join(bug.mutants)} |")
    if pending:
        lines += ["", "## Pending", "", "| bug | | waits for |", "|---|---|---|"]
        for name, bug in pending.items():
            lines.append(f"| {name} | {bug.title} | {bug.waits_for or 'its check'} |")
    if silent:
        lines += ["", f"Within reach, and without a check so far: {', '.join(silent)}."]
    return "\n".join(lines) + "\n"
