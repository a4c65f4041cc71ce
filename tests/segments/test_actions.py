"""Rules of saved filters: names are unique, edits seen by others are not undone, what is deleted keeps its filter."""

from dataclasses import replace

import pytest

from crm.audit import repository as audit
from crm.core import errors, transaction
from crm.search import filters
from crm.search.filters import Filter
from crm.segments import actions, queries, repository
from crm.segments.entities import MAX_NAME, Segment, is_same
from tests.factories import ACTOR

pytestmark = pytest.mark.usefixtures("tables", "data_dir")

ACME = filters.from_query({"company": "Acme"})


def saved(name: str = "Acme people", where: Filter = ACME) -> Segment:
    return actions.create(name=name, where=where, actor=ACTOR)


def test_saved_segment_is_found_with_its_filter_and_told_of() -> None:
    segment = saved("  Acme people ")

    assert queries.get(segment.id) == segment
    assert (segment.name, segment.where, segment.created_by) == ("Acme people", ACME, ACTOR)
    (entry,) = audit.history("segment", segment.id)
    assert (entry.action, entry.after["name"]) == ("created", "Acme people")


def test_name_is_taken_whatever_its_case() -> None:
    saved("Founders")
    with pytest.raises(errors.Conflict) as refused:
        saved("FOUNDERS")
    assert refused.value.field == "name"


@pytest.mark.parametrize("name", ["", "   ", "x" * (MAX_NAME + 1), "a\x00b"])
def test_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        saved(name)
    assert list(refused.value.fields) == ["name"]


def test_filter_that_matches_everybody_is_no_segment() -> None:
    for where in (filters.EVERYONE, filters.from_query({"events_attended_min": "0"})):
        with pytest.raises(errors.Invalid) as refused:
            saved(where=where)
        assert list(refused.value.fields) == ["filter"]


def test_change_keeps_what_it_does_not_name_and_tells_what_it_did() -> None:
    segment = saved()
    changed = actions.change(segment_id=segment.id, name="Acme folks", actor=ACTOR)
    assert (changed.name, changed.where, changed.revision) == ("Acme folks", ACME, 2)
    boston = filters.from_query({"city": "Boston"})
    assert actions.change(segment_id=segment.id, where=boston, actor=ACTOR).name == "Acme folks"
    newest, older, _ = audit.history("segment", segment.id)
    assert (older.before, older.after) == ({"name": "Acme people"}, {"name": "Acme folks"})
    assert set(newest.after) == {"filter"}


def test_old_name_is_free_after_a_change_and_a_taken_one_is_refused() -> None:
    one, other = saved("One"), saved("Other")
    actions.change(segment_id=one.id, name="Uno", actor=ACTOR)
    saved("One")
    with pytest.raises(errors.Conflict):
        actions.change(segment_id=other.id, name="uno", actor=ACTOR)
    assert actions.change(segment_id=other.id, name="OTHER", actor=ACTOR).name == "OTHER"


def test_stale_change_and_stale_deletion_are_refused() -> None:
    segment = saved()
    actions.change(segment_id=segment.id, name="Newer", revision=1, actor=ACTOR)
    with pytest.raises(errors.Conflict, match="changed meanwhile"):
        actions.change(segment_id=segment.id, name="Older", revision=1, actor=ACTOR)
    with pytest.raises(errors.Conflict, match="changed meanwhile"):
        actions.delete(segment_id=segment.id, revision=1, actor=ACTOR)


def test_edit_between_reading_and_writing_is_not_undone() -> None:
    segment = saved()
    actions.change(segment_id=segment.id, name="Newer", actor=ACTOR)
    for write in (
        lambda tx: repository.change(tx, segment, replace(segment, where=filters.from_query({"city": "B"}))),
        lambda tx: repository.delete(tx, segment, segment.created_at),
    ):
        tx = transaction.begin()
        write(tx)
        with pytest.raises(transaction.Refused):
            tx.commit()
    assert (queries.get(segment.id).name, queries.get(segment.id).where) == ("Newer", ACME)


def test_deleted_segment_frees_its_name_and_keeps_its_filter() -> None:
    segment = saved()
    actions.delete(segment_id=segment.id, actor=ACTOR)
    with pytest.raises(errors.NotFound):
        queries.get(segment.id)
    with pytest.raises(errors.NotFound):
        actions.delete(segment_id=segment.id, actor=ACTOR)
    assert queries.every() == []
    kept = repository.find(segment.id, or_deleted=True)
    assert kept
    assert (kept.deleted, kept.where) == (True, ACME)
    saved()


def test_copies_get_names_of_their_own() -> None:
    segment = saved("x" * MAX_NAME)
    first, second = (actions.duplicate(segment_id=segment.id, actor="staff:other") for _ in range(2))
    assert first.name == "x" * (MAX_NAME - 7) + " (copy)"
    assert second.name.endswith("x (copy 2)")
    assert (second.where, second.created_by) == (ACME, "staff:other")


def test_there_are_no_more_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MAX_SEGMENTS", 1)
    saved("One")
    with pytest.raises(errors.Conflict, match="There are 1 segments"):
        saved("Two")


def test_pages_go_by_name_and_take_every_segment_once() -> None:
    for name in ("beta", "Alpha", "gamma", "Delta", "eta"):
        saved(name)
    seen: list[str] = []
    cursor, totals = None, set()
    while True:
        page = queries.page(limit=2, cursor=cursor)
        seen += [segment.name for segment in page.items]
        totals.add(page.total)
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["Alpha", "beta", "Delta", "eta", "gamma"]
    assert totals == {5}
    assert [segment.name for segment in queries.page(text=" TA ").items] == ["beta", "Delta", "eta"]


def test_filters_are_the_same_in_any_order() -> None:
    one, other = filters.from_query({"company": "A", "city": "B"}), filters.from_query({"city": "B", "company": "A"})
    assert is_same(one, other)
    assert not is_same(one, filters.from_query({"city": "B"}))
