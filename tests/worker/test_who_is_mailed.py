"""Just before the call it is asked once more who may get the mail, and whether it may be sent at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from crm.core import dynamo, errors, transaction
from crm.deliveries import pacing, transitions
from crm.deliveries.entities import (
    CONFIRMATION,
    PENDING,
    SENT,
    SKIPPED,
    Delivery,
)
from crm.people import actions as people
from crm.people import repository as people_repository
from crm.people.entities import PersonFields
from crm.people.repository import PersonItem, person_pk
from crm.suppressions.entities import COMPLAINT, HARD_BOUNCE, SOFT_BOUNCES
from tests import factories
from tests.deliveries.ses_endpoint import Endpoint
from tests.worker import outbox_fakes
from tests.worker.outbox_fakes import FakeLane, drain, mail_to_somebody, never, now, queued
from worker import feeding, stopping
from worker.feeding import Feed

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def test_suppressed_since_the_audience_was_made_is_left_out(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    person = factories.person()
    mail = queued(person.id)
    outbox_fakes.suppress(person.fields.email.upper())

    drain(pool)

    assert (now(mail).state, now(mail).reason, endpoint.calls) == (SKIPPED, "suppressed", 0)


def test_deleted_person_is_left_out(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    person = factories.person()
    mail = queued(person.id)
    people.delete(person_id=person.id, actor=factories.ACTOR)

    drain(pool)

    assert (now(mail).state, now(mail).reason, endpoint.calls) == (SKIPPED, "deleted", 0)


@pytest.mark.parametrize(("kind", "source", "state"), [("campaign", "c1", SKIPPED), (CONFIRMATION, "e1", SENT)])
def test_unsubscribed_get_confirmations_only(
    endpoint: Endpoint, pool: ThreadPoolExecutor, kind: str, source: str, state: str
) -> None:
    person = factories.person()
    item = PersonItem(person_pk(person.id), "PERSON")
    dynamo.update(item, [PersonItem.unsubscribed.set(True)], PersonItem.pk.exists())
    mail = queued(person.id, kind=kind, source=source)

    drain(pool, FakeLane("c1" if kind == "campaign" else "tx"))

    assert now(mail).state == state


@pytest.mark.parametrize(
    ("cause", "states"),
    [("", (SKIPPED, SENT)), *((cause, (SKIPPED, SKIPPED)) for cause in (SOFT_BOUNCES, HARD_BOUNCE, COMPLAINT))],
)
def test_suppressed_by_people_get_confirmations_and_what_ses_told_stops_all(
    endpoint: Endpoint, pool: ThreadPoolExecutor, cause: str, states: tuple[str, str]
) -> None:
    person = factories.person()
    outbox_fakes.suppress(person.fields.email, cause)
    newsletter = queued(person.id)
    ticket = queued(person.id, kind=CONFIRMATION, source="e1")

    drain(pool, FakeLane("c1"))
    drain(pool, FakeLane("tx"))

    assert (now(newsletter).state, now(ticket).state) == states


@pytest.mark.parametrize(("kind", "state"), [("newsletter", SKIPPED), ("notice", SENT)])
def test_unsubscribed_from_a_kind_since_then_get_the_others(
    endpoint: Endpoint, pool: ThreadPoolExecutor, kind: str, state: str
) -> None:
    person = factories.person()
    mail = queued(person.id)
    tx = transaction.begin()
    people_repository.subscribe(tx, person, unsubscribed=False, unsubscribed_from=["newsletter"])
    tx.commit()

    drain(pool, FakeLane(kind=kind))

    assert now(mail).state == state


def test_mail_goes_to_the_address_of_today(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    person = factories.person(email="old@example.com")
    mail = queued(person.id, email="old@example.com")
    people.change(
        person_id=person.id, fields=PersonFields(email="new@example.com"), revision=None, actor=factories.ACTOR
    )

    drain(pool)

    assert endpoint.addresses == [now(mail).email] == ["new@example.com"]


def test_standing_older_than_a_second_is_read_again() -> None:
    person = factories.person()
    mail = queued(person.id)
    feed = Feed(FakeLane(), 0, never)
    assert feed._refill()
    outbox_fakes.suppress(person.fields.email)
    feed._standing._read_at -= 1  # type: ignore[union-attr]

    assert feed._judged(mail).reason == "suppressed"


def test_person_suppressed_while_the_mail_waited_its_turn_is_left_out(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = factories.person()
    mail = queued(person.id)

    def long_wait(_stop: object) -> bool:
        outbox_fakes.suppress(person.fields.email)
        monkeypatch.setattr(feeding, "LONG_WAIT_S", -1)
        return True

    monkeypatch.setattr(pacing, "wait_turn", long_wait)
    drain(pool)
    assert (now(mail).state, now(mail).returned, endpoint.calls) == (PENDING, 1, 0)
    drain(pool)

    assert (now(mail).state, endpoint.calls) == (SKIPPED, 0)


def test_lanes_own_reason_leaves_out(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    mail = mail_to_somebody()

    drain(pool, FakeLane(why_not="event_off"))

    assert (now(mail).state, now(mail).reason, endpoint.calls) == (SKIPPED, "event_off", 0)


def test_nothing_of_a_closed_lane_is_claimed(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    mail = mail_to_somebody()

    assert drain(pool, FakeLane(open=False)) == 0
    assert (now(mail).attempt, endpoint.calls) == (0, 0)


def test_lane_closed_while_the_mail_waited_its_turn_gives_it_back(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, lane = mail_to_somebody(), FakeLane()

    def long_wait(stop: Callable[[], bool]) -> bool:
        lane.open = False
        return not stop()

    monkeypatch.setattr(pacing, "wait_turn", long_wait)
    assert drain(pool, lane) == 0

    assert (now(mail).state, now(mail).attempt, now(mail).returned, endpoint.calls) == (PENDING, 1, 1, 0)


def test_told_to_stop_it_claims_nothing(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    mail = mail_to_somebody()

    assert drain(pool, stop=lambda: True) == 0
    assert now(mail).attempt == 0


def test_told_to_stop_after_the_claim_it_gives_the_mail_back(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, told = mail_to_somebody(), []
    claim = transitions.claim

    def claim_and_stop(*args: object, **given: object) -> Delivery | None:
        told.append(True)
        return claim(*args, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(transitions, "claim", claim_and_stop)
    monkeypatch.setattr(stopping, "is_requested", lambda: bool(told))
    drain(pool, stop=lambda: bool(told))

    assert (now(mail).state, now(mail).attempt, endpoint.calls) == (PENDING, 1, 0)


def test_turn_lost_after_the_claim_gives_the_mail_back(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, claimed, claim = mail_to_somebody(), [], transitions.claim

    def claim_and_lose(*args: object, **given: object) -> Delivery | None:
        claimed.append(True)
        return claim(*args, **given)  # type: ignore[arg-type]

    def fail_once_claimed() -> bool:
        if claimed:
            raise errors.Busy
        return False

    monkeypatch.setattr(transitions, "claim", claim_and_lose)
    with suppress(errors.Busy):
        drain(pool, stop=fail_once_claimed)

    assert (now(mail).state, now(mail).returned, endpoint.calls) == (PENDING, 1, 0)
