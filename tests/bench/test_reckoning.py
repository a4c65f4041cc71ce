"""The rig can fail: each kind of loss and of duplicate is found in the two ledgers."""

from typing import Any

import pytest

from bench.chaos import reckoning
from bench.chaos.report import Report, account
from bench.chaos.simulator import Call

PEOPLE = ["a@x.example", "b@x.example"]


def _call(to: str, *, accepted: bool = True) -> Call:
    return Call(1, 0.0, 0.1, to, accepted=accepted, answered=True, message_id="m", tags={})


def _rows(**states: str) -> list[dict[str, Any]]:
    return [{"email": f"{name}@x.example", "state": state} for name, state in states.items()]


def _broken(rows: list[dict[str, Any]], calls: list[Call], matched: int | None = 2) -> list[str]:
    report = Report("trial")
    account(report, reckoning.compare(PEOPLE, rows, calls, len(calls), matched))
    assert report.is_kept == all(line.is_kept for line in report.lines)
    return [line.what for line in report.lines if not line.is_kept]


def test_everybody_mailed_once_breaks_no_promise() -> None:
    assert _broken(_rows(a="sent", b="held"), [_call(one) for one in PEOPLE]) == []


def test_refused_call_before_the_accepted_one_is_no_duplicate() -> None:
    calls = [_call(PEOPLE[0], accepted=False), *(_call(one) for one in PEOPLE)]
    assert _broken(_rows(a="sent", b="sent"), calls) == []


@pytest.mark.parametrize(
    ("rows", "mailed", "broken"),
    [
        (_rows(a="sent"), "a", ["rows = people", "lost: without a row"]),
        (_rows(a="sent", b="pending"), "a", ["lost: never final"]),
        (_rows(a="sent", b="sent"), "aab", ["mailed twice (two accepted calls)"]),
        (_rows(a="sent", b="sent"), "a", ["said to be sent, never accepted"]),
        (_rows(a="sent", b="failed"), "ab", ["accepted, said not to be"]),
        (_rows(a="sent", b="sent", c="sent"), "abc", ["rows = people", "rows too many"]),
    ],
    ids=["no row", "never final", "twice", "not sent", "denied", "too many"],
)
def test_broken_promise_is_found(rows: list[dict[str, Any]], mailed: str, broken: list[str]) -> None:
    assert _broken(rows, [_call(f"{name}@x.example") for name in mailed]) == broken


def test_audience_of_another_size_is_found() -> None:
    assert _broken(_rows(a="sent", b="sent"), [_call(one) for one in PEOPLE], matched=3) == ["matched = people"]
