"""What SES events do: to the mail, to the address, to the person; in any order, any number of times."""

import itertools
import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pynamodb.exceptions import CancellationReason, TransactWriteError, VerboseClientError

from crm.audit import repository as audit
from crm.campaigns import layouts
from crm.core import addresses, clock, dead_letters, dynamo, transaction
from crm.core.dynamo import CrmItem, OutboxItem
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
from crm.deliveries.tokens import MailRef
from crm.engagement import repository as engaged
from crm.engagement.tables import EngagementItem
from crm.people import actions as people_actions
from crm.people import repository as people
from crm.people.entities import Person
from crm.suppressions import actions as suppressing
from crm.suppressions import repository as suppressions
from tests import factories
from tests.deliveries import examples
from tests.deliveries.test_transitions import STATES, WAITED
from tests.feedback import ses_events, signing
from tests.feedback.conftest import Post, Tell, hold, read
from tests.feedback.ses_events import MESSAGE_ID, bounce, complaint, event, of_identity

pytestmark = pytest.mark.usefixtures("web", "tables")
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
OUTCOMES = {
    "Send": "",
    "Subscription": "",
    "Open": "",
    "Click": "",
    "DeliveryDelay": "delayed",
    "Delivery": "delivered",
    "Reject": "rejected",
    "Rendering Failure": "rejected",
    "Bounce": "bounced",
    "Complaint": "complained",
}


def _event(name: str, mail: Delivery, **more: Any) -> Any:
    if name == "Bounce":
        return bounce(mail, **more)
    return complaint(mail, **more) if name == "Complaint" else event(name, mail, **more)


def _at(moment: Any) -> str:
    return signing.timestamp(moment)


@pytest.fixture
def mail() -> Delivery:
    """A held mail to somebody we know."""
    return hold(_to(factories.person()))


def _to(person: Person) -> Delivery:
    return replace(examples.mail(person.id), email=person.fields.email)


@pytest.mark.parametrize("name", OUTCOMES)
@pytest.mark.parametrize("state", STATES)
def test_every_event_in_every_state(state: str, name: str, tell: Tell) -> None:
    before = read(STATES[state]())

    tell(_event(name, before, message_id=before.message_id or MESSAGE_ID))

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

    tell(_event(name, waiting))

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
    plain, other = (hold(_to(factories.person())) for _ in range(2))
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
    tell(_event(name, mail))
    before = _everything()

    for _ in range(10):
        tell(_event(name, mail))

    assert _everything() == before


def _everything() -> list[Any]:
    items = itertools.chain(CrmItem.scan(), OutboxItem.scan())
    return sorted(repr(sorted(item.serialize().items())) for item in items)


def test_permanent_bounce_suppresses_with_reason_date_and_audit_entry(mail: Delivery, tell: Tell) -> None:
    tell(bounce(mail))

    entry = suppressions.find(mail.email)
    assert entry is not None
    assert entry.reason == "hard bounce: Permanent General: smtp; 550 5.1.1 unknown"
    assert _at(entry.created_at) == ses_events.AT
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
    assert (entry.reason, entry.cause, _at(entry.created_at)) == ("complaint: abuse", "complaint", days[5])


@pytest.mark.parametrize("is_reversed", [False, True])
def test_soft_bounces_are_dated_by_the_one_that_made_them_too_many(
    is_reversed: bool, mail: Delivery, tell: Tell
) -> None:
    days = [f"2025-06-0{day}T12:00:00.000Z" for day in range(1, 6)]
    told = [bounce(mail, "Transient", at=at, key=at) for at in days]

    tell(*(reversed(told) if is_reversed else told))

    entry = suppressions.find(mail.email)
    assert entry is not None
    assert (entry.cause, _at(entry.created_at)) == ("soft bounces", days[2])


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
    told = [bounce(mail, "Transient", at=_at(start + timedelta(days=d)), key=f"f{d}") for d in days]

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

    tell(bounce(mail, at=_at(clock.now() + timedelta(seconds=1)), key="new"))
    assert suppressing.is_suppressed(mail.email)


def test_transient_bounces_before_a_lift_count_no_more(mail: Delivery, tell: Tell) -> None:
    start = clock.now() - timedelta(days=3)
    tell(*(bounce(mail, "Transient", at=_at(start + timedelta(days=d)), key=f"f{d}") for d in range(3)))
    suppressing.remove(suppression_id=addresses.digest(mail.email), actor="staff:1")

    tell(bounce(mail, "Transient", at=_at(clock.now() + timedelta(seconds=1)), key="new"))

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


