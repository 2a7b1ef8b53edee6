"""Each rule of tidy.py bites on a small tree that breaks it, and leaves its good twin alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import headers  # noqa: E402
import tidy  # noqa: E402

HEADER = "// What it is for.\n#pragma once\n"


def rules_that_bite(files: dict[str, str]) -> set[str]:
    return {finding.rule for finding in tidy.findings(tidy.Tree(files), {})} - {"dead_files"}


@pytest.mark.parametrize(("rule", "bad", "good"), [
    ("layers", {"protocol/a.hpp": HEADER + '#include "runtime/clock.hpp"\n', "runtime/clock.hpp": HEADER},
               {"runtime/a.hpp": HEADER + '#include "protocol/ids.hpp"\n', "protocol/ids.hpp": HEADER}),
    ("layers", {"swarmsim/checks/a.cpp": '#include "client/choker.hpp"\n', "client/choker.hpp": HEADER},
               {"swarmsim/peers/a.cpp": '#include "client/choker.hpp"\n', "client/choker.hpp": HEADER}),
    ("layers", {"swarmsim/capture/a.cpp": '#include "swarmsim/run/a.hpp"\n', "swarmsim/run/a.hpp": HEADER},
               {"swarmsim/capture/a.cpp": '#include "swarmsim/wire/a.hpp"\n', "swarmsim/wire/a.hpp": HEADER}),
    ("layers", {"runtime/clock.hpp": HEADER + '#include "runtime/asio/loop.hpp"\n', "runtime/asio/loop.hpp": HEADER},
               {"runtime/asio/loop.hpp": HEADER + '#include "runtime/clock.hpp"\n', "runtime/clock.hpp": HEADER}),
    ("layers", {"client/session.cpp": '#include "runtime/asio/loop.hpp"\n', "runtime/asio/loop.hpp": HEADER},
               {"client/main.cpp": '#include "runtime/asio/loop.hpp"\n', "runtime/asio/loop.hpp": HEADER}),
    ("heavy_headers", {"client/a.cpp": "#include <boost/asio.hpp>\n"}, {"runtime/asio/a.cpp": "#include <boost/asio.hpp>\n"}),
    ("heavy_headers", {"runtime/asio/a.cpp": "#include <boost/beast/http.hpp>\n"},
                      {"runtime/http/a.cpp": "#include <boost/beast/http.hpp>\n"}),
    ("heavy_headers", {"swarmsim/run/a.cpp": "#include <yaml-cpp/yaml.h>\n"},
                      {"swarmsim/scenario/a.cpp": "#include <yaml-cpp/yaml.h>\n"}),
    ("threads", {"client/a.cpp": "#include <thread>\n"}, {"tracker/main.cpp": "#include <thread>\n"}),
    ("banned_calls", {"client/a.cpp": "std::shuffle(a, b, c);\n"}, {"client/a.cpp": "// not std::shuffle(\nshuffle(a);\n"}),
    ("banned_calls", {"client/a.cpp": "auto x = rand();\n"}, {"client/a.cpp": "auto x = random.rand();\noperand();\n"}),
    ("banned_calls", {"client/a.cpp": "time(nullptr);\n"}, {"client/a.cpp": "clock.time();\nuptime(0);\n"}),
    ("banned_calls", {"client/a.cpp": "std::chrono::steady_clock::now();\n"},
                     {"runtime/asio/a.cpp": "std::chrono::steady_clock::now();\n"}),
    ("exceptions_at_edges", {"client/a.cpp": "throw Error{};\n"}, {"client/main.cpp": "throw Error{};\n"}),
    ("exceptions_at_edges", {"protocol/a.cpp": "try {\n}\n"}, {"protocol/a.cpp": 'say("try { this }");\n'}),
    ("include_style", {"client/a.cpp": '#include "a.hpp"\n'}, {"client/a.cpp": "#include <vector>\n"}),
    ("include_style", {"client/a.cpp": '#include <vector>\n#include "client/a.hpp"\n', "client/a.hpp": HEADER},
                      {"client/a.cpp": '#include "client/a.hpp"\n#include <vector>\n', "client/a.hpp": HEADER}),
    ("header_form", {"client/a.hpp": "#pragma once\n"}, {"client/a.hpp": HEADER}),
    ("header_form", {"client/a.hpp": "// Words.\n"}, {"client/a.hpp": HEADER}),
    ("file_size", {"client/a.cpp": "\n" * 601}, {"client/a.cpp": "\n" * 600}),
    ("line_length", {"client/a.cpp": "//" + "x" * 139 + "\n"}, {"client/a.cpp": "//" + "x" * 138 + "\n"}),
    ("trailing_space", {"client/a.cpp": "int a; \n"}, {"client/a.cpp": "int a;\n"}),
    ("tabs", {"client/a.cpp": "\tint a;\n"}, {"client/a.cpp": "  int a;\n"}),
    ("promises", {"client/a.cpp": "// TO" "DO: all of it\n"}, {"client/a.cpp": "// to do is to be\n"}),
    ("machine_paths", {"lab": "cd /" + "root/swarmlab\n"}, {"lab": "cd /usr/bin; ls docs/" + "work/in\n"}),
])
def test_rule_bites_on_the_bad_tree_only(rule: str, bad: dict[str, str], good: dict[str, str]) -> None:
    assert rules_that_bite(bad) == {rule}
    assert rules_that_bite(good) == set()


def test_a_source_that_no_build_file_lists_is_dead() -> None:
    """1. Two sources, one listed. 2. A name that contains another does not stand for it. 3. Loops are unrolled,
    and names from elsewhere resolved."""
    tree = tidy.Tree({"client/CMakeLists.txt": "add_library(x big_picker.cpp)", "client/big_picker.cpp": "",
                      "client/picker.cpp": "", "tests/CMakeLists.txt": "unit/a_test.cpp", "tests/unit/a_test.cpp": "",
                      "tests/fuzz/CMakeLists.txt": "foreach(codec url ids)\n  f(${codec}_fuzz.cpp)\nendforeach()",
                      "tests/fuzz/url_fuzz.cpp": "", "tests/fuzz/main.cpp": "", "runtime/a.cpp": "",
                      "runtime/b/CMakeLists.txt": "../a.cpp ${CMAKE_SOURCE_DIR}/tests/fuzz/main.cpp"})
    assert [finding.path for finding in tidy.dead_files(tree)] == ["client/picker.cpp"]


def test_an_exception_silences_its_finding_and_must_be_needed() -> None:
    tree = tidy.Tree({"client/a.cpp": "auto x = rand();\n", "client/CMakeLists.txt": "a.cpp"})
    assert tidy.findings(tree, {("banned_calls", "client/a.cpp"): "shown here"}) == []
    stale = tidy.findings(tree, {("banned_calls", "client/a.cpp"): "shown here", ("threads", "client/a.cpp"): "stale"})
    assert [(finding.rule, finding.path) for finding in stale] == [("threads", "client/a.cpp")]


def test_comments_and_literals_are_blanked_line_for_line() -> None:
    text = 'int a = 1\'000;  // rand()\n/* rand()\n rand() */ auto s = "rand()";\nauto r = R"x(rand()\n)x";\nchar c = \'"\';\nrand();\n'
    blanked = tidy.without_comments(text)
    assert blanked.count("\n") == text.count("\n")
    assert [number for number, line in enumerate(blanked.splitlines(), 1) if "rand" in line] == [7]


def test_a_header_that_lacks_an_include_does_not_compile_alone(tmp_path: Path) -> None:
    """1. Two headers without a .cpp: one names std::string without its include. 2. The compiler tells it apart."""
    folder = tmp_path / "protocol"
    folder.mkdir()
    (folder / "bad.hpp").write_text(HEADER + "inline std::string bad() { return {}; }\n")
    (folder / "good.hpp").write_text(HEADER + "#include <string>\ninline std::string good() { return {}; }\n")
    (folder / "paired.hpp").write_text(HEADER)
    (folder / "paired.cpp").write_text('#include "protocol/paired.hpp"\n')
    assert headers.unproven(tmp_path) == [Path("protocol/bad.hpp"), Path("protocol/good.hpp")]
    assert headers.compile_alone(tmp_path, "g++", Path("protocol/good.hpp")) == ""
    assert "std::string" in headers.compile_alone(tmp_path, "g++", Path("protocol/bad.hpp")).replace("‘", "").replace("’", "")
