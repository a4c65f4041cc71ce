"""Opens, clicks and suppressions reach the read model over the streams, and are there again after a rebuild."""

from datetime import timedelta

import pytest

from crm.analytics import engine as analytics
from crm.core import changes, clock
from crm.engagement import actions
from crm.search import engine
from crm.search.sqlite import SqliteSearchStore
from crm.suppressions import actions as suppressions
from tests.engagement.test_recording import click, ref, sent
from tests.factories import ACTOR
from worker import rebuild
from worker.stream_api import StreamApi
from worker.streams import Poller

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> SqliteSearchStore:
    """The read model, told nothing by those who write: only the streams fill it."""
    monkeypatch.setattr(changes, "_sink", None)
    return engine.sqlite_store()


def numbers() -> tuple[int, int, int]:
    found = analytics.store().campaign_engagement("c1")
    return found.clicked, found.clicked_all, found.clicks


def test_burst_is_judged_anew_in_the_read_model_too_and_a_rebuild_agrees(store: SqliteSearchStore) -> None:
    mail, now = sent(), clock.now()
    actions.record(ref(mail), click(now))
    rebuild.rebuild(store, StreamApi(), lambda: False)
    assert numbers() == (1, 1, 1)

    for number in (2, 3):
        actions.record(ref(mail), click(now + timedelta(seconds=1), number))
    suppressions.add(email="ada@example.com", reason="asked", actor=ACTOR)
    reading = Poller(StreamApi(), store, "me")
    while reading.round():
        pass

    assert numbers() == (0, 1, 3)
    assert store.suppressions().total == 1
    assert rebuild.verify(store, StreamApi(), lambda: False) == []
    assert rebuild.rebuild(store, StreamApi(), lambda: False).rows["engagements"] == 3
    assert numbers() == (0, 1, 3)
