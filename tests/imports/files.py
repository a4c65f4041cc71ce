"""Files of people for tests, taken in as the worker would."""

import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from crm.core import clock
from crm.imports import actions, taking, undoing
from crm.imports.entities import UPDATE, BadRow, Import
from crm.imports.row_store import bad_rows
from crm.people import repository as people
from crm.people.entities import Person
from crm.search import engine
from tests.factories import ACTOR


def uploaded(text: str | bytes, name: str = "people.csv") -> Import:
    """Store a file."""
    given = text.encode() if isinstance(text, str) else text
    return actions.upload(name=name, size=len(given), file=io.BytesIO(given), actor=ACTOR)


def started(text: str | bytes, treatment: str = UPDATE, tags: Iterable[str] = ()) -> Import:
    """Store a file and start it, its columns as guessed."""
    found = uploaded(text)
    settings = replace(found.settings, treatment=treatment, tags=tuple(tags))
    return actions.start(import_id=found.id, settings=settings, actor=ACTOR)


def imported(text: str | bytes, treatment: str = UPDATE, tags: Iterable[str] = ()) -> Import:
    """Store a file and take all of it in."""
    return worked(started(text, treatment, tags))


def worked(found: Import) -> Import:
    """Do what is to be done for an import; return it as it is after."""
    with one_by_one() as pool:
        assert taking.run(found.id, pool, never)
    return actions.get(found.id)


def undone(found: Import) -> Import:
    """Take an import back."""
    begun = actions.undo(import_id=found.id, actor=ACTOR)
    engine.store().note_freshness(clock.now())
    with one_by_one() as pool:
        assert undoing.run(begun.id, pool, never)
    return actions.get(begun.id)


def one_by_one() -> ThreadPoolExecutor:
    """Return a pool of one thread: moto is not made for more."""
    return ThreadPoolExecutor(1)


def never() -> bool:
    """Do not stop."""
    return False


def person(email: str) -> Person | None:
    """Find somebody by their address."""
    person_id = people.id_by_email(email)
    return None if person_id is None else people.find(person_id)


def bad(found: Import) -> list[BadRow]:
    """Return the rows that were not taken."""
    return list(bad_rows(found.id))
