"""The kill matrix and its counterpart on a tree of a few lines: what is caught, by whom, and who is accused wrongly."""

from __future__ import annotations

import argparse
import shutil
import subprocess
from pathlib import Path

import pytest

from lab import build, lab_mutants, mutants, packages, patched, tree, variations
from lab.console import Exit, LabError

ROOT = Path(__file__).resolve().parents[2]

# A "simulator" that judges two numbers, each by a check of its own, with seeds 1 and 2.
_CMAKE = """cmake_minimum_required(VERSION 3.23)
project(tiny LANGUAGES CXX)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
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
    std::printf("%s{\\"seed\\": %d, \\"fingerprint\\": \\"%d\\", \\"checks\\": [{\\"check\\": \\"upload_slots\\", \\"verdict\\": \\"%s\\"},"
                " {\\"check\\": \\"bans\\", \\"verdict\\": \\"%s\\"}]}", seed == 1 ? "" : ", ", seed, slots * 2 + bans,
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
    for folder in ("protocol", "runtime", "client", "tracker", "torrentgen", "swarmsim", "scenarios", "tests/mutants",
                   "tests/variations", "docs"):
        (root / folder).mkdir(parents=True)
    (root / "CMakeLists.txt").write_text(_CMAKE)
    shutil.copy(ROOT / "CMakePresets.json", root)
    (root / "client" / "numbers.cpp").write_text(_NUMBERS)
    monkeypatch.setattr(tree, "ROOT", root)
    monkeypatch.setattr(packages, "ensure", lambda wanted: None)
    return root


def judge(*names: str, **options: bool) -> int:
    plain = {"lab": False, "wide": False, "compile": False, "again": False, "write": False}
    return mutants.mutants(argparse.Namespace(names=list(names), seeds=2, **{**plain, **options}))


def vary(*names: str) -> int:
    return variations.variations(argparse.Namespace(names=list(names), seeds=2, scenarios=["scenarios"], again=False))


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
    assert "SURVIVED; expected bans, and no run differs from the clean one: it does not act" in shown.err


def test_the_mutants_of_this_tree_apply_and_name_what_exists() -> None:
    """1. Each patch applies to the sources. 2. The check and the scenarios that it names are there."""
    found = mutants.all_mutants()
    assert found
    for mutant in found:
        assert_applies(mutant)
        assert (ROOT / "swarmsim" / "checks" / f"{mutants.expected(mutant)}.cpp").exists(), mutant.name
        assert all((ROOT / scenario).exists() for scenario in mutants.scenarios(mutant)), mutant.name
        assert (ROOT / lab_mutants.scenario(mutant)).exists(), mutant.name


def test_the_variations_of_this_tree_apply_and_except_what_exists() -> None:
    found = variations.all_variations()
    assert found
    for variation in found:
        assert_applies(variation)
        for scenario, check in variations.exceptions(variation):
            assert (ROOT / scenario).exists(), variation.name
            assert (ROOT / "swarmsim" / "checks" / f"{check}.cpp").exists(), variation.name


def test_the_published_matrix_has_every_mutant() -> None:
    page = (ROOT / "docs" / "mutants.md").read_text()
    missing = [mutant.name for mutant in mutants.all_mutants() if f"| {mutant.name} |" not in page]
    assert not missing, "./lab mutants --write"


def assert_applies(change: patched.Patch) -> None:
    applied = subprocess.run(["patch", "-p1", "--force", "--dry-run", "--input", str(change.path)], cwd=ROOT,
                             capture_output=True, text=True, timeout=60, check=False)
    assert applied.returncode == 0, f"{change.name}: {applied.stdout}"
    assert not any(file.startswith("scenarios/") for file in change.files()), f"{change.name} changes what judges it"


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


def test_what_is_known_is_not_run_again_until_something_changes(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1. The second time nothing is built. 2. A changed source is judged anew, and so is everything with --again."""
    (tiny / "tests" / "mutants" / "never_ban.patch").write_text(
        patch("Class: B44: x\nExpected: bans", 3, "int bans = 1;", "int bans = 0;"))
    assert judge() == Exit.HELD
    judged = []
    real = patched.built
    monkeypatch.setattr(patched, "built", lambda mutant: judged.append(mutant.name) or real(mutant))
    assert judge() == Exit.HELD and judged == []
    (tiny / "scenarios" / "new.yaml").write_text("format: 1\n")
    assert judge() == Exit.HELD and judged == ["never_ban"]
    assert judge(again=True) == Exit.HELD and judged == ["never_ban"] * 2


