"""Counters that no other test has used."""

import pytest

from crm.core import rates


@pytest.fixture(autouse=True)
def fresh_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has tried anything yet."""
    monkeypatch.setattr(rates, "_counts", rates._Counts())
