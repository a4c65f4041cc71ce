"""Workers, SES, staff and feedback around a few mails, for a test that lets them do anything in any order.

Everybody works on rows as they once read them, workers die anywhere, answers get lost on the way back, and the clock
moves as it likes. `Model` remembers what really happened, which no row can know.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from unittest.mock import patch

from pynamodb.exceptions import UpdateError

from crm.core import clock, dynamo, ids
from crm.deliveries import outcomes, repository, settling, transitions
from crm.deliveries.entities import (
    CAMPAIGN,
    CANCELLED,
    CONFIRMATION,
    FAILED,
    HELD,
    PENDING,
    SENT,
    SKIPPED,
    UNKNOWN,
    Delivery,
)
from crm.deliveries.outcomes import News
from tests.deliveries import examples
from tests.deliveries.counting import count_states

ACCEPTED, REFUSED, REFUSED_FOR_GOOD, STOPPED, BROKEN_OFF, ACCEPTED_UNHEARD = range(6)
ANSWERS = (ACCEPTED, REFUSED, REFUSED_FOR_GOOD, STOPPED, BROKEN_OFF, ACCEPTED_UNHEARD)
ARRIVED, APPLIED_THEN_REFUSED, APPLIED_UNANSWERED, NEVER_ARRIVED = range(4)
FATES = (ARRIVED, APPLIED_THEN_REFUSED, APPLIED_UNANSWERED, NEVER_ARRIVED)


@dataclass
class Flight:
    """A claim in a worker's hands; `answer` is None until the call is made."""

    mail: Delivery
    answer: int | None = None
    message_id: str = ""


@dataclass(frozen=True)
class Call:
    """What SES saw."""

    mail_id: str
    attempt: int
    message_id: str
    is_accepted: bool


@dataclass
class Model:
    """The truth about the mails of one source."""

    mails: list[Delivery]
    touched: Delivery
    flights: list[Flight] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    views: list[Delivery] = field(default_factory=list)
    uncalled: dict[str, int] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def find(self, mail: Delivery) -> Delivery:
        """Read a mail as it is stored."""
        found = repository.find(mail.source, mail.shard, mail.person_id, mail.step)
        assert found is not None
        self.touched = found
        return found

    def view(self, which: int) -> Delivery:
        """Return a mail as somebody once read it."""
        self.touched = self.views[-1 - which % len(self.views)]
        return self.touched

    def accepted(self, mail: Delivery) -> list[Call]:
        """Return the calls for a mail that SES accepted."""
        return [call for call in self.calls if call.mail_id == mail.id and call.is_accepted]


def begin() -> Model:
    """Store two mails of a campaign and one confirmation, all due."""
    source = ids.new()
    mails = [examples.mail(f"p{number}", source) for number in range(2)]
    mails.append(replace(examples.mail("p9", source), kind=CONFIRMATION, step="confirmation#1"))
    now = clock.now()
    mails = [replace(mail, due_at=now - timedelta(seconds=1)) for mail in mails]
    for mail in mails:
        assert repository.create(mail)
    return Model(mails, mails[0], views=list(mails))


def suffering(fate: int, write: Callable[[], object]) -> object:
    """Make a write whose answer, or which itself, may get lost on the way. None where nobody was answered."""
    update = dynamo.update

    def lossy(*args: object) -> None:
        if fate != NEVER_ARRIVED:
            update(*args)  # type: ignore[arg-type]
        if fate == APPLIED_THEN_REFUSED:
            # The SDK sent it again, and its own first try refused it.
            raise dynamo.ConditionFailed
        if fate != ARRIVED:
            raise UpdateError

    with patch.object(dynamo, "update", lossy):
        try:
            return write()
        except UpdateError:
            return None


def call(model: Model, flight: Flight, answer: int) -> None:
    """Let SES answer the one call of a claim."""
    flight.answer, flight.message_id = answer, f"m{next(model.numbers)}"
    is_accepted = answer in {ACCEPTED, ACCEPTED_UNHEARD}
    if is_accepted and model.accepted(flight.mail):
        assert model.find(flight.mail).duplicate_risk, "mailed twice, and nobody took that risk"
    model.calls.append(Call(flight.mail.id, flight.mail.attempt, flight.message_id, is_accepted))
    model.uncalled[flight.mail.id] -= 1


def settle(flight: Flight) -> bool:
    """Record what a worker knows of its call."""
    now, mail = clock.now(), flight.mail
    match flight.answer:
        case 0:
            return settling.accepted(mail, flight.message_id, now)
        case 1 | 2:
            return settling.refused(mail, "no", is_final=flight.answer == REFUSED_FOR_GOOD, now=now)
        case 3:
            return settling.stopped(mail, "suspended", now)
        case _:
            return transitions.doubt(mail, "timeout", now)


def hear(model: Model, heard: Call, read: Delivery) -> None:
    """Let an SES event about an accepted call arrive, to a reader whose first look at the mail is old."""
    mail = next(one for one in model.mails if one.id == heard.mail_id)
    while True:
        news = News(heard.attempt, heard.message_id, clock.now(), outcomes.DELIVERED, clock.now())
        told = outcomes.after(read, news, clock.now())
        assert told.state == SENT or heard.attempt > read.attempt, "what SES says it took is believed"
        if told == read or transitions.settle(read, told):
            return
        read = model.find(mail)


def check_all(model: Model) -> None:
    """Hold every mail against what really happened, and count them."""
    assert count_states(model.mails[0].source, 1).total() == len(model.mails)
    for mail in model.mails:
        check(model, mail)


def check(model: Model, mail: Delivery) -> None:
    """Hold what is stored of a mail against what really happened to it."""
    mail = model.find(mail)
    accepted = model.accepted(mail)
    assert (mail.due_at is None) == mail.is_final
    calls = sum(call.mail_id == mail.id for call in model.calls)
    assert mail.attempt == calls + mail.returned + model.uncalled.get(mail.id, 0)
    assert 0 <= mail.tries <= mail.attempt
    if mail.state == SENT:
        assert mail.message_id in {call.message_id for call in accepted}, "said to be sent, and never accepted"
    if mail.state in {SKIPPED, CANCELLED}:
        assert not accepted, f"{mail.state}, and may have arrived"
    if mail.state in {PENDING, FAILED} and not mail.duplicate_risk:
        assert not accepted, f"accepted, and still {mail.state}"
    if mail.kind == CAMPAIGN and mail.state in {HELD, UNKNOWN}:
        assert mail.unknowns == 0
    if len(accepted) > 1:
        assert mail.duplicate_risk
