"""One simulator for the tests of a module: each finds it without faults."""

from collections.abc import Iterator

import pytest

from tests.devstack.ses_simulator.simulator import Simulator


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A simulator to which nothing listens and with which nobody engages."""
    with Simulator(tmp_path_factory.mktemp("ses")) as simulator:
        yield simulator


@pytest.fixture
def ses(running: Simulator) -> Simulator:
    """The same, with all faults taken back."""
    running.set()
    return running
