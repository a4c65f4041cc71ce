"""Past campaigns, all finished: whom each one matched, and what became of every mail."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import batched
from random import Random

from crm.audit import repository as audit
from crm.campaigns import repository
from crm.campaigns.entities import FIRST_REVISION, SENT, Campaign
from crm.core import clock, transaction
from crm.core.utm import Utm
from crm.deliveries import entities as delivery
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import Delivery
from crm.people.entities import Person
from crm.search import filters

_ACTOR = "system"
_MOST_ACTIONS = 100
_REFUSED, _BETWEEN_MAILS = 0.012, timedelta(milliseconds=900)


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign: days ago, hour of the day in UTC, whom it was for, and how it was tagged."""

    name: str
    days: int
    hour: int
    audience: dict[str, str]
    utm: Utm
    body: str


_LETTER = (
    "Hello,\n\n{what}\n\nSeats go fast, so have a look: https://crm.example/{slug}\n\nSee you there,\nthe events team\n"
)
PLANS = tuple(
    Plan(name, days, hour, audience, Utm(*utm), _LETTER.format(what=what, slug=utm[2].replace("_", "-")))
    for name, days, hour, audience, utm, what in (
        ("Product Summit: early seats", 9, 14, {}, ("newsletter", "email", "product_summit"), "the Summit is open."),
        (
            "Founders Breakfast",
            20,
            8,
            {"job_title": "Founder"},
            ("newsletter", "email", "breakfast"),
            "coffee is on us.",
        ),
        ("November letter", 23, 13, {}, ("newsletter", "email", "november_letter"), "what we are up to this month."),
        (
            "Women in Product: last seats",
            25,
            16,
            {"city": "New York"},
            ("partner", "email", "women_in_product"),
            "join us.",
        ),
        (
            "Data meetup for Northwind",
            31,
            10,
            {"company": "Northwind"},
            ("partner", "email", "data_meetup"),
            "meet us.",
        ),
        (
            "Accessibility Day",
            48,
            12,
            {"state": "NY"},
            ("newsletter", "email", "accessibility_day"),
            "a day for everybody.",
        ),
        ("October letter", 54, 13, {}, ("newsletter", "email", "october_letter"), "what we were up to."),
        (
            "Students: free tickets",
            61,
            15,
            {"job_title": "Student"},
            ("campus", "email", "free_tickets"),
            "on the house.",
        ),
    )
)


def are_loaded() -> bool:
    """Tell whether the demo was stored to its end: its campaigns come last."""
    return repository.find(_id(len(PLANS) - 1)) is not None


def load(people: Sequence[Person], say: Callable[[str], None]) -> None:
    """Store each campaign's mails, then the campaign itself."""
    mails = 0
    for number, plan in enumerate(PLANS):
        mails += _load_one(Random(number), number, plan, people)
    say(f"{len(PLANS)} campaigns with {mails} mails")


def _load_one(random: Random, number: int, plan: Plan, people: Sequence[Person]) -> int:
    began = (clock.now() - timedelta(days=plan.days)).replace(hour=plan.hour, minute=0, second=0, microsecond=0)
    matched = [person for person in people if _matches(person, plan) and person.created_at < began]
    rows = list(_mails(random, number, plan, matched, began))
    for batch in batched(rows, _MOST_ACTIONS):
        _commit(partial(_add_mails, batch))
    campaign = _campaign(number, plan, len(matched), began, max((row.state_at for row in rows), default=began))

    def add(tx: transaction.Transaction) -> None:
        repository.create(tx, campaign, plan.body)
        told = {"name": plan.name, **plan.utm.parameters()}
        audit.record(tx, kind="campaign", id=campaign.id, action="started", actor=_ACTOR, after=told)

    _commit(add)
    return len(rows)


def _add_mails(rows: Sequence[Delivery], tx: transaction.Transaction) -> None:
    for row in rows:
        deliveries.add(tx, row)


def _commit(add: Callable[[transaction.Transaction], object]) -> None:
    tx = transaction.begin()
    add(tx)
    try:
        tx.commit()
    except transaction.Refused as refused:
        # A start that was cut short wrote this batch already: batches are the same every time.
        if not refused.labels & {deliveries.CONFIRMATION_LABEL, "campaign"}:
            raise


def _matches(person: Person, plan: Plan) -> bool:
    return all(getattr(person.fields, name) == value for name, value in plan.audience.items())


def _mails(random: Random, number: int, plan: Plan, people: Sequence[Person], began: datetime) -> Iterator[Delivery]:
    for place, person in enumerate(people):
        moment = began + timedelta(seconds=20) + place * _BETWEEN_MAILS
        state, reason = delivery.SENT, ""
        if person.unsubscribed:
            state, reason = delivery.SKIPPED, delivery.UNSUBSCRIBED
        elif random.random() < _REFUSED:
            state, reason = delivery.FAILED, "MessageRejected: Address blacklisted."
        is_sent = state == delivery.SENT
        yield Delivery(
            source=_id(number),
            shard=0,
            person_id=person.id,
            step=delivery.MAIL_STEP,
            kind=delivery.CAMPAIGN,
            email=person.fields.email,
            subject=plan.name[: delivery.SUBJECT_SHOWN],
            state=state,
            state_at=moment,
            created_at=began + timedelta(seconds=5),
            due_at=None,
            due_shard=0,
            utm=plan.utm,
            reason=reason,
            attempt=int(state != delivery.SKIPPED),
            message_id=f"demo-{number}-{person.id}" if is_sent else "",
            sent_at=moment if is_sent else None,
        )


def _campaign(number: int, plan: Plan, matched: int, began: datetime, ended: datetime) -> Campaign:
    return Campaign(
        id=_id(number),
        name=plan.name,
        subject=plan.name,
        utm=plan.utm,
        where=filters.from_query(plan.audience),
        state=SENT,
        revision=FIRST_REVISION,
        created_by=_ACTOR,
        created_at=began,
        updated_at=ended,
        freeze_id="demo",
        matched=matched,
        frozen_at=began + timedelta(seconds=2),
        finished_at=ended,
    )


def _id(number: int) -> str:
    return f"demo-campaign-{number}"