def test_two_at_once_do_not_judge_each_others_patches(tiny: Path) -> None:
    (tiny / "tests" / "mutants" / "any.patch").write_text(
        patch("Class: x\nExpected: bans", 3, "int bans = 1;", "int bans = 0;"))
    with patched.alone(), pytest.raises(LabError, match="another ./lab mutants or ./lab variations is at work"):
        judge()


def test_the_matrix_is_written_for_all_mutants_or_none(tiny: Path) -> None:
    for name in ("one", "two"):
        (tiny / "tests" / "mutants" / f"{name}.patch").write_text(
            patch("Class: B44: a liar is never dropped\nExpected: bans", 3, "int bans = 1;", "int bans = 0;"))
    with pytest.raises(LabError, match="of all mutants, or of none"):
        judge("one", write=True)
    assert judge(write=True, wide=True) == Exit.HELD
    page = (tiny / "docs" / "mutants.md").read_text()
    assert "2 of 2 caught in 2 of 2 seeds" in page
    assert "| one | B44 | bans | 2/2 |" in page and "**two**, B44: a liar is never dropped" in page


def test_all_mutants_can_be_compiled_without_being_run(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tiny / "tests" / "mutants"
    (folder / "good.patch").write_text(patch("Class: x\nExpected: bans", 3, "int bans = 1;", "int bans = 0;"))
    assert judge(compile=True) == Exit.HELD
    assert "1 of 1 patches apply and compile" in capsys.readouterr().out
    (folder / "bad.patch").write_text(patch("Class: x\nExpected: bans", 3, "int bans = 1;", "itn bans = 0;"))
    assert judge(compile=True) == Exit.ENVIRONMENT
    shown = capsys.readouterr()
    assert "1 of 2 patches apply and compile" in shown.out
    assert "bad does not compile" in shown.err and "itn" in shown.err


def test_a_legal_variation_is_accused_by_nobody_or_named_with_its_exception(
        tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1. One that no check minds. 2. One that a check accuses. 3. The same with its exception, and one that is
    stale. 4. One that changes nothing."""
    folder = tiny / "tests" / "variations"
    (folder / "five.patch").write_text(patch("Legal: yes", 2, "int slots = 4;", "int slots = 7;"))
    assert vary() == Exit.VIOLATED
    assert "accused: five" in capsys.readouterr().out
    (folder / "five.patch").write_text(
        patch("Legal: yes\nUnlike: : upload_slots; it is about our client", 2, "int slots = 4;", "int slots = 7;"))
    assert vary() == Exit.HELD
    assert "but for 1 named exceptions in 2 runs, of which 2 differ" in capsys.readouterr().err
    (folder / "five.patch").write_text(
        patch("Legal: yes\nUnlike: : upload_slots; it is about our client | : completes; it was slow once", 2, "int slots = 4;",
              "int slots = 7;"))
    assert vary() == Exit.HELD
    said = capsys.readouterr()
    assert "stale exception, nothing needs it: : completes" in said.err
    assert "; 1 stale exceptions" in said.out
    (folder / "five.patch").write_text(patch("Legal: yes", 4, "int unseen = 0;", "int unseen = 1;"))
    assert vary() == Exit.VIOLATED
    assert "change nothing: five" in capsys.readouterr().out


def test_a_build_that_fails_shows_the_compiler_and_the_next_one_works(tiny: Path) -> None:
    """1. A source with an error: the compiler's words. 2. Mended, it builds; once more, there is nothing to do."""
    source = tiny / "client" / "numbers.cpp"
    source.write_text(_NUMBERS.replace("int slots", "itn slots"))
    with pytest.raises(LabError, match="itn"):
        build.build("release", ["swarmsim"])
    source.write_text(_NUMBERS)
    assert (build.build("release", ["swarmsim"]) / "swarmsim").exists()
    assert build._ninja("release", tree.build_folder("release"), ["swarmsim"]) == 0
