"""The API's documentation: what clients build on, kept so that no change to it goes unseen."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

SNAPSHOT = Path(__file__).parent.parent / "snapshots" / "openapi.json"
UPDATE = "UPDATE_SNAPSHOTS"
WRITES = ("post", "put", "patch", "delete")
EDITED = {"/users/{user_id}", "/events/{event_id}", "/campaigns/{campaign_id}", "/segments/{segment_id}"}


@pytest.fixture
def document() -> Any:
    """The OpenAPI document as clients get it."""
    return json.loads(Client().get("/openapi.json").content)


def operations(document: Any) -> list[tuple[str, str, Any]]:
    return [(verb, path, found) for path, verbs in document["paths"].items() for verb, found in verbs.items()]


def test_api_is_as_the_snapshot_has_it(document: Any) -> None:
    if os.environ.get(UPDATE) == "1":
        SNAPSHOT.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    assert document == json.loads(SNAPSHOT.read_text()), f"If the change is meant, run the test with {UPDATE}=1."


def test_every_operation_states_its_scope_and_how_it_refuses(document: Any) -> None:
    for verb, path, found in operations(document):
        (security,) = found["security"]
        assert security["BearerToken"], (verb, path)
        assert list(found["responses"]["default"]["content"]) == ["application/problem+json"]


def test_every_write_takes_an_idempotency_key_and_every_edit_a_condition(document: Any) -> None:
    for verb, path, found in operations(document):
        named = {parameter["name"] for parameter in found["parameters"]}
        assert ("Idempotency-Key" in named) == (verb in WRITES), (verb, path)
        is_edit = verb in WRITES and path in EDITED
        assert ("If-Match" in named) == is_edit, (verb, path)


def test_every_list_is_paged_alike(document: Any) -> None:
    lists = [found for verb, _, found in operations(document) if found["operationId"].startswith(("list", "filter"))]
    assert len(lists) == 11
    for found in lists:
        bounds = {parameter["name"]: parameter["schema"] for parameter in found["parameters"]}
        assert (bounds["limit"]["minimum"], bounds["limit"]["maximum"]) == (1, 100)
        assert "cursor" in bounds


def test_operations_are_called_by_names_of_their_own(document: Any) -> None:
    names = [found["operationId"] for _, _, found in operations(document)]
    assert len(names) == len(set(names))


def test_documentation_shows_its_pictures_and_runs_nothing_inline() -> None:
    page = Client().get("/docs")
    policy = page["Content-Security-Policy"]
    assert page.status_code == 200
    assert "img-src 'self' data:" in policy
    assert "unsafe" not in policy
    assert "data:" not in Client().get("/accounts/sign-in/")["Content-Security-Policy"]


def test_filter_of_people_documents_numbers_times_and_flags_as_such(document: Any) -> None:
    given = document["paths"]["/users/filter"]["get"]["parameters"]
    kinds = {one["name"]: (one["schema"].get("type"), one["schema"].get("format", "")) for one in given}
    assert kinds["events_attended_min"] == ("integer", "")
    assert kinds["created_from"] == ("string", "date-time")
    assert kinds["unsubscribed"] == ("boolean", "")
    assert kinds["company"] == ("string", "")
