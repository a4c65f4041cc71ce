"""READ_MODEL_URL alone moves the whole product to OpenSearch: what staff and callers saved is on their next list."""

import uuid
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from crm.analytics import engine as analytics
from crm.registrations import actions as registrations
from crm.search import engine, filters
from tests import factories
from tests.campaigns import audience_steps
from tests.engines import environment as engines

pytestmark = [
    pytest.mark.usefixtures("tables"),
    pytest.mark.skipif(engines.opensearch() is None, reason="make test-engines has one"),
]
PAGES = ("", "people/", "people/filter/", "events/", "campaigns/", "mails/", "suppressions/", "analytics/", "sending/")


@pytest.fixture(autouse=True)
def on_opensearch(settings: Settings, data_dir: object) -> None:
    """An empty read model on the real engine."""
    settings.READ_MODEL_URL = f"opensearch+{engines.opensearch()}/tests-{uuid.uuid4().hex}"


def _asked(client: Client, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_what_the_api_stored_is_found_at_once(client: Client) -> None:
    alice = {"email": "alice@example.com", "firstName": "Alice", "lastName": "Johnson", "company": "TechCorp"}
    made = client.post("/users", alice, content_type="application/json").json()
    event = factories.event(hosts=(made["id"],))
    registrations.register(event_id=event.id, person_id=made["id"], actor=factories.ACTOR)
    for asked in ("company=TECHCORP&events_hosted_min=1", "q=ali+john", "events_registered_min=1"):
        found = _asked(client, f"/users/filter?{asked}")
        assert [one["id"] for one in found["items"]] == [made["id"]], asked
    assert _asked(client, "/users/filter?company=TechCorp&events_hosted_min=2")["items"] == []


def test_a_campaign_mails_whom_the_filter_meant() -> None:
    meant = [factories.person(company="TechCorp") for _ in range(3)]
    factories.person(company="Elsewhere")
    campaign = audience_steps.frozen(audience_steps.started(filters.Condition("company", "is", ("techcorp",))))
    assert campaign.matched == len(meant)
    states, _ = analytics.store().campaign_states(campaign.id)
    assert sum(states.values()) == engine.store().deliveries(campaign_id=campaign.id, limit=1).total


@pytest.mark.parametrize("place", PAGES)
def test_every_page_that_lists_or_counts_answers(as_owner: Client, place: str) -> None:
    factories.person(company="TechCorp")
    assert as_owner.get(f"/dashboard/{place}").status_code == 200
