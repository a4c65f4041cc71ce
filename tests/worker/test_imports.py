"""The worker goes on with imports until they are over."""

import pytest

from crm.core import clock, leases
from crm.imports import actions
from crm.imports.entities import DONE, UNDONE
from crm.search import engine
from tests.factories import ACTOR
from tests.imports import files
from tests.worker.outbox_fakes import never
from worker import imports

pytestmark = pytest.mark.usefixtures("tables")


def test_import_and_its_undo_are_run_to_their_end() -> None:
    begun = files.started("email\na@example.com\n")
    with files.one_by_one() as pool:
        assert imports.run_open(pool, never) == 1
        assert actions.get(begun.id).state == DONE
        assert not imports.is_any_open()
        actions.undo(import_id=begun.id, actor=ACTOR)
        assert imports.is_any_open()
        engine.store().note_freshness(clock.now())
        assert imports.run_open(pool, never) == 1
    assert actions.get(begun.id).state == UNDONE


def test_import_at_which_another_worker_is_waits() -> None:
    begun = files.started("email\na@example.com\n")
    assert leases.acquire(f"import#{begun.id}", "another", 60)
    with files.one_by_one() as pool:
        assert imports.run_open(pool, never) == 0
    assert imports.is_any_open()
    assert files.person("a@example.com") is None
