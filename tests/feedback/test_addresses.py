"""What SES events do to addresses and people: who is suppressed, who is unsubscribed, and when not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crm.audit import repository as audit
from crm.core import addresses, clock
from crm.deliveries.entities import (
    SENT,
    Delivery,
)
from crm.people import actions as people_actions
from crm.people import repository as people
from crm.suppressions import actions as suppressing
from crm.suppressions import repository as suppressions
from tests import factories
from tests.deliveries import examples
from tests.feedback import ses_events, signing
from tests.feedback.conftest import Tell, hold, read
from tests.feedback.ses_events import bounce, complaint, of_identity

pytestmark = pytest.mark.usefixtures("web", "tables")


def test_permanent_bounce_suppresses_with_reason_date_and_audit_entry(mail: Delivery, tell: Tell) -> None:
    tell(bounce(mail))

    entry = suppressions.find(mail.email)
    assert entry is not None
    assert entry.reason == "hard bounce: Permanent General: smtp; 550 5.1.1 unknown"
    assert signing.timestamp(entry.created_at) == ses_events.AT
    (told,) = audit.history("suppression", entry.id)
    assert (told.action, told.actor, told.after["reason"]) == ("added", "ses", entry.reason)
    assert read(mail).is_hard_bounce
    person = people.find(mail.person_id)
    assert person is not None
    assert not person.unsubscribed


@pytest.mark.parametrize("is_reversed", [False, True])
def test_weightiest_and_earliest_cause_stands_in_whatever_order_it_is_told(
    is_reversed: bool, mail: Delivery, tell: Tell
) -> None:
    days = [f"2025-06-0{day}T12:00:00.000Z" for day in range(1, 9)]
    soft = [bounce(mail, "Transient", at=at, key=at) for at in days[:4]]
    told = [*soft, bounce(mail, at=days[4], key="h"), *(complaint(mail, at=at, key=at) for at in days[5:7])]

    tell(*(reversed(told) if is_reversed else told))

    entry = suppressions.find(mail.email)
    assert entry is not None
    assert (entry.reason, entry.cause, signing.timestamp(entry.created_at)) == (
        "complaint: abuse",
        "complaint",
        days[5],
    )


@pytest.mark.parametrize("is_reversed", [False, True])
def test_soft_bounces_are_dated_by_the_one_that_made_them_too_many(
    is_reversed: bool, mail: Delivery, tell: Tell
) -> None:
    days = [f"2025-06-0{day}T12:00:00.000Z" for day in range(1, 6)]
    told = [bounce(mail, "Transient", at=at, key=at) for at in days]

    tell(*(reversed(told) if is_reversed else told))

    entry = suppressions.find(mail.email)
    assert entry is not None
    assert (entry.cause, signing.timestamp(entry.created_at)) == ("soft bounces", days[2])


def test_hard_bounce_stands_in_place_of_an_entry_made_by_hand(mail: Delivery, tell: Tell) -> None:
    suppressing.add(email=mail.email, reason="asked", actor="staff:1")

    tell(bounce(mail))

    entry = suppressions.find(mail.email)
    assert entry is not None
    assert entry.stops_all
    told = audit.history("suppression", entry.id)[0]
    assert (told.action, told.actor, told.before) == ("replaced", "ses", {"reason": "asked"})


def test_complaint_suppresses_and_unsubscribes_with_audit_entry(mail: Delivery, tell: Tell) -> None:
    tell(complaint(mail))

    person = people.find(mail.person_id)
    assert person is not None
    assert person.unsubscribed
    assert suppressions.find(mail.email) is not None
    told = audit.history("person", person.id)[0]
    assert (told.action, told.actor, told.after) == (
        "unsubscribed",
        "ses",
        {"unsubscribed": True, "why": "complaint: abuse"},
    )


def test_complaint_unsubscribes_whom_the_mail_was_for_though_their_address_changed(mail: Delivery, tell: Tell) -> None:
    people_actions.patch(person_id=mail.person_id, values={"email": "new@example.com"}, actor="staff:1")

    tell(complaint(mail))

    person = people.find(mail.person_id)
    assert person is not None
    assert person.unsubscribed
    assert suppressing.is_suppressed(mail.email)
    assert not suppressing.is_suppressed("new@example.com")


def test_praise_that_comes_as_a_complaint_is_none(mail: Delivery, tell: Tell) -> None:
    tell(complaint(mail, kind="not-spam"))

    assert (read(mail).state, read(mail).outcome) == (SENT, "")
    assert not suppressing.is_suppressed(mail.email)


@pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
def test_bounce_that_may_pass_suppresses_nobody(kind: str, mail: Delivery, tell: Tell) -> None:
    tell(bounce(mail, kind))

    assert (read(mail).outcome, read(mail).is_hard_bounce) == ("bounced", False)
    assert not suppressing.is_suppressed(mail.email)


@pytest.mark.parametrize(
    ("days", "is_suppressed"),
    [((0, 7, 14), True), ((0, 7, 15), False), ((0, 1), False), ((0, 10, 20, 23), True), ((0, 10, 20, 30), False)],
)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_three_transient_bounces_within_14_days_suppress(
    days: tuple[int, ...], is_suppressed: bool, is_reversed: bool, tell: Tell, mail: Delivery
) -> None:
    start = clock.now() - timedelta(days=40)
    told = [bounce(mail, "Transient", at=signing.timestamp(start + timedelta(days=d)), key=f"f{d}") for d in days]

    tell(*(reversed(told) if is_reversed else told))

    assert suppressing.is_suppressed(mail.email) == is_suppressed


def test_one_transient_bounce_told_thrice_counts_once(mail: Delivery, tell: Tell) -> None:
    tell(*[bounce(mail, "Transient")] * 3)

    assert not suppressing.is_suppressed(mail.email)


def test_lifted_entry_comes_back_only_for_what_happened_since(mail: Delivery, tell: Tell) -> None:
    tell(bounce(mail), complaint(mail, key="old"))
    suppressing.remove(suppression_id=addresses.digest(mail.email), actor="staff:1")

    tell(bounce(mail), complaint(mail, key="old"))
    assert not suppressing.is_suppressed(mail.email)

    tell(bounce(mail, at=signing.timestamp(clock.now() + timedelta(seconds=1)), key="new"))
    assert suppressing.is_suppressed(mail.email)


def test_transient_bounces_before_a_lift_count_no_more(mail: Delivery, tell: Tell) -> None:
    start = clock.now() - timedelta(days=3)
    tell(*(bounce(mail, "Transient", at=signing.timestamp(start + timedelta(days=d)), key=f"f{d}") for d in range(3)))
    suppressing.remove(suppression_id=addresses.digest(mail.email), actor="staff:1")

    tell(bounce(mail, "Transient", at=signing.timestamp(clock.now() + timedelta(seconds=1)), key="new"))

    assert not suppressing.is_suppressed(mail.email)


@pytest.mark.parametrize("write", [bounce, complaint])
@pytest.mark.parametrize("shape", [lambda one: one, of_identity], ids=["configuration set", "identity"])
def test_every_destination_of_a_list_is_dealt_with(
    write: Callable[..., Any], shape: Callable[[Any], Any], tell: Tell
) -> None:
    some = [factories.person() for _ in range(12)]
    told = shape(write(None, recipients=[person.fields.email for person in some]))

    tell(told, told)

    assert all(suppressing.is_suppressed(person.fields.email) for person in some)
    unsubscribed = [found for person in some if (found := people.find(person.id)) and found.unsubscribed]
    assert len(unsubscribed) == (12 if write is complaint else 0)


def test_bounce_of_the_mailbox_behind_an_address_suppresses_both(mail: Delivery, tell: Tell) -> None:
    tell(bounce(mail, recipients=["mailbox@elsewhere.example"]))

    assert suppressing.is_suppressed(mail.email)
    assert suppressing.is_suppressed("mailbox@elsewhere.example")


def test_address_beyond_ascii_is_suppressed_as_we_spell_it(tell: Tell) -> None:
    mail = hold(replace(examples.mail(), email="ada@bücher.example"))

    tell(bounce(mail, recipients=["ada@xn--bcher-kva.example"]))

    assert suppressing.is_suppressed("ada@bücher.example")
