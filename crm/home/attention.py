"""What needs a look by a human, each with the address where to look."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse

from crm.analytics import engine as analytics
from crm.analytics.store import Question
from crm.campaigns import stops
from crm.core import clock, dead_letters, errors
from crm.home.today import midnight
from crm.imports import queries as imports
from crm.imports.entities import CANCELLED, DONE
from crm.search import engine
from crm.search.documents import EventDocument

# The read model follows the tables within seconds; when it does not, staff should know before they trust a count.
LAG_SHOWN_S = 60
NEARLY_FULL = 0.9
# Of events with something to look at, so many stand on the page by name.
EVENTS_NAMED = 5
DRAFT_HORIZON = timedelta(days=14)
MAIL_HORIZON = timedelta(days=7)
IMPORT_HORIZON = timedelta(days=7)
MAILS = (
    ("unknown", "no answer from SES yet", "Looked at again by itself; nothing is sent twice."),
    ("held", "held: nobody knows whether SES took them", "They stay until SES tells, or staff decide."),
    ("failed", "refused for good in the last 7 days", "The reason stands beside each."),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to look at; `state` gives its tone."""

    state: str
    icon: str
    title: str
    text: str
    url: str


def items(schedule: Sequence[EventDocument], *, may_edit: bool) -> list[Item]:
    """Return everything that needs a look, the most pressing first. `schedule` holds the next events.

    `may_edit`: whether imports, whose pages are for those who may edit, are among them.
    """
    try:
        kept = [*_stopped(), *_dead_letters(), *(_imports() if may_edit else ())]
    except errors.Busy:
        kept = [Item("failed", "warning", "DynamoDB does not answer", "Nothing can be saved now.", reverse("home"))]
    return [*_mails(), *kept, *_events(schedule), *_freshness()]


def _mails() -> Iterator[Item]:
    since = midnight(clock.now() - MAIL_HORIZON)
    store, of_the_week = analytics.store(), Question(since=since)
    for state, what, text in MAILS:
        number = store.summary(of_the_week if state == "failed" else Question(), (state,)).get(state, 0)
        if number:
            query = {"state": state} | ({"from": since.isoformat()} if state == "failed" else {})
            title = f"{number:,} {'mail' if number == 1 else 'mails'} {what}"
            yield Item(state, "warning", title, text, f"{reverse('mails')}?{urlencode(query)}")


def _stopped() -> Iterator[Item]:
    for campaign in stops.found():
        yield Item("failed", "pause", f"{campaign.name} stopped", campaign.stop_reason, reverse("sending"))


def _imports() -> Iterator[Item]:
    since = clock.now() - IMPORT_HORIZON
    for one in imports.newest():
        refused = one.counts.refused
        if refused and one.state in {DONE, CANCELLED} and one.ended_at is not None and one.ended_at >= since:
            title = f"{refused:,} {'row' if refused == 1 else 'rows'} of {one.name} could not be taken in"
            yield Item("failed", "warning", title, "The page says why, line by line.", reverse("import", args=[one.id]))


def _dead_letters() -> Iterator[Item]:
    number = dead_letters.count()
    if number:
        more = "+" if number >= dead_letters.MAX_COUNTED else ""
        title = f"{number:,}{more} {'record' if number == 1 else 'records'} could not be read"
        yield Item("failed", "warning", title, "Their rows are as they were before.", reverse("dead-letters"))


def _events(schedule: Sequence[EventDocument]) -> Iterator[Item]:
    found = list(_of_events(schedule))
    yield from found[:EVENTS_NAMED]
    if len(found) > EVENTS_NAMED:
        title, text = "More events need a look", "Nearly full, or drafts that start soon."
        yield Item("waitlisted", "calendar", title, text, f"{reverse('events')}?when=upcoming")


def _of_events(schedule: Sequence[EventDocument]) -> Iterator[Item]:
    for event in schedule:
        if event.start_at <= clock.now():
            continue
        url = reverse("event", args=[event.id])
        when = _until(event)
        if event.status == "draft" and event.start_at - clock.now() < DRAFT_HORIZON:
            yield Item("draft", "calendar", f"{event.title} is still a draft", f"It starts {when}.", url)
        elif event.status == "published" and event.capacity and event.taken >= event.capacity * NEARLY_FULL:
            yield Item("waitlisted", "calendar", _fill(event), f"{_left(event)}, starts {when}.", url)


def _until(event: EventDocument) -> str:
    zone = ZoneInfo(event.timezone)
    days = (event.start_at.astimezone(zone).date() - clock.now().astimezone(zone).date()).days
    return {0: "today", 1: "tomorrow"}.get(days) or f"in {days} days"


def _fill(event: EventDocument) -> str:
    assert event.capacity
    share = event.taken * 100 // event.capacity
    return f"{event.title} is full" if event.taken >= event.capacity else f"{event.title} is {share} % full"


def _left(event: EventDocument) -> str:
    assert event.capacity
    free = event.capacity - event.taken
    if free > 0:
        return f"{free:,} place{'s' if free > 1 else ''} left"
    return f"{event.waiting:,} waiting" if event.waiting else "Nobody is waiting"


def _freshness() -> Iterator[Item]:
    lag = engine.store().freshness().lag_s
    if lag is not None and lag > LAG_SHOWN_S:
        text = "Lists and counts leave out what changed since; what you save yourself is shown at once."
        yield Item("scheduled", "clock", f"Numbers are {int(lag // 60)} min old", text, reverse("people"))
