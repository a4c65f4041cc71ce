"""SES's own JSON, in both its shapes: a configuration set's (`eventType`) and an identity's (`notificationType`).

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

import re
from datetime import datetime
from typing import Annotated, Any

import orjson
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, ValidationError

from crm.core import errors
from crm.deliveries import tokens
from crm.deliveries.entities import NUMBERED_STEPS
from crm.deliveries.outcomes import BOUNCED, COMPLAINED, DELAYED, DELIVERED, REJECTED, News
from crm.deliveries.tokens import MailRef
from crm.engagement.entities import CLICK, OPEN, Seen
from crm.feedback.entities import MailEvent

# "The recipient says that this is no spam": the one complaint that is praise.
_PRAISE = "not-spam"
_NUMBERED = re.compile(rf"(.+)-({'|'.join(NUMBERED_STEPS)})-(\d+)")
_TOKEN = re.compile(r"/u/([^>\s?]+)")


class NoMail(Exception):
    """SES sent it, but it is not about a mail: as when a topic is tried out."""


class Unreadable(Exception):
    """It is about a mail, but not as AWS documents it."""


def _nothing(value: Any) -> Any:  # noqa: ANN401 - whatever the JSON holds
    return "" if value is None else value


def _none(value: Any) -> Any:  # noqa: ANN401 - as above
    return [] if value is None else value


def _no_tags(value: Any) -> Any:  # noqa: ANN401 - as above
    return {} if value is None else value


# SES leaves out what it does not know, or says null.
_Text = Annotated[str, BeforeValidator(_nothing)]
type _List[Entry] = Annotated[list[Entry], BeforeValidator(_none)]


class _Address(BaseModel):
    address: _Text = Field("", alias="emailAddress")
    diagnosis: _Text = Field("", alias="diagnosticCode")


class _Header(BaseModel):
    name: _Text = ""
    value: _Text = ""


class _Mail(BaseModel):
    message_id: _Text = Field(alias="messageId", min_length=1, max_length=200)
    timestamp: AwareDatetime
    tags: Annotated[dict[str, _List[_Text]], BeforeValidator(_no_tags)] = {}
    headers: _List[_Header] = []


class _Delivery(BaseModel):
    timestamp: AwareDatetime
    answer: _Text = Field("", alias="smtpResponse")


class _Delay(BaseModel):
    timestamp: AwareDatetime
    kind: _Text = Field("", alias="delayType")


class _Bounce(BaseModel):
    timestamp: AwareDatetime
    kind: _Text = Field(alias="bounceType")
    detail: _Text = Field("", alias="bounceSubType")
    recipients: _List[_Address] = Field([], alias="bouncedRecipients")
    key: _Text = Field("", alias="feedbackId")


class _Complaint(BaseModel):
    timestamp: AwareDatetime
    recipients: _List[_Address] = Field([], alias="complainedRecipients")
    detail: str | None = Field(None, alias="complaintSubType")
    kind: str | None = Field(None, alias="complaintFeedbackType")
    key: _Text = Field("", alias="feedbackId")


class _Reject(BaseModel):
    reason: _Text = ""


class _Failure(BaseModel):
    reason: _Text = Field("", alias="errorMessage")


class _Seen(BaseModel):
    timestamp: AwareDatetime
    agent: _Text = Field("", alias="userAgent")
    link: _Text = ""


class _Message(BaseModel):
    event: _Text = Field("", alias="eventType")
    notification: _Text = Field("", alias="notificationType")
    mail: _Mail
    delivery: _Delivery | None = None
    delay: _Delay | None = Field(None, alias="deliveryDelay")
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None
    reject: _Reject | None = None
    failure: _Failure | None = None
    open: _Seen | None = None
    click: _Seen | None = None


def read(text: str, key: str) -> MailEvent:
    """Return what SES says. `key` names the message.

    Raises:
        NoMail: it is about no mail.
        Unreadable: it is about one, but cannot be read.
    """
    message = _message(text)
    ref, attempt = _named(message.mail)
    bounce, told = message.bounce, message.bounce or message.complaint
    return MailEvent(
        key=(told.key if told else "") or key,
        name=message.event or message.notification,
        at=_outcome(message)[1],
        mail=ref,
        news=_news(message, attempt),
        recipients=tuple(one.address for one in told.recipients if one.address) if told else (),
        is_transient=bounce is not None and bounce.kind == "Transient",
        seen=_seen(message),
        link=message.click.link if message.click else "",
    )


def _message(text: str) -> _Message:
    try:
        return _Message.model_validate_json(text)
    except ValidationError as error:
        if not _is_about_a_mail(text):
            raise NoMail("not an event of a mail") from error
        raise Unreadable(", ".join(sorted({str(problem["loc"]) for problem in error.errors()}))[:200]) from error


def _news(message: _Message, attempt: int) -> News:
    outcome, at, reason = _outcome(message)
    return News(
        attempt=attempt,
        message_id=message.mail.message_id,
        accepted_at=message.mail.timestamp,
        outcome=outcome,
        outcome_at=at if outcome else None,
        reason=_one_line(reason),
        is_permanent=message.bounce is not None and message.bounce.kind == "Permanent",
    )


def _is_about_a_mail(text: str) -> bool:
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return isinstance(parsed, dict) and parsed.get("mail") is not None


def _outcome(message: _Message) -> tuple[str, datetime, str]:
    """Return what became of the mail (empty: no more than accepted), when, and why in SES's words."""
    sent = message.mail.timestamp
    if (bounce := message.bounce) is not None:
        said = next((one.diagnosis for one in bounce.recipients if one.diagnosis), "")
        kind = " ".join((bounce.kind, bounce.detail)).strip()
        return BOUNCED, bounce.timestamp, f"{kind}: {said}" if said else kind
    if (complaint := message.complaint) is not None:
        kind = complaint.kind or complaint.detail or ""
        return ("" if kind == _PRAISE else COMPLAINED), complaint.timestamp, kind
    if message.delivery is not None:
        return DELIVERED, message.delivery.timestamp, message.delivery.answer
    if message.delay is not None:
        return DELAYED, message.delay.timestamp, message.delay.kind
    refused = message.reject or message.failure
    return (REJECTED, sent, refused.reason) if refused is not None else ("", sent, "")


