"""What a client may rely on that sends an `Idempotency-Key`."""

import json
from datetime import timedelta

import pytest
from django.http import HttpResponse

from crm.core import clock, errors, idempotency, transaction
from crm.core.dynamo import CrmItem
from crm.people import actions
from crm.staff import actions as staff_actions
from crm.staff.entities import WRITE
from tests import factories
from tests.api.conftest import Send, fields_at_fault

KEY = "Idempotency-Key"
ALICE = '{"email": "alice@example.com"}'


def post(send: Send, body: str = ALICE, key: str = "k", path: str = "/users", **extra: str) -> HttpResponse:
    return send("POST", path, body, HTTP_IDEMPOTENCY_KEY=key, **extra)


def same(one: HttpResponse, other: HttpResponse) -> bool:
    """Tell whether two answers are equal to the byte."""
    seen = [(answer.status_code, answer.content, answer.headers.get("ETag")) for answer in (one, other)]
    return seen[0] == seen[1]


def emails(send: Send) -> list[str]:
    return [row["email"] for row in send("GET", "/users").json()["items"]]


def test_repeated_request_answers_what_the_first_did(send: Send) -> None:
    first, again = post(send), post(send)
    assert first.status_code == 201
    assert same(first, again)
    assert emails(send) == ["alice@example.com"]


def test_every_write_is_done_once_under_its_key(send: Send) -> None:
    event, owner = factories.event(), factories.person()
    meeting = {"title": "T", "startAt": "2030-01-01T09:00:00Z", "endAt": "2030-01-01T10:00:00Z", "owner": owner.id}
    mail = {"all": True, "subject": "S", "body": "B"}
    writes = {"/events": meeting, "/emails/send": mail, f"/events/{event.id}/register": {"user_id": owner.id}}
    for path, body in writes.items():
        first = post(send, json.dumps(body), path=path)
        assert first.status_code in {201, 202}, first.content
        assert same(first, post(send, json.dumps(body), path=path))
    for path, number in {"/events": 2, "/campaigns": 1, f"/events/{event.id}/registrations": 1}.items():
        assert len(send("GET", path).json()["items"]) == number


def test_every_edit_is_made_once_under_its_key(send: Send) -> None:
    event, person = factories.event(), factories.person()
    send("POST", f"/events/{event.id}/register", json.dumps({"user_id": person.id}))
    meeting = {"title": "T", "startAt": "2030-01-01T09:00:00Z", "endAt": "2030-01-01T10:00:00Z", "owner": person.id}
    edits = [
        ("PUT", f"/users/{person.id}", {"email": "new@example.com"}),
        ("PATCH", f"/users/{person.id}", {"city": "Oslo"}),
        ("PUT", f"/events/{event.id}", meeting),
        ("PATCH", f"/events/{event.id}", {"venue": "Hall"}),
        ("DELETE", f"/events/{event.id}/registrations/{person.id}", None),
        ("DELETE", f"/events/{event.id}", None),
    ]
    for verb, path, body in edits:
        raw = "" if body is None else json.dumps(body)
        first, again = (send(verb, path, raw, HTTP_IDEMPOTENCY_KEY="k") for _ in range(2))
        assert first.status_code in {200, 204}, (verb, path, first.content)
        assert same(first, again)


def test_answer_stays_even_when_the_thing_has_changed(send: Send) -> None:
    first = post(send)
    person = json.loads(first.content)
    send("PATCH", f"/users/{person['id']}", '{"city": "Oslo"}')
    assert same(first, post(send))


def test_other_body_under_the_same_key_is_refused(send: Send) -> None:
    post(send)
    other = post(send, '{"email": "bob@example.com"}')
    assert other.status_code == 422
    assert fields_at_fault(other) == [KEY]
    assert emails(send) == ["alice@example.com"]


def test_other_path_under_the_same_key_is_refused(send: Send) -> None:
    first, second = factories.person(), factories.person()
    answers = [send("DELETE", f"/users/{person.id}", HTTP_IDEMPOTENCY_KEY="k") for person in (first, second)]
    assert [answer.status_code for answer in answers] == [204, 422]


def test_other_condition_under_the_same_key_is_refused(send: Send) -> None:
    path = f"/users/{factories.person().id}"
    extra = {"HTTP_IDEMPOTENCY_KEY": "k"}
    assert send("PATCH", path, '{"city": "Oslo"}', HTTP_IF_MATCH='"1"', **extra).status_code == 200
    assert send("PATCH", path, '{"city": "Oslo"}', HTTP_IF_MATCH='"2"', **extra).status_code == 422


