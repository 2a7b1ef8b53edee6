"""What every test of whole processes shares: the programs under test, processes that end with the test,
private networks.

The programs are those in the folder SWARMLAB_BIN (build/<preset>/bin); without it, build/release/bin.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# A caller in the background has SIGINT ignored; what the tests start must hear Ctrl-C all the same.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "scripts")]

from harness.lab_swarm import LabSwarm  # noqa: E402
from harness.namespaces import PrivateNetwork, why_unavailable  # noqa: E402
from harness.programs import Programs  # noqa: E402
from harness.running import Running  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes minutes of waiting; part of `./lab test --all-builds` alone")
    config.addinivalue_line("markers", "flaky(reruns): may fail so often for reasons that are not ours (pytest-rerunfailures)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Processes run in real time, on a machine that others may use and that may stand still for a moment, and many of the programs
    are not ours: a test that fails is run a second time, and the summary says so. A fault that shows every time still fails.
    """
    for item in items:
        if "architecture" not in item.path.parts and item.get_closest_marker("flaky") is None:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def programs() -> Programs:
    """The built programs: programs.torrentgen, programs.bttracker, programs.btclient, programs.swarmsim."""
    return Programs(Path(os.environ.get("SWARMLAB_BIN", ROOT / "build" / "release" / "bin")).resolve())


@pytest.fixture
def running(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Running]:
    """Starts processes; ends them all with the test, and shows their output when it failed."""
    processes = Running(tmp_path / "logs")
    yield processes
    failed = getattr(request.node, "failed_in_call", False)
    processes.end_all(show_output=failed)


@pytest.fixture
def network() -> Iterator[PrivateNetwork]:
    """A private network of hosts 10.77.x.y that nothing leaves; its absence fails the test where CI is set."""
    reason = why_unavailable()
    if reason:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no private network here, and CI must not skip: {reason}")
        pytest.skip(f"no private network here: {reason}")
    with PrivateNetwork() as made:
        yield made


@pytest.fixture
def swarm(programs: Programs, running: Running, network: PrivateNetwork) -> LabSwarm:
    """A private network with a place for our tracker; nothing runs yet."""
    return LabSwarm(programs, running, network)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Lets the fixtures know whether the test failed."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when == "call":
        item.failed_in_call = report.failed  # type: ignore[attr-defined]
