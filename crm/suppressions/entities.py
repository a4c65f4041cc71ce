"""What a suppression is, free of storage: one address that no campaign mails, and why."""

from dataclasses import dataclass, replace
from datetime import datetime

from email_validator import EmailNotValidError, validate_email

from crm.core import addresses, errors
from crm.core.text import has_controls, trimmed

MAX_EMAIL, MAX_REASON = 254, 200
# What stands where nobody says why.
BY_HAND = "added by hand"
# Why an address is on the list whose person was deleted: they had unsubscribed, or do so now.
UNSUBSCRIBED = "unsubscribed"


# What SES told of an address, each outranking those before it. Nobody is to be written to there, whatever they ask for.
SOFT_BOUNCES, HARD_BOUNCE, COMPLAINT = "soft bounces", "hard bounce", "complaint"
_RANKS = {"": 0, SOFT_BOUNCES: 1, HARD_BOUNCE: 2, COMPLAINT: 3}


@dataclass(frozen=True, slots=True)
class Suppression:
    """A do-not-mail entry for one address, however it is spelled.

    `cause`: what SES told, which keeps all mail from the address. Empty where somebody added or imported it or
    unsubscribed: that keeps campaigns from it, not what its owner asks for themselves, such as tickets.
    """

    email: str
    reason: str
    created_at: datetime
    cause: str = ""

    @property
    def id(self) -> str:
        """The id everybody uses: the SHA-256 of the normalised address, in hex."""
        return addresses.digest(self.email)

    @property
    def stops_all(self) -> bool:
        """Whether not even confirmations go there."""
        return bool(self.cause)

    def outranks(self, other: "Suppression") -> bool:
        """Tell whether what SES told here is to stand in place of another entry of the address.

        The weightier cause counts, of equals the earliest, so that the order in which SES tells does not matter.
        """
        mine, theirs = _RANKS[self.cause], _RANKS[other.cause]
        told = (self.created_at, self.reason) < (other.created_at, other.reason)
        return mine > theirs or (mine == theirs > 0 and told)


@dataclass(frozen=True, slots=True)
class Problem:
    """A line of a file that could not be taken, from 1, what stands there, and why."""

    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Import:
    """A file of addresses. Of its `rows` the first `next_row` are done: `added`, or on the list already.

    `refused` counts the lines that could not be taken, of which `problems` tell the first; `doubled` those whose
    address came before.
    """

    id: str
    name: str
    actor: str
    rows: int
    started_at: datetime
    next_row: int = 0
    added: int = 0
    refused: int = 0
    problems: tuple[Problem, ...] = ()
    doubled: int = 0

    @property
    def is_done(self) -> bool:
        """Whether every row is in."""
        return self.next_row >= self.rows

    @property
    def known(self) -> int:
        """How many addresses were on the list already."""
        return self.next_row - self.added


def cleaned(given: Suppression) -> Suppression:
    """Return the entry with what surrounds its texts trimmed, and a reason in any case.

    Raises:
        errors.Invalid: naming every field that is too long, holds control characters, or is no e-mail address.
    """
    email, reason = trimmed(given.email), trimmed(given.reason)
    problems = {"email": _email_problem(email), "reason": _reason_problem(reason)}
    if found := {name: why for name, why in problems.items() if why}:
        raise errors.Invalid(found)
    return replace(given, email=email, reason=reason or BY_HAND)


def _email_problem(email: str) -> str:
    if not email:
        return "An e-mail address is required."
    if len(email) > MAX_EMAIL:
        return f"At most {MAX_EMAIL} characters."
    try:
        validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        return str(error)
    return ""


def _reason_problem(reason: str) -> str:
    if len(reason) > MAX_REASON:
        return f"At most {MAX_REASON} characters."
    return "Control characters are not allowed." if has_controls(reason) else ""
