"""What a campaign is, free of storage: one mail to everybody whom a filter matched when its audience was frozen."""

from dataclasses import dataclass, replace
from datetime import datetime

from crm.core import errors
from crm.core.text import has_controls, trimmed
from crm.core.utm import MAX_LENGTH, Utm
from crm.deliveries import layout
from crm.search.filters import Filter
from crm.suppressions.kinds import KINDS, NEWSLETTER

DRAFT, SCHEDULED = "draft", "scheduled"
FREEZING, EXPANDING, SENDING, PAUSED = "freezing", "expanding", "sending", "paused"
SENT, CANCELLED = "sent", "cancelled"
# Nobody can stop these any more, nor go on with them.
FINAL = frozenset({SENT, CANCELLED})
STATES = (DRAFT, SCHEDULED, FREEZING, EXPANDING, SENDING, PAUSED, SENT, CANCELLED)
# What a pause can interrupt, and resuming goes back to.
UNDER_WAY = frozenset({FREEZING, EXPANDING, SENDING})

# What staff can have done once more: to failed mails, or to held ones. Spelt as the states of those mails.
RETRY_FAILED, RESEND_HELD = "failed", "held"

MAX_NAME, MAX_SUBJECT, MAX_BODY, MAX_UTM = 200, 200, 100_000, MAX_LENGTH
# A body is one item beside its subject; an item holds 400 KB.
MAX_BODY_BYTES = 300_000
FIRST_REVISION = 1
UNTITLED = "Untitled"


@dataclass(frozen=True, slots=True)
class Mail:
    """What people type: the mail as it was written, its tracking, and a name for the team."""

    name: str
    subject: str
    body: str
    utm: Utm


@dataclass(frozen=True, slots=True)
class Harm:
    """How a campaign was received: hard bounces and complaints, of so many mails sent."""

    bounced: int = 0
    complained: int = 0
    sent: int = 0


NO_HARM = Harm()


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as stored, without its body.

    `matched`: how many people the frozen audience holds, None before. `shards`: over how many partitions its mails
    are spread, for ever. `next_chunk` and `next_row`: where the expansion of the audience into mails goes on.
    `scheduled_at`: when it is to begin, or a draft is meant to, as its author chose it in `zone`. `paused_from`: the
    state it goes back to; `stop_reason`: why it is paused, in words, where nobody did it by hand; `lifted`: the harm
    for all of which staff let it go on then, so that only what comes on top may stop it again. `correction_of`: the
    campaign whose recipients are its audience. `segment_id`: the segment it is for, empty where it has a filter of its
    own; until the audience is frozen `where` and `segment_name` are as they were when it was saved. `retrying`: which
    of its final mails are being made due again; `round` counts how often that was asked for.
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
    kind: str = NEWSLETTER
    scheduled_at: datetime | None = None
    zone: str = ""
    paused_from: str = ""
    stop_reason: str = ""
    lifted: Harm = NO_HARM
    correction_of: str = ""
    retrying: str = ""
    round: int = 0
    segment_id: str = ""
    segment_name: str = ""
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether the worker has it on its list: not while it is a draft, nor when every one of its mails is final."""
        return self.state != DRAFT and self.finished_at is None

    @property
    def coming_segment(self) -> str:
        """The segment it is for, as long as it has not begun."""
        return self.segment_id if self.state in (DRAFT, SCHEDULED) else ""

    def is_due(self, now: datetime) -> bool:
        """Whether it is scheduled, and its time has come."""
        return self.state == SCHEDULED and self.scheduled_at is not None and self.scheduled_at <= now

    @property
    def is_frozen(self) -> bool:
        """Whether its audience is known, so that everybody in it has to be accounted for."""
        return self.matched is not None

    @property
    def is_expanded(self) -> bool:
        """Whether everybody in its audience has a mail, or is listed with why not: no more rows will be added."""
        return self.matched is not None and self.next_chunk >= self.chunks


def cleaned(given: Mail, *, is_draft: bool = False) -> Mail:
    """Return the mail with what surrounds its short texts trimmed; the body stays as it was written.

    A draft may lack what a mail needs; what it has must do for one.

    Raises:
        errors.Invalid: naming every field that breaks a rule, as the API spells it; an unknown merge field.
    """
    utm = Utm(trimmed(given.utm.source), trimmed(given.utm.medium), trimmed(given.utm.campaign))
    mail = replace(given, name=trimmed(given.name), subject=trimmed(given.subject), utm=utm)
    problems = {
        "name": _problem(mail.name, MAX_NAME),
        "subject": _problem(mail.subject, MAX_SUBJECT, required=not is_draft),
        "body": _body_problem(mail.body, required=not is_draft),
        "utm_source": _problem(utm.source, MAX_UTM),
        "utm_medium": _problem(utm.medium, MAX_UTM),
        "utm_campaign": _problem(utm.campaign, MAX_UTM),
    }
    found = {name: why for name, why in problems.items() if why}
    if found:
        raise errors.Invalid(found)
    if not is_draft:
        layout.of(mail.subject, mail.body, utm)
    return replace(mail, name=mail.name or mail.subject or UNTITLED)


def known_kind(kind: str) -> str:
    """Return what kind of mail this is. Raises errors.Invalid where there is no such kind."""
    if kind not in KINDS:
        raise errors.Invalid({"kind": f"One of {', '.join(KINDS)}."})
    return kind


def _problem(text: str, limit: int, *, required: bool = False) -> str:
    if required and not text:
        return "This is required."
    if len(text) > limit:
        return f"At most {limit} characters."
    return "Control characters are not allowed." if has_controls(text) else ""


def _body_problem(body: str, *, required: bool) -> str:
    if required and not body.strip():
        return "This is required."
    if len(body) > MAX_BODY or len(body.encode(errors="replace")) > MAX_BODY_BYTES:
        return f"At most {MAX_BODY} characters."
    return "Control characters are not allowed." if has_controls(body, may_break_lines=True) else ""
