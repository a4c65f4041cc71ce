"""Files of people over the API."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from crm.imports import actions, repository
from tests.imports import files

pytestmark = pytest.mark.usefixtures("tables", "api_demo")
TEXT = b"E-Mail,Firma\nzoe@example.com,Globex\nnobody,x\n,y\n"


@pytest.fixture
def api_demo(settings: Any) -> None:
    settings.DEMO = True


def send(client: Client, given: bytes = TEXT, key: str = "", **fields: str) -> HttpResponse:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/imports", {"file": SimpleUploadedFile("p.csv", given), **fields}, headers=headers)  # type: ignore[return-value]


def test_file_is_taken_in_by_the_worker(client: Client) -> None:
    answer = send(client, tags="fair;press")
    assert answer.status_code == 202, answer.content
    told = json.loads(answer.content)
    assert (told["state"], told["rows"], told["tags"]) == ("running", 3, ["fair", "press"])
    assert told["columns"] == [{"head": "E-Mail", "field": "email"}, {"head": "Firma", "field": "company"}]
    files.worked(actions.get(told["id"]))
    now = client.get(f"/imports/{told['id']}").json()
    assert (now["state"], now["created"], now["refused"]) == ("done", 1, 2)
    zoe = files.person("zoe@example.com")
    assert zoe is not None
    assert (zoe.fields.company, zoe.fields.tags) == ("Globex", ("fair", "press"))


def test_columns_may_be_named(client: Client) -> None:
    answer = send(client, columns=json.dumps({"E-Mail": "email", "Firma": "lastName"}))
    files.worked(actions.get(json.loads(answer.content)["id"]))
    zoe = files.person("zoe@example.com")
    assert zoe is not None
    assert zoe.fields.last_name == "Globex"


@pytest.mark.parametrize(
    ("fields", "given", "field"),
    [
        ({"columns": "x"}, TEXT, "columns"),
        ({"columns": '{"Nothing": "email"}'}, TEXT, "columns"),
        ({"columns": '{"E-Mail": "nothing"}'}, TEXT, "columns"),
        ({"columns": '{"Firma": "company"}'}, TEXT, "columns"),
        ({"treatment": "x"}, TEXT, "treatment"),
        ({"tags": "x" * 51}, TEXT, "tags"),
        ({"strange": "x"}, TEXT, "strange"),
        ({}, b"", "file"),
        ({}, b'email\n"x\n', "file"),
    ],
)
def test_what_is_wrong_is_named(client: Client, fields: dict[str, str], given: bytes, field: str) -> None:
    answer = send(client, given, **fields)
    assert answer.status_code == 422, answer.content
    assert [one["field"] for one in json.loads(answer.content)["errors"]] == [field]
    assert list(repository.newest()) == []


def test_body_that_is_no_form_is_refused(client: Client) -> None:
    assert client.post("/imports", "{}", content_type="application/json").status_code == 415
    assert client.post("/imports", {"treatment": "skip"}).status_code == 422
    assert client.post("/users", {"email": "a@example.com"}).status_code == 415


def test_request_repeated_with_its_key_imports_once(client: Client) -> None:
    first, second = send(client, key="one"), send(client, key="one")
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert len(list(repository.newest())) == 1
    assert send(client, TEXT + b"more@example.com,\n", key="one").status_code == 422


def test_bad_rows_are_listed_page_by_page(client: Client) -> None:
    done = files.imported(TEXT)
    first = client.get(f"/imports/{done.id}/errors?limit=1").json()
    assert first["items"] == [
        {
            "line": 3,
            "cells": ["nobody", "x"],
            "problems": [{"column": "E-Mail", "message": "An email address must have an @-sign."}],
        }
    ]
    assert first["total"] == 2
    second = client.get(f"/imports/{done.id}/errors?limit=1&cursor={first['next']}").json()
    assert [row["line"] for row in second["items"]] == [4]
    assert second["next"] is None
    assert client.get(f"/imports/{done.id}/errors?cursor=x").status_code == 422


def test_import_is_undone_and_only_once(client: Client) -> None:
    done = files.imported(TEXT)
    answer = client.post(f"/imports/{done.id}/undo", content_type="application/json")
    assert (answer.status_code, answer.json()["state"]) == (202, "undoing")
    assert client.post(f"/imports/{done.id}/undo", content_type="application/json").status_code == 409
    assert client.post("/imports/nothing/undo", content_type="application/json").status_code == 404


def test_import_is_stopped(client: Client) -> None:
    begun = files.started(TEXT)
    assert client.post(f"/imports/{begun.id}/cancel", content_type="application/json").json()["state"] == "cancelling"
    assert client.post(f"/imports/{begun.id}/cancel", content_type="application/json").status_code == 409
