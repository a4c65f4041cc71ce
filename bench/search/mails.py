"""Synthetic mails to synthetic people, what was done with them, and addresses that may not be mailed."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from bench import synthetic
from bench.synthetic import START
from crm.core import addresses
from crm.search.documents import AnyDocument, PersonDocument, SuppressionDocument

CAMPAIGNS = 8
# Of ten people, how many get each campaign; of a hundred mails, how many are opened and clicked in by humans.
_REACHED, _OPENED, _CLICKED = 1, 30, 8
_A_SECOND = 50


def begun(campaign: int) -> datetime:
    """Return when a campaign began to be sent."""
    return START + timedelta(days=60 * campaign + 400, hours=9)


def about(person: PersonDocument, number: int, chance: random.Random) -> Iterator[AnyDocument]:
    """Yield a person's mails, their openings and clicks, and perhaps that the address bounced."""
    if chance.random() < 0.01:
        digest = addresses.digest(person.email)
        yield SuppressionDocument(digest, 1, False, person.email, "bounced", person.created_at)
    for campaign in range(CAMPAIGNS):
        if chance.randrange(10) < _REACHED:
            yield from _mail(person, campaign, begun(campaign) + timedelta(seconds=number / _A_SECOND), chance)


def _mail(person: PersonDocument, campaign: int, sent_at: datetime, chance: random.Random) -> Iterator[AnyDocument]:
    state = "sent" if chance.random() < 0.98 else "failed"
    mail = synthetic.mail(f"campaign-{campaign}", person.id, person.email, sent_at, state)
    yield mail
    for kind, share in (("open", _OPENED), ("click", _CLICKED)):
        if chance.randrange(100) < share:
            at = mail.state_at + timedelta(seconds=int(chance.expovariate(1 / 100_000)) + 60)
            yield synthetic.deed(mail, kind, at, by_human=chance.random() < 0.8, link=int(kind == "click"))
