"""What happened last, newest first: registrations, people added, campaigns started."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from crm.search import engine
from crm.search.filters import EVERYONE
from crm.staff import names

SHOWN = 6
VERBS = {"registered": "registered for", "waitlisted": "waits for a place at", "cancelled": "cancelled"}


@dataclass(frozen=True, slots=True)
class Happening:
    """Who did what to what; `url` and `target_url` lead to both, empty where there is no page."""

    icon: str
    who: str
    url: str
    verb: str
    what: str
    target_url: str
    at: datetime


def happenings() -> list[Happening]:
    """Return the newest things that happened."""
    found = [*_registrations(), *_people(), *_campaigns()]
    return sorted(found, key=lambda one: one.at, reverse=True)[:SHOWN]


def _registrations() -> Iterator[Happening]:
    store = engine.store()
    rows = store.registrations(sort="-updatedAt", limit=SHOWN).items
    people = store.people_by_id([row.person_id for row in rows])
    events = store.events_by_id([row.event_id for row in rows])
    for row in rows:
        person, event = people.get(row.person_id), events.get(row.event_id)
        if person is None or event is None:
            continue
        is_in = row.checked_in_at is not None
        icon, verb = ("door", "checked in at") if is_in else ("ticket", VERBS[row.status])
        at = row.checked_in_at or row.cancelled_at or row.registered_at or row.waitlisted_at or row.created_at
        person_url, event_url = reverse("person", args=[person.id]), reverse("event", args=[event.id])
        yield Happening(icon, person.name, person_url, verb, event.title, event_url, at)


def _people() -> Iterator[Happening]:
    for person in engine.store().people(EVERYONE, sort="-createdAt", limit=SHOWN).items:
        url = reverse("person", args=[person.id])
        yield Happening("person", person.name, url, "was added", "", "", person.created_at)


def _campaigns() -> Iterator[Happening]:
    campaigns = engine.store().campaigns(limit=SHOWN).items
    by = names.of({campaign.created_by for campaign in campaigns})
    for campaign in campaigns:
        url = reverse("campaign", args=[campaign.id])
        yield Happening("send", by[campaign.created_by], "", "started", campaign.name, url, campaign.created_at)
