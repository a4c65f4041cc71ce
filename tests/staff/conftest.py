"""Counters that no other test has used."""

import pytest


@pytest.fixture(autouse=True)
def always_fresh_counts(fresh_counts: None) -> None:
    """Nobody has tried anything yet."""
