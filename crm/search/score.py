"""The engagement score: points for what somebody did within a year, twice as many for the last 90 days.

Days begin at midnight UTC, and an event counts at its start, one to come like one of today. A score is therefore a sum
of counts within two periods, both without an end: whatever is in the later one is in both, and has its points twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.core import clock
from crm.search.documents import EngagementDocument, RegistrationDocument
from crm.search.filter_tree import Period

FULL_DAYS, HALF_DAYS = 90, 365
# What is counted -> points for each within HALF_DAYS; whole numbers, so that sums are exact.
POINTS: Mapping[str, int] = {"events_attended": 10, "events_registered": 3, "mails_clicked": 2, "mails_opened": 1}


def starts() -> tuple[datetime, datetime]:
    """Return from when on things count at all, and from when on in full."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=HALF_DAYS), today - timedelta(days=FULL_DAYS)


def periods() -> tuple[Period, Period]:
    """Return the two periods within which to count; each count in each gives its points."""
    half, full = starts()
    return Period(half), Period(full)


Deed = RegistrationDocument | EngagementDocument


@dataclass(frozen=True, slots=True)
class Contribution:
    """One thing that somebody did, of a field of POINTS, when, for how many points, and the row that says so."""

    field: str
    at: datetime
    points: int
    deed: Deed


def contributions(deeds: Iterable[Deed], full: datetime) -> list[Contribution]:
    """Return what adds up to the score of whoever did these things within HALF_DAYS, latest first.

    `full` is from when on things count in full. A mail counts once as opened and once as clicked, when that was last.
    """
    found: dict[tuple[str, str], Contribution] = {}
    for deed in deeds:
        for field, key, at in _counted(deed):
            one = Contribution(field, at, POINTS[field] * (2 if at >= full else 1), deed)
            before = found.get((field, key))
            if before is None or before.at < at:
                found[field, key] = one
    return sorted(found.values(), key=lambda one: one.at, reverse=True)


def _counted(deed: Deed) -> list[tuple[str, str, datetime]]:
    """Return the fields that count a row, what they count it as, and when."""
    if isinstance(deed, EngagementDocument):
        field = {"open": "mails_opened", "click": "mails_clicked"}.get(deed.kind)
        return [(field, deed.mail_id, deed.at)] if field else []
    counts = {"events_attended": deed.attended, "events_registered": deed.counted}
    return [(field, deed.event_id, deed.event_start_at) for field, is_counted in counts.items() if is_counted]
