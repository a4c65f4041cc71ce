"""What somebody, or something, did with a mail, free of storage."""

from dataclasses import dataclass
from datetime import datetime

from crm.deliveries.tokens import MailRef

OPEN, CLICK, UNSUBSCRIBE = "open", "click", "unsubscribe"
HUMAN, MACHINE = "human", "machine"

MAX_AGENT = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """One request, or one SES event, as it came.

    `link`: the clicked link's number, from 1; 0 where it is not known. `is_head`: only the answer's head was asked for.
    `is_prefetch`: the client said that nobody looks at it yet. `is_hidden`: the link that nobody sees.
    """

    kind: str
    at: datetime
    link: int = 0
    agent: str = ""
    is_head: bool = False
    is_prefetch: bool = False
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Engagement:
    """One thing done with one mail, kept for ever. `why`: the rule that calls it a machine's, empty for a human's.

    `id` tells two of one moment apart. `mail_kind`: what kind of delivery the mail is, empty where its row is gone.
    `times`: how often it was done within the minute that begins at `at`, where that was too often to keep each; else 1.
    """

    mail: MailRef
    id: str
    mail_kind: str
    kind: str
    at: datetime
    link: int
    agent: str
    why: str
    times: int = 1

    @property
    def verdict(self) -> str:
        """Whether a human or a machine did it."""
        return MACHINE if self.why else HUMAN


def of(seen: Seen, mail: MailRef, *, key: str, mail_kind: str, why: str) -> Engagement:
    """Return what is kept of something seen: of its agent the beginning, what cannot be printed as question marks."""
    agent = "".join(char if char.isprintable() else "?" for char in seen.agent[:MAX_AGENT])
    return Engagement(mail, key, mail_kind, seen.kind, seen.at, seen.link, agent, why)
