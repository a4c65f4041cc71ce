"""What is on: numbers, the next events, and campaigns on their way. All of it from the read model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone

from crm.analytics import engine as analytics
from crm.analytics.columns import LAST
from crm.analytics.store import STATES, Question
from crm.core import clock
from crm.search import engine
from crm.search.documents import OPEN_STATES, CampaignDocument, EventDocument
from crm.search.filters import EVERYONE, from_query

WEEK = timedelta(days=7)
EVENTS_SHOWN, EVENTS_READ = 6, 100
CAMPAIGNS_SHOWN = 5
ON_THEIR_WAY = ("sending", "expanding", "freezing", "paused")


@dataclass(frozen=True, slots=True)
class Stat:
    """A number with the address of its rows; `note` says a little more."""

    label: str
    number: int
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class Sending:
    """A campaign on its way. `done` of `matched` mails are final; `matched` is None until its audience is frozen."""

    campaign: CampaignDocument
    parts: Sequence[tuple[str, int]]
    done: int

    @property
    def in_words(self) -> str:
        """How far it is."""
        if self.campaign.matched is None:
            return "Writing down whom it goes to"
        return f"{self.done:,} of {self.campaign.matched:,} done"


@dataclass(frozen=True, slots=True)
class Planned:
    """An event to come. `lately` of its registrations came within 7 days; `url` lists them, empty where there are 0."""

    event: EventDocument
    lately: int
    url: str


def stats() -> list[Stat]:
    """Return the numbers at the head of the page, each with the address of its rows."""
    store, now = engine.store(), clock.now()
    since = midnight(now - WEEK)
    split = store.split(EVERYONE)
    added_query = {"created_from": since.isoformat()}
    added = store.split(from_query(added_query)).matched
    coming = store.events(status="published", starts_from=now, sort="startAt", limit=1)
    mails_of_the_week = analytics.store().summary(Question(since=since), ("sent", "failed"))
    sent, failed = (mails_of_the_week.get(state, 0) for state in ("sent", "failed"))
    people, events, mails = reverse("people"), reverse("events"), reverse("mails")
    sent_query = {"state": "sent", "from": since.isoformat()}
    return [
        Stat("People", split.matched, f"{split.mailable:,} can be mailed", people),
        Stat("New people, 7 days", added, f"since {since:%-d %b}", f"{people}?{urlencode(added_query)}"),
        Stat("Events to come", coming.total, _first(coming.items), f"{events}?when=upcoming&status=published"),
        Stat(
            "Mails sent, 7 days",
            sent,
            f"{failed:,} failed" if failed else "none failed",
            f"{mails}?{urlencode(sent_query)}",
        ),
    ]


def midnight(moment: datetime) -> datetime:
    """Return the start of a moment's day where the viewer is."""
    return timezone.localtime(moment).replace(hour=0, minute=0, second=0, microsecond=0)


def _first(events: Sequence[EventDocument]) -> str:
    return f"next {timezone.localtime(events[0].start_at, ZoneInfo(events[0].timezone)):%-d %b}" if events else ""


def schedule() -> list[EventDocument]:
    """Return today's events and the next ones to come, the soonest first; cancelled ones are no plan any more."""
    since = midnight(clock.now())
    found = engine.store().events(starts_from=since, sort="startAt", limit=EVENTS_READ).items
    return [event for event in found if event.status != "cancelled"]


def paced(events: Sequence[EventDocument]) -> list[Planned]:
    """Return the events with how many got a place within the last 7 days, and have it still."""
    since = midnight(clock.now() - WEEK)
    rows = analytics.store().places(Question(since=since), LAST, ["event_id"])
    numbers = {row.keys["event_id"]: row.counts.get(f"registered_{LAST}", 0) for row in rows}
    found = []
    for event in events:
        number = numbers.get(event.id, 0)
        query = urlencode({"event": event.id, "from": since.isoformat()})
        found.append(Planned(event, number, f"{reverse('registrations')}?{query}" if number else ""))
    return found


def sending() -> list[Sending]:
    """Return the campaigns that are not finished."""
    store = engine.store()
    found = [one for state in ON_THEIR_WAY for one in store.campaigns(state=state, limit=CAMPAIGNS_SHOWN).items]
    return [_progress(campaign) for campaign in found]


def _progress(campaign: CampaignDocument) -> Sending:
    states, _ = analytics.store().campaign_states(campaign.id)
    done = sum(number for state, number in states.items() if state not in OPEN_STATES)
    parts = [(state, states[state]) for state in STATES if states.get(state)]
    missing = max((campaign.matched or 0) - sum(states.values()), 0)
    return Sending(campaign, [*parts, ("pending", missing)], done)