def _one_line(text: str) -> str:
    """A server's words are shown to people: nothing in them breaks lines or is no character at all."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _seen(message: _Message) -> Seen | None:
    for kind, seen in ((OPEN, message.open), (CLICK, message.click)):
        if seen is not None:
            return Seen(kind=kind, at=seen.timestamp, agent=seen.agent)
    return None


def _named(mail: _Mail) -> tuple[MailRef | None, int]:
    """Return which of our mails it is, and whose attempt, from its tags; an identity's shape has only its headers."""
    tags = {name: values[0] for name, values in mail.tags.items() if values}
    source = tags.get("campaign") or tags.get("event")
    if source is None:
        return _by_header(mail.headers), 0
    try:
        shard, attempt = int(tags.get("shard", "0")), int(tags["attempt"])
        person_id, step = _split(tags["delivery"])
    except (KeyError, ValueError):
        return None, 0
    return MailRef(source, shard, person_id, step), attempt


def _split(delivery: str) -> tuple[str, str]:
    """Take apart `<person>-<step>`; a tag cannot hold the `#` of a numbered step."""
    if matched := _NUMBERED.fullmatch(delivery):
        return matched[1], f"{matched[2]}#{matched[3]}"
    person_id, _, step = delivery.rpartition("-")
    return person_id, step


def _by_header(headers: list[_Header]) -> MailRef | None:
    """Read the mail off the unsubscribing address that campaigns' mails carry."""
    links = " ".join(header.value for header in headers if header.name.casefold() == "list-unsubscribe")
    matched = _TOKEN.search(links)
    if matched is None:
        return None
    try:
        return tokens.read(matched[1])
    except errors.NotFound:
        return None
