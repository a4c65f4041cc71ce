"""The contract suites run on every adapter of the analytics, over the search store that it asks."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from crm.analytics import drawing
from crm.analytics.opensearch import OpenSearchAnalyticsStore
from crm.analytics.sqlite import SqliteAnalyticsStore
from crm.analytics.store import OUTCOMES, AnalyticsStore
from crm.core.touches import Touch
from crm.search import engine
from crm.search.opensearch import OpenSearchStore
from crm.search.sqlite import SqliteSearchStore
from crm.search.store import RebuildableStore
from tests.mail_documents import NEWSLETTER, mail, mails
from tests.search.conftest import ADAPTERS
from tests.search.documents import engagement, registration

Stores = tuple[RebuildableStore, AnalyticsStore]


def beside(search: RebuildableStore) -> AnalyticsStore:
    """Return the analytics over what a search store has."""
    if isinstance(search, SqliteSearchStore):
        return SqliteAnalyticsStore(search.database)
    assert isinstance(search, OpenSearchStore)
    return OpenSearchAnalyticsStore(search)


@pytest.fixture(params=ADAPTERS)
def make(request: pytest.FixtureRequest) -> Callable[[Path], Stores]:
    """What makes both stores, empty, of each kind."""

    def made(folder: Path) -> Stores:
        search = ADAPTERS[request.param](folder)
        return search, beside(search)

    return made


@pytest.fixture
def stores(make: Callable[[Path], Stores], tmp_path: Path) -> Stores:
    """Both stores, empty."""
    return make(tmp_path)


PARTNER = ("partner", "social", "design_night")


@pytest.fixture
def some_mails(data_dir: Path) -> None:
    """Mails of the last days: two sources, one without, several states."""
    now = timezone.now()
    mails(5, "sent", NEWSLETTER, state_at=now)
    mails(2, "failed", NEWSLETTER, state_at=now - timedelta(days=2))
    mails(3, "sent", PARTNER, state_at=now - timedelta(days=5))
    mails(1, "held", PARTNER, state_at=now - timedelta(days=5))
    mails(4, "sent", ("", "", ""), state_at=now - timedelta(days=6))
    mails(7, "sent", NEWSLETTER, state_at=now - timedelta(days=200))
    mails(2, "unknown", ("newsletter", "social", "tech_conf_2025"), state_at=now)
    told = [mail("sent", NEWSLETTER, state_at=now, outcome=outcome) for outcome in (*OUTCOMES, "delivered")]
    deeds = [
        engagement(told[0].id, "1", kind="open", verdict="machine"),
        engagement(told[1].id, "2", kind="open"),
        engagement(told[1].id, "3", kind="click", verdict="machine"),
        engagement(told[2].id, "4", kind="click"),
        engagement(told[3].id, "5", kind="unsubscribe"),
    ]
    linkedin = Touch("linkedin", "social", "june", "", now)
    newsletter = Touch(*NEWSLETTER, "c", now)
    places = [
        registration("e", "1", registered_at=now, first_touch=linkedin, last_touch=newsletter, attended=True),
        registration("e", "2", registered_at=now, first_touch=newsletter, last_touch=newsletter),
        registration("e", "3", registered_at=now),
        registration("e", "4", registered_at=now, status="cancelled", first_touch=newsletter, last_touch=newsletter),
        registration("e", "5", registered_at=None, status="waitlisted", first_touch=newsletter, last_touch=newsletter),
    ]
    engine.store().apply([*told, *deeds, *places])


@pytest.fixture
def fresh_charts(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """A cache of charts of the test's own, and no process left behind."""
    settings.CACHES = {
        **settings.CACHES,
        "charts": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)},
    }
    yield
    drawing.artist.rest()
