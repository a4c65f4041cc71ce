"""People who differ in every way a filter looks at: case, width, script, empty fields, ties."""

import random
from datetime import UTC, datetime, timedelta

from crm.core import addresses
from crm.search.documents import PersonDocument, SuppressionDocument

START = datetime(2025, 1, 1, tzinfo=UTC)
FULL_WIDTH = "".join(chr(ord(letter) + 0xFEE0) for letter in "TechCorp")
COMPANIES = ("TechCorp", "techcorp", FULL_WIDTH, "Tech", "STRASSE", "Straße", "\ufb01nance", "İnci", "深圳科技", "")
CITIES = ("New York", "NEW YORK", "Newark", "Zürich", "Zu\u0308rich", "\ud7ff", "\U0010ffff", "")
TITLES = ("Engineer", "Senior Engineer", "engineer", "100% fun", "under_score", "O'Brien", "")
NAMES = ("Alice", "alice", "Ali", "Bob", "Élise", "e\u0301lise", "李", "X", "xx", "x78x", "")
TAGS = ("vip", "VIP", "speaker", "été", "a b")
KINDS = ("newsletter", "invitation", "news", "Notice")
STATES = ("NY", "ny", "CA", "")
GENDERS = ("female", "male", "")


def person(number: int, chance: random.Random, version: int = 1) -> PersonDocument:
    """Return a person drawn by `chance`."""
    added = START + timedelta(hours=chance.randrange(50), microseconds=chance.randrange(3))
    first, last = chance.choice(NAMES), chance.choice(("Johnson", "JOHNSON", "de la Cruz", ""))
    return PersonDocument(
        id=f"person-{number:04}",
        version=version,
        deleted=False,
        email=f"{first or 'nobody'}.{number}@Example.com".replace(" ", ""),
        first_name=first,
        last_name=last,
        phone_number=chance.choice(("", "+1 212 555 0100")),
        avatar=chance.choice(("", "https://example.com/a.png")),
        phone_e164=chance.choice(("", "+12125550100", "+4930123456")),
        gender=chance.choice(GENDERS),
        job_title=chance.choice(TITLES),
        company=chance.choice(COMPANIES),
        city=chance.choice(CITIES),
        state=chance.choice(STATES),
        tags=tuple(chance.sample(TAGS, chance.randrange(3))),
        unsubscribed=chance.random() < 0.3,
        events_registered=chance.randrange(4),
        events_attended=chance.randrange(3),
        events_hosted=chance.randrange(2),
        created_at=added,
        updated_at=added + timedelta(days=chance.randrange(2)),
        unsubscribed_from=tuple(chance.sample(KINDS, chance.choice((0, 0, 1, 2)))),
    )


def people(count: int, seed: int = 7) -> list[PersonDocument]:
    """Return that many people, always the same ones."""
    chance = random.Random(seed)
    return [person(number, chance) for number in range(count)]


def suppression(email: str, version: int = 1, *, deleted: bool = False) -> SuppressionDocument:
    """Return a do-not-mail entry of an address."""
    return SuppressionDocument(addresses.digest(email), version, deleted, email, "bounce", START)
