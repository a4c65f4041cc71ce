"""Events that are about nothing we know, cannot be read, or come while DynamoDB is away."""

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pynamodb.exceptions import CancellationReason, TransactWriteError, VerboseClientError

from crm.campaigns import layouts
from crm.core import clock, dead_letters, dynamo, transaction
from crm.core.dynamo import OutboxItem
from crm.deliveries import transitions
from crm.deliveries.entities import (
    HELD,
    SENT,
    Delivery,
)
from crm.deliveries.tokens import MailRef
from crm.engagement import repository as engaged
from crm.suppressions import actions as suppressing
from tests.deliveries import examples
from tests.feedback import ses_events, signing
from tests.feedback.conftest import Post, Tell, everything, read
from tests.feedback.ses_events import OUTCOMES, any_event, bounce, complaint, event

pytestmark = pytest.mark.usefixtures("web", "tables")
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", OUTCOMES)
def test_event_about_an_unknown_mail_is_taken(name: str, tell: Tell) -> None:
    tell(any_event(name, examples.mail(source="nobody-knows")))

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
    told, before = signing.signed(signing.envelope(write(mail))), everything()
    with monkeypatch.context() as patch:
        patch.setattr(transaction, "PATIENCE_S", 0.01)
        patch.setattr(dynamo.connection(), "transact_write_items", _raising(_throttled()))
        answer = post(told)
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert everything() == before

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
