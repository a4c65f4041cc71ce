"""What SES events do: to the mail, to the address, to the person; in any order, any number of times."""

import random
from dataclasses import replace
from typing import Any

import pytest

from crm.audit import repository as audit
from crm.core import addresses
from crm.core.dynamo import CrmItem
from crm.deliveries import transitions
from crm.deliveries.entities import (
    CONFIRMATION,
    HELD,
    PENDING,
    SENDING,
    SENT,
    UNKNOWN,
    Delivery,
    confirmation_step,
)
from crm.engagement.tables import EngagementItem
from crm.people import repository as people
from crm.suppressions import repository as suppressions
from tests import factories
from tests.deliveries import examples
from tests.deliveries.test_transitions import STATES, WAITED
from tests.feedback.conftest import Tell, everything, hold, mail_to, read
from tests.feedback.ses_events import MESSAGE_ID, OUTCOMES, any_event, bounce, complaint, event

pytestmark = pytest.mark.usefixtures("web", "tables")


@pytest.mark.parametrize("name", OUTCOMES)
@pytest.mark.parametrize("state", STATES)
def test_every_event_in_every_state(state: str, name: str, tell: Tell) -> None:
    before = read(STATES[state]())

    tell(any_event(name, before, message_id=before.message_id or MESSAGE_ID))

    after = read(before)
    if state in {SENDING, UNKNOWN, HELD, SENT}:
        assert (after.state, after.outcome, after.other_message_ids) == (SENT, OUTCOMES[name], ())
    else:
        assert after == before


@pytest.mark.parametrize("name", OUTCOMES)
def test_late_event_settles_a_confirmation_waiting_to_be_sent_again(name: str, tell: Tell) -> None:
    waiting = STATES[UNKNOWN]()
    assert transitions.risk_again(waiting, WAITED)
    assert read(waiting).state == PENDING

    tell(any_event(name, waiting))

    assert (read(waiting).state, read(waiting).due_at) == (SENT, None)


def test_event_finds_a_confirmation_by_its_tags(tell: Tell) -> None:
    step = confirmation_step(12)
    ticket = hold(replace(examples.mail(source="e1"), kind=CONFIRMATION, step=step, shard=0))

    tell(event("Delivery", ticket))

    assert (read(ticket).state, read(ticket).outcome) == (SENT, "delivered")


def test_event_finds_a_mail_in_its_shard(tell: Tell) -> None:
    far = hold(replace(examples.mail(), shard=7))

    tell(event("Delivery", far))

    assert read(far).outcome == "delivered"


def _told(mail: Delivery) -> list[Any]:
    """Everything that can become of one mail, some of it twice."""
    return [
        event("Send", mail),
        event("DeliveryDelay", mail),
        event("Delivery", mail),
        bounce(mail, "Transient", at="2025-06-01T12:00:07.000Z", key="soft"),
        bounce(mail, at="2025-06-02T12:00:00.000Z", key="hard"),
        complaint(mail, at="2025-06-03T12:00:00.000Z"),
        event("Open", mail, timestamp="2025-06-01T12:01:00.000Z"),
        event("Open", mail, timestamp="2025-06-01T12:00:08.000Z"),
        event("Click", mail, timestamp="2025-06-01T12:01:09.000Z"),
        event("Delivery", mail, message_id="0100019a-later", timestamp="2025-06-01T12:01:08.000Z"),
    ]


def _stored(mail: Delivery) -> tuple[Any, ...]:
    """What is stored of the mail, its address, its person and what they did, but for when we wrote it down."""
    now = read(mail)
    person = people.find(mail.person_id)
    engaged = sorted(
        (item.sk, item.why or "")
        for item in CrmItem.scan()
        if isinstance(item, EngagementItem) and mail.person_id in item.sk
    )
    entries = [(e.action, e.after) for e in audit.history("suppression", addresses.digest(mail.email))]
    entries += [(e.action, {**e.after}) for e in audit.history("person", mail.person_id)]
    plain = replace(now, version=0, state_at=now.created_at)
    suppressed = suppressions.find(mail.email)
    # In which order it was told may be read in the history of the entry, and nowhere else.
    actions = sorted(action for action, _ in entries if action != "replaced")
    entry = suppressed and (suppressed.reason, suppressed.created_at, suppressed.cause)
    return plain, entry, person and person.unsubscribed, engaged, actions


@pytest.mark.parametrize("order", ["as they happened", "reversed", "shuffled", "shuffled otherwise"])
def test_events_told_ten_times_in_any_order_end_in_the_same_state(order: str, tell: Tell) -> None:
    plain, other = (hold(mail_to(factories.person())) for _ in range(2))
    tell(*_told(plain))

    repeated = _told(other) * 10
    if order == "reversed":
        repeated.reverse()
    elif order != "as they happened":
        random.Random(order).shuffle(repeated)
    tell(*repeated)

    assert _alike(_stored(other), other, plain) == _alike(_stored(plain), plain, plain)
    assert [why for _, why in _stored(other)[3]] == ["early", "", ""]
    assert (read(other).outcome, read(other).other_message_ids) == ("complained", ("0100019a-later",))


def _alike(stored: tuple[Any, ...], mail: Delivery, wanted: Delivery) -> tuple[Any, ...]:
    """Put one mail's keys in place of another's, so that all the rest can be compared."""
    now, *rest = stored
    names = {
        name: getattr(wanted, name) for name in ("person_id", "email", "created_at", "state_at", "first_claimed_at")
    }
    engaged = [(key.split("#")[1:3], why) for key, why in rest[2]]
    return replace(now, **names), rest[0], rest[1], engaged, rest[3]


@pytest.mark.parametrize("name", [name for name in OUTCOMES if name not in {"Open", "Click"}])
def test_event_told_again_writes_nothing(name: str, mail: Delivery, tell: Tell) -> None:
    tell(any_event(name, mail))
    before = everything()

    for _ in range(10):
        tell(any_event(name, mail))

    assert everything() == before
