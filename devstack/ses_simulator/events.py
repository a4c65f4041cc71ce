"""Events as SES publishes them to SNS, in the shape of its documentation ("Contents of event data").

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from devstack.ses_simulator import clock, outcomes
from devstack.ses_simulator.mails import Mail, address, decoded

_ACCOUNT = "000000000000"
_MTA = "a8-1.smtp-out.amazonses.com"
# Seconds after acceptance. Hard bounces and deliveries take moments, delays and complaints take longer.
_DELIVERED_S, _DELAYED_S, _COMPLAINED_S = 0.5, 2.0, 15.0
# The subtype, the status and the answer of the other side, for each kind of bounce.
_BOUNCES = {
    outcomes.BOUNCED: ("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown"),
    outcomes.SUPPRESSED: (
        "Permanent",
        "Suppressed",
        "5.1.1",
        "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid "
        "address.",
    ),
    outcomes.SOFT_BOUNCED: ("Transient", "MailboxFull", "4.2.2", "smtp; 452 4.2.2 mailbox full"),
}


def of_mail(mail: Mail, message_id: str, at: float, *, people: bool) -> Iterator[tuple[float, str, dict[str, Any]]]:
    """Yield everything that happens to an accepted mail by itself, as (moment, event type, event)."""
    about = head(mail, message_id, at)
    yield at, "Send", {"eventType": "Send", "mail": about, "send": {}}
    for recipient in mail.recipients:
        for moment, kind, detail in _story(recipient, message_id, at, people=people):
            name = kind[0].lower() + kind[1:]
            yield moment, kind, {"eventType": kind, "mail": about, name: detail}


def head(mail: Mail, message_id: str, at: float) -> dict[str, Any]:
    """Return the part that all events of a mail have in common."""
    headers = dict(reversed([(name.lower(), decoded(value)) for name, value in mail.headers]))
    domain = address(mail.sender).rpartition("@")[2]
    tags = {"ses:from-domain": domain, "ses:configuration-set": "simulator", **mail.tags}
    return {
        "timestamp": clock.stamp(at),
        "source": mail.sender,
        "sourceArn": f"arn:aws:ses:us-east-1:{_ACCOUNT}:identity/{domain}",
        "sendingAccountId": _ACCOUNT,
        "messageId": message_id,
        "destination": list(mail.recipients),
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in mail.headers],
        "commonHeaders": {
            "from": [headers.get("from", mail.sender)],
            "to": [headers.get("to", ", ".join(mail.recipients))],
            "messageId": message_id,
            "subject": headers.get("subject", ""),
        },
        "tags": {name: [value] for name, value in tags.items()},
    }


def engagement(mail: Mapping[str, Any], kind: str, at: float, agent: str, link: str = "") -> dict[str, Any]:
    """Return an Open or a Click of a mail, whose head is `mail`, by the browser or program `agent`."""
    detail = {"ipAddress": "192.0.2.1", "timestamp": clock.stamp(at), "userAgent": agent}
    if kind == "Click":
        detail |= {"link": link}
    return {"eventType": kind, "mail": mail, kind.lower(): detail}


def text(event: Mapping[str, Any]) -> str:
    """Write an event as SNS carries it."""
    return orjson.dumps(event).decode()


def _story(recipient: str, message_id: str, at: float, *, people: bool) -> Iterator[tuple[float, str, dict[str, Any]]]:
    outcome = outcomes.of(recipient, people=people)
    arrived = at + _DELIVERED_S
    if outcome == outcomes.REJECTED:
        yield at, "Reject", {"reason": "Bad content"}
        return
    if outcome in _BOUNCES:
        yield arrived, "Bounce", _bounce(recipient, message_id, arrived, outcome)
        return
    if outcome == outcomes.DELAYED:
        arrived = at + _DELAYED_S
        yield at + _DELIVERED_S, "DeliveryDelay", _delay(recipient, at)
    yield arrived, "Delivery", _delivery(recipient, at, arrived)
    if outcome == outcomes.COMPLAINED:
        yield arrived + _COMPLAINED_S, "Complaint", _complaint(recipient, message_id, arrived + _COMPLAINED_S)


def _delivery(recipient: str, at: float, arrived: float) -> dict[str, Any]:
    return {
        "timestamp": clock.stamp(arrived),
        "processingTimeMillis": round((arrived - at) * 1000),
        "recipients": [recipient],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": _MTA,
    }


def _bounce(recipient: str, message_id: str, arrived: float, outcome: str) -> dict[str, Any]:
    kind, subtype, status, answer = _BOUNCES[outcome]
    bounced = {"emailAddress": recipient, "action": "failed", "status": status, "diagnosticCode": answer}
    return {
        "bounceType": kind,
        "bounceSubType": subtype,
        "bouncedRecipients": [bounced],
        "timestamp": clock.stamp(arrived),
        "feedbackId": f"{message_id}-bounce",
        "reportingMTA": f"dsn; {_MTA}",
    }


def _complaint(recipient: str, message_id: str, at: float) -> dict[str, Any]:
    return {
        "complainedRecipients": [{"emailAddress": recipient}],
        "timestamp": clock.stamp(at),
        "feedbackId": f"{message_id}-complaint",
        "userAgent": "AnyCompany Feedback Loop (V0.01)",
        "complaintFeedbackType": "abuse",
        "arrivalDate": clock.stamp(at),
    }


def _delay(recipient: str, at: float) -> dict[str, Any]:
    delayed = {"emailAddress": recipient, "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 Unable to connect"}
    return {
        "timestamp": clock.stamp(at + _DELIVERED_S),
        "delayType": "TransientCommunicationFailure",
        "expirationTime": clock.stamp(at + 14 * 3600),
        "delayedRecipients": [delayed],
    }
