"""How large a filter may be, and which ones leave nobody out."""

from collections.abc import Callable
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
        {"not": {"or": [{"or": []}, {"field": "city", "op": "is", "value": "Rome"}]}},
    ],
)
def test_filter_that_may_leave_somebody_out_is_not(given: dict[str, Any]) -> None:
    assert not filters.matches_everyone(filters.from_json(given))


def _is(value: str = "x") -> dict[str, Any]:
    return {"field": "company", "op": "is", "value": value}


def _nots(number: int) -> dict[str, Any]:
    return {"not": _nots(number - 1)} if number else _is()


@pytest.mark.parametrize(
    ("of", "most", "least"),
    [
        (lambda n: {"field": "eventsAttended", "op": "at_least", "value": n}, 10**9, 0),
        (lambda n: {"field": "createdAt", "op": "in_last_days", "value": n}, 36_500, 1),
        (lambda n: _is("x" * n), 200, 1),
        (lambda n: {"field": "city", "op": "one_of", "values": [str(one) for one in range(n)]}, 1_000, 1),
        (lambda n: {"and": [_is()] * n}, 199, 0),
        (_nots, 9, 0),
    ],
    ids=["number", "days", "text", "values", "conditions", "levels"],
)
def test_bounds_hold_to_the_last_one(of: Callable[[int], dict[str, Any]], most: int, least: int) -> None:
    for within in (least, most):
        filters.from_json(of(within))
    for beyond in (most + 1, *([least - 1] if least else [])):
        with pytest.raises(errors.Invalid):
            filters.from_json(of(beyond))
