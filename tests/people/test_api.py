"""What clients of `/users` may rely on."""

import json
from typing import Any

import pytest

from crm.people import queries
from tests import factories
from tests.api_client import ApiClient

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]

ALICE = {
    "firstName": "Alice",
    "lastName": "Johnson",
    "email": "alice@example.com",
    "phoneNumber": "1234567890",
    "avatar": "https://example.com/avatar.jpg",
    "gender": "female",
    "jobTitle": "Engineer",
    "company": "TechCorp",
    "city": "New York",
    "state": "NY",
}


@pytest.fixture
def api() -> ApiClient:
    return ApiClient()


def create(api: ApiClient, **values: Any) -> Any:
    status, person, _ = api.call("POST", "/users", {**ALICE, **values})
    assert status == 201, person
    return person


def fields_at_fault(problem: Any) -> list[str]:
    return [error["field"] for error in problem["errors"]]


def test_created_person_is_answered_as_sent(api: ApiClient) -> None:
    person = create(api)
    assert {name: person[name] for name in ALICE} == ALICE
    assert person["id"]


def test_same_address_again_is_a_conflict_that_names_the_field(api: ApiClient) -> None:
    create(api)
    status, problem, headers = api.call("POST", "/users", {**ALICE, "email": "ALICE@example.com"})
    assert (status, fields_at_fault(problem)) == (409, ["email"])
    assert headers["Content-Type"] == "application/problem+json"


def test_next_list_shows_what_was_just_written(api: ApiClient) -> None:
    for number in range(20):
        person = create(api, email=f"p{number}@example.com", company=f"Company {number}")
        page = api.get("/users/filter", company=f"company {number}")
        assert [row["id"] for row in page["items"]] == [person["id"]]


def test_row_of_a_list_is_the_same_as_the_person_alone(api: ApiClient) -> None:
    person = create(api)
    assert api.get("/users")["items"] == [person]
    assert api.get(f"/users/{person['id']}") == person


def test_filter_takes_a_tree_beside_its_parameters(api: ApiClient) -> None:
    for city in ("Rome", "Paris", "Oslo"):
        create(api, city=city, email=f"{city}@example.com")
    tree = {"or": [{"field": "city", "op": "is", "value": city} for city in ("Rome", "Oslo")]}
    page = api.get("/users/filter", email="rome@example.com", filter=json.dumps(tree))
    assert [row["city"] for row in page["items"]] == ["Rome"]
    assert api.get("/users/filter", filter=json.dumps(tree))["total"] == 2


def test_sample_filter_finds_sorts_and_counts(api: ApiClient) -> None:
    for first_name in ("bob", "Alice", "Carol"):
        create(api, firstName=first_name, email=f"{first_name}@example.com")
    create(api, email="other@example.com", city="Boston")

    page = api.get(
        "/users/filter",
        company="techcorp",
        city="New York",
        events_attended_min=0,
        events_hosted_min=0,
        sort_by="-firstName",
        limit=2,
    )

    assert [row["firstName"] for row in page["items"]] == ["Carol", "bob"]
    assert page["total"] == 3
    rest = api.get(
        "/users/filter",
        company="techcorp",
        city="New York",
        events_attended_min=0,
        events_hosted_min=0,
        sort_by="-firstName",
        limit=2,
        cursor=page["next"],
    )
    assert ([row["firstName"] for row in rest["items"]], rest["next"]) == (["Alice"], None)


@pytest.mark.parametrize("name", ["eventsAttended", "events_attended", "-jobTitle", "email", "createdAt"])
def test_sort_by_takes_every_field_in_either_spelling(api: ApiClient, name: str) -> None:
    create(api)
    assert len(api.get("/users", sort_by=name)["items"]) == 1


