"""What clients of `/events` may rely on, registrations included."""

from typing import Any

import pytest

from crm.registrations.walks import run_open
from tests import factories
from tests.api_client import ApiClient

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]

CONFERENCE = {
    "title": "Tech Conference 2025",
    "slug": "tech-conf-2025",
    "description": "A major tech event.",
    "startAt": "2025-08-01T09:00:00Z",
    "endAt": "2025-08-01T17:00:00Z",
    "venue": "NYC Convention Center",
    "maxCapacity": 200,
}


@pytest.fixture
def api() -> ApiClient:
    return ApiClient()


def create(api: ApiClient, **values: Any) -> Any:
    status, event, _ = api.call("POST", "/events", {**CONFERENCE, **values})
    assert status == 201, event
    return event


def register(api: ApiClient, event_id: str, person_id: str) -> tuple[int, Any]:
    return api.call("POST", f"/events/{event_id}/register", {"user_id": person_id})[:2]


def fields_at_fault(problem: Any) -> list[str]:
    return [error["field"] for error in problem["errors"]]


def test_created_event_is_answered_as_sent_and_published(api: ApiClient) -> None:
    owner = factories.person().id
    event = create(api, owner=owner, hosts=[owner])
    assert {name: event[name] for name in CONFERENCE} == CONFERENCE
    assert (event["status"], event["owner"], event["hosts"]) == ("published", owner, [owner])
    assert api.get("/events")["items"] == [event]


def test_times_with_an_offset_are_answered_in_utc(api: ApiClient) -> None:
    event = create(api, startAt="2025-08-01T09:00:00-04:00", endAt="2025-08-01T17:00:00-04:00")
    assert (event["startAt"], event["endAt"]) == ("2025-08-01T13:00:00Z", "2025-08-01T21:00:00Z")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": ""}, "title"),
        ({"endAt": "2025-08-01T09:00:00Z"}, "endAt"),
        ({"startAt": "2025-08-01 09:00"}, "startAt"),
        ({"maxCapacity": -1}, "maxCapacity"),
        ({"maxCapacity": 10**30}, "maxCapacity"),
        ({"owner": "nobody"}, "owner"),
        ({"hosts": ["nobody"]}, "hosts"),
        ({"status": "secret"}, "status"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"slug": "no spaces!"}, "slug"),
    ],
)
def test_bad_field_is_refused_by_name(api: ApiClient, values: dict[str, Any], field: str) -> None:
    status, problem, _ = api.call("POST", "/events", {**CONFERENCE, **values})
    assert (status, fields_at_fault(problem)) == (422, [field])
    assert api.get("/events")["items"] == []


def test_slug_taken_is_a_conflict(api: ApiClient) -> None:
    create(api)
    status, problem, _ = api.call("POST", "/events", CONFERENCE)
    assert (status, fields_at_fault(problem)) == (409, ["slug"])


def test_registering_answers_201_then_200(api: ApiClient) -> None:
    event, person = create(api), factories.person()
    status, registration = register(api, event["id"], person.id)
    assert (status, registration["status"], registration["userId"]) == (201, "registered", person.id)

    status, again = register(api, event["id"], person.id)
    assert (status, again) == (200, registration)
    assert api.get(f"/events/{event['id']}/registrations")["items"] == [registration]
    assert api.get(f"/users/{person.id}/registrations")["items"] == [registration]


def test_full_event_answers_waitlisted_and_cancelling_moves_up(api: ApiClient) -> None:
    event = create(api, maxCapacity=1)
    first, second = factories.person(), factories.person()
    register(api, event["id"], first.id)
    assert register(api, event["id"], second.id)[1]["status"] == "waitlisted"

    assert api.call("DELETE", f"/events/{event['id']}/registrations/{first.id}")[0] == 204

    rows = api.get(f"/events/{event['id']}/registrations")["items"]
    assert {row["userId"]: row["status"] for row in rows} == {first.id: "cancelled", second.id: "registered"}


def test_registration_cancelled_already_is_404_unless_the_request_is_repeated(api: ApiClient) -> None:
    event, person = create(api), factories.person()
    register(api, event["id"], person.id)
    path = f"/events/{event['id']}/registrations/{person.id}"

    assert api.call("DELETE", path, Idempotency_Key="k1")[0] == 204
    assert api.call("DELETE", path)[0] == 404
    assert api.call("DELETE", path, Idempotency_Key="k1")[0] == 204


def test_every_field_that_names_nobody_is_at_fault(api: ApiClient) -> None:
    owner = factories.person().id
    for given, wrong in (
        ({"owner": "nobody", "hosts": ["no-one"]}, ["owner", "hosts"]),
        ({"owner": "nobody", "hosts": ["nobody"]}, ["owner", "hosts"]),
        ({"owner": owner, "hosts": [owner, "nobody"]}, ["hosts"]),
        ({"owner": "nobody", "hosts": [owner]}, ["owner"]),
    ):
        status, problem, _ = api.call("POST", "/events", {**CONFERENCE, **given})
        assert (status, fields_at_fault(problem)) == (422, wrong)


def test_registering_for_what_does_not_exist_is_404(api: ApiClient) -> None:
    assert register(api, "nowhere", factories.person().id)[0] == 404
    assert register(api, create(api)["id"], "nobody")[0] == 404
    assert api.call("GET", "/events/nowhere/registrations")[0] == 404
    assert api.call("DELETE", f"/events/{create(api, slug='b')['id']}/registrations/nobody")[0] == 404


def test_cancelled_event_answers_409(api: ApiClient) -> None:
    event = create(api)
    api.call("PATCH", f"/events/{event['id']}", {"status": "cancelled"})
    assert register(api, event["id"], factories.person().id)[0] == 409


def test_capacity_below_the_places_taken_is_409(api: ApiClient) -> None:
    event = create(api)
    for _ in range(2):
        register(api, event["id"], factories.person().id)
    status, problem, _ = api.call("PATCH", f"/events/{event['id']}", {"maxCapacity": 1})
    assert (status, fields_at_fault(problem)) == (409, ["maxCapacity"])


def test_attendance_counts_where_the_filter_looks(api: ApiClient) -> None:
    event, person = create(api), factories.person(company="TechCorp")
    register(api, event["id"], person.id)

    (row,) = api.get("/users/filter", company="TechCorp", events_attended_min=1)["items"]

    assert (row["eventsAttended"], row["eventsRegistered"], row["eventsHosted"]) == (1, 1, 0)


def test_deleted_event_is_gone_and_its_slug_free(api: ApiClient) -> None:
    event, person = create(api), factories.person()
    register(api, event["id"], person.id)
    assert api.call("DELETE", f"/events/{event['id']}")[0] == 204
    assert api.call("DELETE", f"/events/{event['id']}")[0] == 404
    create(api)

    run_open(lambda: False)

    assert api.get(f"/users/{person.id}/registrations")["items"] == []
    assert api.get(f"/users/{person.id}")["eventsRegistered"] == 0


def test_key_makes_registering_answer_201_again(api: ApiClient) -> None:
    event, person = create(api), factories.person()
    body = {"user_id": person.id}
    first = api.call("POST", f"/events/{event['id']}/register", body, Idempotency_Key="r1")
    again = api.call("POST", f"/events/{event['id']}/register", body, Idempotency_Key="r1")
    assert first[:2] == again[:2] == (201, first[1])