@pytest.mark.parametrize("name", OUTCOMES)
def test_event_about_an_unknown_mail_is_taken(name: str, tell: Tell) -> None:
    tell(_event(name, examples.mail(source="nobody-knows")))

    assert not list(OutboxItem.scan())


@pytest.mark.parametrize(
    "message",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have subscribed"},
        {"eventType": "Delivery", "mail": None},
        {"eventType": "Something new", "mail": ses_events.about(None)},
        [],
        "",
    ],
    ids=str,
)
def test_message_about_no_mail_is_taken(message: object, post: Post) -> None:
    told = signing.envelope(message or "{}")

    assert post(signing.signed(told)).status_code == 200
    assert dead_letters.newest() == []


def test_event_that_cannot_be_read_is_kept_as_a_dead_letter(mail: Delivery, tell: Tell) -> None:
    told = bounce(mail)
    told["bounce"]["timestamp"] = "yesterday"

    tell(told)

    (letter,) = dead_letters.newest()
    assert (letter.stream, letter.keys["message"]) == ("ses-events", json.dumps(told))
    assert "timestamp" in letter.error


def test_event_whose_dead_letter_cannot_be_kept_comes_again(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "bury", _busy)

    assert post(signing.signed(signing.envelope({"mail": {"messageId": "m"}}))).status_code == 503


@pytest.mark.parametrize(
    ("link", "number"),
    [
        ("https://crm.example/c/token/2", 2),
        ("https://crm.example/c/token/3", 0),
        ("https://b.example/", 2),
        ("https://elsewhere.example/", 0),
    ],
)
def test_click_told_by_ses_is_kept_with_its_links_number(
    link: str, number: int, mail: Delivery, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layouts, "_links", lambda *_: ("https://a.example/", "https://b.example/"))

    tell(event("Click", mail, link=link))

    (kept,) = engaged.between(MailRef(mail.source, 0, mail.person_id, mail.step), LONG_AGO, clock.now())
    assert (kept.kind, kept.link) == ("click", number)


@pytest.mark.parametrize("tag", ["attempt", "delivery", "shard"])
def test_event_with_a_tag_that_says_nothing_is_taken(tag: str, mail: Delivery, tell: Tell) -> None:
    told = event("Delivery", mail)
    told["mail"]["tags"][tag] = ["?"]

    tell(told)

    assert read(mail).state == HELD


def _throttled() -> TransactWriteError:
    answer = {"Error": {"Code": "TransactionCanceledException", "Message": "cancelled"}}
    reasons = [CancellationReason(code="ThrottlingError")]
    return TransactWriteError("x", VerboseClientError(answer, "TransactWriteItems", cancellation_reasons=reasons))


@pytest.mark.parametrize("write", [bounce, complaint])
def test_nothing_is_half_done_where_dynamodb_throttles(
    write: Callable[..., Any], mail: Delivery, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, before = signing.signed(signing.envelope(write(mail))), _everything()
    with monkeypatch.context() as patch:
        patch.setattr(transaction, "PATIENCE_S", 0.01)
        patch.setattr(dynamo.connection(), "transact_write_items", _raising(_throttled()))
        answer = post(told)
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert _everything() == before

    assert post(told).status_code == 200
    assert (read(mail).state, suppressing.is_suppressed(mail.email)) == (SENT, True)


def _raising(error: Exception) -> Callable[..., Any]:
    def fail(**_: Any) -> Any:
        raise error

    return fail


def test_event_waits_while_dynamodb_cannot_be_read(mail: Delivery, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    told = signing.signed(signing.envelope(event("Delivery", mail)))
    with monkeypatch.context() as patch:
        patch.setattr("crm.deliveries.repository.find", _busy)
        assert post(told).status_code == 503

    assert post(told).status_code == 200


def _busy(*_: object) -> None:
    raise dynamo.errors.Busy


def test_two_events_at_once_are_both_taken(mail: Delivery, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    settle = transitions.settle_in
    meanwhile = iter([event("Delivery", mail)])

    def interrupted(tx: Any, *mails: Delivery) -> None:
        tell(*itertools.islice(meanwhile, 1))
        settle(tx, *mails)

    monkeypatch.setattr(transitions, "settle_in", interrupted)
    tell(bounce(mail))

    assert read(mail).outcome == "bounced"
    assert suppressing.is_suppressed(mail.email)
