"""What a campaign is, free of storage: one mail to everybody whom a filter matched when its audience was frozen."""

from dataclasses import dataclass, replace
from datetime import datetime

from crm.core import errors
from crm.core.text import has_controls, trimmed
from crm.core.utm import Utm
from crm.search.filters import Filter

FREEZING, EXPANDING, SENDING, PAUSED = "freezing", "expanding", "sending", "paused"
SENT, CANCELLED = "sent", "cancelled"
# Nothing happens to these any more; every other campaign is listed as open.
FINAL = frozenset({SENT, CANCELLED})
STATES = (FREEZING, EXPANDING, SENDING, PAUSED, SENT, CANCELLED)

MAX_NAME, MAX_SUBJECT, MAX_BODY, MAX_UTM = 200, 200, 100_000, 100
# A body is one item beside its subject; an item holds 400 KB.
MAX_BODY_BYTES = 300_000
FIRST_REVISION = 1


@dataclass(frozen=True, slots=True)
class Mail:
    """What people type: the mail as it was written, its tracking, and a name for the team."""

    name: str
    subject: str
    body: str
    utm: Utm


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as stored, without its body.

    `matched`: how many people the frozen audience holds, None before. `shards`: over how many partitions its mails
    are spread, for ever. `next_chunk` and `next_row`: where the expansion of the audience into mails goes on.
    """

    id: str
    name: str
    subject: str
    utm: Utm
    where: Filter
    state: str
    revision: int
    created_by: str
    created_at: datetime
    updated_at: datetime
    shards: int = 1
    freeze_id: str = ""
    chunks: int = 0
    matched: int | None = None
    next_chunk: int = 0
    next_row: int = 0
    frozen_at: datetime | None = None
    finished_at: datetime | None = None
    version: int = 1


def cleaned(given: Mail) -> Mail:
    """Return the mail with what surrounds its short texts trimmed; the body stays as it was written.

    Raises:
        errors.Invalid: naming every field that breaks a rule, as the API spells it.
    """
    utm = Utm(trimmed(given.utm.source), trimmed(given.utm.medium), trimmed(given.utm.campaign))
    mail = replace(given, name=trimmed(given.name), subject=trimmed(given.subject), utm=utm)
    problems = {
        "name": _problem(mail.name, MAX_NAME),
        "subject": _problem(mail.subject, MAX_SUBJECT, required=True),
        "body": _body_problem(mail.body),
        "utm_source": _problem(utm.source, MAX_UTM),
        "utm_medium": _problem(utm.medium, MAX_UTM),
        "utm_campaign": _problem(utm.campaign, MAX_UTM),
    }
    found = {name: why for name, why in problems.items() if why}
    if found:
        raise errors.Invalid(found)
    return replace(mail, name=mail.name or mail.subject)


def _problem(text: str, limit: int, *, required: bool = False) -> str:
    if required and not text:
        return "This is required."
    if len(text) > limit:
        return f"At most {limit} characters."
    return "Control characters are not allowed." if has_controls(text) else ""


def _body_problem(body: str) -> str:
    if not body.strip():
        return "This is required."
    if len(body) > MAX_BODY or len(body.encode(errors="replace")) > MAX_BODY_BYTES:
        return f"At most {MAX_BODY} characters."
    return "Control characters are not allowed." if has_controls(body, may_break_lines=True) else ""
