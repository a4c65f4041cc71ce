"""Synthetic mails of campaigns, what people did with them, and the registrations that came of them.

Whatever a page can show a row of (campaigns, links, events, days) is there however few mails there are, so that more
mails make numbers larger and nothing else.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bench import synthetic
from crm.core.touches import Touch
from crm.search.documents import AnyDocument, DeliveryDocument, EventDocument

CAMPAIGNS, EVENTS, DAYS, A_SECOND = 20, 20, 28, 50
LOOKED_AT = 3
# Mails to each person, all of different campaigns.
MAILS_EACH = 5
LINKS = tuple(f"https://example.com/{path}" for path in ("", "programme", "speakers", "tickets", "venue"))
SOURCES, MEDIA = ("newsletter", "partner", "event", "alumni"), ("email", "social")
_STATES = (("sent", 960), ("failed", 10), ("skipped", 20), ("pending", 8), ("held", 2))
_OUTCOMES = (("delivered", 96), ("bounced", 2), ("complained", 1), ("", 1))
# Every so manieth delivered mail of a campaign; who clicks at all clicks so many links.
_OPENED, _CLICKED, _REGISTERED = 3, 12, 33
_LINKS_CLICKED = 3
_BY_HUMAN = 0.7
_ATTENDED = 0.6


def rows(mails: int, now: datetime) -> Iterator[AnyDocument]:
    """Yield events, people, and mails of campaigns, one a day or so, each sent as fast as SES takes them."""
    chance = random.Random(7)
    for number in range(EVENTS):
        yield event(number, mails, now)
    for number in range(mails // MAILS_EACH):
        added = now - timedelta(seconds=chance.randrange(2 * 365 * 86_400))
        yield replace(synthetic.person(number, 1, chance), created_at=added, updated_at=added)
    for number in range(mails):
        yield from _about(number, mails, now, chance)


def begun(campaign: int, now: datetime) -> datetime:
    """Return when a campaign began to be sent."""
    return now - timedelta(days=DAYS * (CAMPAIGNS - campaign) / CAMPAIGNS)


def event(number: int, mails: int, now: datetime) -> EventDocument:
    """Return an event of the last days or the next; every other one to come is nearly full."""
    start = now + timedelta(days=number - EVENTS // 2, hours=1)
    taken = mails // _REGISTERED // EVENTS
    return EventDocument(
        id=f"event-{number}",
        version=1,
        deleted=False,
        title=f"Event {number}",
        slug=f"event-{number}",
        description="Everybody wants to come. " * 40,
        venue="Town Hall",
        timezone="Europe/Berlin",
        start_at=start,
        end_at=start + timedelta(hours=3),
        status="published",
        capacity=taken + 1 if number % 2 else taken * 2,
        taken=taken,
        waiting=0,
        checked_in=0,
        uses_check_in=True,
        owner="",
        hosts=(),
        created_at=now,
        updated_at=now,
    )


def _about(number: int, mails: int, now: datetime, chance: random.Random) -> Iterator[AnyDocument]:
    """Yield a mail, what was done with it, and perhaps a registration that it led to."""
    mail = _mail(number, mails, now, chance)
    yield mail
    if mail.outcome != "delivered":
        return
    hour_later, place = mail.state_at + timedelta(hours=1), number // CAMPAIGNS
    if place % _OPENED == 0:
        yield synthetic.deed(mail, "open", hour_later, by_human=chance.random() < _BY_HUMAN)
    if place % _CLICKED == 0:
        by_human = chance.random() < _BY_HUMAN
        for step in range(_LINKS_CLICKED):
            link = (place // _CLICKED + step) % len(LINKS) + 1
            yield synthetic.deed(mail, "click", hour_later, by_human=by_human, link=link)
    if place % _REGISTERED == 0:
        # Some mail of every campaign leads to the event that is looked at alone.
        there = event((number + place // _REGISTERED) % EVENTS if place else LOOKED_AT, mails, now)
        yield _registration(mail, there, now, chance)


def _mail(number: int, mails: int, now: datetime, chance: random.Random) -> DeliveryDocument:
    campaign, place = number % CAMPAIGNS, number // CAMPAIGNS
    # Each campaign goes on with the people where the one before it ended.
    person = f"{(campaign * mails // CAMPAIGNS + place) % (mails // MAILS_EACH):026}"
    at = begun(campaign, now) + timedelta(seconds=place / A_SECOND)
    mail = synthetic.mail(f"campaign-{campaign}", person, f"{person}@example.com", at, _one(_STATES, chance))
    return replace(
        mail,
        utm_source=SOURCES[campaign % len(SOURCES)],
        utm_medium=MEDIA[campaign % len(MEDIA)],
        outcome=_one(_OUTCOMES, chance) if mail.state == "sent" else "",
    )


def _registration(mail: DeliveryDocument, there: EventDocument, now: datetime, chance: random.Random) -> AnyDocument:
    # Most soon after the mail, the others on any day since.
    at = mail.state_at + (now - mail.state_at) * chance.random() ** 3
    touch = Touch(mail.utm_source, mail.utm_medium, mail.utm_campaign, mail.campaign_id or "", at)
    attended = there.start_at < now and chance.random() < _ATTENDED
    place = synthetic.registration(there.id, mail.person_id, at, there.start_at, attended=attended)
    return replace(place, first_touch=None if chance.random() < 0.3 else touch, last_touch=touch)


def _one(weighted: tuple[tuple[str, int], ...], chance: random.Random) -> str:
    return chance.choices([name for name, _ in weighted], [weight for _, weight in weighted])[0]
