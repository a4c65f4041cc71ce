"""One round of what `make bench-concurrency` measures: many writers at once, on a DynamoDB that has its bad days."""

from collections.abc import Iterator

import pytest

from bench import concurrency
from tests.integration import faulty
from tests.integration.faulty import FaultyStack

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def faulted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyStack]:
    """A stack behind the fault proxy."""
    with faulty.start(tmp_path_factory.mktemp("faulty"), seed=3) as running:
        yield running


def test_an_event_is_neither_oversold_nor_left_with_an_empty_place(faulted: FaultyStack) -> None:
    guests = concurrency.people(faulted.stack, "guest", concurrency.PEOPLE)
    newcomers = concurrency.people(faulted.stack, "newcomer", concurrency.CHANGES)
    outcome = concurrency.registrations(faulted, guests, newcomers, seed=3)
    assert outcome.wrong == []
    assert faulted.proxy.counts["conflicts"] > 0
    assert faulted.proxy.counts["dropped answers"] > 0


def test_one_address_belongs_to_one_person(faulted: FaultyStack) -> None:
    assert concurrency.one_address(faulted, "same@example.com").wrong == []
