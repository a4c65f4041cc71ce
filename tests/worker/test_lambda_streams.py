"""Lambda's batches of stream records, in the shape that AWS documents, become the same rows as the poller's."""

import base64
import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crm.campaigns import actions as campaigns
from crm.core import changes, dead_letters, dynamo, errors
from crm.core.utm import NO_UTM
from crm.search import engine, filters
from crm.search.filters import EVERYONE
from crm.search.sqlite import SqliteSearchStore
from crm.search.store import Unavailable
from tests import factories
from tests.upkeep.spoilt import bury
from worker.lambda_streams import Answer, Handler

pytestmark = pytest.mark.usefixtures("tables")

EVENTS = Path(__file__).parent / "lambda_events"
ALL_TAKEN: Answer = {"batchItemFailures": []}


def recorded(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def number(event: dict[str, Any], index: int) -> str:
    return str(event["Records"][index]["dynamodb"]["SequenceNumber"])


def names() -> list[str]:
    return [one.first_name for one in engine.store().people(EVERYONE, sort="firstName", limit=100).items]


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "worker.lambda_streams")


def test_a_batch_becomes_rows_and_tells_how_fresh_they_are() -> None:
    event = recorded("insert_modify")
    assert Handler()(event, None) == ALL_TAKEN
    assert names() == ["Adele"]
    last = event["Records"][-1]["dynamodb"]["ApproximateCreationDateTime"]
    assert engine.store().freshness().as_of == datetime.fromtimestamp(last, UTC)


def test_a_batch_that_comes_again_changes_nothing() -> None:
    store = engine.sqlite_store()
    Handler()(recorded("insert_modify"), None)
    before, fresh = store.digests(), store.freshness().as_of
    older = recorded("insert_modify")
    older["Records"] = older["Records"][:1]
    Handler()(older, None)
    assert store.digests() == before
    assert store.freshness().as_of == fresh


@pytest.mark.parametrize("name", ["remove", "ttl_delete"])
def test_a_removed_item_is_gone_whoever_removed_it_and_no_older_record_brings_it_back(name: str) -> None:
    event = recorded(name)
    assert Handler()(event, None) == ALL_TAKEN
    assert names() == []
    Handler()({"Records": event["Records"][:1]}, None)
    assert names() == []


def test_poison_is_laid_aside_and_the_rest_of_the_batch_goes_on(quiet: None) -> None:
    event = recorded("poison")
    client: Any = dynamo.connection().client
    client.put_item(TableName="crm", Item=event["Records"][1]["dynamodb"]["NewImage"])
    assert Handler()(event, None) == ALL_TAKEN
    assert names() == ["Ada", "Cid"]
    (letter,) = dead_letters.newest()
    assert (letter.keys, letter.attempts) == ({"pk": "PERSON#b", "sk": "PERSON"}, 5)
    assert letter.stream == "crm/2026-11-02T09:00:00.000"
    assert letter.sequence == number(event, 1)


def test_where_the_read_model_is_away_the_batch_is_handed_over_again_from_its_first_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: object, **__: object) -> int:
        raise Unavailable

    monkeypatch.setattr(SqliteSearchStore, "apply", away)
    event = recorded("insert_modify")
    assert Handler()(event, None) == {"batchItemFailures": [{"itemIdentifier": number(event, 0)}]}


def test_what_was_stored_before_the_read_model_went_away_is_not_handed_over_again(
    monkeypatch: pytest.MonkeyPatch, quiet: None
) -> None:
    real, calls = SqliteSearchStore.apply, []

    def goes_away(self: SqliteSearchStore, found: Any, *rest: Any, **more: Any) -> int:
        calls.append(len(found))
        if len(calls) == 2:
            raise Unavailable
        return real(self, found, *rest, **more)

    monkeypatch.setattr(SqliteSearchStore, "apply", goes_away)
    event = recorded("poison")
    assert Handler()(event, None) == {"batchItemFailures": [{"itemIdentifier": number(event, 2)}]}
    assert names() == ["Ada"]


def test_poison_whose_letter_cannot_be_written_is_handed_over_again(
    monkeypatch: pytest.MonkeyPatch, quiet: None
) -> None:
    def busy(_: object) -> None:
        raise errors.Busy

    monkeypatch.setattr(dead_letters, "bury", busy)
    event = recorded("poison")
    assert Handler()(event, None) == {"batchItemFailures": [{"itemIdentifier": number(event, 1)}]}
    assert names() == ["Ada"]


def test_what_was_laid_aside_is_tried_again_with_the_next_batch() -> None:
    bury(factories.person().id)
    handler = Handler()
    handler(recorded("insert_modify"), None)
    assert dead_letters.newest() == []
    bury(factories.person().id)
    handler(recorded("insert_modify"), None)
    assert dead_letters.count() == 1


def test_binary_values_which_lambda_tells_as_base64_are_read_at_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(changes, "_sink", None)
    body = "[Agenda](https://a.example/agenda)"
    where = filters.from_query({"company": "Nobody"})
    campaign = campaigns.send(where=where, subject="Hi", body=body, utm=NO_UTM, actor=factories.ACTOR).campaign
    client: Any = dynamo.connection().client
    key = {"pk": {"S": f"CAMPAIGN#{campaign.id}"}, "sk": {"S": "BODY#1#LAYOUT"}}
    image = client.get_item(TableName="crm", Key=key)["Item"]
    image["layout"] = {"B": base64.b64encode(image["layout"]["B"]).decode()}
    event = recorded("insert_modify")
    event["Records"] = event["Records"][:1]
    event["Records"][0]["dynamodb"] |= {"Keys": key, "NewImage": image}
    assert Handler()(event, None) == ALL_TAKEN
    assert engine.store().mail_links([campaign.id]) == {campaign.id: ("https://a.example/agenda",)}
    assert [record.message for record in caplog.records if record.exc_info] == []
