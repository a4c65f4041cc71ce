"""Taking an import back: what it brought goes, what others did stays and is told."""

from collections.abc import Callable
from dataclasses import asdict

import pytest

from crm.core import clock, errors, transaction
from crm.imports import actions, row_store, undoing
from crm.imports.entities import UNDOING, UNDONE, Import
from crm.people import actions as people_actions
from crm.people import repository as people
from crm.people.entities import Person
from crm.registrations import actions as registrations
from crm.search import engine
from crm.search.filters import EVERYONE
from tests import factories
from tests.factories import ACTOR
from tests.imports import files
from tests.mail_documents import mail

pytestmark = pytest.mark.usefixtures("tables")


def left(found: Import) -> list[tuple[int, str]]:
    return [(one.line, one.why) for one in row_store.left_rows(found.id)]


def everybody() -> list[dict[str, object]]:
    """What there is of everybody, but for when and how often it was written."""
    shown = engine.store().people(EVERYONE, sort="email", limit=100).items
    rows = [people.find(one.id) for one in shown]
    return [{**asdict(row.fields), "id": row.id} for row in rows if row is not None]


def test_people_are_as_before() -> None:
    factories.person(email="ada@example.com", company="Initech", tags=("old",))
    factories.person(email="bob@example.com")
    before = everybody()
    done = files.imported("email,company,city,tags\nada@example.com,Globex,Bonn,new\nnew@example.com,A,B,c\nbad,,,\n")
    assert done.changed == 2
    back = files.undone(done)
    assert everybody() == before
    assert (back.state, back.undone, back.left) == (UNDONE, 2, 0)
    assert files.person("new@example.com") is None


def test_address_of_somebody_removed_is_free_again() -> None:
    files.undone(files.imported("email\nnew@example.com\n"))
    assert factories.person(email="new@example.com").id


def test_what_was_changed_since_stays_and_is_told() -> None:
    ada = factories.person(email="ada@example.com", company="Initech", city="Bonn")
    done = files.imported("email,company,city\nada@example.com,Globex,Paris\nnew@example.com,A,B\n")
    people_actions.patch(person_id=ada.id, values={"company": "Umbrella"}, actor=ACTOR)
    new = files.person("new@example.com")
    assert new is not None
    people_actions.patch(person_id=new.id, values={"job_title": "CTO"}, actor=ACTOR)
    back = files.undone(done)
    restored = people.find(ada.id)
    assert restored is not None
    assert (restored.fields.company, restored.fields.city) == ("Umbrella", "Bonn")
    assert left(back) == [(2, "Changed since: company."), (3, "Changed since: job title.")]
    assert back.left == 2


def test_somebody_changed_and_changed_back_is_removed() -> None:
    done = files.imported("email,company\nnew@example.com,A\n")
    new = files.person("new@example.com")
    assert new is not None
    for company in ("B", "A"):
        people_actions.patch(person_id=new.id, values={"company": company}, actor=ACTOR)
    assert files.undone(done).left == 0
    assert people.find(new.id) is None


def test_tags_that_others_gave_since_stay() -> None:
    ada = factories.person(email="ada@example.com", tags=("old",))
    done = files.imported("email,tags\nada@example.com,new\n")
    people_actions.patch(person_id=ada.id, values={"tags": ("old", "new", "vip")}, actor=ACTOR)
    files.undone(done)
    restored = people.find(ada.id)
    assert restored is not None
    assert restored.fields.tags == ("old", "vip")


def test_somebody_with_a_registration_is_left() -> None:
    event = factories.event()
    done = files.imported("email\nnew@example.com\n")
    new = files.person("new@example.com")
    assert new is not None
    registrations.register(event_id=event.id, person_id=new.id, actor=ACTOR)
    back = files.undone(done)
    assert left(back) == [(2, "Has registrations.")]
    assert people.find(new.id) is not None


def unsubscribed(new: Person) -> None:
    tx = transaction.begin()
    people.subscribe(tx, new, unsubscribed=True, unsubscribed_from=())
    tx.commit()


def mailed(new: Person) -> None:
    engine.store().apply([mail(person_id=new.id)])


@pytest.mark.parametrize(
    ("done_since", "why"),
    [
        (unsubscribed, "Unsubscribed since."),
        (mailed, "Was sent mail."),
        (lambda new: factories.event(owner=new.id), "Runs events."),
    ],
    ids=["unsubscribed", "mailed", "runs events"],
)
def test_somebody_whom_more_than_the_import_knows_by_now_is_left(
    done_since: Callable[[Person], object], why: str
) -> None:
    done = files.imported("email\nnew@example.com\n")
    new = files.person("new@example.com")
    assert new is not None
    done_since(new)
    assert left(files.undone(done)) == [(2, why)]
    assert people.find(new.id) is not None


def test_undo_cut_off_by_a_kill_goes_on_and_counts_each_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before = everybody()
    done = files.imported("email,city\n" + "".join(f"p{number}@example.com,x\n" for number in range(9)))
    begun = actions.undo(import_id=done.id, actor=ACTOR)
    engine.store().note_freshness(clock.now())
    real, seen = undoing._settled, list[int]()

    def killed(*args: object) -> row_store.Taken:
        seen.append(1)
        if len(seen) > 4:
            raise SystemExit
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(undoing, "_settled", killed)
    with pytest.raises(SystemExit), files.one_by_one() as pool:
        undoing.run(begun.id, pool, files.never)
    monkeypatch.setattr(undoing, "_settled", real)
    with files.one_by_one() as pool:
        assert undoing.run(begun.id, pool, files.never)
    back = actions.get(begun.id)
    assert (back.undone, back.left) == (9, 0)
    assert everybody() == before


def test_undo_waits_until_the_read_model_knows_all_mails() -> None:
    done = files.imported("email\nnew@example.com\n")
    engine.store().note_freshness(clock.now())
    begun = actions.undo(import_id=done.id, actor=ACTOR)
    with files.one_by_one() as pool:
        assert not undoing.run(begun.id, pool, files.never)
    assert actions.get(begun.id).state == UNDOING
    assert files.person("new@example.com") is not None


@pytest.mark.parametrize("text", ["email\nbad\n", "email\n,\nbad\n"])
def test_import_that_changed_nobody_cannot_be_undone(text: str) -> None:
    done = files.imported(text)
    with pytest.raises(errors.Conflict, match="changed nobody"):
        actions.undo(import_id=done.id, actor=ACTOR)


def test_import_is_undone_once() -> None:
    back = files.undone(files.imported("email\nnew@example.com\n"))
    with pytest.raises(errors.Conflict, match="only once"):
        actions.undo(import_id=back.id, actor=ACTOR)
