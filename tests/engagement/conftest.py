"""What tests of the public addresses begin with."""

import pytest

from crm.core import rates


@pytest.fixture(autouse=True)
def fresh_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has asked for anything yet."""
    monkeypatch.setattr(rates, "_counts", rates._Counts())
