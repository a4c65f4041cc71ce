"""Fills a read model with synthetic mails of campaigns and what became of them, and signs somebody in.

    python -m bench.analytics_rows MAILS

Prints the cookie of who is signed in. The environment names the folder.
"""

import os
import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from itertools import batched
from time import perf_counter

import django
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from bench import environment
from crm.core import clock
from crm.core.touches import Touch
from crm.search import engine
from crm.search.documents import AnyDocument, DeliveryDocument, EngagementDocument, RegistrationDocument

CAMPAIGNS, DAYS, A_SECOND = 20, 28, 50
SOURCES, MEDIA = ("newsletter", "partner", "event", "alumni"), ("email", "social")
_STATES = (("sent", 96), ("failed", 1), ("skipped", 2), ("pending", 1))
_OUTCOMES = (("delivered", 96), ("bounced", 2), ("complained", 1), ("", 1))
# Of a hundred delivered mails.
_OPENED, _CLICKED, _REGISTERED = 30, 8, 3


def main() -> None:
    """Fill and sign in."""
    os.environ.update(environment.VARIABLES)
    django.setup()
    mails = int(sys.argv[1])
    started = perf_counter()
    store = engine.rebuildable()
    built = store.beside()
    for some in batched(rows(mails, clock.now()), 5_000):
        built.apply(some)
    built.finish()
    store.adopt(built)
    store.note_freshness(clock.now())
    print(f"{mails:,} mails loaded in {perf_counter() - started:.1f} s", file=sys.stderr)
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("create_demo_staff", stdout=StringIO())
    client = Client()
    client.force_login(get_user_model().objects.get(email="owner@crm.example"))
    print("; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items()))


def rows(mails: int, now: datetime) -> Iterator[AnyDocument]:
    """Yield mails of campaigns, one a day or so, each sent as fast as SES takes them."""
    chance = random.Random(7)
    for number in range(mails):
        campaign = number % CAMPAIGNS
        begun = now - timedelta(days=DAYS * (CAMPAIGNS - campaign) / CAMPAIGNS)
        yield from about(number, campaign, begun + timedelta(seconds=number / CAMPAIGNS / A_SECOND), chance)


def about(number: int, campaign: int, at: datetime, chance: random.Random) -> Iterator[AnyDocument]:
    """Yield a mail of a campaign, what was done with it, and perhaps a registration that it led to."""
    mail = _mail(number, campaign, at, chance)
    yield mail
    if mail.outcome != "delivered":
        return
    for kind, share in (("open", _OPENED), ("click", _CLICKED)):
        if chance.randrange(100) < share:
            yield _deed(mail, kind, chance.choice(("human", "human", "machine")))
    if chance.randrange(100) < _REGISTERED:
        yield _registration(mail, chance)


def _mail(number: int, campaign: int, at: datetime, chance: random.Random) -> DeliveryDocument:
    key, person = f"campaign-{campaign}", f"person-{number}"
    state = _one(_STATES, chance)
    return DeliveryDocument(
        id=f"{key}/{person}/mail",
        version=1,
        deleted=False,
        kind="campaign",
        campaign_id=key,
        event_id=None,
        person_id=person,
        step="mail",
        email=f"{person}@example.com",
        subject="News",
        state=state,
        state_at=at,
        reason="suppressed" if state == "skipped" else "",
        attempt=1,
        utm_source=SOURCES[campaign % len(SOURCES)],
        utm_medium=MEDIA[campaign % len(MEDIA)],
        utm_campaign=key,
        created_at=at,
        sent_at=at,
        outcome=_one(_OUTCOMES, chance) if state == "sent" else "",
    )


def _deed(mail: DeliveryDocument, kind: str, verdict: str) -> EngagementDocument:
    return EngagementDocument(
        id=f"{mail.id}/{kind}",
        version=1,
        deleted=False,
        kind=kind,
        campaign_id=mail.campaign_id,
        mail_id=mail.id,
        person_id=mail.person_id,
        at=mail.state_at + timedelta(hours=1),
        link=int(kind == "click"),
        agent="",
        verdict=verdict,
        why="" if verdict == "human" else "burst",
    )


def _registration(mail: DeliveryDocument, chance: random.Random) -> RegistrationDocument:
    at = mail.state_at + timedelta(hours=2)
    touch = Touch(mail.utm_source, mail.utm_medium, mail.utm_campaign, mail.campaign_id or "", at)
    event = f"event-{chance.randrange(20)}"
    return RegistrationDocument(
        id=f"{event}/{mail.person_id}",
        version=1,
        deleted=False,
        event_id=event,
        person_id=mail.person_id,
        status="registered",
        registered_at=at,
        waitlisted_at=None,
        cancelled_at=None,
        checked_in_at=None,
        counted=True,
        attended=chance.random() < 0.6,
        event_start_at=at,
        created_at=at,
        updated_at=at,
        first_touch=None if chance.random() < 0.3 else touch,
        last_touch=touch,
    )


def _one(weighted: tuple[tuple[str, int], ...], chance: random.Random) -> str:
    return chance.choices([name for name, _ in weighted], [weight for _, weight in weighted])[0]


if __name__ == "__main__":
    main()
