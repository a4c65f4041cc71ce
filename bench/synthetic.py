"""Synthetic people, registrations and their counts with realistic skew, straight into a read model.

Sizes of companies and cities follow Zipf's law; a few people go to nearly everything.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import batched

from crm.search.documents import PersonDocument, RegistrationDocument
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
        yield _person(number, going, chance), going


def _person(number: int, going: int, chance: random.Random) -> PersonDocument:
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
        key = f"event-{event % EVENTS}"
        yield RegistrationDocument(
            id=f"{key}/{person.id}",
            version=1,
            deleted=False,
            event_id=key,
            person_id=person.id,
            status="registered",
            registered_at=person.created_at,
            waitlisted_at=None,
            cancelled_at=None,
            checked_in_at=None,
            counted=True,
            attended=event - first < person.events_attended,
            event_start_at=START + timedelta(days=event % EVENTS),
            created_at=person.created_at,
            updated_at=person.created_at,
        )


def load(store: SearchStore, count: int, wanted: int) -> tuple[int, int]:
    """Store that many people and about that many registrations; return how many of each."""
    stored = 0
    for batch in batched(people(count, wanted), _BATCH):
        rows = [row for person, going in batch for row in registrations(person, going)]
        store.apply([*(person for person, _ in batch), *rows])
        stored += len(rows)
    return count, stored
