"""SES's own JSON, read as AWS documents it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from crm.deliveries import tokens
from crm.deliveries.entities import CONFIRMATION, Delivery, confirmation_step, reminder_step, waiting_step
from crm.deliveries.tokens import MailRef
from crm.feedback import messages
from tests.deliveries import examples
from tests.feedback.ses_events import bounce, complaint, event, of_identity

# https://docs.aws.amazon.com/ses/latest/dg/notification-examples.html
DOCUMENTED_BOUNCE = """{
 "notificationType":"Bounce",
 "bounce":{
    "bounceType":"Permanent",
    "reportingMTA":"dns; email.example.com",
    "bouncedRecipients":[
       {"emailAddress":"jane@example.com", "status":"5.1.1", "action":"failed",
        "diagnosticCode":"smtp; 550 5.1.1 <jane@example.com>... User"},
       {"emailAddress":"richard@example.com"}
    ],
    "bounceSubType":"General",
    "timestamp":"2016-01-27T14:59:38.237Z",
    "feedbackId":"00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa068a-000000",
    "remoteMtaIp":"127.0.2.0"
 },
 "mail":{
    "timestamp":"2016-01-27T14:59:38.237Z",
    "source":"john@example.com",
    "sourceArn": "arn:aws:ses:us-east-1:888888888888:identity/example.com",
    "sourceIp": "127.0.3.0",
    "sendingAccountId":"123456789012",
    "messageId":"00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa0680-000000",
    "destination":["jane@example.com", "mary@example.com", "richard@example.com"],
    "headersTruncated":false,
    "headers":[{"name":"From", "value":"\\"John Doe\\" <john@example.com>"}],
    "commonHeaders":{"from":["John Doe <john@example.com>"], "subject":"Hello"}
  }
}"""


def _read(told: object) -> messages.MailEvent:
    return messages.read(json.dumps(told), "key")


def test_documented_bounce_is_read() -> None:
    read = messages.read(DOCUMENTED_BOUNCE, "key")

    assert read.recipients == ("jane@example.com", "richard@example.com")
    assert (read.news.outcome, read.news.is_permanent, read.mail) == ("bounced", True, None)
    assert read.news.reason == "Permanent General: smtp; 550 5.1.1 <jane@example.com>... User"
    assert read.at == datetime(2016, 1, 27, 14, 59, 38, 237_000, UTC)
    assert read.key == "00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa068a-000000"


@pytest.mark.parametrize(
    "mail",
    [
        examples.mail(),
        replace(examples.mail(), shard=15),
        replace(examples.mail(), source="e1", kind=CONFIRMATION, step=confirmation_step(3)),
        replace(examples.mail(), source="e1", kind=CONFIRMATION, step=waiting_step(1)),
        replace(examples.mail(), source="e1", kind=CONFIRMATION, step=reminder_step(examples.MOMENT)),
    ],
    ids=["campaign", "another shard", "confirmation", "waitlist", "reminder"],
)
def test_mail_is_known_by_its_tags(mail: Delivery) -> None:
    read = _read(event("Delivery", mail, attempt=4))

    assert read.mail == MailRef(mail.source, mail.shard, mail.person_id, mail.step)
    assert read.news.attempt == 4


def test_identitys_notification_knows_its_mail_by_the_unsubscribing_address() -> None:
    mail = replace(examples.mail(), shard=3)
    told = of_identity(bounce(mail))
    address = tokens.unsubscribe_url(tokens.of(mail))
    told["mail"]["headers"].append(
        {"name": "List-Unsubscribe", "value": f"<{address}>, <mailto:unsubscribe@crm.example?subject=x>"}
    )

    read = _read(told)

    assert (read.mail, read.news.attempt) == (MailRef("c1", 3, "p1", "mail"), 0)
    told["mail"]["headers"][-1]["value"] = f"<{address}x>"
    assert _read(told).mail is None


def test_both_shapes_say_the_same() -> None:
    told = complaint(examples.mail())

    assert replace(_read(of_identity(told)), mail=None, news=_read(told).news) == replace(_read(told), mail=None)


def _emptied(told: Any) -> Any:
    """Say null wherever SES may not know something."""
    needed = {"timestamp", "messageId", "bounceType", "mail", "bounce", "complaint", "eventType", "click"}
    return {
        name: (_emptied(value) if isinstance(value, dict) else value) if name in needed else None
        for name, value in told.items()
    }


@pytest.mark.parametrize(
    "told", [bounce(examples.mail()), complaint(examples.mail()), event("Click", examples.mail())], ids=str
)
def test_what_ses_does_not_know_may_be_null(told: Any) -> None:
    read = _read(_emptied(told))

    assert (read.mail, read.recipients, read.news.message_id) == (None, (), told["mail"]["messageId"])


@pytest.mark.parametrize("field", ["messageId", "timestamp"])
def test_event_without_what_every_event_has_is_unreadable(field: str) -> None:
    told = event("Delivery", examples.mail())
    del told["mail"][field]

    with pytest.raises(messages.Unreadable):
        _read(told)


def test_reason_is_one_line() -> None:
    told = bounce(examples.mail())
    told["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = "smtp; 550\r\n\tno\x00such user"

    assert _read(told).news.reason == "Permanent General: smtp; 550 no such user"
