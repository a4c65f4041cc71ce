"""500 invented people; a few companies employ many of them, most employ few."""

import unicodedata
from datetime import datetime, timedelta
from random import Random

from django.utils.text import slugify

from crm.people.entities import Person, PersonFields

OWNER, GUEST = "user-id-123", "user-id-456"
COUNT = 500

_FIRST = (
    "Amara Ben Chiara Daniel Elif Farid Grace Hiro Ines Jonas Kwame Linh Marek Noor Olu Priya Quinn Ruth Sofia Tomás "
    "Uma Viktor Wanda Ximena Yūki Zoë Aisha Bruno Camille Dmitri Esther Felix Greta Hassan Irina Jamal Keiko Lars "
    "Mateo Nadia Oskar Paloma Rafael Saskia Tariq Ursula Vera Wei Yara Zofia"
).split()
_LAST = (
    "Okafor Rosenthal Conti Kim Çelik Haddad Sullivan Tanaka Moreau Lindqvist Mensah Nguyễn Dvořák Rahman Adeyemi "
    "Raman Fischer Abrams Papadopoulou Herrera Patel Novák Kowalski Castillo Sato Martin Bello Silva Laurent Ivanov "
    "Goldberg Weber Hoffmann Farouk Petrova Washington Mori Eriksen Vargas Costa Nilsson Romero Ortiz de-Vries Aziz "
    "Baumann Horvat Chen Khalil Wójcik"
).split()
_COMPANIES = (
    "Northwind", "Globex", "TechCorp", "Initech", "Umbrella Labs", "Stellar Foods", "Blue Harbor", "Acme Studios",
    "Lumen Health", "Cedar & Pine", "Quantum Print", "Riverside Press", "Oakline", "Polar Freight", "Sunrise Solar",
    "Kite Robotics", "Juniper Legal", "Meridian Bank", "Copper Kettle", "Atlas Maps",
)  # fmt: skip
_TITLES = (
    "Engineer", "Designer", "Product manager", "Founder", "Marketing lead", "Researcher", "Student", "Counsel",
    "Chief of staff", "Data analyst", "Site reliability engineer", "Head of events", "Journalist", "Consultant",
)  # fmt: skip
_CITIES = (
    ("New York", "NY"), ("San Francisco", "CA"), ("Boston", "MA"), ("Chicago", "IL"), ("Austin", "TX"),
    ("Seattle", "WA"), ("Brooklyn", "NY"), ("Los Angeles", "CA"), ("Denver", "CO"), ("Portland", "OR"),
)  # fmt: skip
_TAGS = ("speaker", "press", "vip", "student", "partner")
# So few that the sample campaign to TechCorp in New York is over in seconds.
_MOST_AT_SAMPLE = 9


def people(random: Random, now: datetime) -> list[Person]:
    """Return everybody, the two of the sample requests first; counts are still zero."""
    at_sample = 0
    found = [_named(OWNER, "Jordan", "Blake", now), _named(GUEST, "Robin", "Vega", now)]
    for number in range(COUNT - len(found)):
        company = random.choices(_COMPANIES, weights=[1 / (rank + 1) for rank in range(len(_COMPANIES))])[0]
        city = random.choices(_CITIES, weights=range(len(_CITIES), 0, -1))[0]
        if (company, city[0]) == ("TechCorp", "New York"):
            at_sample += 1
            company = company if at_sample <= _MOST_AT_SAMPLE else "Northwind"
        found.append(_somebody(random, number, company, city, now))
    return found


def _somebody(random: Random, number: int, company: str, city: tuple[str, str], now: datetime) -> Person:
    first, last = _FIRST[number % len(_FIRST)], _LAST[(number * 7 + number // len(_FIRST)) % len(_LAST)]
    phone = f"+1 212 555 {number % 10_000:04d}" if random.random() < 0.6 else ""
    fields = PersonFields(
        email=_address(first, last, number, company),
        first_name=first,
        last_name=last.replace("-", " "),
        phone_number=phone,
        gender=random.choice(("female", "male", "non-binary", "")),
        job_title=random.choice(_TITLES),
        company=company,
        city=city[0],
        state=city[1],
        tags=tuple(tag for tag in _TAGS if random.random() < 0.06),
    )
    return Person.added(f"demo-person-{number:04d}", fields, now - timedelta(days=random.randint(1, 400)))


def _address(first: str, last: str, number: int, company: str) -> str:
    # SES takes no characters beyond ASCII before the @.
    plain = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode()
    return f"{plain}.{number}@{slugify(company)}.example".lower()


def _named(id_: str, first: str, last: str, now: datetime) -> Person:
    fields = PersonFields(
        email=f"{first}.{last}@crm.example".lower(),
        first_name=first,
        last_name=last,
        job_title="Head of events",
        company="Event CRM",
        city="New York",
        state="NY",
    )
    return Person.added(id_, fields, now - timedelta(days=410))
