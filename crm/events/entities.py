"""What an event is, free of storage."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import available_timezones

from django.utils.text import slugify

from crm.core import errors
from crm.core.text import has_controls, trimmed

DRAFT, PUBLISHED, CANCELLED = "draft", "published", "cancelled"
STATUSES = (DRAFT, PUBLISHED, CANCELLED)
# `capacity` of an event without a limit: a number, so that one condition serves all events.
UNLIMITED = 10**9
MAX_HOSTS = 40
MAX_TITLE, MAX_SLUG_STEM, MAX_DESCRIPTION = 200, 180, 20_000
MAX_CAPACITY = 1_000_000
FIRST_YEAR, LAST_YEAR = 1900, 2200


@dataclass(frozen=True, slots=True)
class EventFields:
    """What people type about an event. `max_capacity` 0 means unlimited; `slug` empty: made from the title."""

    title: str
    start_at: datetime
    end_at: datetime
    owner: str
    slug: str = ""
    description: str = ""
    venue: str = ""
    timezone: str = "UTC"
    max_capacity: int = 0
    hosts: tuple[str, ...] = ()
    status: str = PUBLISHED
    uses_check_in: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """An event with its places: `taken` registered, `waiting` on the waitlist, `checked_in` at the door."""

    id: str
    fields: EventFields
    taken: int
    waiting: int
    checked_in: int
    revision: int
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def capacity(self) -> int:
        """Places in all, `UNLIMITED` where there is no limit."""
        return self.fields.max_capacity or UNLIMITED

    @property
    def people_in_charge(self) -> frozenset[str]:
        """Owner and hosts, each once: those for whom the event counts as hosted."""
        return frozenset({self.fields.owner, *self.fields.hosts}) - {""}

    @property
    def is_cancelled(self) -> bool:
        """Whether the event was called off; it then counts nowhere."""
        return self.fields.status == CANCELLED


def cleaned(given: EventFields) -> EventFields:
    """Return the fields trimmed, with times in UTC and each host once.

    Raises:
        errors.Invalid: naming every field that breaks a rule.
    """
    fields = replace(
        given,
        title=trimmed(given.title),
        slug=slugify(given.slug, allow_unicode=True),
        venue=trimmed(given.venue),
        owner=trimmed(given.owner),
        hosts=tuple(dict.fromkeys(trimmed(host) for host in given.hosts if trimmed(host))),
    )
    problems = {name: why for name, why in _problems(given, fields) if why}
    if problems:
        raise errors.Invalid(problems)
    return replace(fields, start_at=fields.start_at.astimezone(UTC), end_at=fields.end_at.astimezone(UTC))


def _problems(given: EventFields, fields: EventFields) -> list[tuple[str, str]]:
    return [
        ("title", _text_problem(fields.title, MAX_TITLE, required=True)),
        ("slug", "Use letters, digits and hyphens." if given.slug and fields.slug != given.slug.lower() else ""),
        ("slug", f"At most {MAX_TITLE} characters." if len(given.slug) > MAX_TITLE else ""),
        ("description", _text_problem(fields.description, MAX_DESCRIPTION, may_break_lines=True)),
        ("venue", _text_problem(fields.venue, MAX_TITLE)),
        ("timezone", "" if fields.timezone in available_timezones() else "Name a time zone such as Europe/Paris."),
        ("startAt", _time_problem(fields.start_at)),
        ("endAt", _time_problem(fields.end_at) or _order_problem(fields)),
        ("maxCapacity", "" if 0 <= fields.max_capacity <= MAX_CAPACITY else f"Between 0 and {MAX_CAPACITY}."),
        ("hosts", "" if len(fields.hosts) <= MAX_HOSTS else f"At most {MAX_HOSTS} hosts."),
        ("status", "" if fields.status in STATUSES else f"One of {', '.join(STATUSES)}."),
    ]


def _text_problem(text: str, limit: int, *, required: bool = False, may_break_lines: bool = False) -> str:
    if required and not text:
        return "This is required."
    if len(text) > limit:
        return f"At most {limit} characters."
    return "Control characters are not allowed." if has_controls(text, may_break_lines=may_break_lines) else ""


def _time_problem(moment: datetime) -> str:
    if moment.tzinfo is None:
        return "Give the time with its offset, such as 2025-08-01T09:00:00Z."
    return "" if FIRST_YEAR <= moment.year <= LAST_YEAR else f"Between the years {FIRST_YEAR} and {LAST_YEAR}."


def _order_problem(fields: EventFields) -> str:
    comparable = fields.start_at.tzinfo is not None and fields.end_at.tzinfo is not None
    return "The end must come after the start." if comparable and fields.end_at <= fields.start_at else ""


def slug_candidates(title: str, event_id: str) -> list[str]:
    """Return slugs for an event of this title, best first; the last is unique by the event's id."""
    stem = slugify(title, allow_unicode=True)[:MAX_SLUG_STEM].strip("-_") or "event"
    return [stem, *(f"{stem}-{number}" for number in range(2, 6)), f"{stem}-{event_id[-8:]}"]
