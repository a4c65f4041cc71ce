"""Tags put on many people at once: each exactly once, however often the job is interrupted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from crm.audit import repository as audit
from crm.core import clock, errors, walks
from crm.people import actions, queries, repository, tagging, tagging_store
from crm.people.entities import Person
from crm.people.tagging_job import CANCELLED, CHOOSING, DONE, WORKING, Tagging, Tags, cleaned, retagged
from crm.search import engine, filters
from crm.search.filters import EVERYONE, Filter
from tests import factories
from tests.factories import ACTOR

pytestmark = pytest.mark.usefixtures("tables")


def never() -> bool:
    return False


def people(number: int, **values: object) -> list[Person]:
    return [factories.person(**values) for _ in range(number)]


def begun(tags: Tags, where: Filter = EVERYONE) -> Tagging:
    """Start a job that the read model is new enough for."""
    job = tagging.start(where=where, tags=tags, actor=ACTOR)
    engine.store().note_freshness(clock.now())
    return job


def finished(job: Tagging) -> Tagging:
    tagging.run_open(never)
    return tagging.get(job.id)


def tags_of(found: Sequence[Person]) -> list[tuple[str, ...]]:
    return [queries.get(person.id).fields.tags for person in found]


def test_few_ticked_people_are_tagged_at_once() -> None:
    ada, ben, cai = people(3)

    job = tagging.start_chosen(person_ids=[ada.id, cai.id, ada.id], tags=Tags(add=("vip",)), actor=ACTOR)

    assert (job.state, job.total, job.changed) == (DONE, 2, 2)
    assert tags_of([ada, ben, cai]) == [("vip",), (), ("vip",)]
    assert list(walks.open_walks()) == []
    assert queries.page(filters.from_query({"tags": "VIP"})).total == 2


def test_everybody_a_filter_matches_is_tagged_by_the_worker_and_nobody_else() -> None:
    inside, outside = people(3, company="Acme"), people(2)

    job = begun(Tags(add=("partner",)), filters.from_query({"company": "acme"}))
    assert tagging.get(job.id).state == CHOOSING

    job = finished(job)
    assert (job.state, job.total, job.next_row, job.changed) == (DONE, 3, 3, 3)
    assert tags_of(inside) == [("partner",)] * 3
    assert tags_of(outside) == [()] * 2


def test_nobody_is_chosen_before_the_read_model_is_as_new_as_the_job() -> None:
    people(1)
    job = tagging.start(where=EVERYONE, tags=Tags(add=("x",)), actor=ACTOR)

    assert finished(job).state == CHOOSING
    engine.store().note_freshness(job.started_at - timedelta(seconds=1))
    assert finished(job).state == CHOOSING
    engine.store().note_freshness(clock.now())
    assert finished(job).changed == 1


def test_each_person_counts_once_by_what_became_of_them() -> None:
    changed, same, gone = people(1), people(1, tags=("VIP",)), people(1)
    full = people(1, tags=tuple(f"t{number}" for number in range(50)))
    chosen = [one.id for one in (*changed, *same, *gone, *full)]
    actions.delete(person_id=gone[0].id, actor=ACTOR)

    job = tagging.start_chosen(person_ids=chosen, tags=Tags(add=("vip",)), actor=ACTOR)

    assert (job.state, job.changed, job.same, job.gone, job.full) == (DONE, 1, 1, 1, 1)
    assert tags_of(same) == [("VIP",)]
    assert queries.get(same[0].id).revision == 1


def test_every_tagged_person_has_an_audit_entry_and_so_has_the_job() -> None:
    (ada,) = people(1, tags=("old",))

    job = tagging.start_chosen(person_ids=[ada.id], tags=Tags(("new",), ("OLD",)), actor=ACTOR)

    entry = audit.history("person", ada.id)[0]
    assert (entry.action, entry.actor) == ("edited", ACTOR)
    assert (entry.before, entry.after) == ({"tags": ["old"]}, {"tags": ["new"]})
    assert [one.action for one in audit.history("tagging", job.id)] == ["started"]


def test_job_stopped_anywhere_goes_on_and_counts_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tagging_store, "CHUNK", 3)
    monkeypatch.setattr(tagging, "_BATCH", 2)
    found = [*people(4), *people(3, tags=("vip",)), *people(2)]
    job = begun(Tags(add=("vip",)))
    for step in range(2, 80):
        if tagging.get(job.id).is_over:
            break
        asked = iter([False] * (2 + step % 5))
        tagging.run_open(lambda asked=asked: next(asked, True))  # type: ignore[misc]

    job = tagging.get(job.id)
    assert (job.state, job.next_row, job.changed, job.same) == (DONE, 9, 6, 3)
    assert tags_of(found) == [("vip",)] * 9
    assert [len(audit.history("person", one.id)) for one in found] == [2, 2, 2, 2, 1, 1, 1, 2, 2]


def test_two_workers_at_once_tag_each_person_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = people(4)
    job = begun(Tags(add=("vip",)))
    retag, others = tagging._retag, []

    def retag_after_another_worker(*given: object) -> str:
        if not others:
            others.append(True)
            tagging.run_open(never)
        return retag(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(tagging, "_retag", retag_after_another_worker)
    job = finished(job)
    assert (job.state, job.changed, job.same) == (DONE, 4, 0)
    assert [len(audit.history("person", one.id)) for one in found] == [2] * 4


def test_edit_meanwhile_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    (ada,) = people(1)
    find_many = repository.find_many

    def found_before_an_edit(person_ids: Sequence[str]) -> dict[str, Person]:
        found = find_many(person_ids)
        actions.patch(person_id=ada.id, values={"company": "Acme", "tags": ("board",)}, actor=ACTOR)
        return found

    monkeypatch.setattr(repository, "find_many", found_before_an_edit)
    tagging.start_chosen(person_ids=[ada.id], tags=Tags(add=("vip",)), actor=ACTOR)

    fields = queries.get(ada.id).fields
    assert (fields.company, fields.tags) == ("Acme", ("board", "vip"))


def test_cancelled_job_tags_nobody_more_and_says_so_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    found = people(3)
    job = begun(Tags(add=("vip",)))
    asked = iter([False] * 5)
    tagging.run_open(lambda: next(asked, True))
    assert tagging.get(job.id).state == WORKING
    done = tagging.get(job.id).next_row
    assert 0 < done < 3

    tagging.cancel(job_id=job.id, actor=ACTOR)

    assert finished(job).state == CANCELLED
    assert sum(tags == ("vip",) for tags in tags_of(found)) == done
    assert list(walks.open_walks()) == []
    with pytest.raises(errors.Conflict, match="cancelled already"):
        tagging.cancel(job_id=job.id, actor=ACTOR)


def test_job_cancelled_while_somebody_is_tagged_leaves_them_as_they_were() -> None:
    (ada,) = people(1)
    stale = replace(begun(Tags(add=("vip",))), state=WORKING, total=1, freeze_id="f")
    tagging_store.store_chunk(stale.id, "f", 0, [ada.id])
    tagging.cancel(job_id=stale.id, actor=ACTOR)

    tagging._work(stale, never)

    assert tags_of([ada]) == [()]


def test_filter_that_matches_nobody_is_done_at_once() -> None:
    job = finished(begun(Tags(add=("vip",)), filters.from_query({"company": "Nowhere"})))
    assert (job.state, job.total) == (DONE, 0)


@pytest.mark.parametrize(
    ("tags", "field"),
    [
        (Tags(), "add"),
        (Tags(add=(" ",)), "add"),
        (Tags(add=("x" * 51,)), "add"),
        (Tags(remove=("a\x00b",)), "remove"),
        (Tags(("VIP",), ("vip",)), "remove"),
    ],
)
def test_tags_that_cannot_be_are_refused(tags: Tags, field: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        cleaned(tags)
    assert list(refused.value.fields) == [field]


def test_tags_are_the_same_whatever_their_case() -> None:
    assert cleaned(Tags(add=(" Vip ", "vip", "host"))).add == ("Vip", "host")
    assert retagged(("A", "b"), Tags(add=("B", "c"), remove=("a",))) == ("b", "c")
