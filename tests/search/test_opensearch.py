"""What is OpenSearch's own: where it is, what happens when it is away, what is kept of deletes, generations."""

import http.server
import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from opensearchpy import OpenSearch
from pytest_django.fixtures import Settings

from crm.analytics import engine as analytics_engine
from crm.core import clock
from crm.search import engine, opensearch_client, opensearch_rebuild
from crm.search.filters import EVERYONE, Condition
from crm.search.opensearch import OpenSearchStore
from crm.search.opensearch_apply import Refused
from crm.search.opensearch_client import Place
from crm.search.store import Checkpoint, Swapped, Unavailable
from tests.engines import environment as engines
from tests.search import documents
from tests.search.conftest import sqlite
from tests.search.population import people, suppression

NOWHERE = "http://127.0.0.1:1"
needs_engine = pytest.mark.skipif(engines.opensearch() is None, reason="make test-engines has one")
AT = Checkpoint("crm/1", "a", "17")


@pytest.fixture
def client() -> OpenSearch:
    """A client of the real engine."""
    return opensearch_client.connect(str(engines.opensearch()))


@pytest.fixture
def prefix() -> str:
    """What this test's indexes are called."""
    return f"tests-{uuid.uuid4().hex}"


@pytest.fixture
def store(client: OpenSearch, prefix: str) -> OpenSearchStore:
    """An empty store on the real engine."""
    return OpenSearchStore(client, prefix, "10ms")


@pytest.fixture
def answers() -> Iterator[list[tuple[int, object]]]:
    """What an engine answers next, at the address given first."""
    told: list[tuple[int, object]] = []

    class Engine(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, body = told[-1]
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        do_GET = do_PUT = do_POST  # noqa: N815 - its names

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Engine)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told.append((0, f"http://127.0.0.1:{server.server_address[1]}"))
    yield told
    server.shutdown()
    server.server_close()


def test_the_address_names_the_engine_and_the_indexes() -> None:
    assert opensearch_client.place("opensearch+https://u:p@host:9200/crm") == Place("https://u:p@host:9200", "crm")


@pytest.mark.parametrize(
    "url", ["opensearch+http://host:9200", "opensearch+http://host:9200/", "opensearch+http:///crm"]
)
def test_an_address_without_host_or_prefix_is_refused(url: str, settings: Settings) -> None:
    settings.READ_MODEL_URL = url
    with pytest.raises(ImproperlyConfigured, match="host:port/prefix"):
        engine.store()


def test_an_engine_that_nobody_knows_is_refused(settings: Settings) -> None:
    settings.READ_MODEL_URL = "mysql://host/crm"
    with pytest.raises(ImproperlyConfigured, match="opensearch"):
        engine.store()


def test_an_engine_that_does_not_answer_is_unavailable() -> None:
    store = OpenSearchStore(opensearch_client.connect(NOWHERE), "crm")
    for ask in (
        lambda: store.apply(people(1)),
        lambda: store.people(EVERYONE, sort="id", limit=1),
        lambda: store.people_by_id(["person-0000"]),
        store.generation,
        store.freshness,
    ):
        with pytest.raises(Unavailable):
            ask()


@pytest.mark.parametrize("status", [401, 403, 429, 503, 504])
def test_an_engine_that_is_too_busy_or_lets_nobody_in_is_unavailable(
    answers: list[tuple[int, object]], status: int
) -> None:
    store = OpenSearchStore(opensearch_client.connect(str(answers[0][1])), "crm")
    answers.append((status, {"error": {"type": "rejected"}}))
    with pytest.raises(Unavailable):
        store.people(EVERYONE, sort="id", limit=1)
    answers.append((200, {"items": [{"update": {"_id": "people/person-0000", "status": status, "error": {}}}]}))
    with pytest.raises(Unavailable):
        store.apply(people(1))


def test_a_person_whom_others_changed_all_the_time_was_not_stored(answers: list[tuple[int, object]]) -> None:
    store = OpenSearchStore(opensearch_client.connect(str(answers[0][1])), "crm")
    lost = {"_id": "people/person-0000", "status": 409, "error": {"type": "version_conflict_engine_exception"}}
    answers.append((200, {"items": [{"update": lost}], "docs": []}))
    with pytest.raises(Unavailable):
        store.apply(people(1))


def test_a_version_that_is_there_already_is_no_failure(answers: list[tuple[int, object]]) -> None:
    store = OpenSearchStore(opensearch_client.connect(str(answers[0][1])), "crm")
    known = {"_id": "registrations/e/p", "status": 409, "error": {"type": "version_conflict_engine_exception"}}
    answers.append((200, {"items": [{"index": known}]}))
    assert store.apply([documents.registration("e", "p")]) == 0


@needs_engine
def test_the_whole_product_asks_the_engine_that_the_address_names(settings: Settings, prefix: str) -> None:
    settings.READ_MODEL_URL = f"opensearch+{engines.opensearch()}/{prefix}"
    someone = people(1)[0]
    engine.show([someone])
    assert engine.store().people(EVERYONE, sort="id", limit=1).items == [someone]
    engine.show([documents.delivery("c/p/mail")])
    assert analytics_engine.store().campaign_states("c") == ({"sent": 1}, {})


