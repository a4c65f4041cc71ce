"""Requests to the API as a client writes them, byte by byte."""

from typing import Any, Protocol

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings

from crm.staff import actions
from crm.staff.entities import SCOPES

JSON = "application/json"


class Send(Protocol):
    """Sends one request and returns the answer; an exception in a view becomes the 500 that a client would see."""

    def __call__(
        self, method: str, path: str, body: bytes | str = b"", content_type: str = JSON, **extra: Any
    ) -> HttpResponse: ...


@pytest.fixture(autouse=True)
def stores(tables: None, data_dir: object, fresh_counts: None) -> None:
    """Empty tables, an empty read model, and counters that no other test has used."""


@pytest.fixture
def send() -> Send:
    client = Client(raise_request_exception=False)

    def sent(method: str, path: str, body: bytes | str = b"", content_type: str = JSON, **extra: Any) -> HttpResponse:
        # Django's client leaves the type out where there is no body.
        extra = {"CONTENT_TYPE": content_type, **extra} if content_type else extra
        return client.generic(method, path, body, content_type=content_type, **extra)

    return sent


@pytest.fixture
def real(settings: Settings) -> Settings:
    """The API outside demo mode."""
    settings.DEMO = False
    settings.SECURE_SSL_REDIRECT = False
    return settings


@pytest.fixture
def bearer() -> str:
    """The Authorization header of a token that may do everything."""
    issued = actions.issue(name="Test", scopes=SCOPES, days=1, actor="staff:1")
    return f"Bearer {issued.text}"


def fields_at_fault(response: HttpResponse) -> list[str]:
    """Return the fields a problem names; fail where the answer is no problem."""
    problem = response.json()  # type: ignore[attr-defined]
    assert response["Content-Type"] == "application/problem+json", response.content
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert problem["status"] == response.status_code
    assert b"Traceback" not in response.content
    return [error["field"] for error in problem["errors"]]
