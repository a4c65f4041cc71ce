"""Bad input to every operation: a problem that names the field, never a 500, and nothing written.

Cases are made from the API's own document, so an operation or a field that is added is tried as well.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.campaigns import actions as campaigns
from crm.core import clock
from crm.core.dynamo import TABLES
from crm.core.utm import NO_UTM
from crm.people import tagging
from crm.people.tagging_job import Tags
from crm.search.filters import EVERYONE, Condition
from crm.segments import actions as segments
from crm.suppressions import actions as suppressions
from crm_site.api import api
from tests import factories
from tests.api.conftest import Send, fields_at_fault
from tests.imports import files

DOCUMENT = json.loads(json.dumps(api.get_openapi_schema(path_prefix="")))
OVERLONG = "x" * 200_001
HUGE = 10**30

MEETING = {
    "title": "T",
    "startAt": "2030-01-01T09:00:00Z",
    "endAt": "2030-01-01T10:00:00Z",
    "owner": "{owner}",
}
BODIES: dict[str, dict[str, Any]] = {
    "createUser": {"email": "new@example.com"},
    "replaceUser": {"email": "new@example.com"},
    "changeUser": {"city": "Oslo"},
    "createEvent": {
        "title": "T",
        "startAt": "2030-01-01T09:00:00Z",
        "endAt": "2030-01-01T10:00:00Z",
        "owner": "{owner}",
    },
    "replaceEvent": {
        "title": "T",
        "startAt": "2030-01-01T09:00:00Z",
        "endAt": "2030-01-01T10:00:00Z",
        "owner": "{owner}",
    },
    "changeEvent": {"venue": "Hall"},
    "tagUsers": {"add": ["vip"], "filter": {"company": "TechCorp"}},
    "addSuppression": {"email": "ada@example.com", "reason": "asked"},
    "registerUser": {"user_id": "{user_id}"},
    "createSegment": {"name": "N", "filter": {"company": "TechCorp"}},
    "changeSegment": {"name": "N"},
    "sendEmail": {"filter": {"company": "TechCorp"}, "subject": "S", "body": "B"},
    "sendTestEmail": {"to": "me@example.com", "subject": "S", "body": "B"},
    "createDraft": {"subject": "S", "body": "B"},
    "replaceDraft": {"subject": "S", "body": "B"},
    "rescheduleCampaign": {"at": (clock.now() + timedelta(days=30)).isoformat()},
    "retryCampaign": {"userIds": ["{user_id}"]},
    "resendCampaign": {"userIds": ["{user_id}"]},
    "correctCampaign": {"subject": "S", "body": "B"},
}
WRONG: dict[str, list[Any]] = {
    "string": [None, 7, 1.5, True, [], {}, OVERLONG, "a\x00b", "a\x1bb", "\x7f", "a\x85", "\n"],
    "date-time": [None, 7, True, [], {}, "", "yesterday", "2030-01-01", "2030-01-01T09:00:00", "2030-13-01T09:00:00Z"],
    "integer": [None, "7", 1.5, True, [], {}, HUGE, -HUGE, 2**63, -1],
    "boolean": [None, "yes", 1, [], {}],
    "array": [None, 7, "x", {}, [7], [None], [[]], [OVERLONG], ["a\x00b"], [str(n) for n in range(2_000)]],
    "object": [None, 7, "x", [], {"nonsense": 1}, {"company": OVERLONG}, {"company": "a\x00b"}, {"company": {}}],
}


# Texts that may consist of a line's end alone.
LINES = {("createEvent", "description"), ("replaceEvent", "description"), ("changeEvent", "description")} | {
    ("createDraft", "body"),
    ("replaceDraft", "body"),
}
# Any text may be the identifier of nobody, which is answered 404, or 409 where it names somebody's mail.
IDENTIFIERS = {"user_id", "userId", "userIds", "draftId"}


def _is_fine(operation: str, field: str, wrong: object) -> bool:
    if field in IDENTIFIERS:
        return isinstance(wrong, str) or wrong in ([OVERLONG], ["a\x00b"])
    return wrong == "\n" and (operation, field) in LINES


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API's document: its body's fields with their schemas, and its query parameters."""

    verb: str
    path: str
    name: str
    fields: dict[str, Any]
    required: list[str]
    parameters: list[str]

    def __str__(self) -> str:
        return f"{self.verb} {self.path}"


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _resolved(DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    # A body that may be left out.
    return _resolved(schema["anyOf"][0]) if "anyOf" in schema else schema


def _kind(schema: dict[str, Any]) -> str:
    resolved = _resolved(schema)
    return "date-time" if resolved.get("format") == "date-time" else str(resolved["type"])


def _operation(verb: str, path: str, found: dict[str, Any]) -> Operation:
    content = found.get("requestBody", {"content": {}})["content"]
    shape = _resolved(content["application/json"]["schema"]) if content else {"properties": {}}
    parameters = [parameter["name"] for parameter in found["parameters"] if parameter["in"] == "query"]
    return Operation(
        verb.upper(), path, found["operationId"], shape["properties"], shape.get("required", []), parameters
    )


# Forms with files have tests of their own, beside their feature.
OPERATIONS = [
    _operation(verb, path, found)
    for path, verbs in DOCUMENT["paths"].items()
    for verb, found in verbs.items()
    if "multipart/form-data" not in found.get("requestBody", {"content": {}})["content"]
]
WRITING = [operation for operation in OPERATIONS if operation.fields]
LISTS = [operation for operation in OPERATIONS if "cursor" in operation.parameters]


@pytest.fixture
def things() -> dict[str, str]:
    """What the operations' paths name."""
    owner, person = factories.person().id, factories.person().id
    mail = {"subject": "S", "body": "B", "utm": NO_UTM, "name": "", "actor": "staff:1"}
    campaign = campaigns.send(where=EVERYONE, **mail).campaign
    event = factories.event(owner=owner)
    barred, _ = suppressions.add(email="bob@example.com", reason="asked", actor="staff:1")
    ids = {"user_id": person, "event_id": event.id, "campaign_id": campaign.id, "suppression_id": barred.id}
    acme = Condition("company", "is", ("Acme",))
    ids["segment_id"] = segments.create(name="Acme", where=acme, actor="staff:1").id
    ids["job_id"] = tagging.start(where=acme, tags=Tags(("vip",)), actor="staff:1").id
    ids["import_id"] = files.uploaded("email\na@example.com\n").id
    return ids | {"owner": owner}


def stored() -> list[str]:
    """Return everything in both tables."""
    return sorted(json.dumps(item.to_dynamodb_dict(), sort_keys=True, default=str) for t in TABLES for item in t.scan())


class Tried:
    """Sends bad input and collects what was not answered by a 422 that names the field."""

    def __init__(self, send: Send, things: dict[str, str]) -> None:
        self._send, self._things = send, things
        self._before = stored()
        self._accepted: list[str] = []

    def body(self, operation: Operation, field: str, body: object) -> None:
        raw = json.dumps(body).replace("{owner}", self._things["owner"]).replace("{user_id}", self._things["user_id"])
        self._judge(self._send(operation.verb, operation.path.format(**self._things), raw), field, raw)

    def query(self, operation: Operation, name: str, value: str) -> None:
        asked, body = urlencode({name: value}), ""
        if operation.fields:
            body = json.dumps(BODIES[operation.name]).replace("{owner}", self._things["owner"])
        self._judge(self._send(operation.verb, f"{operation.path.format(**self._things)}?{asked}", body), name, asked)

    def _judge(self, response: HttpResponse, field: str, sent: str) -> None:
        names = fields_at_fault(response) if response.status_code >= 400 else []
        is_named = any(name == field or name.startswith(f"{field}.") for name in names)
        if response.status_code != 422 or not is_named:
            self._accepted.append(f"{sent[:150]} -> {response.status_code} {names}")

    def end(self) -> None:
        """Fail where something was accepted, or written in spite of its refusal."""
        assert not self._accepted, "\n".join(self._accepted)
        assert stored() == self._before


@pytest.mark.parametrize("operation", WRITING, ids=str)
def test_bad_field_is_named(send: Send, things: dict[str, str], operation: Operation) -> None:
    tried, valid = Tried(send, things), BODIES[operation.name]
    for field, schema in {**operation.fields, "nonsense": {"type": "string"}}.items():
        for wrong in WRONG[_kind(schema)]:
            if not _is_fine(operation.name, field, wrong):
                tried.body(operation, field, {**valid, field: wrong})
    tried.end()


@pytest.mark.parametrize("operation", WRITING, ids=str)
def test_missing_field_is_named(send: Send, things: dict[str, str], operation: Operation) -> None:
    tried = Tried(send, things)
    for field in operation.required:
        tried.body(operation, field, {name: value for name, value in BODIES[operation.name].items() if name != field})
    tried.end()


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_bad_parameter_is_named(send: Send, things: dict[str, str], operation: Operation) -> None:
    tried = Tried(send, things)
    for name in [*operation.parameters, "nonsense"]:
        for wrong in ("x" * 5_000, "a\x00b", "\x7f"):
            tried.query(operation, name, wrong)
    tried.end()


@pytest.mark.parametrize("operation", LISTS, ids=str)
def test_limit_out_of_range_and_foreign_cursor_are_named(
    send: Send, things: dict[str, str], operation: Operation
) -> None:
    tried = Tried(send, things)
    for limit in ("0", "101", "-1", "1.5", "1e1", "x", "", " 5", "1_0", "\u0663", str(HUGE)):
        tried.query(operation, "limit", limit)
    for cursor in ("x", "\u00e9", "AAAA", "eyJ4IjoxfQ", "eyJ4IjoxfQ.c2ln", "." * 50):
        tried.query(operation, "cursor", cursor)
    tried.end()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize("operation", WRITING, ids=str)
def test_no_body_whatever_breaks_us(send: Send, things: dict[str, str], operation: Operation) -> None:
    fields = st.sampled_from(sorted(operation.fields))

    @settings(max_examples=50, suppress_health_check=list(HealthCheck))
    @given(JSON | st.dictionaries(fields, JSON, max_size=4) | st.binary(max_size=30))
    def try_all(body: Any) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body)
        response = send(operation.verb, operation.path.format(**things), raw)
        assert response.status_code < 500, response.content
        if response.status_code >= 400:
            assert fields_at_fault(response) or response.status_code in {404, 409}

    try_all()
