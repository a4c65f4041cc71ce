"""How large a filter may be, and which ones leave nobody out."""

from typing import Any

import pytest

from crm.core import errors
from crm.search import filters


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"and": []},
        {"or": [{"and": []}]},
        {"not": {"or": []}},
        {"events_attended_min": 0},
        {"or": [{"field": "city", "op": "is", "value": "Rome"}, {"and": []}]},
    ],
)
def test_filter_that_leaves_nobody_out_is_known_as_such(given: dict[str, Any]) -> None:
    assert filters.matches_everyone(filters.from_json(given))


@pytest.mark.parametrize(
    "given",
    [
        {"or": []},
        {"not": {"and": []}},
        {"city": "Rome"},
        {"events_attended_min": 1},
        {"and": [{"and": []}, {"field": "city", "op": "is", "value": "Rome"}]},
    ],
)
def test_filter_that_may_leave_somebody_out_is_not(given: dict[str, Any]) -> None:
    assert not filters.matches_everyone(filters.from_json(given))


@pytest.mark.parametrize(
    "given",
    [
        {"and": [{"and": []}] * 2_000},
        {"city": [f"{number:0200d}" for number in range(900)]},
        {"or": [{"field": "city", "op": "one_of", "values": ["🎉" * 190] * 400}]},
    ],
)
def test_filter_too_large_to_store_is_refused_by_name(given: dict[str, Any]) -> None:
    with pytest.raises(errors.Invalid) as caught:
        filters.from_json(given)
    assert list(caught.value.fields) == ["filter"]
