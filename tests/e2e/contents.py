"""What the browser tests find in the product: made through its own actions, and shown as the stream would."""

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

from crm.campaigns import actions as campaigns
from crm.campaigns.entities import Campaign
from crm.core import clock, dead_letters
from crm.core.dead_letters import EVENT, DeadLetter
from crm.core.touches import Touch, Touches
from crm.core.utm import NO_UTM, Utm
from crm.events import actions as events
from crm.events.entities import EventFields
from crm.people import actions
from crm.people.entities import PersonFields
from crm.registrations import actions as registrations
from crm.search import engine, filters
from tests.campaigns import accounts
from tests.search import documents

COMPANIES = ("TechCorp", "Acme", "Globex", "Initech")
CITIES = (("New York", "NY"), ("Boston", "MA"), ("Łódź", ""))
TITLES = ("Engineer", "Designer", "Product manager", "Founder")
NAMES = (
    ("Alice", "Johnson"),
    ("Amara", "Okafor"),
    ("Ben", "Rosenthal"),
    ("Chiara", "Conti"),
    ("Daniel", "Kim"),
    ("Fatima", "El-Sayed"),
    ("Grace", "O'Neill"),
    ("Linh", "Nguyễn"),
    ("Marek", "Dvořák"),
    ("Yūki", "Tanaka"),
)
PEOPLE = 45
SENT_CAMPAIGN = "Seats for Initech"
CANCELLED_CAMPAIGN = "Room for the talk"
LONG_CAMPAIGN = "Everything for our members, their friends and their families, " * 3 + "and you"
LINKS = 30
ACTOR = "system"


def fill() -> None:
    """Make people, events, registrations and campaigns."""
    people = [_person(number) for number in range(PEOPLE)]
    _events(people)
    _campaign(_of(people, "Initech"))
    _cancelled_campaign(people[0])
    _long_campaign(_of(people, "Globex"))
    _dead_letter()


def _of(people: list[str], company: str) -> list[str]:
    return [person for number, person in enumerate(people) if COMPANIES[number % len(COMPANIES)] == company]


def _person(number: int) -> str:
    first, last = NAMES[number % len(NAMES)]
    city, state = CITIES[number % len(CITIES)]
    fields = PersonFields(
        email=f"{first}.{number}@example.com".encode("ascii", "ignore").decode(),
        first_name=first,
        last_name=last if number < len(NAMES) else f"{last} {number}",
        job_title=TITLES[number % len(TITLES)],
        company=COMPANIES[number % len(COMPANIES)],
        city=city,
        state=state,
    )
    return actions.create(fields=fields, actor=ACTOR).id


def _events(people: list[str]) -> None:
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for title, days, places in (("Tech Conference", 3, 10), ("Founders Breakfast", 9, 40), ("Alumni Picnic", -20, 0)):
        at = start + timedelta(days=days)
        fields = EventFields(
            title=title,
            start_at=at,
            end_at=at + timedelta(hours=8),
            owner=people[0],
            venue="NYC Convention Center",
            timezone="America/New_York",
            max_capacity=places,
        )
        event = events.create(fields=fields, actor=ACTOR)
        for person in people[:12]:
            registrations.register(event_id=event.id, person_id=person, actor=ACTOR)


def _begun(query: dict[str, str], subject: str, body: str, utm: Utm, name: str = "") -> Campaign:
    where = filters.from_query(query)
    begun = campaigns.send(where=where, subject=subject, body=body, utm=utm, name=name, actor=ACTOR).campaign
    engine.store().note_freshness(clock.now())
    return begun


def _campaign(people: list[str]) -> None:
    """Begin a campaign to one company's people, bring the first of them into these states, and count it."""
    begun = _begun({"company": "Initech"}, SENT_CAMPAIGN, "Come, all!", Utm("newsletter", "email", "initech"))
    states = ("sent", "sent", "sent", "sent", "failed", "held", "held", "skipped")
    accounts.counted(accounts.sent_to(begun, dict(zip(people, states, strict=False)), attempt=1))


def _cancelled_campaign(person: str) -> None:
    """Begin a campaign to one person who gets it, and cancel it: it may be corrected."""
    begun = _begun({"id": person}, CANCELLED_CAMPAIGN, "Room 7.", NO_UTM)
    accounts.cancelled(accounts.sent_to(begun, {person: "sent"}))


def _long_campaign(people: list[str]) -> None:
    """Send a campaign with a long name and many links, all of them clicked; it led to places at two events."""
    utm = Utm("newsletter", "email", "a-long-way")
    subject = "Everything that we have planned for you this year, " * 3
    addresses = [f"https://example.com/programme/a-rather-long-address-of-a-talk-{number}" for number in range(LINKS)]
    begun = _begun({"company": "Globex"}, subject, " ".join(addresses), utm, LONG_CAMPAIGN)
    sent = accounts.sent_to(begun, dict.fromkeys(people, "sent"), attempt=1)
    accounts.counted(sent)
    mails = [
        replace(mail, version=mail.version + 1, outcome="delivered", outcome_at=clock.now())
        for mail in engine.store().deliveries(campaign_id=sent.id, limit=100).items
    ]
    mail_ids = [f"{sent.id}/{person}/mail" for person in people]
    clicks = [
        documents.engagement(
            mail_id, f"{link}", campaign_id=sent.id, person_id=person, kind="click", link=link, at=clock.now()
        )
        for place, (mail_id, person) in enumerate(zip(mail_ids, people, strict=True))
        for link in range(1, LINKS + 1)
        if place == 0 or link % (place + 1) == 1
    ]
    engine.store().apply([*mails, *clicks])
    touch = Touch(*asdict(utm).values(), sent.id, clock.now())
    for event in engine.store().events(limit=2).items:
        for person in people[-5:]:
            registrations.register(event_id=event.id, person_id=person, actor=ACTOR, touches=Touches(touch, touch))


def _dead_letter() -> None:
    kept = {"message": '{"eventType": "Bounce", "mail": 7}'}
    dead_letters.bury(DeadLetter(EVENT, "ses-events", "", "0e1b9d7c-5a43", kept, "mail: not as told", 1, clock.now()))