@needs_engine
def test_an_index_takes_nothing_that_is_not_in_its_mapping(client: OpenSearch, store: OpenSearchStore) -> None:
    store.apply(people(1))
    body = {"table": "people", "surprise": 1}
    told = opensearch_client.bulk(
        client, opensearch_rebuild.shown(store._prefix), [{"index": {"_id": "x"}}, body], refresh="false", wait_s=10
    )
    assert told[0]["error"]["type"] == "strict_dynamic_mapping_exception"


@needs_engine
def test_what_the_engine_refuses_keeps_the_checkpoint_back(store: OpenSearchStore) -> None:
    endless = replace(people(1)[0], company="x" * 40_000)
    with pytest.raises(Refused, match="person-0000"):
        store.apply([endless], [AT])
    assert store.checkpoints() == []


@needs_engine
def test_deletes_are_remembered_for_two_days(store: OpenSearchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    someone, place, mail = people(1)[0], documents.registration("e", "p", version=5), documents.delivery("c/p/mail")
    gone = [replace(one, version=5, deleted=True) for one in (someone, place, mail)]
    store.apply(gone)
    store.tidy()
    store.apply([someone, replace(place, version=4), mail])
    assert store.people(EVERYONE, sort="id", limit=1).total == store.registrations().total == 0
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(hours=49))
    store.tidy()
    assert {kind: digest.rows for kind, digest in store.digests().items()} == {"deliveries": 1}


@needs_engine
def test_what_stands_for_a_mail_is_no_row_and_gives_way_to_the_mail(store: OpenSearchStore) -> None:
    mail, opened = documents.delivery("c/p/mail"), documents.engagement("c/p/mail")
    assert store.apply([opened]) == 1
    assert store.deliveries().total == 0
    assert store.digests() == store.digests_of([opened])
    assert store.apply([mail, documents.engagement("c/p/mail", "2")]) == 2
    assert store.deliveries(campaign_id="c", engaged="open", by_human=True).items == [mail]


@needs_engine
def test_a_text_behind_every_value_starts_none_of_them(store: OpenSearchStore) -> None:
    store.apply(people(20))
    assert store.facets("state", "zz", 5) == []
    assert [value for value, _ in store.facets("state", "n", 5)] == ["NY"]


@needs_engine
def test_a_late_writer_of_a_mark_does_not_undo_a_later_one(store: OpenSearchStore) -> None:
    someone = people(1)[0]
    store.apply([someone, suppression(someone.email, 1)])
    store.apply([suppression(someone.email, 2, deleted=True)])
    late = store._writer(10, waits=True)
    late._mark([suppression(someone.email, 1)], {})
    assert store.split(EVERYONE).suppressed == 0


@needs_engine
def test_who_read_for_another_generation_stores_nothing(store: OpenSearchStore) -> None:
    store.apply(people(1), [AT])
    old = store.generation()
    built = store.beside()
    built.finish()
    store.adopt(built)
    for write in (
        lambda: store.apply(people(2), [AT], generation=old),
        lambda: store.forget_checkpoints([AT], generation=old),
        lambda: store._note([AT], old),
    ):
        with pytest.raises(Swapped):
            write()
    assert store.people(EVERYONE, sort="id", limit=1).total == 0
    assert store.checkpoints() == []


@needs_engine
def test_a_rebuild_removes_what_others_left_and_nothing_else(
    client: OpenSearch, store: OpenSearchStore, prefix: str
) -> None:
    store.apply(people(1))
    neighbour = OpenSearchStore(client, f"{prefix}-vip", "10ms")
    neighbour.apply(people(1))
    store.beside()
    client.indices.create(index=f"{prefix}-v0.1-older")
    store.sweep()
    left = set(client.indices.get(index=f"{prefix}*"))
    assert left == {store.generation(), neighbour.generation()}


@needs_engine
def test_a_page_of_one_engine_goes_on_in_the_other(store: OpenSearchStore, tmp_path: Path) -> None:
    other = sqlite(tmp_path)
    for one in (store, other):
        one.apply(people(30))
    for sort in ("company", "-company", "id", "-createdAt"):
        here, there = (one.people(EVERYONE, sort=sort, limit=7) for one in (store, other))
        assert here == there
        following = [one.people(EVERYONE, sort=sort, limit=7, cursor=here.next) for one in (store, other)]
        assert following[0] == following[1]


@needs_engine
def test_readers_meet_no_error_while_generations_are_swapped(store: OpenSearchStore) -> None:
    store.apply(people(3))
    stop, wrong = threading.Event(), list[object]()

    def read() -> None:
        while not stop.is_set():
            try:
                if (found := store.people(Condition("id", "is", ("person-0001",)), sort="id", limit=5).total) != 1:
                    wrong.append(found)
            except Exception as error:
                wrong.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(3):
        built = store.beside()
        built.apply(people(3))
        built.finish()
        store.adopt(built)
    stop.set()
    reader.join()
    assert wrong == []
