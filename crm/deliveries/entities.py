"""What a delivery is, free of storage: one mail to one person, in exactly one state."""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.core.utm import NO_UTM, Utm

CAMPAIGN, CONFIRMATION, TEST = "campaign", "confirmation", "test"

PENDING, SENDING, SENT, FAILED = "pending", "sending", "sent", "failed"
SKIPPED, CANCELLED, UNKNOWN, HELD = "skipped", "cancelled", "unknown", "held"
# What nothing but staff or a late event changes any more: these left the due index.
FINAL = frozenset({SENT, FAILED, SKIPPED, CANCELLED, HELD})

# Why somebody was left out.
SUPPRESSED, UNSUBSCRIBED, NO_ADDRESS, DELETED = "suppressed", "unsubscribed", "no_address", "deleted"
EVENT_OFF, NOT_REGISTERED, MOVED_UP = "event_off", "not_registered", "moved_up"

# The step of a campaign's one mail to each person.
MAIL_STEP = "mail"
# What the steps of the mails about a registration begin with; a number follows.
WAITLIST, REMINDER = "waitlist", "reminder"
NUMBERED_STEPS = (CONFIRMATION, WAITLIST, REMINDER)
# Confirmations of all events share their due partitions, apart from every campaign's.
TRANSACTIONAL = "tx"

LEASE = timedelta(seconds=60)
UNKNOWN_WAIT = timedelta(minutes=15)
MAX_ATTEMPTS = 10
MAX_AGE = timedelta(hours=24)
MAX_UNKNOWNS = 3
# Subjects are copied to each delivery for lists only; a delivery stays under one kilobyte.
SUBJECT_SHOWN = 80


def confirmation_step(generation: int) -> str:
    """Return the step of the confirmation of a person's nth registration for one event."""
    return f"{CONFIRMATION}#{generation}"


def waiting_step(generation: int) -> str:
    """Return the step of the mail that says that a person's nth registration is on the waitlist."""
    return f"{WAITLIST}#{generation}"


def reminder_step(moment: datetime) -> str:
    """Return the step of the mail to somebody who registers again though they are on it: one an hour, no more."""
    return f"{REMINDER}#{moment:%Y%m%d%H}"


def shard_of(key: str, shards: int) -> int:
    """Spread keys evenly and for ever the same over `shards` partitions."""
    return zlib.crc32(key.encode()) % shards


@dataclass(frozen=True, slots=True)
class Delivery:
    """One mail to one person. `source` is the campaign's or the event's id, `kind` says which.

    `due_at`: when a pending mail may be claimed, a sending one's lease ends, an unknown one is looked at again; None
    once final. `attempt` counts claims; `returned` those of them after which no call was made, so the calls made are
    the difference; `forgiven` those that are not held against the mail when it is to be given up. `duplicate_risk`: an
    earlier attempt may have reached the person. `unknowns` counts attempts whose outcome stayed unknown. `subject` is
    cut for lists. `outcome`: what SES events say came of a sent mail, one of `outcomes.OUTCOMES` or empty.
    `delivered_at`: when the recipient's server took it, as far as SES told. `other_message_ids`: what SES called it
    beside `message_id`; where there are any, it was mailed more than once.
    """

    source: str
    shard: int
    person_id: str
    step: str
    kind: str
    email: str
    subject: str
    state: str
    state_at: datetime
    created_at: datetime
    due_at: datetime | None
    due_shard: int
    utm: Utm = NO_UTM
    reason: str = ""
    attempt: int = 0
    returned: int = 0
    forgiven: int = 0
    claim_id: str = ""
    duplicate_risk: bool = False
    unknowns: int = 0
    message_id: str = ""
    first_claimed_at: datetime | None = None
    sent_at: datetime | None = None
    other_message_ids: tuple[str, ...] = ()
    outcome: str = ""
    outcome_at: datetime | None = None
    outcome_reason: str = ""
    is_hard_bounce: bool = False
    delivered_at: datetime | None = None
    version: int = 1

    @property
    def id(self) -> str:
        """The id everybody outside the outbox uses."""
        return f"{self.source}/{self.person_id}/{self.step}"

    @property
    def tries(self) -> int:
        """How many attempts count towards `MAX_ATTEMPTS`."""
        return self.attempt - self.forgiven

    @property
    def is_final(self) -> bool:
        """Whether nothing but staff or a late event changes it any more."""
        return self.state in FINAL
