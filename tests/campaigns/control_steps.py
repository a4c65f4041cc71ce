"""What tests of the API's controls begin with: campaigns asked for over it, and moved on."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from crm.core import clock
from crm.core.changes import Change, documents
from crm.deliveries.repository import DeliveryItem
from crm.search import engine
from tests import factories
from tests.api.conftest import Send
from worker import campaigns

MAIL = {"filter": {"company": "TechCorp"}, "subject": "Join us", "body": "Come!", "utm_source": "news"}


def post(send: Send, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
    return send("POST", path, json.dumps(body or {}), **headers)


def begun(send: Send, people: int = 2, **given: object) -> str:
    for _ in range(people):
        factories.person(company="TechCorp")
    campaign_id: str = post(send, "/emails/send", {**MAIL, **given}).json()["campaignId"]
    return f"/campaigns/{campaign_id}"


def move_on(path: str) -> None:
    """Let the worker and the stream do their part."""
    campaign_id = path.rpartition("/")[2]
    engine.store().note_freshness(clock.now())
    with ThreadPoolExecutor(4) as pool:
        campaigns.move_on(campaign_id, pool, lambda: False, lambda: None)
    rows = DeliveryItem.query(f"MAIL#{campaign_id}#0", consistent_read=True)
    engine.show(documents(Change(item, int(item.version)) for item in rows))
