"""The kill matrix on a tree of a few lines: a mutant is caught, caught by another check, or survives."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import pytest

from lab import build, mutants, packages, tree
from lab.console import Exit, LabError

ROOT = Path(__file__).resolve().parents[2]

# A "simulator" that judges two numbers, each by a check of its own.
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
  std::printf("{\\"runs\\": [{\\"checks\\": [{\\"check\\": \\"upload_slots\\", \\"verdict\\": \\"%s\\"},"
              " {\\"check\\": \\"bans\\", \\"verdict\\": \\"%s\\"}]}]}",
              slots == 4 ? "held" : "violated", bans == 1 ? "held" : "violated");
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
    return mutants.mutants(argparse.Namespace(names=list(names)))


def test_the_matrix_tells_caught_from_survived(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1. Three mutants: one caught as named, one by another check, one by none. 2. Each alone has its status."""
    folder = tiny / "tests" / "mutants"
    (folder / "one_slot_too_many.patch").write_text(
        patch("Class: choking\nExpected: upload_slots\nScenarios: scenarios/a.yaml", 2, "int slots = 4;", "int slots = 5;"))
    (folder / "never_ban.patch").write_text(
        patch("Class: correctness\nExpected: completes", 3, "int bans = 1;", "int bans = 0;"))
    (folder / "nothing_looks.patch").write_text(
        patch("Class: quality\nExpected: bans", 4, "int unseen = 0;", "int unseen = 1;"))
    assert judge("one_slot_too_many") == Exit.HELD
    assert "red: upload_slots" in capsys.readouterr().err
    assert judge("never_ban") == Exit.VIOLATED
    assert "caught by another check than named: never_ban" in capsys.readouterr().out
    assert judge() == Exit.VIOLATED
    assert capsys.readouterr().out.startswith("2 of 3 mutants caught; survived: nothing_looks")


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
    with pytest.raises(LabError, match="red without any mutant: upload_slots"):
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
