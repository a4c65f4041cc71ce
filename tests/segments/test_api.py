"""What clients of `/segments` may rely on."""

from typing import Any

import pytest

from tests import factories
from tests.api_client import ApiClient

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]

ACME = {"company": "Acme"}


@pytest.fixture
def api() -> ApiClient:
    return ApiClient()


def create(api: ApiClient, name: str = "Acme people", **filter_: Any) -> Any:
    status, segment, _ = api.call("POST", "/segments", {"name": name, "filter": filter_ or ACME})
    assert status == 201, segment
    return segment


def at_fault(problem: Any) -> list[str]:
    return [error["field"] for error in problem["errors"]]


def test_saved_segment_is_answered_listed_and_said_in_words(api: ApiClient) -> None:
    segment = create(api)
    assert segment["filter"] == {"field": "company", "op": "is", "value": "Acme"}
    assert segment["description"] == "People at Acme"
    assert api.get(f"/segments/{segment['id']}") == segment
    assert api.get("/segments", q="acme") == {"items": [segment], "next": None, "total": 1}
    assert api.get("/segments", q="zzz")["items"] == []


def test_people_of_a_segment_are_a_page_of_users(api: ApiClient) -> None:
    people = [factories.person(company="Acme", first_name=name).id for name in ("Ada", "Ben", "Cai")]
    factories.person()
    segment = create(api)
    first = api.get(f"/segments/{segment['id']}/people", limit=2, sort_by="firstName")
    rest = api.get(f"/segments/{segment['id']}/people", limit=2, sort_by="firstName", cursor=first["next"])
    assert [row["id"] for row in (*first["items"], *rest["items"])] == people
    assert (first["total"], rest["next"]) == (3, None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"filter": ACME}, "name"),
        ({"name": " ", "filter": ACME}, "name"),
        ({"name": "x"}, "filter"),
        ({"name": "x", "filter": {}}, "filter"),
        ({"name": "x", "filter": {"hair": "red"}}, "filter.hair"),
        ({"name": "x", "filter": {"or": [{"field": "city", "op": "one_of", "values": ["c" * 200] * 900}]}}, "filter"),
    ],
)
def test_what_is_wrong_is_named(api: ApiClient, body: dict[str, Any], field: str) -> None:
    status, problem, _ = api.call("POST", "/segments", body)
    assert (status, at_fault(problem)) == (422, [field])


def test_taken_name_is_a_conflict_that_names_the_field(api: ApiClient) -> None:
    create(api)
    status, problem, _ = api.call("POST", "/segments", {"name": "ACME PEOPLE", "filter": ACME})
    assert (status, at_fault(problem)) == (409, ["name"])


def test_change_leaves_what_is_left_out_and_minds_the_revision(api: ApiClient) -> None:
    segment = create(api)
    path = f"/segments/{segment['id']}"
    status, changed, headers = api.call("PATCH", path, {"name": "Folks"}, If_Match='"1"')
    assert (status, changed["name"], changed["filter"], headers["ETag"]) == (200, "Folks", segment["filter"], '"2"')
    assert api.call("PATCH", path, {"name": "Stale"}, If_Match='"1"')[0] == 409
    assert api.call("PATCH", path, {"filter": {}})[0] == 422
    assert api.call("PATCH", path, {"filter": {"city": "Boston"}})[1]["description"] == "People in Boston"
    assert api.call("DELETE", path, If_Match='"1"')[0] == 409
    assert api.call("DELETE", path, If_Match='"3"')[0] == 204
    assert api.call("GET", path)[0] == 404
    assert api.call("GET", f"{path}/people")[0] == 404


def test_same_key_saves_once(api: ApiClient) -> None:
    body = {"name": "Once", "filter": ACME}
    first = api.call("POST", "/segments", body, Idempotency_Key="k")
    again = api.call("POST", "/segments", body, Idempotency_Key="k")
    assert first[:2] == again[:2]
    assert api.get("/segments")["total"] == 1
