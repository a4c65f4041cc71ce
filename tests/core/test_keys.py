"""Keys longer than DynamoDB takes name nothing. Emulators would take them, and DynamoDB would refuse the request."""

from collections.abc import Iterable

import pytest

from crm.core import dynamo
from crm.core.walks import WalkItem

FITS = [("p" * 2_048, "s" * 1_024), ("é" * 1_024, "é" * 512)]
TOO_LONG = [("p" * 2_049, "s"), ("p", "s" * 1_025), ("é" * 1_025, "s"), ("p", "é" * 513)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The keys that DynamoDB was asked for, all of which name nothing."""
    seen: list[tuple[str, str]] = []

    def get(pk: str, sk: str, **_: object) -> None:
        seen.append((pk, sk))
        raise WalkItem.DoesNotExist

    def batch_get(keys: Iterable[tuple[str, str]], **_: object) -> list[WalkItem]:
        seen.extend(keys)
        return []

    monkeypatch.setattr(WalkItem, "get", get)
    monkeypatch.setattr(WalkItem, "batch_get", batch_get)
    return seen


def test_key_that_no_item_can_have_is_not_asked_for(asked: list[tuple[str, str]]) -> None:
    for pk, sk in [*FITS, *TOO_LONG]:
        assert dynamo.get(WalkItem, pk, sk) is None
    assert asked == FITS


def test_keys_that_no_item_can_have_are_left_out_of_a_batch(asked: list[tuple[str, str]]) -> None:
    assert dynamo.get_many(WalkItem, [*TOO_LONG, *FITS]) == {}
    assert asked == FITS