def test_keys_of_different_callers_and_operations_are_apart(send: Send) -> None:
    event, person = factories.event(), factories.person()
    text = staff_actions.issue(name="Other", scopes=[WRITE], days=1, actor="staff:1").text
    assert post(send).status_code == 201
    other = post(send, '{"email": "bob@example.com"}', HTTP_AUTHORIZATION=f"Bearer {text}")
    assert other.status_code == 201
    register = post(send, json.dumps({"user_id": person.id}), path=f"/events/{event.id}/register")
    assert register.status_code == 201


def test_deleting_is_answered_204_again(send: Send) -> None:
    path = f"/users/{factories.person().id}"
    assert [send("DELETE", path, HTTP_IDEMPOTENCY_KEY="k").status_code for _ in range(2)] == [204, 204]
    assert send("DELETE", path).status_code == 404


def test_answer_of_a_write_that_changed_nothing_is_kept_too(send: Send) -> None:
    event, person = factories.event(), factories.person()
    path, body = f"/events/{event.id}/register", json.dumps({"user_id": person.id})
    assert send("POST", path, body).status_code == 201
    first = post(send, body, path=path)
    assert first.status_code == 200
    send("DELETE", f"/events/{event.id}/registrations/{person.id}")
    assert same(first, post(send, body, path=path))


def test_refused_write_may_be_tried_again_with_its_key(send: Send) -> None:
    person = factories.person(email="alice@example.com")
    assert post(send).status_code == 409
    actions.delete(person_id=person.id, actor="staff:1")
    assert post(send).status_code == 201


def test_key_may_be_used_anew_after_a_day(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    post(send)
    tomorrow = clock.now() + timedelta(hours=24, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    assert post(send, '{"email": "bob@example.com"}').status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "ünlesbar", "a\tb"])
def test_key_that_cannot_be_one_is_named(send: Send, key: str) -> None:
    response = post(send, key=key)
    assert response.status_code == 422
    assert fields_at_fault(response) == [KEY]
    assert emails(send) == []


def race(monkeypatch: pytest.MonkeyPatch, send: Send, winner: str) -> list[HttpResponse]:
    """Let the request `winner` be answered between this one's look at the key and its write."""
    won: list[HttpResponse] = []
    recall = idempotency.recall

    def late(request: idempotency.Request) -> idempotency.Answer | None:
        found = recall(request)
        if not won:
            monkeypatch.setattr(idempotency, "recall", recall)
            won.append(post(send, winner))
        return found

    monkeypatch.setattr(idempotency, "recall", late)
    return won


def test_loser_of_a_race_answers_what_the_winner_stored(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    won = race(monkeypatch, send, ALICE)
    lost = post(send)
    assert won[0].status_code == 201
    assert same(won[0], lost)
    assert emails(send) == ["alice@example.com"]


def test_loser_with_another_body_writes_nothing(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    won = race(monkeypatch, send, ALICE)
    lost = post(send, '{"email": "bob@example.com"}')
    assert (won[0].status_code, lost.status_code) == (201, 422)
    assert emails(send) == ["alice@example.com"]


def test_loser_that_the_winner_made_stale_answers_as_the_winner(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/users/{factories.person().id}"
    extra = {"HTTP_IDEMPOTENCY_KEY": "k", "HTTP_IF_MATCH": '"1"'}
    patch, won = actions.patch, []

    def overtaken(**given: object) -> object:
        if not won:
            won.append(None)
            won[0] = send("PATCH", path, '{"city": "Oslo"}', **extra)
        return patch(**given)

    monkeypatch.setattr(actions, "patch", overtaken)
    lost = send("PATCH", path, '{"city": "Oslo"}', **extra)
    assert won[0].status_code == 200
    assert same(won[0], lost)


def test_answer_is_stored_in_the_writes_own_transaction(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost_answer(self: transaction.Transaction, token: str) -> bool:
        sent(self, token)
        raise errors.Busy

    sent = transaction.Transaction._sent
    monkeypatch.setattr(transaction.Transaction, "_sent", lost_answer)
    answered = post(send)
    assert answered.status_code == 201, "the write went through, so its stored answer is found"
    assert same(answered, post(send))
    assert send("GET", f"/users/{json.loads(answered.content)['id']}").status_code == 200


def test_without_a_key_nothing_is_stored(send: Send) -> None:
    send("POST", "/users", ALICE)
    assert not [item for item in CrmItem.scan() if item.pk.startswith("IDEMPOTENCY#")]
