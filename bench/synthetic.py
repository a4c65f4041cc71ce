"""Synthetic people with realistic skew, their registrations, their mails and what they did, for a read model.

Sizes of companies and cities follow Zipf's law; a few people go to nearly everything.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import batched

from crm.search.documents import DeliveryDocument, EngagementDocument, PersonDocument, RegistrationDocument
from crm.search.store import SearchStore

START = datetime(2024, 1, 1, tzinfo=UTC)
COMPANIES = ("TechCorp", *(f"Company {number}" for number in range(1, 2_000)))
CITIES = ("New York", *(f"City {number}" for number in range(1, 300)))
STATES = tuple(f"S{number}" for number in range(50))
TITLES = ("Engineer", "Manager", *(f"Title {number}" for number in range(200)))
FIRST = tuple(f"{syllable}{end}" for syllable in ("Al", "Bo", "Ca", "Di", "El", "Jo") for end in "abcdefghij")
LAST = tuple(f"Last{number}" for number in range(5_000))
DOMAINS = tuple(f"mail{number}.example" for number in range(300))
EVENTS = 500
_BATCH = 2_000


def _zipf(chance: random.Random, values: tuple[str, ...]) -> str:
    """Draw a value; the first is about twice as common as the second, three times as the third, and so on."""
    return values[int(len(values) ** chance.random()) - 1]


def people(count: int, registrations: int, seed: int = 1) -> Iterator[tuple[PersonDocument, int]]:
    """Yield people and how many registrations each has; those sum up to about `registrations`."""
    chance = random.Random(seed)
    average = registrations / count
    for number in range(count):
        going = min(EVENTS, int(chance.paretovariate(1.5) * average * 0.4))
        yield person(number, going, chance), going


def person(number: int, going: int, chance: random.Random) -> PersonDocument:
    """Return somebody with so many registrations."""
    added = START + timedelta(seconds=chance.randrange(50_000_000))
    first, last = chance.choice(FIRST), chance.choice(LAST)
    return PersonDocument(
        id=f"{number:026}",
        version=1,
        deleted=False,
        email=f"{first}.{last}{number}@{_zipf(chance, DOMAINS)}".lower(),
        first_name=first,
        last_name=last,
        phone_number=f"+1212{number:07}",
        avatar="",
        gender=chance.choice(("female", "male", "")),
        job_title=_zipf(chance, TITLES),
        company=_zipf(chance, COMPANIES),
        city=_zipf(chance, CITIES),
        state=_zipf(chance, STATES),
        tags=("vip",) if chance.random() < 0.01 else (),
        unsubscribed=chance.random() < 0.03,
        events_registered=going,
        events_attended=sum(chance.random() < 0.6 for _ in range(min(going, 50))),
        events_hosted=int(chance.random() < 0.01),
        created_at=added,
        updated_at=added,
    )


def registrations(person: PersonDocument, going: int) -> Iterator[RegistrationDocument]:
    """Yield a person's registrations."""
    first = int(person.id) % EVENTS
    for event in range(first, first + going):
        start = START + timedelta(days=event % EVENTS)
        attended = event - first < person.events_attended
        yield registration(f"event-{event % EVENTS}", person.id, person.created_at, start, attended=attended)


def registration(event: str, person: str, at: datetime, start: datetime, *, attended: bool) -> RegistrationDocument:
    """Return a place that somebody took at a time at an event that starts at another."""
    return RegistrationDocument(
        id=f"{event}/{person}",
        version=1,
        deleted=False,
        event_id=event,
        person_id=person,
        status="registered",
        registered_at=at,
        waitlisted_at=None,
        cancelled_at=None,
        checked_in_at=None,
        counted=True,
        attended=attended,
        event_start_at=start,
        created_at=at,
        updated_at=at,
    )


def mail(campaign: str, person: str, email: str, at: datetime, state: str) -> DeliveryDocument:
    """Return a campaign's mail, in its state since then, under the campaign's own UTM parameters."""
    return DeliveryDocument(
        id=f"{campaign}/{person}/mail",
        version=1,
        deleted=False,
        kind="campaign",
        campaign_id=campaign,
        event_id=None,
        person_id=person,
        step="mail",
        email=email,
        subject="News",
        state=state,
        state_at=at,
        reason="suppressed" if state == "skipped" else "",
        attempt=1,
        utm_source="news",
        utm_medium="email",
        utm_campaign=campaign,
        created_at=at,
        sent_at=at if state == "sent" else None,
    )


def deed(mail: DeliveryDocument, kind: str, at: datetime, *, by_human: bool, link: int = 0) -> EngagementDocument:
    """Return what was done with a mail: an open, or a click of a link."""
    return EngagementDocument(
        id=f"{mail.id}/{kind}-{link}",
        version=1,
        deleted=False,
        kind=kind,
        campaign_id=mail.campaign_id,
        mail_id=mail.id,
        person_id=mail.person_id,
        at=at,
        link=link,
        agent="Mozilla/5.0",
        verdict="human" if by_human else "machine",
        why="" if by_human else "burst",
    )


def load(store: SearchStore, count: int, wanted: int) -> tuple[int, int]:
    """Store that many people and about that many registrations; return how many of each."""
    stored = 0
    for batch in batched(people(count, wanted), _BATCH):
        rows = [row for person, going in batch for row in registrations(person, going)]
        store.apply([*(person for person, _ in batch), *rows])
        stored += len(rows)
    return count, stored
