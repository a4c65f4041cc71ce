"""The do-not-mail list over the API."""

import pytest

from crm.suppressions import actions
from tests.api_client import ApiClient

pytestmark = [pytest.mark.usefixtures("tables"), pytest.mark.django_db]


@pytest.fixture
def api() -> ApiClient:
    return ApiClient()


def test_address_is_suppressed_listed_and_let_go(api: ApiClient) -> None:
    status, added, _ = api.call("POST", "/suppressions", {"email": "Ada@example.com", "reason": "asked"})
    assert (status, added["email"], added["reason"]) == (201, "Ada@example.com", "asked")

    listed = api.get("/suppressions", q="asked")
    assert [row["id"] for row in listed["items"]] == [added["id"]]
    assert listed["total"] == 1

    status, _, _ = api.call("DELETE", f"/suppressions/{added['id']}")
    assert status == 204
    assert not actions.is_suppressed("ada@example.com")


def test_address_that_stands_is_answered_as_it_is(api: ApiClient) -> None:
    api.call("POST", "/suppressions", {"email": "ada@example.com", "reason": "first"})

    status, answer, _ = api.call("POST", "/suppressions", {"email": "ADA@example.com", "reason": "second"})

    assert (status, answer["reason"]) == (200, "first")


def test_repeated_request_is_answered_the_same(api: ApiClient) -> None:
    body = {"email": "ada@example.com"}
    first, again = (api.call("POST", "/suppressions", body, Idempotency_Key="one") for _ in range(2))

    assert (first[0], first[1]) == (again[0], again[1]) == (201, again[1])


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "email"), ({"email": "nobody"}, "email"), ({"email": "a@b.example", "reason": "x" * 201}, "reason")],
)
def test_bad_field_is_named(api: ApiClient, body: dict[str, str], field: str) -> None:
    status, problem, _ = api.call("POST", "/suppressions", body)

    assert status == 422
    assert [error["field"] for error in problem["errors"]] == [field]


def test_address_that_is_not_listed_is_not_found(api: ApiClient) -> None:
    assert api.call("DELETE", "/suppressions/nothing")[0] == 404