def test_whatever_describes_a_person_can_be_sorted_by(api: ApiClient) -> None:
    for name in create(api):
        assert len(api.get("/users", sort_by=name)["items"]) == 1, name


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"sort_by": "shoeSize"}, "sort_by"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"colour": "red"}, "colour"),
        ({"events_attended_min": "many"}, "events_attended_min"),
    ],
)
def test_bad_parameter_is_refused_by_name(api: ApiClient, query: dict[str, str], field: str) -> None:
    parameters = "&".join(f"{name}={value}" for name, value in query.items())
    status, problem, _ = api.call("GET", f"/users/filter?{parameters}")
    assert (status, fields_at_fault(problem)) == (422, [field])


def test_patch_leaves_and_put_clears_what_is_left_out(api: ApiClient) -> None:
    person = create(api)
    _, patched, _ = api.call("PATCH", f"/users/{person['id']}", {"city": "Boston"})
    assert (patched["city"], patched["company"]) == ("Boston", "TechCorp")

    _, replaced, _ = api.call("PUT", f"/users/{person['id']}", {"email": "alice@example.com"})
    assert (replaced["city"], replaced["company"], replaced["firstName"]) == ("", "", "")


def test_stale_if_match_is_a_conflict(api: ApiClient) -> None:
    person = create(api)
    path = f"/users/{person['id']}"
    _, _, headers = api.call("GET", path)
    status, _, newer = api.call("PATCH", path, {"city": "Boston"}, If_Match=headers["ETag"])
    assert (status, newer["ETag"] != headers["ETag"]) == (200, True)

    assert api.call("PATCH", path, {"city": "Rome"}, If_Match=headers["ETag"])[0] == 409
    assert api.get(path)["city"] == "Boston"


def test_registering_somebody_does_not_make_their_etag_stale(api: ApiClient) -> None:
    person, event = create(api), factories.event()
    _, _, headers = api.call("GET", f"/users/{person['id']}")
    api.call("POST", f"/events/{event.id}/register", {"user_id": person["id"]})

    assert api.call("PATCH", f"/users/{person['id']}", {"city": "Rome"}, If_Match=headers["ETag"])[0] == 200


def test_delete_answers_204_then_404_and_frees_the_address(api: ApiClient) -> None:
    person = create(api)
    assert api.call("DELETE", f"/users/{person['id']}")[0] == 204
    assert api.call("DELETE", f"/users/{person['id']}")[0] == 404
    assert api.call("GET", f"/users/{person['id']}")[0] == 404
    assert api.get("/users")["items"] == []
    create(api)


def test_key_used_again_answers_the_first_answer_and_creates_nobody(api: ApiClient) -> None:
    first = api.call("POST", "/users", ALICE, Idempotency_Key="k1")
    again = api.call("POST", "/users", ALICE, Idempotency_Key="k1")
    assert first[:2] == again[:2]
    assert api.get("/users")["total"] == 1


def test_key_used_for_another_body_is_refused(api: ApiClient) -> None:
    api.call("POST", "/users", ALICE, Idempotency_Key="k1")
    status, problem, _ = api.call("POST", "/users", {**ALICE, "city": "Rome"}, Idempotency_Key="k1")
    assert (status, fields_at_fault(problem)) == (422, ["Idempotency-Key"])


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "nonsense"}, "email"),
        ({"firstName": "x" * 201}, "firstName"),
        ({"firstName": "a\x00b"}, "firstName"),
        ({"firstName": 7}, "firstName"),
        ({"city": None}, "city"),
        ({"shoeSize": 44}, "shoeSize"),
        ({"tags": ["ok", 3]}, "tags.1"),
    ],
)
def test_bad_field_is_refused_by_name_and_nobody_is_created(api: ApiClient, values: dict[str, Any], field: str) -> None:
    status, problem, _ = api.call("POST", "/users", {**ALICE, **values})
    assert (status, fields_at_fault(problem)) == (422, [field])
    assert api.get("/users")["items"] == []


def test_phone_is_normalised_beside_what_was_given(api: ApiClient) -> None:
    person = create(api, phoneNumber="(212) 555-0123")
    assert (person["phoneNumber"], person["phoneE164"]) == ("(212) 555-0123", "+12125550123")
    assert queries.get(person["id"]).phone_e164 == "+12125550123"
