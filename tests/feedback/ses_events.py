"""SES events about a mail, in both shapes in which SES writes them."""

from typing import Any

from crm.deliveries.entities import CAMPAIGN, Delivery

MESSAGE_ID = "0100019a-1111-2222-3333-444444444444-000000"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
AT = "2025-06-01T12:00:05.000Z"
# Every event by its name, and the outcome it tells; empty where it tells none.
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
_DETAILS: dict[str, tuple[str, dict[str, Any]]] = {
    "Send": ("send", {}),
    "Delivery": ("delivery", {"timestamp": AT, "smtpResponse": "250 2.6.0 Message received"}),
    "DeliveryDelay": ("deliveryDelay", {"timestamp": AT, "delayType": "MailboxFull", "delayedRecipients": []}),
    "Reject": ("reject", {"reason": "Bad content"}),
    "Rendering Failure": ("failure", {"errorMessage": "Attribute 'x' is not present", "templateName": "t"}),
    "Open": ("open", {"timestamp": AT, "userAgent": AGENT, "ipAddress": "192.0.2.1"}),
    "Click": ("click", {"timestamp": AT, "userAgent": AGENT, "link": "https://example.com/"}),
    "Subscription": ("subscription", {"timestamp": AT, "source": "UnsubscribeHeader"}),
}


def event(name: str, mail: Delivery | None, *, attempt: int = 1, message_id: str = MESSAGE_ID, **detail: Any) -> Any:
    """Return a configuration set's event; `detail` replaces what it says by itself."""
    part, said = _DETAILS[name]
    return {"eventType": name, "mail": about(mail, attempt, message_id), part: {**said, **detail}}


def any_event(name: str, mail: Delivery, **more: Any) -> Any:
    """Return an event of any name."""
    if name == "Bounce":
        return bounce(mail, **more)
    return complaint(mail, **more) if name == "Complaint" else event(name, mail, **more)


def bounce(mail: Delivery | None, kind: str = "Permanent", *, at: str = AT, key: str = "f1", **more: Any) -> Any:
    """Return a bounce of the mail's own address, or of `recipients`."""
    recipients = more.pop("recipients", [mail.email] if mail else [])
    said = {
        "bounceType": kind,
        "bounceSubType": "General",
        "bouncedRecipients": [
            {"emailAddress": one, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 unknown"}
            for one in recipients
        ],
        "timestamp": at,
        "feedbackId": key,
        "reportingMTA": "dsn; mta.example.com",
    }
    return {"eventType": "Bounce", "mail": about(mail, **more), "bounce": said}


def complaint(mail: Delivery | None, *, at: str = AT, key: str = "f2", kind: str = "abuse", **more: Any) -> Any:
    """Return a complaint of the mail's own address, or of `recipients`."""
    recipients = more.pop("recipients", [mail.email] if mail else [])
    said = {
        "complainedRecipients": [{"emailAddress": one} for one in recipients],
        "timestamp": at,
        "feedbackId": key,
        "complaintSubType": None,
        "complaintFeedbackType": kind,
        "userAgent": "Feedback-Type/0.1",
    }
    return {"eventType": "Complaint", "mail": about(mail, **more), "complaint": said}


def of_identity(event: Any) -> Any:
    """Return the same as an identity's notification, which has no tags."""
    mail = {name: value for name, value in event["mail"].items() if name != "tags"}
    rest = {name: value for name, value in event.items() if name != "eventType"}
    return {**rest, "notificationType": event["eventType"], "mail": mail}


def about(mail: Delivery | None, attempt: int = 1, message_id: str = MESSAGE_ID) -> dict[str, Any]:
    """Return what each event says of its mail, with the tags that the outbox gave it."""
    tags = {} if mail is None else tags_of(mail, attempt)
    return {
        "timestamp": "2025-06-01T12:00:01.000Z",
        "messageId": message_id,
        "source": "Event CRM <events@crm.example>",
        "sendingAccountId": "123456789012",
        "destination": [mail.email] if mail else ["somebody@example.com"],
        "headersTruncated": False,
        "headers": [{"name": "Subject", "value": "Hello"}],
        "tags": {"ses:configuration-set": ["crm"], **{name: [value] for name, value in tags.items()}},
    }


def tags_of(mail: Delivery, attempt: int) -> dict[str, str]:
    """Return the tags of an attempt's call."""
    source = "campaign" if mail.kind == CAMPAIGN else "event"
    delivery = f"{mail.person_id}-{mail.step}".replace("#", "-")
    return {source: mail.source, "delivery": delivery, "attempt": str(attempt), "shard": str(mail.shard)}
