"""What the people of tests.search.population do: events, registrations, mails and what was done with those."""

import random
from dataclasses import replace
from datetime import timedelta

from crm.search.documents import (
    AnyDocument,
    DeliveryDocument,
    EngagementDocument,
    EventDocument,
    PersonDocument,
    RegistrationDocument,
)
from tests.search import documents
from tests.search.population import START

EVENTS = ("dinner", "dinner-2", "fair", "gala", "summit")
CAMPAIGNS = ("let", "letter", "news")
STATUSES = ("registered", "registered", "waitlisted", "cancelled")


def of(people: list[PersonDocument], seed: int = 3) -> list[AnyDocument]:
    """Return documents about these people, always the same ones."""
    chance = random.Random(seed)
    ids = [person.id for person in people]
    events = [_event(key, ids, chance) for key in EVENTS]
    places = [
        _registration(event, key, chance) for event in events for key in [*ids, "nobody"] if chance.random() < 0.5
    ]
    mails = [_mail(campaign, key, chance) for campaign in CAMPAIGNS for key in ids if chance.random() < 0.7]
    mails += [_confirmation(place, chance) for place in places if chance.random() < 0.4]
    deeds = [deed for mail in mails for deed in _deeds(mail, chance)]
    return [*events, *places, *mails, *deeds]


def _hours(chance: random.Random) -> timedelta:
    return timedelta(hours=chance.randrange(80), microseconds=chance.randrange(3))


def _event(key: str, ids: list[str], chance: random.Random) -> EventDocument:
    hosts = chance.sample(ids, 9)
    status = "cancelled" if key == "fair" else chance.choice(("draft", "published"))
    return documents.event(key, start_at=START + _hours(chance), status=status, owner=hosts[0], hosts=tuple(hosts[1:]))


def _registration(event: EventDocument, person_id: str, chance: random.Random) -> RegistrationDocument:
    status = chance.choice(STATUSES)
    counted = status == "registered" and event.status != "cancelled"
    # Some have not heard yet that their event was moved.
    start = event.start_at if chance.random() < 0.8 else event.start_at - timedelta(days=1)
    return documents.registration(
        event.id,
        person_id,
        status=status,
        counted=counted,
        attended=counted and chance.random() < 0.6,
        event_start_at=start,
        deleted=chance.random() < 0.1,
    )


def _mail(campaign: str, person_id: str, chance: random.Random) -> DeliveryDocument:
    return documents.delivery(
        f"{campaign}/{person_id}/mail",
        campaign_id=campaign,
        person_id=person_id,
        state=chance.choice(("sent", "sent", "failed", "pending")),
        state_at=START + _hours(chance),
        deleted=chance.random() < 0.1,
    )


def _confirmation(place: RegistrationDocument, chance: random.Random) -> DeliveryDocument:
    mail = _mail(place.event_id, place.person_id, chance)
    key = f"{place.event_id}/{place.person_id}/confirmation#{chance.randrange(1, 3)}"
    return replace(mail, id=key, kind="confirmation", campaign_id=None, event_id=place.event_id, step=key[-14:])


def _deeds(mail: DeliveryDocument, chance: random.Random) -> list[EngagementDocument]:
    return [
        documents.engagement(
            mail.id,
            str(number),
            campaign_id=mail.campaign_id,
            person_id=mail.person_id,
            kind=chance.choice(("open", "open", "click", "unsubscribe")),
            verdict=chance.choice(("human", "human", "machine")),
            at=mail.state_at + _hours(chance),
            deleted=chance.random() < 0.1,
        )
        for number in range(chance.choice((0, 0, 1, 4)))
    ]
