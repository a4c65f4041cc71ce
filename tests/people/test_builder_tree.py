"""The filter builder's draft says what its filter says, and what it wants yet is beside the condition concerned."""

import pytest
from django.http import QueryDict

from crm.people import builder_tree
from crm.people.builder_tree import Group, Row
from crm.search import filters
from crm.search.filter_json import MAX_DEPTH
from crm.search.filters import EVERYONE

COMPANY = {"field": "company", "op": "is", "value": "Acme"}
COUNT = {"field": "eventsAttended", "op": "between", "values": [1, 3], "within": {"lastDays": 30}}
PERIOD = {"field": "mailsOpened", "op": "at_least", "value": 2, "within": {"from": "2026-01-01T00:00:00Z"}}
MANY = {"field": "tags", "op": "one_of", "values": ["vip", "Lyon, France", 'the "host"']}
EVENTS = {"field": "attendedEvent", "op": "one_of", "values": ["e1", "e2"]}


def data(**typed: str | list[str]) -> QueryDict:
    given = QueryDict(mutable=True)
    for name, value in typed.items():
        given.setlist(name.replace("_", "-"), value if isinstance(value, list) else [value])
    return given


def inputs(group: Group, path: str = "b") -> QueryDict:
    """Return what a browser posts of a builder that shows this draft."""
    posted = QueryDict(mutable=True)
    posted[f"{path}-link"] = group.full_link
    for number, part in enumerate(group.parts):
        place = f"{path}-{number}"
        if isinstance(part, Group):
            posted.update(inputs(part, place))
            continue
        posted.update({f"{place}-field": part.field, f"{place}-was": part.field, f"{place}-op": part.op})
        posted.setlist(f"{place}-value", list(part.values))
        posted.update({f"{place}-{name}": getattr(part, name) for name in ("period", "days", "start", "before")})
    return posted


@pytest.mark.parametrize(
    "tree",
    [
        COMPANY,
        {"and": []},
        {"and": [COMPANY, COUNT]},
        {"or": [COMPANY, {"not": {"and": [MANY, EVENTS]}}]},
        {"not": {"or": [PERIOD, {"and": [COMPANY, {"field": "unsubscribed", "op": "is", "value": False}]}]}},
        {"not": COMPANY},
        {"field": "unsubscribedFrom", "op": "one_of", "values": ["newsletter", "notice"]},
        {"not": {"not": {"and": [COMPANY]}}},
        {"and": [{"field": "city", "op": "empty"}, {"field": "createdAt", "op": "in_last_days", "value": 7}]},
    ],
)
def test_filter_comes_back_as_it_was_through_draft_and_inputs(tree: object) -> None:
    where = filters.from_json(tree)
    draft = builder_tree.of(where)
    assert builder_tree.posted(inputs(draft)) == draft
    reading = builder_tree.read(draft)
    assert not reading.problems
    said = filters.to_json(reading.where)
    # A condition by itself, or what is not, stands in a group of one.
    none, twice = {"not": {"or": [COMPANY]}}, {"not": {"or": [{"not": {"and": [COMPANY]}}]}}
    assert said in (tree, {"and": [tree]}, none, twice)


def test_condition_without_its_value_is_no_part_of_the_filter_yet() -> None:
    draft = Group(
        parts=(Row("city", "is", ("",)), Row("company", "is", ("Acme",)), Row("eventsAttended", "between", ("1", "")))
    )
    reading = builder_tree.read(draft)
    assert filters.to_json(reading.where) == {"and": [COMPANY]}
    assert reading.problems == {}


def test_group_in_which_nothing_is_said_yet_says_nothing() -> None:
    draft = Group(parts=(Group("or", negated=True, parts=(Row(),)),))
    assert builder_tree.read(draft).where == EVERYONE
    assert builder_tree.read(Group("or")).where == EVERYONE


def test_what_is_wrong_is_said_at_its_place_and_the_rest_holds() -> None:
    draft = Group(
        parts=(Group("or", parts=(Row("eventsAttended", "at_least", ("many",)),)), Row("city", "is", ("Rome",)))
    )
    reading = builder_tree.read(draft)
    assert reading.problems == {"b-0-0": "Give a whole number."}
    assert filters.describe(reading.where) == "People in Rome"


def test_period_is_that_of_its_choice_alone() -> None:
    row = Row("eventsAttended", "at_least", ("1",), period="days", days="30", start="2026-01-01")
    assert filters.to_json(builder_tree.read(Group(parts=(row,))).where)["and"][0]["within"] == {"lastDays": 30}
    wrong = Row("eventsAttended", "at_least", ("1",), "dates", start="2026-02-01", before="2026-01-01")
    assert builder_tree.read(Group(parts=(wrong,))).problems == {"b-0": "The period ends before it begins."}


def test_filter_too_long_for_an_address_is_refused_as_a_whole() -> None:
    draft = Group(parts=tuple(Row("city", "is", ("x" * 190,)) for _ in range(40)))
    assert "Too long" in builder_tree.read(draft).problems["b"]


def test_another_kind_of_field_begins_with_its_own_test_and_no_value() -> None:
    typed = {"b_link": "and", "b_0_was": "company", "b_0_op": "is", "b_0_value": "Acme"}
    assert builder_tree.posted(data(**typed, b_0_field="eventsAttended")).parts == (Row("eventsAttended", "at_least"),)
    for field, op in (("city", "is"), ("tags", "is"), ("q", "matches")):
        assert builder_tree.posted(data(**typed, b_0_field=field)).parts == (Row(field, op, ("Acme",)),)


def test_conditions_and_groups_are_added_and_removed_where_asked() -> None:
    draft = Group(parts=(Row("city"), Group("or", parts=(Row("state"),))))
    added = builder_tree.changed(draft, "add:b-1")
    assert added.parts[1] == Group("or", parts=(Row("state"), Row()))
    nested = builder_tree.changed(draft, "group:b-1")
    assert nested.parts[1] == Group("or", parts=(Row("state"), Group("and", parts=(Row(),))))
    assert builder_tree.changed(draft, "remove:b-1-0").parts[1] == Group("or")
    assert builder_tree.changed(draft, "remove:b-0").parts == draft.parts[1:]


@pytest.mark.parametrize(
    "do", ["", "add", "add:b-7", "remove:b", "remove:b-0-0", "remove:b-9", "explode:b-0", "group:b-0"]
)
def test_step_that_leads_nowhere_changes_nothing(do: str) -> None:
    draft = Group(parts=(Row("city"), Row("state")))
    assert builder_tree.changed(draft, do).parts[:2] == draft.parts


def test_inputs_of_no_sense_are_left_out() -> None:
    given = data(b_link="xor", b_0_field="hair", b_1_field="city", b_1_op="at_least", b_2_value="x", b_3_link="not-or")
    assert builder_tree.posted(given) == Group(parts=(Row("city", "is", ()), Group("or", negated=True)))
    deep = QueryDict(mutable=True)
    deep.update({"b" + "-0" * depth + "-link": "and" for depth in range(30)})
    draft, depth = builder_tree.posted(deep), 0
    while draft.parts:
        (draft,) = draft.parts  # type: ignore[assignment]
        depth += 1
    assert depth < MAX_DEPTH
