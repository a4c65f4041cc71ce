"""20 invented events, most of them past, and who was there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from crm.events.entities import CANCELLED as EVENT_CANCELLED
from crm.events.entities import DRAFT, PUBLISHED, Event, EventFields, slug_candidates
from crm.people.entities import Person
from crm.registrations.entities import CANCELLED, REGISTERED, WAITLISTED, Registration, counted, fresh
from devstack.demo.people import OWNER

SAMPLE = "event-id-123"
_ZONE = "America/New_York"
_SHOW_UP, _CANCELS, _LEAD_DAYS = 0.72, 0.05, 40


@dataclass(frozen=True, slots=True)
class Plan:
    """An event: days from today, local hour it begins, hours it lasts, places (0: no limit), how many ask for one."""

    title: str
    days: int
    hour: int
    hours: int
    places: int
    asking: int
    venue: str
    uses_check_in: bool = False
    status: str = PUBLISHED


PLANS = (
    Plan("Product Summit", 30, 9, 8, 400, 312, "NYC Convention Center", uses_check_in=True),
    Plan("Founders Breakfast", 6, 8, 2, 40, 52, "The Loft, Hudson Street", uses_check_in=True),
    Plan("Design Night: colour", 13, 18, 3, 80, 77, "Cooper Hall"),
    Plan("Intro to DynamoDB", 20, 18, 2, 0, 164, "Online"),
    Plan("Alumni Picnic", 55, 12, 5, 150, 0, "Prospect Park", status=DRAFT),
    Plan("Winter Lectures: opening night", 48, 19, 2, 120, 98, "Cooper Hall"),
    Plan("Data Engineering Meetup", -7, 18, 3, 120, 118, "TechCorp, 5th floor", uses_check_in=True),
    Plan("Women in Product", -16, 9, 6, 180, 176, "Cooper Hall", uses_check_in=True),
    Plan("Founders Breakfast, autumn", -29, 8, 2, 40, 44, "The Loft, Hudson Street"),
    Plan("Accessibility Day", -41, 10, 6, 200, 187, "NYC Convention Center", uses_check_in=True),
    Plan("Rooftop Social", -58, 18, 4, 150, 150, "Pier 17"),
    Plan("Open Source Evening", -72, 18, 3, 0, 241, "Online"),
    Plan("Hiring Fair", -95, 10, 7, 300, 292, "NYC Convention Center", uses_check_in=True),
    Plan("Design Night: type", -118, 18, 3, 80, 86, "Cooper Hall"),
    Plan("Security Breakfast", -140, 8, 2, 60, 58, "Meridian Bank"),
    Plan("Spring Conference", -175, 9, 9, 350, 348, "NYC Convention Center", uses_check_in=True),
    Plan("Storm Watch Workshop", -190, 10, 6, 50, 37, "Harbor House", status=EVENT_CANCELLED),
    Plan("Research Colloquium", -214, 14, 4, 90, 81, "Cooper Hall"),
    Plan("Startup Law Clinic", -251, 17, 2, 45, 41, "Juniper Legal"),
    Plan("Winter Reception", -300, 19, 4, 300, 299, "Pier 17"),
)


def events(random: Random, crowd: Sequence[Person], now: datetime) -> list[Event]:
    """Return all events without anybody in them; the first is the sample requests'."""
    hosts = [person.id for person in crowd[2:40]]
    found = []
    for number, plan in enumerate(PLANS):
        local = (now + timedelta(days=plan.days)).astimezone(ZoneInfo(_ZONE))
        start = local.replace(hour=plan.hour, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)
        id_ = SAMPLE if number == 0 else f"demo-event-{number:02d}"
        fields = EventFields(
            title=plan.title,
            slug=slug_candidates(plan.title, id_)[0],
            description=f"{plan.title} at {plan.venue}. Doors open half an hour before.",
            start_at=start,
            end_at=start + timedelta(hours=plan.hours),
            owner=OWNER if number % 3 == 0 else random.choice(hosts),
            hosts=tuple(random.sample(hosts, k=random.randint(0, 3))),
            venue=plan.venue,
            timezone=_ZONE,
            max_capacity=plan.places,
            status=plan.status,
            uses_check_in=plan.uses_check_in,
        )
        created = min(start, now) - timedelta(days=60)
        found.append(Event(id_, fields, 0, 0, 0, revision=1, version=1, created_at=created, updated_at=created))
    return found


def registrations(
    random: Random, event: Event, asking: int, crowd: Sequence[Person], now: datetime
) -> list[Registration]:
    """Return who asked for a place, in the order in which they did, each with what became of it."""
    latest = min(event.fields.start_at, now) - timedelta(hours=1)
    moments = sorted(latest - timedelta(minutes=random.randint(0, _LEAD_DAYS * 24 * 60)) for _ in range(asking))
    found: list[Registration] = []
    taken = 0
    for person, moment in zip(random.sample(list(crowd), asking), moments, strict=True):
        is_cancelled = random.random() < _CANCELS and taken < event.capacity - 1
        status = CANCELLED if is_cancelled else REGISTERED if taken < event.capacity else WAITLISTED
        taken += status == REGISTERED
        found.append(_told(random, fresh(event, person.id, None, status, moment), event, now))
    return found


def _told(random: Random, registration: Registration, event: Event, now: datetime) -> Registration:
    asked = registration.created_at
    if registration.status == CANCELLED:
        gone = min(asked + timedelta(days=random.randint(0, 3), hours=1), now)
        return replace(registration, registered_at=asked, cancelled_at=gone, updated_at=gone)
    came = event.fields.uses_check_in and event.fields.start_at < now and random.random() < _SHOW_UP
    if not came or registration.status != REGISTERED:
        return registration
    here = event.fields.start_at + timedelta(minutes=random.randint(-20, 40))
    return counted(replace(registration, checked_in_at=min(here, now), updated_at=min(here, now)), event)
