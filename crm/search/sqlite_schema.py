"""The tables of the SQLite read model: for each kind of document its keys, its indexes and what it may be sorted by.

A row holds the document (`doc`) and the keys it is found by, computed here: texts by `match_key`, times in microseconds
since 1970. Texts are '' where unknown; times NULL where there is none.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from crm.core import addresses
from crm.search import documents as docs
from crm.search.sqlite_codec import micros
from crm.search.text import match_key, words_key

# Raise when anything below changes: a file of another number is replaced and rebuilt.
SCHEMA = 15

SqlValue = str | int | None
TEXT, NUMBER, OPTIONAL = "TEXT NOT NULL", "INTEGER NOT NULL", "INTEGER"


@dataclass(frozen=True, slots=True)
class Column:
    """A key beside the document. `kind` says what "empty" is: '' for TEXT, NULL for OPTIONAL, nothing for NUMBER."""

    name: str
    kind: str
    key: Callable[[Any], SqlValue]


@dataclass(frozen=True, slots=True)
class Table[Document: docs.AnyDocument]:
    """`indexes` list columns; the id ends each one, so that a sort walks it. `words` fill the text search's columns."""

    name: str
    kind: type[Document]
    columns: tuple[Column, ...]
    indexes: tuple[str, ...]
    sorts: tuple[str, ...]
    words: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """Return the column of this name."""
        return next(column for column in self.columns if column.name == name)


def _columns(kind: str, names: Sequence[str], key: Callable[[Any], SqlValue]) -> tuple[Column, ...]:
    """Make columns of the document's attributes of the same names, each through `key`."""

    def of(name: str) -> Callable[[Any], SqlValue]:
        attribute = attrgetter(name)
        return lambda document: key(attribute(document))

    return tuple(Column(name, kind, of(name)) for name in names)


def _texts(*names: str) -> tuple[Column, ...]:
    return _columns(TEXT, names, match_key)


def _exact(*names: str) -> tuple[Column, ...]:
    """Ids, states and UTM values: compared as they are; None is stored as ''."""
    return _columns(TEXT, names, lambda value: value or "")


def _numbers(*names: str) -> tuple[Column, ...]:
    return _columns(NUMBER, names, int)


def _times(*names: str) -> tuple[Column, ...]:
    return _columns(OPTIONAL, names, lambda moment: None if moment is None else micros(moment))


def _touched(name: str) -> tuple[Column, ...]:
    """Make columns of a touch: first_source and so on, all '' where there is none."""

    def of(part: str) -> Callable[[Any], SqlValue]:
        touch, value = attrgetter(f"{name}_touch"), attrgetter(part)
        return lambda document: "" if touch(document) is None else value(touch(document))

    return tuple(Column(f"{name}_{part}", TEXT, of(part)) for part in ("source", "medium", "campaign", "campaign_id"))


_PERSON_TEXTS = (
    "email",
    "first_name",
    "last_name",
    "phone_number",
    "phone_e164",
    "avatar",
    "gender",
    "job_title",
    "company",
    "city",
    "state",
)
_PERSON_NUMBERS = ("unsubscribed", "events_registered", "events_attended", "events_hosted")
_PERSON_KEYS = (
    *_PERSON_TEXTS,
    *_PERSON_NUMBERS,
    "created_at",
    "updated_at",
    "tags",
    "unsubscribed_from",
    "suppressed",
)

PEOPLE = Table(
    "people",
    docs.PersonDocument,
    (
        *_texts(*_PERSON_TEXTS),
        *_numbers(*_PERSON_NUMBERS),
        *_times("created_at", "updated_at"),
        Column("tags", TEXT, lambda doc: " ".join(sorted(map(match_key, doc.tags)))),
        Column("unsubscribed_from", TEXT, lambda doc: words_key(doc.unsubscribed_from)),
        Column("address", TEXT, lambda doc: addresses.digest(doc.email)),
        # Kept right by sqlite_people whenever a person or a suppression changes.
        Column("suppressed", NUMBER, lambda _: 0),
    ),
    indexes=_PERSON_KEYS,
    sorts=(*_PERSON_KEYS, "id"),
    words={
        "who": lambda doc: f"{doc.first_name} {doc.last_name} {doc.email}",
        "work": lambda doc: f"{doc.company} {doc.job_title}",
    },
)

