"""The kill matrix on a tree of a few lines: a mutant is caught, caught by another check, or survives."""

from __future__ import annotations

import argparse
import shutil
import subprocess
from pathlib import Path

import pytest

from lab import build, mutants, packages, tree
from lab.console import Exit, LabError

ROOT = Path(__file__).resolve().parents[2]

# A "simulator" that judges two numbers, each by a check of its own, with seeds 1 and 2.
_CMAKE = """cmake_minimum_required(VERSION 3.23)
project(tiny LANGUAGES CXX)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
add_executable(swarmsim client/numbers.cpp)
"""
_NUMBERS = """#include <cstdio>
int slots = 4;
int bans = 1;
int unseen = 0;
int main() {
  std::printf("{\\"runs\\": [");
  for (int seed = 1; seed <= 2; ++seed)
    std::printf("%s{\\"seed\\": %d, \\"checks\\": [{\\"check\\": \\"upload_slots\\", \\"verdict\\": \\"%s\\"},"
                " {\\"check\\": \\"bans\\", \\"verdict\\": \\"%s\\"}]}", seed == 1 ? "" : ", ", seed,
                slots < 4 + seed && slots > 3 ? "held" : "violated", bans == 1 ? "held" : "violated");
  std::printf("]}");
}
"""


def patch(header: str, line: int, before: str, after: str) -> str:
    return (f"{header}\n--- a/client/numbers.cpp\n+++ b/client/numbers.cpp\n"
            f"@@ -{line},1 +{line},1 @@\n-{before}\n+{after}\n")


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path.resolve() / "tree"
    for folder in ("protocol", "runtime", "client", "tracker", "torrentgen", "swarmsim", "scenarios", "tests/mutants"):
        (root / folder).mkdir(parents=True)
    (root / "CMakeLists.txt").write_text(_CMAKE)
    shutil.copy(ROOT / "CMakePresets.json", root)
    (root / "client" / "numbers.cpp").write_text(_NUMBERS)
    monkeypatch.setattr(tree, "ROOT", root)
    monkeypatch.setattr(packages, "ensure", lambda wanted: None)
    return root


def judge(*names: str) -> int:
    return mutants.mutants(argparse.Namespace(names=list(names), seeds=2))


def test_the_matrix_tells_caught_from_survived(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1. Four mutants: caught as named, by another check, in one seed of two, not at all. 2. Each has its status."""
    folder = tiny / "tests" / "mutants"
    (folder / "two_slots_too_many.patch").write_text(
        patch("Class: B08: x\nExpected: upload_slots\nScenarios: scenarios/a.yaml", 2, "int slots = 4;", "int slots = 6;"))
    (folder / "never_ban.patch").write_text(
        patch("Class: B44: x\nExpected: completes", 3, "int bans = 1;", "int bans = 0;"))
    (folder / "one_slot_too_many.patch").write_text(
        patch("Class: B08: x\nExpected: upload_slots", 2, "int slots = 4;", "int slots = 5;"))
    (folder / "nothing_looks.patch").write_text(
        patch("Class: B99: x\nExpected: bans", 4, "int unseen = 0;", "int unseen = 1;"))
    assert judge("two_slots_too_many") == Exit.HELD
    assert "B08   upload_slots red in 2 of 2 seeds" in capsys.readouterr().err
    assert judge("never_ban") == Exit.VIOLATED
    shown = capsys.readouterr()
    assert "completes red in 0 of 2 seeds; also bans 2" in shown.err
    assert "not always by the check named: never_ban" in shown.out
    assert judge("one_slot_too_many") == Exit.VIOLATED
    assert "upload_slots red in 1 of 2 seeds" in capsys.readouterr().err
    assert judge() == Exit.VIOLATED
    shown = capsys.readouterr()
    assert shown.out.startswith("2 of 4 mutants caught in 2 of 2 seeds; not: nothing_looks, one_slot_too_many")
    assert "SURVIVED; expected bans" in shown.err


def test_the_mutants_of_this_tree_apply_and_name_what_exists() -> None:
    """1. Each patch applies to the sources. 2. The check and the scenarios that it names are there."""
    found = mutants._all_mutants()
    assert found
    for mutant in found:
        applied = subprocess.run(["patch", "-p1", "--batch", "--dry-run", "--input", str(mutant.patch)], cwd=ROOT,
                                 capture_output=True, text=True, timeout=60, check=False)
        assert applied.returncode == 0, f"{mutant.name}: {applied.stdout}"
        assert (ROOT / "swarmsim" / "checks" / f"{mutant.expected}.cpp").exists(), mutant.name
        assert all((ROOT / scenario).exists() for scenario in mutant.scenarios), mutant.name


def test_a_patch_that_does_not_apply_or_says_too_little_is_an_error(tiny: Path) -> None:
    folder = tiny / "tests" / "mutants"
    (folder / "stale.patch").write_text(patch("Class: x\nExpected: bans", 2, "int slots = 7;", "int slots = 8;"))
    with pytest.raises(LabError, match="does not apply") as error:
        judge()
    assert error.value.status == Exit.ENVIRONMENT
    (folder / "stale.patch").write_text(patch("Class: x", 2, "int slots = 4;", "int slots = 5;"))
    with pytest.raises(LabError, match="lacks Expected") as error:
        judge()
    assert error.value.status == Exit.USAGE


def test_a_scenario_that_is_red_anyway_proves_nothing(tiny: Path) -> None:
    (tiny / "tests" / "mutants" / "any.patch").write_text(
        patch("Class: x\nExpected: bans", 3, "int bans = 1;", "int bans = 0;"))
    (tiny / "client" / "numbers.cpp").write_text(_NUMBERS.replace("slots = 4;", "slots = 3;"))
    with pytest.raises(LabError, match=r"red without any mutant: upload_slots \(seed 1\)"):
        judge()


def test_a_build_that_fails_shows_the_compiler_and_the_next_one_works(tiny: Path) -> None:
    """1. A source with an error: the compiler's words. 2. Mended, it builds; once more, there is nothing to do."""
    source = tiny / "client" / "numbers.cpp"
    source.write_text(_NUMBERS.replace("int slots", "itn slots"))
    with pytest.raises(LabError, match="itn"):
        build.build("release", ["swarmsim"])
    source.write_text(_NUMBERS)
    assert (build.build("release", ["swarmsim"]) / "swarmsim").exists()
    assert build._ninja("release", tree.build_folder("release"), ["swarmsim"]) == 0
