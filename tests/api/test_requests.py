"""What every request to the API must fulfil before an operation sees it."""

import pytest
from pytest_django.fixtures import Settings

from crm.core.api import guards, parsing
from tests.api.conftest import JSON, Send, fields_at_fault

ALICE = '{"email": "alice@example.com"}'


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_taken(send: Send, content_type: str) -> None:
    assert send("POST", "/users", ALICE, content_type).status_code == 201


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/plain; application/json",
        "text/plain, application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_other_media_types_are_refused_unread(send: Send, method: str, content_type: str) -> None:
    path = "/users" if method == "POST" else "/users/someone"
    response = send(method, path, ALICE, content_type)
    assert response.status_code == 415
    assert fields_at_fault(response) == []
    assert send("GET", "/users").json()["items"] == []


def test_cross_site_text_plain_post_gets_415(send: Send) -> None:
    headers = {"HTTP_ORIGIN": "https://evil.example", "HTTP_SEC_FETCH_SITE": "cross-site"}
    assert send("POST", "/users", ALICE, "text/plain", **headers).status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'a': 1}",
        b'{"email": "a@example.com",}',
        b'{"email": NaN}',
        b'{"email": Infinity}',
        b'{"email": 1e999}',
        b'{"email": "\\ud800"}',
        b'{"email": "\xff"}',
        b'{"email": "\xed\xa0\x80"}',
        b"\xef\xbb\xbf{}",
        b'{"email": "a\nb"}',
        b'{} {"email": "a@example.com"}',
        b"[" * 2_000,
        b"[" * (parsing.MAX_DEPTH + 1) + b"]" * (parsing.MAX_DEPTH + 1),
        b'{"a":' * (parsing.MAX_DEPTH + 1) + b"1" + b"}" * (parsing.MAX_DEPTH + 1),
    ],
)
def test_malformed_json_names_the_body(send: Send, body: bytes) -> None:
    response = send("POST", "/users", body)
    assert response.status_code == 400
    assert fields_at_fault(response) == ["body"]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"7", b"true", b"[" * 20 + b"]" * 20])
def test_body_that_is_no_object_names_the_body(send: Send, body: bytes) -> None:
    response = send("POST", "/users", body)
    assert response.status_code == 422
    assert fields_at_fault(response) == ["body"]


def test_body_beyond_the_limit_is_refused_unread(send: Send, settings: Settings) -> None:
    large = '{"email": "' + "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + '"}'
    response = send("POST", "/users", large)
    assert response.status_code == 413
    assert fields_at_fault(response) == []


def test_body_without_length_is_refused(send: Send) -> None:
    response = send("POST", "/users", HTTP_TRANSFER_ENCODING="chunked")
    assert response.status_code == 411
    assert fields_at_fault(response) == []


def test_unknown_and_repeated_parameters_are_named(send: Send) -> None:
    response = send("GET", "/users?nonsense=1&limit=5&limit=6")
    assert response.status_code == 422
    assert fields_at_fault(response) == ["nonsense", "limit"]


def test_parameters_are_refused_where_none_are_taken(send: Send) -> None:
    response = send("POST", "/users?dry_run=1", ALICE)
    assert response.status_code == 422
    assert fields_at_fault(response) == ["dry_run"]
    assert send("GET", "/users").json()["items"] == []


@pytest.mark.parametrize("name", ["x" * (guards.MAX_ID_LENGTH + 1), "a%00b", "a%0Ab", "%F0%9F%98%80" * 200])
def test_identifier_that_nothing_can_have_is_not_found(send: Send, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.core.dynamo.get", lambda *_: pytest.fail("DynamoDB answers such keys with an error"))
    for method in ("GET", "DELETE"):
        response = send(method, f"/users/{name}")
        assert response.status_code == 404
        assert fields_at_fault(response) == []


@pytest.mark.parametrize("path", ["/nothing", "/users/a/b", "/users/a/registrations/b/c", "/favicon.ico"])
def test_unknown_address_is_a_problem(send: Send, path: str) -> None:
    response = send("GET", path)
    assert response.status_code == 404
    assert fields_at_fault(response) == []


@pytest.mark.parametrize("method", ["DELETE", "PUT", "OPTIONS", "TRACE", "PROPFIND"])
def test_other_methods_are_named_with_those_that_work(send: Send, method: str) -> None:
    response = send(method, "/users")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, POST"
    assert fields_at_fault(response) == []


def test_head_answers_what_get_would_without_the_body(send: Send) -> None:
    path = f"/users/{send('POST', '/users', ALICE).json()['id']}"
    asked, head = send("GET", path), send("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert [head[name] for name in ("ETag", "Content-Type")] == [asked[name] for name in ("ETag", "Content-Type")]
    assert send("HEAD", "/users/nobody").status_code == 404
    assert send("HEAD", "/emails/send").status_code == 405


def test_foreign_host_is_refused(send: Send) -> None:
    response = send("GET", "/users", HTTP_HOST="evil.example")
    assert response.status_code == 400
    assert fields_at_fault(response) == []


def test_our_own_fault_tells_nothing_about_us(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("crm.people.queries.get", broken)
    response = send("GET", "/users/someone")
    assert response.status_code == 500
    assert fields_at_fault(response) == []
    assert b"secret" not in response.content