_EVENT_TEXTS, _EVENT_NUMBERS = ("title", "slug", "venue"), ("taken", "waiting", "checked_in")
_EVENT_TIMES = ("start_at", "end_at", "created_at", "updated_at")
EVENTS = Table(
    "events",
    docs.EventDocument,
    (
        *_texts(*_EVENT_TEXTS),
        *_exact("status", "owner"),
        *_numbers(*_EVENT_NUMBERS),
        Column("capacity", OPTIONAL, lambda doc: doc.capacity),
        *_times(*_EVENT_TIMES),
    ),
    indexes=("start_at", "status, start_at", "title", "created_at"),
    sorts=(*_EVENT_TEXTS, "status", *_EVENT_NUMBERS, "capacity", *_EVENT_TIMES, "id"),
    words={"title": lambda doc: f"{doc.title} {doc.venue} {doc.slug}"},
)

_REGISTRATION_TIMES = (
    "created_at",
    "updated_at",
    "event_start_at",
    "registered_at",
    "waitlisted_at",
    "cancelled_at",
    "checked_in_at",
)
PLACES_COUNTED = (
    *("event_id", "status", "registered_at", "attended"),
    *(column.name for touch in docs.TOUCHES for column in _touched(touch)),
)
REGISTRATIONS = Table(
    "registrations",
    docs.RegistrationDocument,
    (
        *_exact("event_id", "person_id", "status"),
        *_numbers("counted", "attended"),
        *_times(*_REGISTRATION_TIMES),
        *_touched("first"),
        *_touched("last"),
    ),
    indexes=(
        "event_id, created_at",
        "event_id, status, created_at",
        # All that is counted of an event's places, so that their rows are not read.
        ", ".join(PLACES_COUNTED),
        "person_id, created_at",
        "person_id, event_start_at",
        "created_at",
        "registered_at",
    ),
    sorts=("status", *_REGISTRATION_TIMES, "id"),
)

DELIVERIES = Table(
    "deliveries",
    docs.DeliveryDocument,
    (
        *_exact("campaign_id", "event_id", "person_id", "state", "reason", "outcome"),
        *_exact("utm_source", "utm_medium", "utm_campaign"),
        *_times("state_at", "created_at"),
    ),
    indexes=(
        "campaign_id, created_at",
        "campaign_id, state, created_at",
        "campaign_id, outcome, created_at",
        "event_id, created_at",
        "person_id, created_at",
        "utm_campaign, utm_source, utm_medium, created_at",
        "state, created_at",
        "state_at",
        "created_at",
    ),
    sorts=("created_at",),
)

CAMPAIGNS = Table(
    "campaigns",
    docs.CampaignDocument,
    (*_exact("state"), *_times("created_at")),
    indexes=("created_at", "state, created_at"),
    sorts=("created_at",),
    words={"name": lambda doc: f"{doc.name} {doc.subject}"},
)

MAIL_LINKS = Table(
    "mail_links",
    docs.MailLinksDocument,
    _exact("campaign_id"),
    indexes=("campaign_id",),
    sorts=("id",),
)

SUPPRESSIONS = Table(
    "suppressions",
    docs.SuppressionDocument,
    (*_texts("email", "reason"), *_times("created_at")),
    indexes=("created_at", "email", "reason, created_at"),
    sorts=("created_at", "email", "reason", "id"),
    words={"what": lambda doc: f"{doc.email} {doc.reason}"},
)

ENGAGEMENTS = Table(
    "engagements",
    docs.EngagementDocument,
    (*_exact("campaign_id", "mail_id", "person_id", "kind", "verdict"), *_numbers("link"), *_times("at")),
    indexes=("campaign_id, at", "mail_id, at", "person_id, at", "at"),
    sorts=("at",),
)

TABLES: tuple[Table[Any], ...] = (
    SUPPRESSIONS,
    PEOPLE,
    EVENTS,
    REGISTRATIONS,
    CAMPAIGNS,
    MAIL_LINKS,
    DELIVERIES,
    ENGAGEMENTS,
)
BY_KIND = {table.kind: table for table in TABLES}
