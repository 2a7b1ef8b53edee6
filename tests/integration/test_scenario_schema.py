"""The JSON Schema that editors get: it accepts every stock scenario and sees slips of the keyboard."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.programs import Programs

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = sorted((ROOT / "scenarios").rglob("*.yaml"))

class _AsEditorsRead(yaml.SafeLoader):
    """YAML 1.2, where `on` and `off` are words: only true and false are truths."""


_AsEditorsRead.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

_RIGHT: dict[str, Any] = yaml.safe_load("""
format: 1
scenario: A right one
limit: 1 min
torrent: { size: 1 MiB }
peers: { seeder: { have: all }, leech: { count: 2, behaviour: [ { corrupt_blocks: 5% } ] } }
timeline: [ { at: 5 s, stop: leech } ]
checks: [ completes: { who: leech, within: 8 s } ]
""")


@pytest.fixture(scope="session")
def validator(programs: Programs) -> Any:
    if os.environ.get("CI") == "true":
        import jsonschema
    else:
        jsonschema = pytest.importorskip("jsonschema")
    made = programs.run("swarmsim", "schema")
    assert made.returncode == 0, made.stderr
    schema = json.loads(made.stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


@pytest.mark.parametrize("path", SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_every_stock_scenario_fits(path: Path, validator: Any) -> None:
    """1. The file, read as YAML, has no error."""
    assert [error.message for error in validator.iter_errors(yaml.load(path.read_text(), _AsEditorsRead))] == []


@pytest.mark.parametrize("change", [
    {"limit": 60}, {"limit": "60 sec"}, {"limits": "1 min"}, {"format": 2}, {"torrent": {"siz": "1 MiB"}}, {"content": "byte"},
    {"peers": {}}, {"peers": {"leech": {"have": "some"}}}, {"peers": {"0leech": {}}}, {"peers": {"leech": {"count": "many"}}},
    {"peers": {"leech": {"settings": {"upload_slot": 4}}}}, {"peers": {"leech": {"behaviour": ["corupt_blocks"]}}},
    {"timeline": [{"at": "5 s"}]}, {"timeline": [{"at": "5 s", "stop": "leech", "kill": "leech"}]}, {"timeline": [{"stop": "leech"}]},
    {"checks": []}, {"checks": [{"complete": {"who": "leech"}}]}, {"checks": [{"completes": {"whom": "leech"}}]},
    {"checks": [{"completes": {"within": "8 s"}}]}, {"network": {"link": {"up": "4 Mbit"}}},
], ids=json.dumps)
def test_a_slip_is_seen(change: dict[str, Any], validator: Any) -> None:
    """1. The scenario is right.  2. With one slip it is not."""
    assert list(validator.iter_errors(_RIGHT)) == []
    wrong = copy.deepcopy(_RIGHT) | change
    assert list(validator.iter_errors(wrong)) != []
